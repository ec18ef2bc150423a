import { NODE_FLAGS } from '../../cluster/node-flags.js'
import { replicaRank } from '../../cluster/vote.js'
import type { BusParts } from './bus-parts.js'
import type { ManualFailover } from './manual-failover.js'

/** So long the news of a failure have to spread before votes are asked for. */
const FIXED_DELAY_MS = 500
const GREATEST_RANDOM_DELAY_MS = 500
const DELAY_OF_RANK_MS = 1000
const LEAST_TIME_LIMIT_MS = 2000
/** The same hindrance is logged again after so long. */
const REPEAT_LOG_MS = 300_000
/** Within so long beyond the node timeout nothing is said of hindrances: most failovers are through by then. */
const QUIET_MS = 5000

type Hindrance = 'none' | 'dataAge' | 'delay' | 'expired' | 'votes'

const HINDRANCES: Readonly<Record<Exclude<Hindrance, 'none'>, string>> = {
  dataAge:
    "Disconnected from master for longer than allowed. Please check the 'cluster-replica-validity-factor' configuration option.",
  delay: 'Waiting the delay before I can start a new failover.',
  expired: 'Failover attempt expired.',
  votes: 'Waiting for votes, but majority still not reached.',
}

/** How a replica gets elected in the place of its primary: after a delay it asks all primaries, and most have to agree. */
export class ReplicaElection {
  readonly #parts: BusParts
  readonly #manual: ManualFailover
  readonly #promote: () => void
  /** When votes are asked for; in the past when that has been done. */
  #atMs = 0
  #rank = 0
  #votes = 0
  #hasAsked = false
  #epoch = 0
  #hindrance: Hindrance = 'none'
  #loggedAtMs = 0

  /** @param promote takes the primary's place */
  constructor(parts: BusParts, manual: ManualFailover, promote: () => void) {
    this.#parts = parts
    this.#manual = manual
    this.#promote = promote
  }

  /** A primary has voted for this replica, in an epoch. */
  countVote(epoch: number): void {
    if (epoch < this.#epoch) return
    this.#votes++
    this.#parts.todo.add('failover')
  }

  /** Ends an attempt: the next one begins anew, whatever came of this one. */
  reset(): void {
    this.#atMs = 0
    this.#votes = 0
    this.#hasAsked = false
  }

  /** Goes on as far as possible; to be called from time to time, and when anything has changed. */
  advance(): void {
    const { host, settings, table, sender, todo } = this.#parts
    const { myself } = table
    const { primary } = myself
    const nowMs = host.clock.nowMs()
    const isManual = this.#manual.mayElect
    const mayStart =
      myself.isReplica &&
      primary !== null &&
      // What it had is gone, and what it is to have is not all there.
      !host.isLoading &&
      primary.slots.size > 0 &&
      (isManual || (primary.hasFailed && !settings.neverFailsOver))
    if (!mayStart) {
      this.#hindrance = 'none'
      return
    }
    const dataAgeMs = host.replication.dataAgeMs
    // The time that it took to find out that the primary is dead does not count.
    const excessMs = dataAgeMs > settings.nodeTimeoutMs ? dataAgeMs - settings.nodeTimeoutMs : dataAgeMs
    if (excessMs > settings.greatestDataAgeMs && !isManual) {
      this.#report('dataAge')
      return
    }
    const timeLimitMs = Math.max(settings.nodeTimeoutMs * 2, LEAST_TIME_LIMIT_MS)
    if (nowMs - this.#atMs > timeLimitMs * 2) {
      this.#schedule(nowMs)
      return
    }
    if (!this.#hasAsked && !this.#manual.isUnderWay) this.#yieldToBetter()
    if (nowMs < this.#atMs) {
      this.#report('delay')
      return
    }
    if (nowMs - this.#atMs > timeLimitMs) {
      this.#report('expired')
      return
    }
    if (!this.#hasAsked) {
      this.#epoch = ++table.currentEpoch
      host.log('notice', `Starting a failover election for epoch ${this.#epoch}.`)
      this.#hasAsked = true
      todo.add('save', 'synced', 'state')
      this.#parts.settle()
      sender.askForVotes()
      return
    }
    if (this.#votes < Math.floor(table.voters / 2) + 1) {
      this.#report('votes')
      return
    }
    host.log('notice', "Failover election won: I'm the new master.")
    if (myself.configEpoch < this.#epoch) {
      myself.configEpoch = this.#epoch
      host.log('notice', `configEpoch set to ${this.#epoch} after successful failover`)
    }
    this.reset()
    this.#promote()
  }

  #schedule(nowMs: number): void {
    const { host, sender, todo } = this.#parts
    this.#votes = 0
    this.#hasAsked = false
    if (this.#manual.isUnderWay) {
      this.#rank = 0
      this.#atMs = nowMs
      todo.add('failover')
    } else {
      this.#rank = this.#currentRank()
      const randomMs = Math.floor(host.random() * GREATEST_RANDOM_DELAY_MS)
      this.#atMs = nowMs + FIXED_DELAY_MS + randomMs + this.#rank * DELAY_OF_RANK_MS
    }
    host.log(
      'notice',
      `Start of election delayed for ${this.#atMs - nowMs} milliseconds (rank #${this.#rank}, offset ${host.replication.offset}).`,
    )
    // The other replicas learn how far this one is.
    sender.pongTo('shardReplicas')
  }

  /** Others may have told by now that they have more data. */
  #yieldToBetter(): void {
    const rank = this.#currentRank()
    if (rank <= this.#rank) return
    const addedMs = (rank - this.#rank) * DELAY_OF_RANK_MS
    this.#atMs += addedMs
    this.#rank = rank
    this.#parts.host.log('notice', `Replica rank updated to #${rank}, added ${addedMs} milliseconds of delay.`)
  }

  #currentRank(): number {
    const { table, host } = this.#parts
    return replicaRank(table.myself, host.replication.offset, (node) => node.has(NODE_FLAGS.noFailover))
  }

  /** Logs why there is no failover, not too often. */
  #report(hindrance: Exclude<Hindrance, 'none'>): void {
    const { host, settings, table } = this.#parts
    const nowMs = host.clock.nowMs()
    if (hindrance === this.#hindrance && nowMs - this.#loggedAtMs < REPEAT_LOG_MS) return
    this.#hindrance = hindrance
    const { primary } = table.myself
    if (primary?.hasFailed && nowMs - primary.failedAtMs < settings.nodeTimeoutMs + QUIET_MS) return
    this.#loggedAtMs = nowMs
    host.log('warning', `Currently unable to failover: ${HINDRANCES[hindrance]}`)
  }
}
