import type { ClientState } from '../commands/context.js'
import type {
  BacklogStatus,
  Effect,
  FailoverRequest,
  FailoverState,
  PrimaryLinkStatus,
  ReplicaStatus,
  ReplicationState,
  StreamRequest,
} from '../commands/replication-state.js'
import { NO_REPLY, OK, type Reply } from '../resp/reply.js'
import { wireError } from '../wire-errors.js'
import { attachRefusal } from './attach-refusal.js'
import { CoordinatedFailover } from './coordinated-failover.js'
import { CopyRounds } from './copy-rounds.js'
import { EffectEncoder, encodeCommand } from './effect-encoder.js'
import { type LinkOwner, PrimaryLink } from './primary-link.js'
import { introduce, type ReplicaIntroduction, STRANGER } from './replica-introduction.js'
import { ReplicaList } from './replica-list.js'
import { addressOf, nameOfReplica, ReplicaSession, type SessionOwner } from './replica-session.js'
import { type HistoryPoint, ReplicationHistory } from './replication-history.js'
import type { ReplicationHost } from './replication-host.js'

const NOT_TO_A_PRIMARY = wireError("ERR PSYNC FAILOVER can't be sent to a master.")
const OTHER_HISTORY = wireError('ERR PSYNC FAILOVER replid must match my replid.')
const TICK_MS = 1000
/** Source: `CONFIG_REPL_BACKLOG_MIN_SIZE` of Redis 7.0.15. */
export const LEAST_BACKLOG_BYTES = 16 * 1024
/** How often a failover looks whether a replica has caught up. */
const FAILOVER_TICK_MS = 100
const PING = encodeCommand(['ping'])
const GETACK = encodeCommand(['REPLCONF', 'GETACK', '*'])

/**
 * A node's place among primaries and replicas, and the streams that belong to it. Nothing is listened to, counted or
 * encoded before the first replica comes; from then on what is written is kept for a while in a backlog, from which a
 * replica goes on that lost its link.
 */
export class Replication implements ReplicationState {
  readonly host: ReplicationHost
  readonly #history = new ReplicationHistory()
  readonly #encoder = new EffectEncoder()
  readonly #replicas: ReplicaList
  readonly #introductions = new WeakMap<ClientState, ReplicaIntroduction>()
  readonly #sessionOwner: SessionOwner
  readonly #rounds: CopyRounds
  readonly #failover: CoordinatedFailover
  #link: PrimaryLink | null = null
  /** From where a replica without a link could go on. */
  #resumePoint: HistoryPoint | null = null
  /** Since when a replica has had no link to any primary; null when it never had one. */
  #downSinceMs: number | null = null
  #stopListening: (() => void) | null = null
  #timer: NodeJS.Timeout | null = null
  #failoverTimer: NodeJS.Timeout | null = null
  #ticks = 0
  /** Since when there has been no replica. */
  #aloneSinceMs = 0
  #acknowledgementsWanted = false
  readonly #syncWaiters = new Set<() => void>()

  constructor(host: ReplicationHost) {
    this.host = host
    this.#replicas = new ReplicaList(host)
    this.#failover = new CoordinatedFailover(this)
    this.#sessionOwner = { host, left: (session) => this.#left(session) }
    const replication = this
    this.#rounds = new CopyRounds({
      host,
      get sessions() {
        return replication.#replicas.all
      },
      get point() {
        return replication.savedPoint
      },
      forgetDatabase: () => {
        this.#encoder.forgetDatabase()
        this.#replicas.sort()
      },
    })
  }

  get role(): 'primary' | 'replica' {
    return this.#link === null ? 'primary' : 'replica'
  }

  get replicationId(): string {
    return this.#history.id
  }

  get secondReplicationId(): string {
    return this.#history.secondId
  }

  get secondOffset(): number {
    return this.#history.secondOffset
  }

  get offset(): number {
    return this.#history.offset
  }

  get backlog(): BacklogStatus | null {
    const { backlog } = this.#history
    return backlog === null ? null : { firstOffset: backlog.firstOffset, bytes: backlog.length }
  }

  get backlogBytes(): number {
    return this.#history.backlog?.allocatedBytes ?? 0
  }

  get keptBytes(): number {
    return this.#replicas.keptBytes
  }

  /**
   * Milliseconds since the last byte came from a primary, or since the link was lost, for `cluster-replica-validity-factor`;
   * 0 on a primary. A replica that never had a link has data of no age that could be told: the time since 1970, as in Redis.
   */
  get dataAgeMs(): number {
    if (this.#link === null) return 0
    return this.host.clock.nowMs() - (this.#link.isOnline ? this.#link.lastIoMs : (this.#downSinceMs ?? 0))
  }

  /** Whether a replica has a complete copy and gets the stream of its primary; false on a primary. */
  get linkIsUp(): boolean {
    return this.#link?.isOnline ?? false
  }

  get replicas(): readonly ReplicaStatus[] {
    return this.#replicas.statuses
  }

  get primary(): PrimaryLinkStatus | null {
    return this.#link?.status ?? null
  }

  get failoverState(): FailoverState {
    return this.#failover.state
  }

  get savedPoint(): HistoryPoint | null {
    const { id: replicationId, offset, backlog } = this.#history
    if (this.#link === null) {
      return backlog === null ? null : { replicationId, offset, databaseIndex: this.#encoder.databaseIndex }
    }
    const point = this.#link.point ?? this.#resumePoint
    return point === null ? null : { replicationId, offset, databaseIndex: point.databaseIndex }
  }

  follow(host: string, port: number): void {
    this.prepareToFollow(host, port)
    this.#link?.start()
  }

  /** As `follow`, which it is to be called before the data are loaded; connects when `follow` is called. */
  prepareToFollow(host: string, port: number): void {
    if (this.#link?.primaryHost === host && this.#link.primaryPort === port) return
    const wasPrimary = this.#link === null
    this.#link?.close()
    if (wasPrimary) this.#useOwnHistory()
    this.#link = new PrimaryLink(this.#linkOwner(), host, port)
    // After the role has changed: whoever waits must not take part in writes of the new primary.
    this.host.interruptBlocked()
  }

  becomePrimary(): void {
    if (this.#link === null) return
    const link = this.#link
    this.#link = null
    link.close()
    this.#resumePoint = this.#downSinceMs = null
    this.#history.shift()
    const { secondId, secondOffset, id } = this.#history
    this.host.log(
      'notice',
      `Setting secondary replication ID to ${secondId}, valid up to offset: ${secondOffset}. New replication ID is ${id}`,
    )
    this.#encoder.forgetDatabase()
    // They have to learn of the new id, and go on at once then.
    this.#replicas.dropAll()
    this.#aloneSinceMs = this.host.clock.nowMs()
    if (this.#history.backlog !== null) this.#listen()
    this.host.resumeLog()
    this.#releaseSyncWaiters()
  }

  beginFailover(request: FailoverRequest): void {
    this.#failover.begin(request)
    this.#failoverTimer ??= setInterval(() => this.#tickFailover(), FAILOVER_TICK_MS).unref()
  }

  abortFailover(): void {
    this.#failover.abort('Failover manually aborted')
  }

  changeReplicationId(): void {
    this.#history.beginAnew()
  }

  /** `repl-backlog-size` has changed. */
  resizeBacklog(): void {
    this.#history.backlog?.resize(this.#backlogBytes())
  }

  /** The data are about to be loaded from a file, on a primary: what has expired by now is told to those who go on from there. */
  beginRestore(): void {
    if (this.#link === null) this.#history.createBacklog(this.#backlogBytes())
  }

  /** A key of the file has expired. */
  feedRestored(effect: Effect): void {
    if (this.#link === null) this.#feed(this.#encoder.encode([effect]))
  }

  /** The data are loaded. `point` is what the file says of them; null when it says nothing that can be used. */
  endRestore(point: HistoryPoint | null, isReplica: boolean): void {
    if (point === null) {
      if (this.#link === null) this.#history.freeBacklog()
    } else if (isReplica) {
      this.#history.freeBacklog()
      this.#history.adopt(point.replicationId, point.offset)
      this.#resumePoint = point
    } else {
      this.#history.resume(point.replicationId, point.offset)
      this.#aloneSinceMs = this.host.clock.nowMs()
      this.#listen()
      this.#startTimer()
    }
  }

  /** Resolves once this node has a complete copy of its primary; at once on a primary. */
  whenSynced(): Promise<void> {
    if (this.#link === null || this.#link.isOnline) return Promise.resolve()
    return new Promise((resolve) => this.#syncWaiters.add(resolve))
  }

  /** Ends every stream. */
  close(): void {
    this.#link?.close()
    this.#replicas.dropAll()
    if (this.#timer !== null) clearInterval(this.#timer)
    if (this.#failoverTimer !== null) clearInterval(this.#failoverTimer)
  }

  configureReplica(client: ClientState, option: string, value: string): Reply {
    const { known, refusal } = introduce(this.#introductionOf(client), option, value)
    this.#introductions.set(client, known)
    return refusal ?? OK
  }

  nameOf(client: ClientState): string {
    const introduction = this.#introductionOf(client)
    return nameOfReplica(introduction.host || addressOf(client), introduction)
  }

  attachReplica(client: ClientState, request: StreamRequest): Reply {
    if (client.isReplica || client.isMonitor) return NO_REPLY
    if (request.type === 'psync' && request.takesOver) {
      this.host.log('notice', `Failover request received for replid ${request.replicationId}.`)
      if (this.#link === null) return NOT_TO_A_PRIMARY
      if (request.replicationId.toLowerCase() !== this.#history.id) return OTHER_HISTORY
      this.becomePrimary()
      this.host.log('notice', `MASTER MODE enabled (failover request from '${this.host.describe(client)}')`)
    }
    const introduction = this.#introductionOf(client)
    const isFailingOver = this.#failover.state !== 'no-failover'
    const isCutOff = this.#link?.isOnline === false
    const refusal = attachRefusal({ isFailingOver, isCutOff }, client, introduction)
    if (refusal !== null || client.link === null) return refusal ?? NO_REPLY
    this.host.log('notice', `Replica ${this.nameOf(client)} asks for synchronization`)
    client.isReplica = true
    const session = new ReplicaSession(this.#sessionOwner, client, client.link, introduction, request.type === 'sync')
    // The connection may have gone while this command waited its turn.
    if (session.isClosed) return NO_REPLY
    this.#replicas.add(client.id, session)
    this.#startTimer()
    if (request.type === 'sync' || !this.#resume(session, request.replicationId, request.offset)) this.#copyTo(session)
    this.#replicas.sort()
    return NO_REPLY
  }

  acknowledge(client: ClientState, offset: number): void {
    const session = this.#replicas.get(client.id)
    if (session === undefined) return
    session.acknowledge(offset)
    this.host.retryWaiting()
    if (this.#failoverTimer !== null) setImmediate(() => this.#tickFailover())
  }

  countAcknowledged(offset: number): number {
    return this.#replicas.countAcknowledged(offset)
  }

  requestAcknowledgements(): void {
    if (this.#acknowledgementsWanted) return
    this.#acknowledgementsWanted = true
    // Behind everything that arrived together, and after a pause, during which nothing is added to the stream.
    setImmediate(() => this.#askForAcknowledgements())
  }

  #left(session: ReplicaSession): void {
    this.#replicas.remove(session)
    this.#rounds.left(session)
    if (this.#replicas.size === 0) this.#aloneSinceMs = this.host.clock.nowMs()
    // Whoever is in WAIT has one less to count on.
    this.host.retryWaiting()
  }

  /** Has a replica go on where it was cut off. @returns false when that is not possible */
  #resume(session: ReplicaSession, replicationId: string, offset: number): boolean {
    const history = this.#history
    const refusal = history.refusal(replicationId, offset, session.name)
    const { backlog } = history
    if (refusal !== null || backlog === null) {
      this.host.log('notice', refusal ?? '')
      if (refusal?.startsWith('Unable') && offset > history.offset) {
        this.host.log(
          'warning',
          `Warning: replica ${session.name} tried to PSYNC with an offset that is greater than the master replication offset.`,
        )
      }
      if (!replicationId.startsWith('?')) this.host.count('refusedResync')
      return false
    }
    const bytes = history.offset + 1 - offset
    session.resume(history.id, backlog.since(offset))
    this.host.log(
      'notice',
      `Partial resynchronization request from ${session.name} accepted. Sending ${bytes} bytes of backlog starting from offset ${offset}.`,
    )
    this.host.count('partialResync')
    return true
  }

  #copyTo(session: ReplicaSession): void {
    this.host.count('fullResync')
    const history = this.#history
    if (history.backlog === null) {
      // What happened before is in no backlog: nobody may go on from it.
      history.beginAnew()
      history.createBacklog(this.#backlogBytes())
      this.host.log(
        'notice',
        `Replication backlog created, my new replication IDs are '${history.id}' and '${history.secondId}'`,
      )
      if (this.#link === null) this.#listen()
    }
    this.#rounds.join(session)
  }

  #introductionOf(client: ClientState): ReplicaIntroduction {
    return this.#introductions.get(client) ?? STRANGER
  }

  #backlogBytes(): number {
    return Math.max(LEAST_BACKLOG_BYTES, this.host.config.number('repl-backlog-size'))
  }

  #listen(): void {
    this.#stopListening ??= this.host.onEffects((unit) => {
      // A node that becomes a replica in the middle of a unit keeps that unit to itself.
      if (this.#link === null) this.#feed(this.#encoder.encode(unit))
    })
  }

  #stopFeeding(): void {
    this.#stopListening?.()
    this.#stopListening = null
  }

  #feed(text: string): void {
    this.#history.append(text)
    this.#replicas.feed(text)
  }

  #startTimer(): void {
    if (this.#timer !== null) return
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    this.#timer.unref()
  }

  #tick(): void {
    const period = this.host.config.number('repl-ping-replica-period')
    const mayPing = this.#link === null && !this.host.isHandingOver() && !this.#failover.holdsPings
    if (++this.#ticks % period === 0 && mayPing && this.#replicas.size > 0) this.#feed(PING)
    if (this.#acknowledgementsWanted) this.#askForAcknowledgements()
    this.#replicas.tick()
    this.#rounds.tick()
    this.#freeUnusedBacklog()
  }

  /** Frees the backlog of a primary that has had no replica for `repl-backlog-ttl` seconds. */
  #freeUnusedBacklog(): void {
    const ttlSeconds = this.host.config.number('repl-backlog-ttl')
    if (this.#link !== null || this.#replicas.size > 0 || this.#history.backlog === null || ttlSeconds === 0) return
    const aloneSeconds = Math.floor((this.host.clock.nowMs() - this.#aloneSinceMs) / 1000)
    if (aloneSeconds <= ttlSeconds) return
    // What is written from now on is counted nowhere: nobody may go on from what was before.
    this.#history.beginAnew()
    this.#history.freeBacklog()
    this.#stopFeeding()
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.host.log('notice', `Replication backlog freed after ${ttlSeconds} seconds without connected replicas.`)
  }

  #tickFailover(): void {
    this.#failover.tick()
    if (this.#failover.state !== 'no-failover' || this.#failoverTimer === null) return
    clearInterval(this.#failoverTimer)
    this.#failoverTimer = null
  }

  #askForAcknowledgements(): void {
    if (this.host.isPaused()) return
    this.#acknowledgementsWanted = false
    if (this.#link === null && this.#replicas.size > 0) this.#feed(GETACK)
  }

  /** A primary that is about to follow another node may be able to go on from its own history. */
  #useOwnHistory(): void {
    this.host.log(
      'notice',
      'Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.',
    )
    const { id: replicationId, offset } = this.#history
    this.#resumePoint = { replicationId, offset, databaseIndex: 0 }
    this.#stopFeeding()
  }

  #linkOwner(): LinkOwner {
    const replication = this
    return {
      host: this.host,
      get replicationId() {
        return replication.replicationId
      },
      get resumePoint() {
        return replication.#resumePoint
      },
      get downSinceMs() {
        return replication.#downSinceMs
      },
      get handsOver() {
        return replication.#failover.state === 'failover-in-progress'
      },
      answered: (isAccepted) => this.#failover.answered(isAccepted),
      replacing: () => {
        this.#resumePoint = null
        this.#replicas.dropAll()
        this.#history.freeBacklog()
      },
      continued: (replicationId) => this.#continued(replicationId),
      synced: ({ replicationId, offset }) => {
        if (replicationId === '') this.#history.beginAnew()
        else this.#history.adopt(replicationId, offset)
        this.#history.createBacklog(this.#backlogBytes())
        this.#startTimer()
        this.#releaseSyncWaiters()
      },
      passOn: (bytes) => {
        this.#history.append(bytes)
        if (this.#replicas.isFed) this.#replicas.feed(bytes.toString('latin1'))
      },
      lost: (point) => {
        this.#resumePoint = point
        this.#downSinceMs = this.host.clock.nowMs()
      },
      diverged: () => {
        this.#resumePoint = null
      },
    }
  }

  #continued(newId: string | null): HistoryPoint {
    const point = this.#resumePoint
    if (point === null) throw new Error('The primary goes on with a stream that was not asked for.')
    const replicationId = newId ?? point.replicationId
    if (replicationId !== point.replicationId) {
      this.host.log('notice', `Master replication ID changed to ${replicationId}`)
      this.#history.continueAs(replicationId, point.replicationId)
      this.#replicas.dropAll()
    }
    this.#resumePoint = null
    this.#history.createBacklog(this.#backlogBytes())
    this.#startTimer()
    this.#releaseSyncWaiters()
    return { ...point, replicationId }
  }

  #releaseSyncWaiters(): void {
    for (const resolve of this.#syncWaiters) resolve()
    this.#syncWaiters.clear()
  }
}
