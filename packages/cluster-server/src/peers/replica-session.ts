import { createNodeId } from '../cluster/node-id.js'
import type { ClientLink, ClientState } from '../commands/context.js'
import type { ReplicaStatus } from '../commands/replication-state.js'
import type { DatasetSnapshot } from '../persistence/dataset-snapshot.js'
import type { CopyContents, ReplicationHost } from './replication-host.js'

/** How much of the copy is made in one go: a millisecond or two of work. */
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

/** How a reader asked for its copy. */
export interface CopyRequest {
  /** SYNC instead of PSYNC: no line about offsets, and no acknowledgements later. */
  readonly isSilent: boolean
  /** The copy ends with a mark instead of beginning with its length. */
  readonly endsWithMark: boolean
  /** The reader wants the copy and no stream. */
  readonly onlyCopy: boolean
  readonly contents: CopyContents
}

/** What a session needs of the replication that it belongs to. */
export interface SessionOwner {
  readonly host: ReplicationHost
  readonly replicationId: string
  /** Bytes of the shared stream so far. */
  readonly streamOffset: number
  /** The database that the shared stream is at. */
  readonly streamDatabase: number
  left(session: ReplicaSession): void
}

type Stage = 'copying' | 'awaitingFirstAcknowledgement' | 'online'

/**
 * One replica as its primary sees it. First it gets an RDB file of the moment at which it asked, then the shared stream
 * from that moment on, which is kept while the file is under way. After a file with an end mark the stream waits for the
 * first acknowledgement, as the reader takes whatever follows the mark in the same packet for a part of the file.
 * A replica that reads too slowly is cut off by `client-output-buffer-limit`, and begins anew.
 */
export class ReplicaSession {
  /** Gets the shared stream. */
  readonly isStreaming: boolean
  /** Acknowledges nothing. */
  readonly isSilent: boolean
  readonly #owner: SessionOwner
  readonly #link: ClientLink
  readonly #host: string
  readonly #port: number
  readonly #request: CopyRequest
  readonly #mark = createNodeId()
  #stage: Stage = 'copying'
  #snapshot: DatasetSnapshot | null
  /** The copy, where its length has to be known before it is sent. */
  #pieces: string[] = []
  #pieceBytes = 0
  /** The part of the stream that came meanwhile. */
  #kept: string[] = []
  #immediate: NodeJS.Immediate | null = null
  #timeout: NodeJS.Timeout | null = null
  #acknowledgedOffset = 0
  #acknowledgedAtMs = 0
  #closed = false

  constructor(
    owner: SessionOwner,
    client: ClientState,
    link: ClientLink,
    introduction: ReplicaIntroduction,
    request: CopyRequest,
  ) {
    this.#owner = owner
    this.#link = link
    this.#request = request
    this.#host = introduction.host || client.address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
    this.#port = introduction.port
    this.isSilent = request.isSilent
    this.isStreaming = !request.onlyCopy
    const { replicationId, streamOffset, streamDatabase } = owner
    this.#snapshot = owner.host.beginSnapshot(
      { replicationId, offset: streamOffset, database: streamDatabase },
      request.contents,
    )
    link.onClose(() => this.close())
    if (!request.isSilent) link.write(`+FULLRESYNC ${replicationId} ${streamOffset}\r\n`)
    if (request.endsWithMark) link.write(`$EOF:${this.#mark}\r\n`)
    this.#continueSoon()
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** The offset that the replica has; -1 before it has any. */
  get acknowledgedOffset(): number {
    return this.#stage === 'online' ? this.#acknowledgedOffset : -1
  }

  status(nowMs: number): ReplicaStatus {
    const isCopying = this.#stage === 'copying'
    return {
      host: this.#host,
      port: this.#port,
      state: isCopying ? 'send_bulk' : 'online',
      offset: this.#acknowledgedOffset,
      lagSeconds: isCopying ? -1 : Math.floor((nowMs - this.#acknowledgedAtMs) / 1000),
    }
  }

  /** A part of the shared stream. */
  write(text: string): void {
    if (this.#stage === 'online') this.#link.write(text)
    else this.#kept.push(text)
  }

  acknowledge(offset: number, nowMs: number): void {
    this.#acknowledgedOffset = Math.max(this.#acknowledgedOffset, offset)
    this.#acknowledgedAtMs = nowMs
    if (this.#stage === 'awaitingFirstAcknowledgement' && this.isStreaming) this.#goOnline()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#immediate !== null) clearImmediate(this.#immediate)
    if (this.#timeout !== null) clearTimeout(this.#timeout)
    this.#snapshot?.close()
    this.#snapshot = null
    this.#pieces = []
    this.#kept = []
    this.#link.close()
    this.#owner.left(this)
  }

  #continueSoon(): void {
    if (this.#closed) return
    if (this.#link.bufferedBytes > HIGH_WATER_BYTES) this.#timeout = setTimeout(() => this.#continueSoon(), RETRY_MS)
    else this.#immediate = setImmediate(() => this.#sendSlice())
  }

  #sendSlice(): void {
    if (this.#closed) return
    const text = this.#snapshot === null ? this.#pieces.shift() : this.#nextPiece(this.#snapshot)
    if (text === undefined) {
      this.#finishCopy()
      return
    }
    this.#link.write(text)
    this.#continueSoon()
  }

  /** Text to send, which may be empty; undefined when all has been sent. */
  #nextPiece(snapshot: DatasetSnapshot): string | undefined {
    const piece = snapshot.next(SLICE_BYTES)
    if (piece === null) {
      snapshot.close()
      this.#snapshot = null
      return this.#request.endsWithMark ? undefined : `$${this.#pieceBytes}\r\n`
    }
    const text = piece.toString('latin1')
    if (this.#request.endsWithMark) return text
    this.#pieces.push(text)
    this.#pieceBytes += piece.length
    return ''
  }

  #finishCopy(): void {
    if (this.#request.endsWithMark) this.#link.write(this.#mark)
    this.#acknowledgedAtMs = this.#owner.host.clock.nowMs()
    if (this.#request.endsWithMark || this.#request.onlyCopy) this.#stage = 'awaitingFirstAcknowledgement'
    else this.#goOnline()
  }

  #goOnline(): void {
    this.#stage = 'online'
    for (const text of this.#kept) this.#link.write(text)
    this.#kept = []
  }
}
