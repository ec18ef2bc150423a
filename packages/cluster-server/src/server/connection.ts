import type { Client, ClientConnection } from '../dispatch/client.js'
import { CommandDecoder, type DecoderLimits } from '../resp/command-decoder.js'
import { ProtocolError } from '../resp/protocol-error.js'
import type { Dialogue } from '../scripting/debugger/dialogue.js'
import { openDialogue } from './busy/dialogue.js'
import { readNow } from './busy/read-now.js'
import type { AcceptedSocket } from './busy/relayed-socket.js'
import type { Flushable, FlushQueue } from './flush-queue.js'
import { SharedInputSocket } from './shared-input.js'

/** What a connection needs of its node. */
export interface ConnectionHost {
  readonly flushQueue: FlushQueue
  /** `isFirst`: of those that arrived together. */
  execute(client: Client, argv: readonly string[], isFirst: boolean): void
  /** All that arrived together has been executed. */
  endTurn(): void
  /** The connection is gone; called once. */
  closed(client: Client): void
  countInput(bytes: number): void
  countOutput(client: Client, bytes: number): void
  /** A client has left so many bytes of input or output over. */
  noteBuffers(client: Client, bytes: number): void
  /** Whether a client that leaves so many bytes unread has to go; the log says so. */
  exceedsOutputLimit(client: Client, bytes: number): boolean
  /** Whether a client can have too many bytes waiting for it at once. */
  limitsOutput(client: Client): boolean
  /** Whether a client has to go before so many bytes are sent; the log says so. */
  exceedsHardLimit(client: Client, bytes: number): boolean
  /** An exception that is no answer came out of the commands of a client. */
  failed(client: Client, error: unknown): void
  readonly maxInputBytes: number
  /** Whether `touched` and `enforceMemory` have anything to do: `maxmemory-clients` is set. */
  readonly limitsMemory: boolean
  /** The buffers of a client have changed. */
  touched(client: Client): void
  /** Closes clients that take too much. */
  enforceMemory(): void
}

/**
 * Answers are gathered up to this size before the socket gets them, so that an input chunk costs one write. From 128 KiB on, V8
 * and the allocator map pages anew for each text and each copy of one, which costs more than the copying.
 */
const GATHERED_BYTES = 64 * 1024

/** The same for clients whose output is limited: they are to be judged before anything is sent, as in Redis. */
const JUDGED_BYTES = 1024 * 1024

/** Chunks of one connection that are read before the next connection has its turn. */
const SERVED_CHUNKS = 16

/** Redis has a buffer of this size for the first answers, which no limit counts: less than that is always let through. */
const FREE_OUTPUT_BYTES = 16 * 1024

/** A browser was made to talk to this port, with somebody else's commands in the body of its request. */
const isHttp = (argv: readonly string[]): boolean => {
  const name = argv[0] ?? ''
  // `p` or `h`, which few commands of that length begin with.
  const initial = name.charCodeAt(0) | 32
  if (initial !== 112 && initial !== 104) return false
  return (name.length === 4 || name.length === 5) && /^(post|host:)$/i.test(name)
}

/** One socket: cuts its input into commands, runs them, and sends all answers of one turn of the event loop in one write. */
export class Connection implements ClientConnection, Flushable {
  readonly #socket: AcceptedSocket
  readonly #client: Client
  readonly #host: ConnectionHost
  readonly #decoder: CommandDecoder
  #closeListeners: readonly (() => void)[] = []
  #running = false
  #flushScheduled = false
  #ending = false
  #hasLeft = false
  #closed = false

  constructor(socket: AcceptedSocket, client: Client, limits: DecoderLimits, host: ConnectionHost) {
    this.#socket = socket
    this.#client = client
    this.#host = host
    this.#decoder = new CommandDecoder(limits)
    client.connection = this
    if (socket instanceof SharedInputSocket) socket.onInput((buffer, length) => this.#receive(buffer, length))
    else socket.on('data', (chunk) => this.#receive(chunk, chunk.length))
    // Errors are always followed by 'close'; whoever accepted the socket listens for them.
    socket.on('close', () => this.#handleClose())
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  get inputBytes(): number {
    return this.#running ? this.#decoder.heldBytes : this.#decoder.bufferedBytes
  }

  get unfinishedBytes(): number {
    return this.#decoder.unfinishedBytes
  }

  get unfinishedWords() {
    return this.#decoder.unfinishedWords
  }

  get reservedInputBytes(): number {
    return Math.max(this.inputBytes, this.#decoder.reservedBytes)
  }

  write(text: string): void {
    this.#client.pendingOutput += text
    this.scheduleFlush()
  }

  scheduleFlush(): void {
    if (this.#flushScheduled || this.#hasLeft) return
    this.#flushScheduled = true
    this.#host.flushQueue.add(this)
  }

  /** Hands what was answered to the socket, and ends it when that was the last. */
  flush(): void {
    this.#flushScheduled = false
    this.#send()
    if (!this.#ending) return
    this.#socket.end(() => this.#socket.destroy())
    // As in Redis, who was told good-bye is gone for the next command of anybody else.
    this.#leave()
  }

  /** The client of this connection. */
  get clientId(): number {
    return this.#client.id
  }

  /**
   * Reads and answers what has arrived, within the call: while a script runs the event loop does not turn. What the
   * client leaves unread stays for the event loop.
   */
  serveNow(): void {
    if (this.#running || this.#closed || this.#ending) return
    for (let rounds = 0; rounds < SERVED_CHUNKS && this.#client.activity === 'ready'; rounds++) {
      const chunk = readNow(this.#socket)
      if (chunk === null) return
      if (chunk === 'ended') return void this.#end()
      this.#receive(chunk, chunk.length)
    }
  }

  resume(): void {
    queueMicrotask(() => this.#run())
  }

  /** At once, for the rest of the node too: whoever is closed by a command is gone for the next one. */
  close(): void {
    this.#socket.destroy()
    this.#leave()
  }

  refuseLongReply(): boolean {
    if (!this.#host.exceedsHardLimit(this.#client, Number.MAX_SAFE_INTEGER)) return false
    this.#client.pendingOutput = ''
    this.close()
    return true
  }

  openDialogue(): Dialogue | null {
    this.flush()
    return openDialogue(this.#socket)
  }

  closeAfterFlush(): void {
    this.#ending = true
    this.scheduleFlush()
  }

  onClose(listener: () => void): void {
    if (this.#closed) listener()
    // Most have one listener: an array that is pushed to takes room for 17.
    else this.#closeListeners = [...this.#closeListeners, listener]
  }

  /** The first `length` bytes of `buffer` have arrived; they do not stay there. */
  #receive(buffer: Buffer, length: number): void {
    if (this.#ending || this.#hasLeft) return
    this.#host.countInput(length)
    this.#decoder.push(buffer, length)
    this.#run()
    if (this.#decoder.bufferedBytes > this.#host.maxInputBytes) this.close()
    else if (this.#host.limitsMemory) this.#host.touched(this.#client)
  }

  #run(): void {
    if (this.#running || this.#hasLeft) return
    this.#running = true
    try {
      for (let isFirst = true; this.#client.activity === 'ready'; isFirst = false) {
        const argv = this.#decoder.next()
        if (argv === undefined) break
        if (isHttp(argv)) {
          this.close()
          break
        }
        if (this.#host.limitsMemory) this.#host.enforceMemory()
        if (this.#closed) break
        this.#host.execute(this.#client, argv, isFirst)
        if (this.#host.limitsMemory) this.#host.touched(this.#client)
        const gathered = this.#client.pendingOutput.length
        if (gathered > GATHERED_BYTES && (gathered > JUDGED_BYTES || !this.#host.limitsOutput(this.#client))) {
          this.#host.flushQueue.prepare()
          this.#send()
        }
      }
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.#client.reply(error)
        this.#client.closeAfterReply()
      } else {
        // One client that cannot be served must not end the service of all others.
        this.#host.failed(this.#client, error)
        this.close()
      }
    } finally {
      this.#running = false
      this.#host.endTurn()
      const left = this.#decoder.unfinishedBytes + this.#client.pendingOutput.length
      if (left > 0) this.#host.noteBuffers(this.#client, left)
      if (this.#client.pendingOutput.length > 0 || this.#ending) this.scheduleFlush()
    }
  }

  #send(): void {
    const text = this.#client.takeOutput()
    if (text.length === 0) return
    if (!this.#socket.writable) return
    const waiting = text.length + this.#socket.writableLength
    if (waiting > FREE_OUTPUT_BYTES && this.#host.exceedsHardLimit(this.#client, waiting)) {
      this.close()
      return
    }
    this.#client.replyBuffer.note(text.length)
    this.#host.countOutput(this.#client, text.length)
    this.#socket.write(text, 'latin1')
    if (this.#host.limitsMemory) this.#host.touched(this.#client)
    const unsent = this.#socket.writableLength
    if (unsent === 0) return
    this.#host.noteBuffers(this.#client, unsent)
    if (this.#host.exceedsOutputLimit(this.#client, unsent)) this.close()
  }

  /** The node has no such client any more, from now on; what was answered may still be on its way. */
  #leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#client.activity = 'closed'
    this.#client.connection = null
    this.#host.closed(this.#client)
  }

  /** The other side has gone, and the event loop is not there to say so. */
  #end(): void {
    this.flush()
    this.#socket.destroy()
    this.#handleClose()
  }

  #handleClose(): void {
    if (this.#closed) return
    this.#closed = true
    this.#leave()
    for (const listener of this.#closeListeners) listener()
  }
}
