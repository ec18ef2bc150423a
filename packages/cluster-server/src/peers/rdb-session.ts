import { createNodeId } from '../cluster/node-id.js'
import type { ClientLink, ClientState } from '../commands/context.js'
import type { ReplicaStatus } from '../commands/replication-state.js'
import { hostOfReplica, type ReplicaIntroduction, type ReplicaStream, type SessionOwner } from './replica-session.js'

/** What is handed to the socket in one go. */
const SLICE_CHARS = 256 * 1024
/** More than this waits for the replica to read. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024
const RETRY_MS = 5

/** How a reader asked for its copy. */
export interface CopyRequest {
  /** SYNC instead of PSYNC: no line about offsets, and no acknowledgements later. */
  readonly isSilent: boolean
  /** The copy ends with a mark instead of beginning with its length. */
  readonly endsWithMark: boolean
  /** The reader wants the copy and no stream. */
  readonly onlyCopy: boolean
}

type Stage = 'copying' | 'awaitingFirstAcknowledgement' | 'online'

/**
 * A replica that reads Redis' own format: an RDB file of one moment, and then the shared stream from that moment on,
 * which is kept while the file is under way. After a file with an end mark the stream waits for the first acknowledgement,
 * as the reader takes whatever follows the mark in the same packet for a part of the file.
 */
export class RdbSession implements ReplicaStream {
  readonly isStreaming: boolean
  readonly isSilent: boolean
  readonly #owner: SessionOwner
  readonly #link: ClientLink
  readonly #host: string
  readonly #port: number
  readonly #request: CopyRequest
  #stage: Stage = 'copying'
  #copy: string
  #sentChars = 0
  /** The part of the stream that came meanwhile. */
  #kept: string[] = []
  #immediate: NodeJS.Immediate | null = null
  #timeout: NodeJS.Timeout | null = null
  #acknowledgedOffset = 0
  #acknowledgedAtMs: number
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
    this.#host = hostOfReplica(client, introduction)
    this.#port = introduction.port
    this.isSilent = request.isSilent
    this.isStreaming = !request.onlyCopy
    this.#acknowledgedAtMs = owner.host.clock.nowMs()
    link.onClose(() => this.close())
    if (!request.isSilent) link.write(`+FULLRESYNC ${owner.replicationId} ${owner.streamOffset}\r\n`)
    const rdb = owner.host.encodeRdb()
    if (request.endsWithMark) {
      const mark = createNodeId()
      this.#copy = `$EOF:${mark}\r\n${rdb}${mark}`
    } else this.#copy = `$${rdb.length}\r\n${rdb}`
    this.#continueSoon()
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get acknowledgedOffset(): number {
    return this.#stage === 'online' ? this.#acknowledgedOffset : -1
  }

  status(nowMs: number): ReplicaStatus {
    return {
      host: this.#host,
      port: this.#port,
      state: this.#stage === 'copying' ? 'send_bulk' : 'online',
      offset: this.#acknowledgedOffset,
      lagSeconds: this.#stage === 'copying' ? -1 : Math.floor((nowMs - this.#acknowledgedAtMs) / 1000),
    }
  }

  deliver(): void {}

  write(text: string): void {
    if (this.#stage === 'online') this.#link.write(text)
    else this.#kept.push(text)
  }

  acknowledge(offset: number, nowMs: number): void {
    this.#acknowledgedOffset = Math.max(this.#acknowledgedOffset, offset)
    this.#acknowledgedAtMs = nowMs
    if (this.#stage === 'awaitingFirstAcknowledgement') this.#goOnline()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#immediate !== null) clearImmediate(this.#immediate)
    if (this.#timeout !== null) clearTimeout(this.#timeout)
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
    const end = this.#sentChars + SLICE_CHARS
    this.#link.write(this.#copy.slice(this.#sentChars, end))
    this.#sentChars = end
    if (end < this.#copy.length) {
      this.#continueSoon()
      return
    }
    this.#copy = ''
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
