import { Command, Redis, type RedisOptions } from 'ioredis'
import type { NodeReply } from './node-reply.js'
import type { WireCommand } from './wire-command.js'

/** ioredis' options of one node, without those that decide on reconnecting and on the shape of replies. */
export type NodeSocketOptions = Pick<
  RedisOptions,
  | 'host'
  | 'port'
  | 'db'
  | 'username'
  | 'password'
  | 'tls'
  | 'connectTimeout'
  | 'socketTimeout'
  | 'connectionName'
  | 'readOnly'
>

interface Waiting {
  readonly command: WireCommand
  readonly asking: boolean
  readonly settle: (reply: NodeReply) => void
}

/** How long `close` waits for answers that are on their way. */
const CLOSE_GRACE_MS = 2_000
/** How often a socket on which answers are awaited is looked at, in each span that it may be silent. */
const LOOKS_PER_TIMEOUT = 8

/**
 * One socket to one node. Commands given in the same turn of the event loop leave in one write, in order. The socket
 * opens with the first command and again with the first one after it broke; nothing is ever sent twice from here:
 * ioredis' own reconnection and resending are off, because it repeats writes whose answer it has not seen.
 */
export class NodeClient {
  /** `host:port` as dialled. */
  readonly address: string
  readonly #redis: Redis
  readonly #silenceMs: number | undefined
  /** Looks now and then whether anything has come, while something has to: a timer for each request would cost more than sending it. */
  #watch: NodeJS.Timeout | null = null
  #silentLooks = 0
  #bytesSeen = 0
  #waiting: Waiting[] = []
  readonly #claimedScripts = new Set<string>()
  #isScheduled = false
  #opening: Promise<void> | null = null
  #lastError: Error | null = null
  #inFlight = 0
  #isStale = false
  #isClosed = false
  #closing: Promise<void> | null = null
  /** Called when the last answer that was on its way has come. */
  #drained: (() => void)[] = []

  constructor({ socketTimeout, ...options }: NodeSocketOptions) {
    this.address = `${options.host}:${options.port}`
    const settings: Omit<RedisOptions, 'replyMapping'> = {
      ...options,
      lazyConnect: true,
      // RESP2 has exactly the reply shapes that connections promise.
      protocol: 2,
      // Commands wait in `#waiting`, never inside ioredis.
      enableOfflineQueue: false,
      enableReadyCheck: false,
      retryStrategy: null,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      // CLIENT SETINFO is newer than Redis 6.2.
      disableClientInfo: true,
    }
    this.#silenceMs = socketTimeout
    this.#redis = new Redis(settings)
    // The handshake is awaited from here.
    this.#redis.on('connect', () => {
      this.#endWatch()
      this.#startWatch()
    })
    this.#redis.on('error', (error: Error) => {
      this.#lastError = error
    })
  }

  /** Sends one command; with `asking` it is preceded by ASKING. Never rejects. */
  send(command: WireCommand, asking = false): Promise<NodeReply> {
    if (this.#isClosed) return Promise.resolve({ type: 'notSent', cause: new Error('the connection is closed') })
    return new Promise((settle) => {
      this.#waiting.push({ command, asking, settle })
      if (this.#isScheduled) return
      this.#isScheduled = true
      process.nextTick(() => this.#flush())
    })
  }

  /** True for one that asks while nobody brings the source of a script: all that are sent behind it find it there. */
  claimScript(sha1: string): boolean {
    if (this.#claimedScripts.has(sha1)) return false
    this.#claimedScripts.add(sha1)
    return true
  }

  /**
   * Gives the socket up: answers that are on their way are awaited, then the next command opens another one. For a server
   * behind a name that has come to mean another server.
   */
  renew(): void {
    this.#isStale = true
  }

  /** Waits for answers that are on their way, two seconds at most, and closes the socket. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #flush(): void {
    if (this.#redis.status === 'ready' && !this.#isStale) {
      const waiting = this.#takeWaiting()
      const gathered = new GatheredText(this.#redis)
      for (const one of waiting) this.#write(one, gathered)
      gathered.flush()
      return
    }
    // Stays scheduled: what is given meanwhile leaves with the rest.
    this.#open().then(
      () => this.#flush(),
      (error: Error) => {
        for (const { command, settle } of this.#takeWaiting()) {
          this.#endClaim(command)
          settle({ type: 'notSent', cause: error })
        }
        this.#reportDrained()
      },
    )
  }

  #takeWaiting(): readonly Waiting[] {
    const waiting = this.#waiting
    this.#waiting = []
    this.#isScheduled = false
    return waiting
  }

  /** Opens the socket, authenticates and selects the database; single-flight. */
  #open(): Promise<void> {
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async #connect(): Promise<void> {
    if (this.#isStale) {
      await this.#drain()
      await this.#disconnect()
      this.#isStale = false
    }
    if (this.#isClosed) throw new Error('the connection is closed')
    this.#lastError = null
    try {
      await this.#redis.connect()
    } catch (error) {
      throw this.#lastError ?? error
    }
    // A refused SELECT is an event only, and the socket stays on database 0: never write there.
    if (this.#lastError !== null) {
      const refusal = this.#lastError
      await this.#disconnect()
      throw refusal
    }
  }

  /** Not a pipeline of ioredis: that gives no answer before it has the last one, and copies every argument. */
  #write({ command, asking, settle }: Waiting, gathered: GatheredText): void {
    this.#inFlight++
    this.#startWatch()
    // What it answers is seen in the answer to the command behind it.
    if (asking) this.#send('ASKING', [], gathered).catch(() => {})
    this.#send(command.name, command.args, gathered).then(
      (value) => this.#settle(command, settle, { type: 'value', value }),
      (error: Error) => this.#settle(command, settle, toReply(error, this.#lastError)),
    )
  }

  #send(name: string, args: string[], gathered: GatheredText): Promise<unknown> {
    const command = new TextCommand(name, args)
    this.#redis.sendCommand(command, gathered)
    return command.promise
  }

  /** Ends the socket when an answer is awaited, and nothing has come for as long as a request may take. */
  #startWatch(): void {
    if (this.#watch !== null || this.#silenceMs === undefined) return
    this.#silentLooks = 0
    this.#bytesSeen = this.#redis.stream.bytesRead
    this.#watch = setInterval(() => this.#look(), Math.ceil(this.#silenceMs / LOOKS_PER_TIMEOUT)).unref()
  }

  #look(): void {
    const { stream, status } = this.#redis
    if ((this.#inFlight === 0 && status !== 'connect') || status === 'end') {
      this.#endWatch()
      return
    }
    const isSilent = stream.bytesRead === this.#bytesSeen
    this.#bytesSeen = stream.bytesRead
    this.#silentLooks = isSilent ? this.#silentLooks + 1 : 0
    if (this.#silentLooks < LOOKS_PER_TIMEOUT) return
    this.#endWatch()
    stream.destroy(new Error(`Nothing was received for ${this.#silenceMs} ms, although an answer was awaited`))
  }

  #endWatch(): void {
    if (this.#watch !== null) clearInterval(this.#watch)
    this.#watch = null
  }

  #settle(command: WireCommand, settle: Waiting['settle'], reply: NodeReply): void {
    this.#endClaim(command)
    settle(reply)
    this.#inFlight--
    this.#reportDrained()
  }

  #endClaim({ sourceOf }: WireCommand): void {
    if (sourceOf !== undefined) this.#claimedScripts.delete(sourceOf)
  }

  #reportDrained(): void {
    if (this.#inFlight > 0) return
    for (const resolve of this.#drained.splice(0)) resolve()
  }

  /** Resolves when no answer is on its way. */
  #drain(): Promise<void> {
    return this.#inFlight === 0 ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve))
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, CLOSE_GRACE_MS, 'late')
    })
    while (this.#inFlight > 0 || this.#waiting.length > 0) {
      const drained = new Promise<void>((resolve) => this.#drained.push(resolve))
      if ((await Promise.race([drained, timeout])) === 'late') break
    }
    clearTimeout(timer)
    await this.#disconnect()
  }

  /** Resolves when the socket is gone. */
  #disconnect(): Promise<void> {
    this.#endWatch()
    if (this.#redis.status === 'wait' || this.#redis.status === 'end') return Promise.resolve()
    return new Promise((resolve) => {
      this.#redis.once('end', () => resolve())
      this.#redis.disconnect()
    })
  }
}

/** So many characters leave in one write at most, or those of one command. */
const WRITE_CHARACTERS = 256 * 1024

/** Commands of one turn as one text, in place of a write of the socket for each: what ioredis' own pipelines give `sendCommand`. */
class GatheredText {
  readonly isPipeline = true
  readonly destination: { readonly redis: Redis }
  #text = ''

  constructor(redis: Redis) {
    this.destination = { redis }
  }

  write(text: string | Buffer): void {
    this.#text += text
    if (this.#text.length >= WRITE_CHARACTERS) this.flush()
  }

  flush(): void {
    if (this.#text === '') return
    this.destination.redis.stream.write(this.#text)
    this.#text = ''
  }
}

/** A command whose arguments are all text: ioredis would copy them, look at each, and make more pieces of text than it takes. */
class TextCommand extends Command {
  constructor(name: string, args: string[]) {
    super(name, [], { replyEncoding: 'utf8' })
    this.args = args
  }

  override toWritable(): string {
    let text = `*${this.args.length + 1}\r\n$${Buffer.byteLength(this.name)}\r\n${this.name}`
    for (const argument of this.args) {
      const value = String(argument)
      const size = Buffer.byteLength(value)
      text += (sizeLines[size] ?? `\r\n$${size}\r\n`) + value
    }
    return `${text}\r\n`
  }
}

/** What stands before an argument, by its size. */
const sizeLines: readonly string[] = Array.from({ length: 128 }, (_, size) => `\r\n$${size}\r\n`)

/** What ioredis says of a command that it did not write because the socket is going away. */
const NOT_WRITTEN = "Stream isn't writeable"

function toReply(error: Error, socketError: Error | null): NodeReply {
  // Everything that is not the server's own text came from a socket that went away.
  if (error.name === 'ReplyError') return { type: 'error', message: error.message, cause: error }
  if (error.message.startsWith(NOT_WRITTEN)) return { type: 'notSent', cause: error }
  return { type: 'lost', cause: socketError ?? error }
}
