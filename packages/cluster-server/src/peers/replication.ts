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
import type { Reply } from '../resp/reply.js'
import { CoordinatedFailover } from './coordinated-failover.js'
import type { LinkOwner } from './link-owner.js'
import { OutgoingStream } from './outgoing-stream.js'
import { PrimaryLink } from './primary-link.js'
import { ReplicaAdmission } from './replica-admission.js'
import { ReplicaList } from './replica-list.js'
import type { HistoryPoint, ReplicationHistory } from './replication-history.js'
import type { ReplicationHost } from './replication-host.js'

const TICK_MS = 1000

/**
 * A node's place among primaries and replicas: its role, the link to its primary, and what becomes of its history when
 * these change. The stream to its own replicas is in `OutgoingStream`, and how they get it in `ReplicaAdmission`.
 */
export class Replication implements ReplicationState {
  readonly host: ReplicationHost
  readonly #replicas: ReplicaList
  readonly #stream: OutgoingStream
  readonly #admission: ReplicaAdmission
  readonly #failover: CoordinatedFailover
  #link: PrimaryLink | null = null
  /** From where a replica without a link could go on. */
  #resumePoint: HistoryPoint | null = null
  /** Since when a replica has had no link to any primary; null when it never had one. */
  #downSinceMs: number | null = null
  #timer: NodeJS.Timeout | null = null
  readonly #syncWaiters = new Set<() => void>()

  constructor(host: ReplicationHost) {
    this.host = host
    const replicas = new ReplicaList(host)
    const failover = new CoordinatedFailover(this)
    const replication = this
    const stream = new OutgoingStream({
      host,
      replicas,
      get isPrimary() {
        return replication.#link === null
      },
      get holdsPings() {
        return failover.holdsPings
      },
    })
    this.#replicas = replicas
    this.#failover = failover
    this.#stream = stream
    this.#admission = new ReplicaAdmission({
      host,
      replicas,
      stream,
      get isPrimary() {
        return replication.#link === null
      },
      get isFailingOver() {
        return failover.state !== 'no-failover'
      },
      get isCutOff() {
        return replication.#link?.isOnline === false
      },
      get savedPoint() {
        return replication.savedPoint
      },
      becomePrimary: () => this.becomePrimary(),
      joined: () => this.#startTimer(),
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
    return this.#stream.backlog
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
    if (this.#link === null) return this.#stream.point
    const point = this.#link.point ?? this.#resumePoint
    if (point === null) return null
    const { id: replicationId, offset } = this.#history
    return { replicationId, offset, databaseIndex: point.databaseIndex }
  }

  get #history(): ReplicationHistory {
    return this.#stream.history
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
    this.#stream.forgetDatabase()
    // They have to learn of the new id, and go on at once then.
    this.#replicas.dropAll()
    this.#stream.noteAlone()
    if (this.#history.backlog !== null) this.#stream.listen()
    this.host.resumeLog()
    this.#releaseSyncWaiters()
  }

  beginFailover(request: FailoverRequest): void {
    this.#failover.begin(request)
  }

  abortFailover(): void {
    this.#failover.abort('Failover manually aborted')
  }

  changeReplicationId(): void {
    this.#history.beginAnew()
  }

  /** `repl-backlog-size` has changed. */
  resizeBacklog(): void {
    this.#stream.resizeBacklog()
  }

  /** The data are about to be loaded from a file, on a primary: what has expired by now is told to those who go on from there. */
  beginRestore(): void {
    if (this.#link === null) this.#stream.keep()
  }

  /** A key of the file has expired. */
  feedRestored(effect: Effect): void {
    if (this.#link === null) this.#stream.add(effect)
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
      this.#stream.noteAlone()
      this.#stream.listen()
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
    this.#stopTimer()
    this.#failover.close()
  }

  configureReplica(client: ClientState, option: string, value: string): Reply {
    return this.#admission.configure(client, option, value)
  }

  nameOf(client: ClientState): string {
    return this.#admission.nameOf(client)
  }

  attachReplica(client: ClientState, request: StreamRequest): Reply {
    return this.#admission.attach(client, request)
  }

  acknowledge(client: ClientState, offset: number): void {
    const session = this.#replicas.get(client.id)
    if (session === undefined) return
    session.acknowledge(offset)
    this.host.retryWaiting()
    this.#failover.noteAcknowledgement()
  }

  countAcknowledged(offset: number): number {
    return this.#replicas.countAcknowledged(offset)
  }

  requestAcknowledgements(): void {
    this.#stream.requestAcknowledgements()
  }

  #startTimer(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref()
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #tick(): void {
    this.#stream.tick()
    this.#replicas.tick()
    this.#admission.tick()
    if (this.#stream.endIfUnused()) this.#stopTimer()
  }

  /** A primary that is about to follow another node may be able to go on from its own history. */
  #useOwnHistory(): void {
    this.host.log(
      'notice',
      'Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.',
    )
    const { id: replicationId, offset } = this.#history
    this.#resumePoint = { replicationId, offset, databaseIndex: 0 }
    this.#stream.stopListening()
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
        this.#goOn()
      },
      passOn: (bytes) => this.#stream.passOn(bytes),
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
    this.#goOn()
    return { ...point, replicationId }
  }

  /** The stream of the primary goes on from what this node has. */
  #goOn(): void {
    this.#stream.keep()
    this.#startTimer()
    this.#releaseSyncWaiters()
  }

  #releaseSyncWaiters(): void {
    for (const resolve of this.#syncWaiters) resolve()
    this.#syncWaiters.clear()
  }
}
