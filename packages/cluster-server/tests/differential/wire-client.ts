import { createConnection, type Socket } from 'node:net'
import { parseWireReply, type WireReply } from './wire-reply.js'

/** A server that owes a reply for this long is stuck. */
const PATIENCE_MS = 10_000

/** A raw connection: bytes out, parsed replies in, in order. */
export class WireClient {
  readonly #socket: Socket
  #received = ''
  #waiting: { count: number; replies: WireReply[]; done: () => void } | undefined
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
  read(count: number): Promise<WireReply[]> {
    return new Promise((resolve, reject) => {
      const replies: WireReply[] = []
      const overdue = (): void =>
        reject(new Error(`${replies.length} of ${count} replies came from port ${this.#socket.remotePort}`))
      this.#timer = setTimeout(overdue, PATIENCE_MS)
      this.#failed = (error) => {
        clearTimeout(this.#timer)
        reject(error)
      }
      const done = (): void => {
        clearTimeout(this.#timer)
        resolve(replies)
      }
      this.#waiting = { count, replies, done }
      this.#deliver()
    })
  }

  /** Sends commands at once and waits for all replies. */
  async send(commands: readonly (readonly string[])[]): Promise<WireReply[]> {
    const replies = this.read(commands.length)
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
    while (waiting.replies.length < waiting.count) {
      const parsed = parseWireReply(this.#received, start)
      if (!parsed) break
      waiting.replies.push(parsed.reply)
      start = parsed.end
    }
    this.#received = this.#received.slice(start)
    if (waiting.replies.length < waiting.count) return
    this.#waiting = undefined
    waiting.done()
  }
}
