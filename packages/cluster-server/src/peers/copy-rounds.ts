import type { ReplicaSession } from './replica-session.js'
import type { HistoryPoint } from './replication-history.js'
import type { CopyOutcome, CopySave, CopySink, ReplicationHost } from './replication-host.js'

/** What the rounds need of the replication that they belong to. */
export interface CopyRoundsOwner {
  readonly host: ReplicationHost
  readonly sessions: Iterable<ReplicaSession>
  /** Where the stream is; null while there is nothing that a copy could be the beginning of. */
  readonly point: HistoryPoint | null
  /** What follows a copy begins with a SELECT. */
  forgetDatabase(): void
}

interface Round {
  readonly kind: 'disk' | 'sockets'
  readonly point: HistoryPoint
  readonly sessions: Set<ReplicaSession>
  save: CopySave | null
}

/** How often it is looked whether the slowest replica has caught up with a copy that is streamed. */
const LOOK_MS = 5

/**
 * The copies that replicas begin with. Replicas that come at about the same time share one: a file, or a copy that is
 * streamed to all of them as it is made. There is one at a time, and none while the node writes another file in the
 * background.
 */
export class CopyRounds {
  readonly #owner: CopyRoundsOwner
  #round: Round | null = null

  constructor(owner: CopyRoundsOwner) {
    this.#owner = owner
  }

  /** A replica needs a copy. Source: the end of `syncCommand` of Redis 7.0.15. */
  join(session: ReplicaSession): void {
    const { host } = this.#owner
    const round = this.#round
    if (round?.kind === 'sockets') {
      host.log('notice', 'Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC')
    } else if (host.isWriting() === 'dataset') {
      const other = round === null ? undefined : [...round.sessions].find((each) => suits(session, each))
      if (round === null || other === undefined) {
        host.log('notice', "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC")
        return
      }
      round.sessions.add(session)
      session.shareCopy(other, round.point)
      // As after any copy: the stream is kept from here on for one more.
      this.#owner.forgetDatabase()
      host.log('notice', 'Waiting for end of BGSAVE for SYNC')
    } else if (this.#mayStream([session]) && host.config.number('repl-diskless-sync-delay') > 0) {
      host.log('notice', 'Delay next BGSAVE for diskless SYNC')
    } else if (host.isWriting() !== null) {
      host.log('notice', 'No BGSAVE in progress, but another BG operation is active. BGSAVE for replication delayed')
    } else this.#begin([session])
  }

  /** Begins a round for those who have waited long enough; to be called every second. */
  tick(): void {
    const { host, sessions } = this.#owner
    if (host.isWriting() !== null) return
    const waiting: ReplicaSession[] = []
    for (const session of sessions) if (session.stage === 'waiting') waiting.push(session)
    const [first] = waiting
    if (first === undefined) return
    const alike = waiting.filter((each) => each.introduction.contents === first.introduction.contents)
    const { config, clock } = host
    const most = config.number('repl-diskless-sync-max-replicas')
    const oldestAtMs = Math.min(...alike.map(({ askedAtMs }) => askedAtMs))
    const isDue =
      !config.flag('repl-diskless-sync') ||
      (most > 0 && alike.length >= most) ||
      clock.nowMs() - oldestAtMs >= config.number('repl-diskless-sync-delay') * 1000
    if (isDue) this.#begin(alike)
  }

  /** A replica is gone. */
  left(session: ReplicaSession): void {
    const round = this.#round
    if (!round?.sessions.delete(session) || round.sessions.size > 0) return
    const { host } = this.#owner
    if (round.kind === 'sockets') {
      host.log('notice', 'Diskless rdb transfer, last replica dropped, killing fork child.')
      round.save?.abort()
    } else if (!host.savesOnItsOwn()) round.save?.abort()
  }

  #mayStream(sessions: readonly ReplicaSession[]): boolean {
    const isFiltered = sessions.some(({ introduction }) => introduction.contents !== 'everything')
    if (!isFiltered && !this.#owner.host.config.flag('repl-diskless-sync')) return false
    return sessions.every(({ introduction }) => introduction.readsMark)
  }

  #begin(sessions: readonly ReplicaSession[]): void {
    const { host, point } = this.#owner
    const kind = this.#mayStream(sessions) ? 'sockets' : 'disk'
    host.log('notice', `Starting BGSAVE for SYNC with target: ${kind === 'disk' ? 'disk' : 'replicas sockets'}`)
    if (point === null) {
      host.log(
        'warning',
        "BGSAVE for replication: replication information not available, can't generate the RDB file right now. Try later.",
      )
      for (const session of sessions) session.close()
      return
    }
    const round: Round = { kind, point, sessions: new Set(sessions), save: null }
    this.#round = round
    for (const session of sessions) session.beginCopy(point, kind)
    this.#owner.forgetDatabase()
    const onEnd = (outcome: CopyOutcome): void => this.#ended(round, outcome)
    const contents = sessions[0]?.introduction.contents ?? 'everything'
    round.save =
      kind === 'disk'
        ? host.saveCopy(point, onEnd)
        : host.streamCopy(point, contents, this.#sinkOf(round.sessions), onEnd)
  }

  #sinkOf(sessions: ReadonlySet<ReplicaSession>): CopySink {
    const isBehind = (): boolean => {
      let behind = false
      for (const session of sessions) if (session.isBehind()) behind = true
      return behind
    }
    return {
      write: async (bytes) => {
        const text = bytes.toString('latin1')
        for (const session of sessions) session.writeCopy(text)
        do {
          // The other work of the node has its turn in between.
          await new Promise<void>((resolve) => setImmediate(resolve))
          if (!isBehind()) return
          await new Promise<void>((resolve) => setTimeout(resolve, LOOK_MS))
        } while (sessions.size > 0)
      },
    }
  }

  #ended(round: Round, outcome: CopyOutcome): void {
    const { host } = this.#owner
    this.#round = null
    const sessions = [...round.sessions]
    if (outcome.type === 'failed') {
      for (const session of sessions) {
        host.log('warning', 'SYNC failed. BGSAVE child returned an error')
        session.close()
      }
      return
    }
    if (round.kind === 'sockets') {
      host.log('notice', `Diskless rdb transfer, done reading from pipe, ${sessions.length} replicas still up.`)
      for (const session of sessions) session.endCopy()
      return
    }
    for (const session of sessions) {
      const file = outcome.open?.() ?? null
      if (file !== null) session.sendFile(file)
      else {
        host.log('warning', "SYNC failed. Can't open/stat DB after BGSAVE")
        session.close()
      }
    }
    outcome.release?.()
  }
}

/** Whether the copy that is being made for `other` is one for `session`, too. */
const suits = ({ introduction: mine }: ReplicaSession, { introduction: other }: ReplicaSession): boolean =>
  mine.contents === other.contents &&
  (!other.onlyCopy || mine.onlyCopy) &&
  (!other.readsMark || mine.readsMark) &&
  (!other.knowsIds || mine.knowsIds)
