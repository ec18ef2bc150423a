import { createNodeId } from '../cluster/node-id.js'
import type { ClientLink, ClientState } from '../commands/context.js'
import type { ReplicaStatus } from '../commands/replication-state.js'
import { ScheduledCall } from '../scheduled-call.js'
import type { ReplicaIntroduction } from './replica-introduction.js'
import type { HistoryPoint } from './replication-history.js'
import type { CopyFile, ReplicationHost } from './replication-host.js'

/** How much of a file is read in one go. */
const SLICE_BYTES = 64 * 1024
/** More than this waits for the replica to read. */
const HIGH_WATER_BYTES = 1024 * 1024
const RETRY_MS = 5

/** What a session needs of the replication that it belongs to. */
export interface SessionOwner {
  readonly host: ReplicationHost
  left(session: ReplicaSession): void
}

/**
 * Where a replica stands: it waits for a copy to be begun; a file is being written for it; a copy is being sent to it,
 * from such a file or as it is made; it has a copy, but may take what follows for a part of it before it acknowledges
 * it; it gets the stream; it got the copy, and wants nothing else.
 */
export type SessionStage = 'waiting' | 'writing' | 'sending' | 'streaming' | 'unconfirmed' | 'online' | 'supplied'

/**
 * One replica as its primary sees it. First it gets an RDB file, then the shared stream from the moment of the file on,
 * which is kept while the file is under way; or it goes on with the stream where it was cut off. A replica that reads
 * too slowly is cut off by `client-output-buffer-limit`.
 */
export class ReplicaSession {
  readonly introduction: ReplicaIntroduction
  /** Asked with SYNC instead of PSYNC: gets no line about offsets, and acknowledges nothing. */
  readonly isSilent: boolean
  readonly askedAtMs: number
  readonly host: string
  readonly #owner: SessionOwner
  readonly #client: ClientState
  readonly #link: ClientLink
  readonly #mark = createNodeId()
  #stage: SessionStage = 'waiting'
  #file: CopyFile | null = null
  /** The part of the stream that came meanwhile. */
  #kept: string[] = []
  #keptBytes = 0
  readonly #next = new ScheduledCall()
  #acknowledgedOffset = 0
  #acknowledgedAtMs = 0
  /** When the replica was seen to take what it is sent last, while a copy is streamed to it. */
  #progressedAtMs = 0
  #bufferedBytes = 0
  #closed = false

  constructor(
    owner: SessionOwner,
    client: ClientState,
    link: ClientLink,
    introduction: ReplicaIntroduction,
    isSilent: boolean,
  ) {
    this.#owner = owner
    this.#client = client
    this.#link = link
    this.introduction = introduction
    this.isSilent = isSilent
    this.askedAtMs = owner.host.clock.nowMs()
    this.host = introduction.host || addressOf(client)
    link.onClose(() => this.close())
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get stage(): SessionStage {
    return this.#stage
  }

  /** It gets the shared stream, or will get what is kept of it. */
  get isFed(): boolean {
    return this.#stage !== 'waiting' && !this.introduction.onlyCopy
  }

  /** It counts as a replica that has all data. */
  get isOnline(): boolean {
    return this.#stage === 'online' || this.#stage === 'unconfirmed'
  }

  get acknowledgedOffset(): number {
    return this.#acknowledgedOffset
  }

  /** What is kept for it of the stream. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** As the log names it. */
  get name(): string {
    return nameOfReplica(this.host, this.introduction)
  }

  /** Whether it has not taken the copy that is streamed to it, or the stream, for so long. */
  isTimedOut(nowMs: number, timeoutMs: number): boolean {
    if (this.isOnline) return !this.isSilent && nowMs - this.#acknowledgedAtMs > timeoutMs
    return this.#stage === 'streaming' && this.#bufferedBytes > 0 && nowMs - this.#progressedAtMs > timeoutMs
  }

  status(nowMs: number): ReplicaStatus {
    return {
      host: this.host,
      port: this.introduction.port,
      state: stateNames[this.#stage],
      offset: this.#acknowledgedOffset,
      lagSeconds: this.isOnline ? Math.floor((nowMs - this.#acknowledgedAtMs) / 1000) : -1,
      pendingBytes: this.#keptBytes + this.#client.outputBytes,
    }
  }

  /** Goes on with the stream where the replica was cut off. */
  resume(replicationId: string, missed: Iterable<string>): void {
    this.#link.write(this.introduction.knowsIds ? `+CONTINUE ${replicationId}\r\n` : '+CONTINUE\r\n')
    for (const text of missed) this.#link.write(text)
    this.#confirm('online')
  }

  /** A copy of the data at `point` is being made; from now on the stream is kept. */
  beginCopy(point: HistoryPoint, kind: 'disk' | 'sockets'): void {
    if (!this.isSilent) this.#link.write(`+FULLRESYNC ${point.replicationId} ${point.offset}\r\n`)
    if (kind === 'sockets') this.#link.write(`$EOF:${this.#mark}\r\n`)
    this.#stage = kind === 'disk' ? 'writing' : 'streaming'
    this.#progressedAtMs = this.#owner.host.clock.nowMs()
  }

  /** Shares the copy that is being made for another one. */
  shareCopy(other: ReplicaSession, point: HistoryPoint): void {
    if (!this.introduction.onlyCopy) {
      this.#kept = [...other.#kept]
      this.#keptBytes = other.#keptBytes
    }
    this.beginCopy(point, 'disk')
  }

  /** A part of the copy that is streamed. */
  writeCopy(text: string): void {
    this.#link.write(text)
  }

  /** Whether the replica is too far behind to be sent more; to be asked again and again until it is not. */
  isBehind(): boolean {
    const { bufferedBytes } = this.#link
    if (bufferedBytes < this.#bufferedBytes || bufferedBytes === 0) {
      this.#progressedAtMs = this.#owner.host.clock.nowMs()
    }
    this.#bufferedBytes = bufferedBytes
    return bufferedBytes > HIGH_WATER_BYTES
  }

  /** The copy that is streamed is complete. */
  endCopy(): void {
    this.#link.write(this.#mark)
    this.#owner.host.log(
      'notice',
      `Streamed RDB transfer with replica ${this.name} succeeded (socket). Waiting for REPLCONF ACK from slave to enable streaming`,
    )
    this.#complete('unconfirmed')
  }

  /** The file that was written for the replica is there. */
  sendFile(file: CopyFile): void {
    this.#stage = 'sending'
    this.#file = file
    this.#link.write(`$${file.sizeBytes}\r\n`)
    this.#continueSoon()
  }

  /** A part of the shared stream. */
  write(text: string): void {
    if (this.#stage === 'online') {
      this.#link.write(text)
      return
    }
    this.#kept.push(text)
    this.#keptBytes += text.length
    if (!this.#owner.host.exceedsOutputLimit(this.#client, this.#keptBytes)) return
    // Not while the stream is being handed to all of them.
    setImmediate(() => this.close())
  }

  /** Shows that this node is alive, to a replica that waits for its copy. */
  keepAlive(): void {
    if (this.#stage === 'waiting' || this.#stage === 'writing') this.#link.write('\n')
  }

  acknowledge(offset: number): void {
    this.#acknowledgedOffset = Math.max(this.#acknowledgedOffset, offset)
    this.#acknowledgedAtMs = this.#owner.host.clock.nowMs()
    if (this.#stage === 'unconfirmed') this.#goOnline()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#next.cancel()
    this.#file?.close()
    this.#file = null
    this.#kept = []
    this.#link.close()
    this.#owner.left(this)
  }

  #continueSoon(): void {
    if (this.#closed) return
    if (this.#link.bufferedBytes > HIGH_WATER_BYTES) this.#next.after(RETRY_MS, () => this.#continueSoon())
    else this.#next.soon(() => this.#sendSlice())
  }

  #sendSlice(): void {
    const file = this.#file
    if (this.#closed || file === null) return
    let bytes: Buffer
    try {
      bytes = file.read(SLICE_BYTES)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#owner.host.log('warning', `Read error sending DB to replica: ${reason}`)
      this.close()
      return
    }
    if (bytes.length === 0) {
      file.close()
      this.#file = null
      this.#complete('online')
      return
    }
    this.#link.write(bytes.toString('latin1'))
    this.#continueSoon()
  }

  #complete(stage: 'unconfirmed' | 'online'): void {
    const { host } = this.#owner
    if (this.introduction.onlyCopy) {
      this.#stage = 'supplied'
      host.log('notice', `RDB transfer completed, rdb only replica (${this.name}) should be disconnected asap`)
      // Who wanted a copy alone reads it to its end.
      this.#client.closeAfterReply()
      return
    }
    this.#confirm(stage)
    host.log('notice', `Synchronization with replica ${this.name} succeeded`)
    if (stage === 'online') this.#goOnline()
  }

  #confirm(stage: 'unconfirmed' | 'online'): void {
    this.#stage = stage
    this.#acknowledgedAtMs = this.#owner.host.clock.nowMs()
  }

  #goOnline(): void {
    this.#stage = 'online'
    for (const text of this.#kept) this.#link.write(text)
    this.#kept = []
    this.#keptBytes = 0
  }
}

/** The address that a client connects from, without its port. */
export const addressOf = (client: ClientState): string => client.address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

/** A replica as the log names it. */
export const nameOfReplica = (host: string, { port }: ReplicaIntroduction): string =>
  `${host}:${port === 0 ? '<unknown-replica-port>' : port}`

const stateNames = {
  waiting: 'wait_bgsave',
  writing: 'wait_bgsave',
  streaming: 'wait_bgsave',
  sending: 'send_bulk',
  unconfirmed: 'online',
  online: 'online',
  supplied: 'rdb_transmitted',
} as const satisfies Record<SessionStage, ReplicaStatus['state']>
