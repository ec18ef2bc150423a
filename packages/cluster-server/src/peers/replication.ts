import { createNodeId } from '../cluster/node-id.js'
import type { ClientLink, ClientState } from '../commands/context.js'
import type { Effect, PrimaryLinkStatus, ReplicaStatus, ReplicationState } from '../commands/replication-state.js'
import { parseInt64 } from '../int64.js'
import { splitInlineCommand } from '../resp/inline-command.js'
import { ProtocolError } from '../resp/protocol-error.js'
import { NO_REPLY, OK, type Reply } from '../resp/reply.js'
import { NOT_AN_INTEGER, wireError } from '../wire-errors.js'
import { EffectEncoder, encodeCommand } from './effect-encoder.js'
import { PrimaryLink } from './primary-link.js'
import { type ReplicaIntroduction, ReplicaSession, type SessionOwner } from './replica-session.js'
import type { CopyContents, ReplicationHost } from './replication-host.js'

const PENDING_OUTPUT = wireError('ERR SYNC and PSYNC are invalid with pending output')
const NOT_TO_A_PRIMARY = wireError("ERR PSYNC FAILOVER can't be sent to a master.")
const OTHER_HISTORY = wireError('ERR PSYNC FAILOVER replid must match my replid.')
const FILTER_NEEDS_MARK = wireError('ERR Filtered replica requires EOF capability')
const TICK_MS = 1000
/** Source: `NET_HOST_STR_LEN` of Redis, less its closing zero. */
const LONGEST_HOST = 255
const OUT_OF_BOUNDS = wireError('ERR value is out of range, value must between 0 and 1')
const NO_PRIMARY_LINK = wireError("NOMASTERLINK Can't SYNC while not connected with my master")
const MISSING_FILTERS = wireError('ERR Missing rdb-filter-only values')
const PING = encodeCommand(['ping'])
const GETACK = encodeCommand(['REPLCONF', 'GETACK', '*'])

interface Introduction extends ReplicaIntroduction {
  readonly readsMark: boolean
  readonly onlyCopy: boolean
  readonly contents: CopyContents
}

const STRANGER: Introduction = {
  port: 0,
  host: '',
  readsMark: false,
  onlyCopy: false,
  contents: 'everything',
}

/**
 * A node's place among primaries and replicas, and the streams that belong to it. Nothing is listened to, counted or
 * encoded while there is no replica.
 */
export class Replication implements ReplicationState, SessionOwner {
  readonly host: ReplicationHost
  readonly #encoder = new EffectEncoder()
  readonly #sessions = new Map<number, ReplicaSession>()
  /** The sessions that get the shared stream, listed anew when one comes or leaves. */
  #streaming: readonly ReplicaSession[] = []
  readonly #introductions = new WeakMap<ClientState, Introduction>()
  #replicationId = createNodeId()
  #offset = 0
  #link: PrimaryLink | null = null
  #stopListening: (() => void) | null = null
  #timer: NodeJS.Timeout | null = null
  #ticks = 0
  #acknowledgementsWanted = false
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
    return this.#offset
  }

  /** Milliseconds since this node last heard of its primary, in the words of `cluster-replica-validity-factor`; 0 on a primary. */
  get dataAgeMs(): number {
    return this.#link?.dataAgeMs ?? 0
  }

  /** Whether a replica has a complete copy and gets the stream of its primary; false on a primary. */
  get linkIsUp(): boolean {
    return this.#link?.status.state === 'connected'
  }

  get streamOffset(): number {
    return this.#offset
  }

  get streamDatabase(): number {
    return this.#link === null ? this.#encoder.databaseIndex : this.#link.databaseIndex
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
      replacing: () => this.#dropReplicas(),
      passOn: (text) => this.#passOn(text),
      synced: (replicationId, offset) => this.#synced(replicationId, offset),
    })
    // After the role has changed: whoever waits must not take part in writes of the new primary.
    if (wasPrimary) this.host.interruptBlocked()
  }

  becomePrimary(): void {
    if (this.#link === null) return
    this.#link.close()
    this.#link = null
    this.#replicationId = createNodeId()
    this.#encoder.forgetDatabase()
    this.#dropReplicas()
    this.#releaseSyncWaiters()
  }

  changeReplicationId(): void {
    this.#replicationId = createNodeId()
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
    switch (option.toLowerCase()) {
      case 'listening-port':
        if (parseInt64(value) === undefined) return NOT_AN_INTEGER
        this.#introductions.set(client, { ...known, port: Number(value) })
        return OK
      case 'ip-address':
        if (value.length > LONGEST_HOST) {
          return wireError(`ERR REPLCONF ip-address provided by replica instance is too long: ${value.length} bytes`)
        }
        this.#introductions.set(client, { ...known, host: value })
        return OK
      case 'capa':
        // As in Redis, capabilities that are not known are passed over.
        if (value.toLowerCase() === 'eof') this.#introductions.set(client, { ...known, readsMark: true })
        return OK
      case 'rdb-only':
        if (parseInt64(value) === undefined) return NOT_AN_INTEGER
        if (value !== '0' && value !== '1') return OUT_OF_BOUNDS
        this.#introductions.set(client, { ...known, onlyCopy: value === '1' })
        return OK
      case 'rdb-filter-only':
        return this.#filterCopy(client, known, value)
      default:
        return wireError(`ERR Unrecognized REPLCONF option: ${option}`)
    }
  }

  #filterCopy(client: ClientState, known: Introduction, text: string): Reply {
    const words = filterWords(text)
    if (words === null) return MISSING_FILTERS
    let contents: CopyContents = 'nothing'
    let refused: string | undefined
    for (const word of words) {
      if (word.toLowerCase() === 'functions') contents = 'functions'
      else refused ??= word
    }
    // As in Redis, what was understood before holds.
    this.#introductions.set(client, { ...known, contents })
    return refused === undefined ? OK : wireError(`ERR Unsupported rdb-filter-only option: ${refused}`)
  }

  /** Every replica gets a full copy: there is no backlog to go on from. */
  attachReplica(client: ClientState, request: 'sync' | 'psync', failoverId?: string): Reply {
    if (client.isReplica || client.isMonitor) return NO_REPLY
    if (failoverId !== undefined) {
      if (this.#link === null) return NOT_TO_A_PRIMARY
      if (failoverId.toLowerCase() !== this.#replicationId) return OTHER_HISTORY
      this.becomePrimary()
    }
    // Nodes that follow each other, or themselves, would hand each other an empty copy.
    if (this.#link !== null && this.#link.status.state !== 'connected') return NO_PRIMARY_LINK
    const introduction = this.#introductions.get(client) ?? STRANGER
    if (client.link === null || client.outputBytes > 0) return PENDING_OUTPUT
    if (introduction.contents !== 'everything' && !introduction.readsMark) return FILTER_NEEDS_MARK
    client.isReplica = true
    this.host.countFullResync()
    this.#stopListening ??= this.host.onEffects((unit) => {
      // A node that becomes a replica in the middle of a unit keeps that unit to itself.
      if (this.#link === null) this.#deliver(unit)
    })
    this.#timer ??= this.#startTimer()
    const session = this.#open(client, client.link, introduction, request)
    // The connection may have gone while this command waited its turn.
    if (session.isClosed) return NO_REPLY
    this.#encoder.forgetDatabase()
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
    return this.#streaming.filter((session) => session.acknowledgedOffset >= offset).length
  }

  requestAcknowledgements(): void {
    if (this.#acknowledgementsWanted) return
    this.#acknowledgementsWanted = true
    // Behind everything that arrived together, and after a pause, during which nothing is added to the stream.
    setImmediate(() => this.#askForAcknowledgements())
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
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #open(client: ClientState, link: ClientLink, introduction: Introduction, request: 'sync' | 'psync'): ReplicaSession {
    const isFiltered = introduction.contents !== 'everything'
    return new ReplicaSession(this, client, link, introduction, {
      isSilent: request === 'sync',
      endsWithMark: introduction.readsMark && (this.host.config.flag('repl-diskless-sync') || isFiltered),
      contents: introduction.contents,
      onlyCopy: introduction.onlyCopy,
    })
  }

  #deliver(unit: readonly Effect[]): void {
    if (this.#streaming.length > 0) this.#broadcast(this.#encoder.encode(unit))
  }

  /** Bytes that no replica gets are not counted: whoever joins gets a copy instead. */
  #broadcast(text: string): void {
    if (this.#streaming.length === 0) return
    this.#offset += text.length
    for (const session of this.#streaming) session.write(text)
  }

  #sortSessions(): void {
    this.#streaming = [...this.#sessions.values()].filter((session) => session.isStreaming)
  }

  #startTimer(): NodeJS.Timeout {
    this.#ticks = 0
    const timer = setInterval(() => this.#tick(), TICK_MS)
    timer.unref()
    return timer
  }

  #tick(): void {
    const { config, clock } = this.host
    if (++this.#ticks % config.number('repl-ping-replica-period') === 0) this.#broadcast(PING)
    if (this.#acknowledgementsWanted) this.#askForAcknowledgements()
    const timeoutSeconds = config.number('repl-timeout')
    for (const session of [...this.#sessions.values()]) {
      if (session.isSilent || session.status(clock.nowMs()).lagSeconds <= timeoutSeconds) continue
      this.host.log('warning', 'Disconnecting a replica that acknowledged nothing for repl-timeout seconds')
      session.close()
    }
  }

  #askForAcknowledgements(): void {
    if (this.host.isPaused()) return
    this.#acknowledgementsWanted = false
    this.#broadcast(GETACK)
  }

  /** A replica hands on what it gets, byte by byte, so that offsets mean the same all the way down. */
  #passOn(text: string): void {
    this.#offset += text.length
    for (const session of this.#streaming) session.write(text)
  }

  /** They follow data that are no more: each has to begin anew. */
  #dropReplicas(): void {
    for (const session of [...this.#sessions.values()]) session.close()
  }

  #synced(replicationId: string, offset: number): void {
    this.#replicationId = replicationId
    this.#offset = offset
    this.#releaseSyncWaiters()
  }

  #releaseSyncWaiters(): void {
    for (const resolve of this.#syncWaiters) resolve()
    this.#syncWaiters.clear()
  }
}

/** Null when a quotation mark is out of place. */
const filterWords = (text: string): readonly string[] | null => {
  try {
    return splitInlineCommand(text)
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
