import { createNodeId } from '../cluster/node-id.js'
import type { ClientState } from '../commands/context.js'
import type { Effect, PrimaryLinkStatus, ReplicaStatus, ReplicationState } from '../commands/replication-state.js'
import { NO_REPLY, OK, type Reply } from '../resp/reply.js'
import { NOT_AN_INTEGER, wireError } from '../wire-errors.js'
import { EffectEncoder, encodeCommand } from './effect-encoder.js'
import { STREAM_CAPABILITY } from './primary-handshake.js'
import { PrimaryLink } from './primary-link.js'
import { type ReplicaIntroduction, ReplicaSession, type SessionOwner } from './replica-session.js'
import type { ReplicationHost } from './replication-host.js'

const FOREIGN_REPLICA = wireError(
  `ERR This node streams to nodes of its own kind only: the replica did not send REPLCONF capa ${STREAM_CAPABILITY}`,
)
const NO_PRIMARY_LINK = wireError("NOMASTERLINK Can't SYNC while not connected with my master")
const PING = encodeCommand(['PING'])
const GETACK = encodeCommand(['REPLCONF', 'GETACK', '*'])

interface Introduction extends ReplicaIntroduction {
  readonly speaksStream: boolean
}

const STRANGER: Introduction = { port: 0, host: '', speaksStream: false }

/**
 * A node's place among primaries and replicas, and the streams that belong to it. Nothing is listened to, counted or
 * encoded while there is no replica.
 */
export class Replication implements ReplicationState, SessionOwner {
  readonly host: ReplicationHost
  readonly #encoder = new EffectEncoder()
  readonly #sessions = new Map<number, ReplicaSession>()
  /** The sessions by what they get, made anew when one comes, joins the shared stream or leaves. */
  #syncing: readonly ReplicaSession[] = []
  #online: readonly ReplicaSession[] = []
  readonly #introductions = new WeakMap<ClientState, Introduction>()
  #replicationId = createNodeId()
  #offset = 0
  #link: PrimaryLink | null = null
  #stopListening: (() => void) | null = null
  #pingTimer: NodeJS.Timeout | null = null
  readonly #syncWaiters = new Set<() => void>()

  constructor(host: ReplicationHost) {
    this.host = host
  }

  get role(): 'primary' | 'replica' {
    return this.#link === null ? 'primary' : 'replica'
  }

  get replicationId(): string {
    return this.#replicationId
  }

  get offset(): number {
    return this.#link === null ? this.#offset : this.#link.status.offset
  }

  get streamOffset(): number {
    return this.#offset
  }

  get replicas(): readonly ReplicaStatus[] {
    const nowMs = this.host.clock.nowMs()
    return [...this.#sessions.values()].map((session) => session.status(nowMs))
  }

  get primary(): PrimaryLinkStatus | null {
    return this.#link?.status ?? null
  }

  follow(host: string, port: number): void {
    if (this.#link?.primaryHost === host && this.#link.primaryPort === port) return
    const wasPrimary = this.#link === null
    this.#link?.close()
    this.#link = new PrimaryLink(this.host, host, port, {
      applied: (effects) => this.#deliver(effects),
      synced: (replicationId) => this.#synced(replicationId),
    })
    // After the role has changed: whoever waits must not take part in writes of the new primary.
    if (wasPrimary) this.host.interruptBlocked()
  }

  becomePrimary(): void {
    if (this.#link === null) return
    this.#link.close()
    this.#link = null
    this.#replicationId = createNodeId()
    this.#releaseSyncWaiters()
  }

  /** Resolves once this node has a complete copy of its primary; at once on a primary. */
  whenSynced(): Promise<void> {
    if (this.#link === null || this.#link.status.state === 'connected') return Promise.resolve()
    return new Promise((resolve) => this.#syncWaiters.add(resolve))
  }

  /** Ends every stream. */
  close(): void {
    this.#link?.close()
    for (const session of [...this.#sessions.values()]) session.close()
  }

  configureReplica(client: ClientState, option: string, value: string): Reply {
    const known = this.#introductions.get(client) ?? STRANGER
    switch (option) {
      case 'listening-port':
        if (!/^\d+$/.test(value)) return NOT_AN_INTEGER
        this.#introductions.set(client, { ...known, port: Number(value) })
        return OK
      case 'ip-address':
        this.#introductions.set(client, { ...known, host: value })
        return OK
      case 'capa':
        // As in Redis, capabilities that are not known are passed over.
        if (value === STREAM_CAPABILITY) this.#introductions.set(client, { ...known, speaksStream: true })
        return OK
      default:
        return wireError(`ERR Unrecognized REPLCONF option: ${option}`)
    }
  }

  /** Every replica gets a full copy: there is no backlog to go on from. */
  attachReplica(client: ClientState): Reply {
    const introduction = this.#introductions.get(client) ?? STRANGER
    if (!introduction.speaksStream || client.link === null) return FOREIGN_REPLICA
    if (this.#sessions.has(client.id)) return NO_REPLY
    // Nodes that follow each other, or themselves, would hand each other an empty copy.
    if (this.#link !== null && this.#link.status.state !== 'connected') return NO_PRIMARY_LINK
    client.isReplica = true
    this.host.countFullResync()
    this.#stopListening ??= this.host.onEffects((unit) => this.#deliver(unit))
    this.#pingTimer ??= this.#startPings()
    const session = new ReplicaSession(this, client, client.link, introduction)
    // The connection may have gone while this command waited its turn.
    if (session.isClosed) return NO_REPLY
    this.#sessions.set(client.id, session)
    this.#sortSessions()
    return NO_REPLY
  }

  acknowledge(client: ClientState, offset: number): void {
    const session = this.#sessions.get(client.id)
    if (session === undefined) return
    session.acknowledge(offset, this.host.clock.nowMs())
    this.host.retryWaiting()
  }

  countAcknowledged(offset: number): number {
    return this.#online.filter((session) => session.acknowledgedOffset >= offset).length
  }

  requestAcknowledgements(): void {
    this.#broadcast(GETACK)
  }

  joined(): void {
    this.#encoder.forgetDatabase()
    this.#sortSessions()
  }

  left(session: ReplicaSession): void {
    for (const [clientId, candidate] of this.#sessions) {
      if (candidate === session) this.#sessions.delete(clientId)
    }
    this.#sortSessions()
    // Whoever is in WAIT has one less to count on.
    this.host.retryWaiting()
    if (this.#sessions.size > 0) return
    this.#stopListening?.()
    this.#stopListening = null
    if (this.#pingTimer !== null) clearInterval(this.#pingTimer)
    this.#pingTimer = null
  }

  #deliver(unit: readonly Effect[]): void {
    for (const session of this.#syncing) session.deliver(unit)
    if (this.#online.length > 0) this.#broadcast(this.#encoder.encode(unit))
  }

  /** Bytes that no replica gets are not counted: whoever joins gets a copy instead. */
  #broadcast(text: string): void {
    if (this.#online.length === 0) return
    this.#offset += text.length
    for (const session of this.#online) session.write(text)
  }

  #sortSessions(): void {
    const sessions = [...this.#sessions.values()]
    this.#online = sessions.filter((session) => session.isOnline)
    this.#syncing = sessions.filter((session) => !session.isOnline)
  }

  #startPings(): NodeJS.Timeout {
    const timer = setInterval(() => this.#broadcast(PING), this.host.config.number('repl-ping-replica-period') * 1000)
    timer.unref()
    return timer
  }

  #synced(replicationId: string): void {
    this.#replicationId = replicationId
    this.#releaseSyncWaiters()
  }

  #releaseSyncWaiters(): void {
    for (const resolve of this.#syncWaiters) resolve()
    this.#syncWaiters.clear()
  }
}
