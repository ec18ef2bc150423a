import type { BacklogStatus, Effect } from '../commands/replication-state.js'
import { EffectEncoder, encodeCommand } from './effect-encoder.js'
import type { ReplicaList } from './replica-list.js'
import { type HistoryPoint, ReplicationHistory } from './replication-history.js'
import type { ReplicationHost } from './replication-host.js'

/** Source: `CONFIG_REPL_BACKLOG_MIN_SIZE` of Redis 7.0.15. */
export const LEAST_BACKLOG_BYTES = 16 * 1024
const PING = encodeCommand(['ping'])
const GETACK = encodeCommand(['REPLCONF', 'GETACK', '*'])

/** What a stream needs of the replication that it belongs to. */
export interface StreamOwner {
  readonly host: ReplicationHost
  readonly replicas: ReplicaList
  /** A replica makes nothing of its own: it passes on what its primary sends. */
  readonly isPrimary: boolean
  /** A failover waits for what was sent to be acknowledged: nothing may be added without need. */
  readonly holdsPings: boolean
}

/**
 * The stream that the replicas of a node get, and the history that it is. On a primary that is what changes the data,
 * and what keeps the links alive; on a replica it is what its primary sends. Nothing is listened to, counted or encoded
 * before the first replica comes; from then on it is kept for a while in a backlog.
 */
export class OutgoingStream {
  readonly history = new ReplicationHistory()
  readonly #owner: StreamOwner
  readonly #encoder = new EffectEncoder()
  #stopListening: (() => void) | null = null
  #ticks = 0
  /** Since when there has been no replica. */
  #aloneSinceMs = 0
  #acknowledgementsWanted = false

  constructor(owner: StreamOwner) {
    this.#owner = owner
  }

  get backlog(): BacklogStatus | null {
    const { backlog } = this.history
    return backlog === null ? null : { firstOffset: backlog.firstOffset, bytes: backlog.length }
  }

  /** Where the stream of a primary is; null while nobody could go on from there. */
  get point(): HistoryPoint | null {
    const { id: replicationId, offset, backlog } = this.history
    return backlog === null ? null : { replicationId, offset, databaseIndex: this.#encoder.databaseIndex }
  }

  /** From now on what comes is counted and kept, if it is not yet. */
  keep(): void {
    this.history.createBacklog(this.#wantedBacklogBytes())
  }

  /** `repl-backlog-size` has changed. */
  resizeBacklog(): void {
    this.history.backlog?.resize(this.#wantedBacklogBytes())
  }

  /** From now on what changes the data of a primary goes into the stream. */
  listen(): void {
    this.#stopListening ??= this.#owner.host.onEffects((unit) => {
      // A node that becomes a replica in the middle of a unit keeps that unit to itself.
      if (this.#owner.isPrimary) this.#feed(this.#encoder.encode(unit))
    })
  }

  stopListening(): void {
    this.#stopListening?.()
    this.#stopListening = null
  }

  /** What follows names its database: who reads it begins here. */
  forgetDatabase(): void {
    this.#encoder.forgetDatabase()
  }

  /** An effect that is told to nobody else. */
  add(effect: Effect): void {
    this.#feed(this.#encoder.encode([effect]))
  }

  /** A part of the stream of the primary. */
  passOn(bytes: Buffer): void {
    this.history.append(bytes)
    const { replicas } = this.#owner
    if (replicas.isFed) replicas.feed(bytes.toString('latin1'))
  }

  /** From now on there is no replica. */
  noteAlone(): void {
    this.#aloneSinceMs = this.#owner.host.clock.nowMs()
  }

  /** To be called every second. */
  tick(): void {
    const { host, replicas, isPrimary, holdsPings } = this.#owner
    const period = host.config.number('repl-ping-replica-period')
    const mayPing = isPrimary && !host.isHandingOver() && !holdsPings
    if (++this.#ticks % period === 0 && mayPing && replicas.size > 0) this.#feed(PING)
    if (this.#acknowledgementsWanted) this.#askForAcknowledgements()
  }

  /** Asks every replica how far it is, soon. */
  requestAcknowledgements(): void {
    if (this.#acknowledgementsWanted) return
    this.#acknowledgementsWanted = true
    // Behind everything that arrived together, and after a pause, during which nothing is added to the stream.
    setImmediate(() => this.#askForAcknowledgements())
  }

  /** Ends the stream of a primary that has had no replica for `repl-backlog-ttl` seconds. @returns whether it did */
  endIfUnused(): boolean {
    const { host, replicas, isPrimary } = this.#owner
    const ttlSeconds = host.config.number('repl-backlog-ttl')
    if (!isPrimary || replicas.size > 0 || this.history.backlog === null || ttlSeconds === 0) return false
    const aloneSeconds = Math.floor((host.clock.nowMs() - this.#aloneSinceMs) / 1000)
    if (aloneSeconds <= ttlSeconds) return false
    // What is written from now on is counted nowhere: nobody may go on from what was before.
    this.history.beginAnew()
    this.history.freeBacklog()
    this.stopListening()
    host.log('notice', `Replication backlog freed after ${ttlSeconds} seconds without connected replicas.`)
    return true
  }

  #askForAcknowledgements(): void {
    const { host, replicas, isPrimary } = this.#owner
    if (host.isPaused()) return
    this.#acknowledgementsWanted = false
    if (isPrimary && replicas.size > 0) this.#feed(GETACK)
  }

  #wantedBacklogBytes(): number {
    return Math.max(LEAST_BACKLOG_BYTES, this.#owner.host.config.number('repl-backlog-size'))
  }

  #feed(text: string): void {
    this.history.append(text)
    this.#owner.replicas.feed(text)
  }
}
