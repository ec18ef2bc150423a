import type { ClientLink, ClientState } from '../commands/context.js'
import type { Effect, ReplicaStatus } from '../commands/replication-state.js'
import { encodeCommand } from './effect-encoder.js'
import type { ReplicationHost } from './replication-host.js'
import { Snapshot } from './snapshot.js'

/** Images of a snapshot that are made in one go: a millisecond or two of work. */
const SLICE_BYTES = 64 * 1024
/** More than this waits for the replica to read. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024
const RETRY_MS = 5

/** What a replica said of itself before PSYNC. */
export interface ReplicaIntroduction {
  readonly port: number
  /** Empty: the address from which it connected. */
  readonly host: string
}

/** One replica as its primary sees it. */
export interface ReplicaStream {
  /** Gets the shared stream, be it that it is kept until the first copy is through. */
  readonly isStreaming: boolean
  readonly isClosed: boolean
  readonly acknowledgedOffset: number
  /** Sent SYNC, as readers do that acknowledge nothing. */
  readonly isSilent: boolean
  status(nowMs: number): ReplicaStatus
  /** A unit of effects, while the replica does not get the shared stream. */
  deliver(unit: readonly Effect[]): void
  /** A part of the shared stream. */
  write(text: string): void
  acknowledge(offset: number, nowMs: number): void
  close(): void
}

/** The address that a replica is listed under. */
export const hostOfReplica = (client: ClientState, introduction: ReplicaIntroduction): string =>
  introduction.host || client.address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

/** What a session needs of the replication that it belongs to. */
export interface SessionOwner {
  readonly host: ReplicationHost
  readonly replicationId: string
  /** Bytes of the shared stream so far. */
  readonly streamOffset: number
  /** The session takes the shared stream from here on, beginning with SELECT. */
  joined(session: ReplicaStream): void
  left(session: ReplicaStream): void
}

/**
 * A replica of this kind of node as its primary sees it: first it gets a snapshot, with what changes meanwhile, then the shared stream.
 * A replica that reads too slowly is cut off by `client-output-buffer-limit`, and begins anew.
 */
export class ReplicaSession implements ReplicaStream {
  readonly isSilent = false
  readonly #owner: SessionOwner
  readonly #link: ClientLink
  readonly #host: string
  readonly #port: number
  #snapshot: Snapshot | null
  #immediate: NodeJS.Immediate | null = null
  #timeout: NodeJS.Timeout | null = null
  #acknowledgedOffset = 0
  #acknowledgedAtMs: number | null = null
  #closed = false

  constructor(owner: SessionOwner, client: ClientState, link: ClientLink, introduction: ReplicaIntroduction) {
    this.#owner = owner
    this.#link = link
    this.#host = hostOfReplica(client, introduction)
    this.#port = introduction.port
    this.#snapshot = new Snapshot(owner.host)
    link.onClose(() => this.close())
    link.write(`+FULLRESYNC ${owner.replicationId} ${owner.streamOffset}\r\n${this.#snapshot.begin()}`)
    this.#continueSoon()
  }

  get isStreaming(): boolean {
    return this.#snapshot === null
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get acknowledgedOffset(): number {
    return this.#acknowledgedOffset
  }

  status(nowMs: number): ReplicaStatus {
    return {
      host: this.#host,
      port: this.#port,
      state: this.isStreaming ? 'online' : 'send_bulk',
      offset: this.#acknowledgedOffset,
      lagSeconds: this.#acknowledgedAtMs === null ? -1 : Math.floor((nowMs - this.#acknowledgedAtMs) / 1000),
    }
  }

  /** A unit of effects, while the snapshot is under way. */
  deliver(unit: readonly Effect[]): void {
    const translated = this.#snapshot?.translate(unit)
    if (translated === undefined) return
    if (translated.type === 'text') this.#link.write(translated.text)
    else this.#abandon(`a command that cannot join a copy under way (${unit.map(({ argv }) => argv[0]).join(', ')})`)
  }

  /** A part of the shared stream, once the snapshot is complete. */
  write(text: string): void {
    this.#link.write(text)
  }

  acknowledge(offset: number, nowMs: number): void {
    this.#acknowledgedOffset = Math.max(this.#acknowledgedOffset, offset)
    this.#acknowledgedAtMs = nowMs
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#immediate !== null) clearImmediate(this.#immediate)
    if (this.#timeout !== null) clearTimeout(this.#timeout)
    this.#link.close()
    this.#owner.left(this)
  }

  #abandon(reason: string): void {
    this.#owner.host.log('notice', `Replica ${this.#host}:${this.#port} is synchronised anew after ${reason}`)
    this.close()
  }

  #continueSoon(): void {
    if (this.#closed) return
    if (this.#link.bufferedBytes > HIGH_WATER_BYTES) this.#timeout = setTimeout(() => this.#continueSoon(), RETRY_MS)
    else this.#immediate = setImmediate(() => this.#sendSlice())
  }

  #sendSlice(): void {
    const snapshot = this.#snapshot
    if (snapshot === null || this.#closed) return
    let complete = false
    this.#owner.host.runUnit(() => {
      const text = snapshot.next(SLICE_BYTES)
      if (text === null) complete = true
      else this.#link.write(text)
    })
    if (complete) this.#goOnline()
    else this.#continueSoon()
  }

  #goOnline(): void {
    this.#snapshot = null
    const { replicationId, streamOffset } = this.#owner
    this.#link.write(encodeCommand(['REPLCONF', 'SYNCED', replicationId, String(streamOffset)]))
    this.#acknowledgedAtMs = this.#owner.host.clock.nowMs()
    this.#owner.joined(this)
  }
}
