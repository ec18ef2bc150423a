import { createConnection, type Socket } from 'node:net'
import { endOfReply, readReply, type WireReply } from './wire-reply.js'

/** A server that owes a reply for this long is stuck. */
const PATIENCE_MS = 10_000
/** The same where thousands of commands were sent at once, which a server may answer all together. */
const LONG_PATIENCE_MS = 60_000

interface Waiting {
  readonly replies: string[]
  readonly isComplete: (replies: readonly string[]) => boolean
  readonly done: () => void
}

/** A raw connection: bytes out, parsed replies in, in order. */
export class WireClient {
  readonly #socket: Socket
  #received = ''
  #waiting: Waiting | undefined
  #failed: (error: Error) => void = () => {}
  #timer: NodeJS.Timeout | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      this.#received += chunk
      this.#deliver()
    })
    socket.on('error', (error) => this.#failed(error))
    socket.on('close', () => this.#failed(new Error('the server closed the connection')))
  }

  static connect(port: number, host = '127.0.0.1'): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ port, host })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new WireClient(socket)))
    })
  }

  /** Sends commands without waiting for any reply. */
  write(commands: readonly (readonly string[])[]): void {
    let text = ''
    for (const argv of commands) {
      text += `*${argv.length}\r\n`
      for (const word of argv) text += `$${word.length}\r\n${word}\r\n`
    }
    this.#socket.write(text, 'latin1')
  }

  /** The next `count` replies. */
  async read(count: number): Promise<WireReply[]> {
    return (await this.readText(count)).map(readReply)
  }

  /** The next `count` replies as they came. */
  readText(count: number, patienceMs = PATIENCE_MS): Promise<string[]> {
    return this.readTextUntil((replies) => replies.length === count, patienceMs, `of ${count} replies`)
  }

  /** The next replies as they came, up to when they are all that was wanted. */
  readTextUntil(
    isComplete: Waiting['isComplete'],
    patienceMs = LONG_PATIENCE_MS,
    wanted = 'replies, and no more,',
  ): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const replies: string[] = []
      const overdue = (): void =>
        reject(new Error(`${replies.length} ${wanted} came from port ${this.#socket.remotePort}`))
      this.#timer = setTimeout(overdue, patienceMs)
      this.#failed = (error) => {
        clearTimeout(this.#timer)
        reject(error)
      }
      const done = (): void => {
        clearTimeout(this.#timer)
        resolve(replies)
      }
      this.#waiting = { replies, isComplete, done }
      this.#deliver()
    })
  }

  /** Sends commands at once and waits for all replies. */
  async send(commands: readonly (readonly string[])[]): Promise<WireReply[]> {
    const replies = this.read(commands.length)
    this.write(commands)
    return replies
  }

  /** Sends commands at once and waits for all replies, as they came. */
  async exchange(commands: readonly (readonly string[])[]): Promise<string[]> {
    const replies = this.readText(commands.length, LONG_PATIENCE_MS)
    this.write(commands)
    return replies
  }

  async call(...argv: string[]): Promise<WireReply> {
    const [reply] = await this.send([argv])
    return reply!
  }

  /** Closes the connection; a reply that is still awaited never comes. */
  close(): void {
    clearTimeout(this.#timer)
    this.#failed = () => {}
    this.#socket.destroy()
  }

  #deliver(): void {
    const waiting = this.#waiting
    if (!waiting) return
    let start = 0
    while (!waiting.isComplete(waiting.replies)) {
      const end = endOfReply(this.#received, start)
      if (end === -1) break
      waiting.replies.push(this.#received.slice(start, end))
      start = end
    }
    this.#received = this.#received.slice(start)
    if (!waiting.isComplete(waiting.replies)) {
      if (start > 0) this.#timer?.refresh()
      return
    }
    this.#waiting = undefined
    waiting.done()
  }
}
