import { connect, createServer, type Server, type Socket } from 'node:net'

/** A loopback relay in front of a server that notes every command sent through it. */
export class RecordingProxy {
  readonly #server: Server
  readonly #target: { readonly host: string; readonly port: number }
  readonly #sockets = new Set<Socket>()
  /** Commands in the order of their arrival; names in upper case, arguments as text of bytes. */
  readonly commands: (readonly string[])[] = []

  static async open(target: { readonly host: string; readonly port: number }): Promise<RecordingProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new RecordingProxy(server, target)
  }

  private constructor(server: Server, target: { readonly host: string; readonly port: number }) {
    this.#server = server
    this.#target = target
    server.on('connection', (client) => this.#relay(client))
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #relay(client: Socket): void {
    const server = connect(this.#target.port, this.#target.host)
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    const parser = new CommandParser((argv) => {
      const [name = '', ...args] = argv
      this.commands.push([name.toUpperCase(), ...args])
    })
    client.on('data', (chunk) => {
      parser.feed(chunk)
      server.write(chunk)
    })
    server.pipe(client)
  }
}

/** Reads commands, arrays of bulk strings, out of pieces of a stream. */
class CommandParser {
  readonly #take: (argv: readonly string[]) => void
  #pending: Buffer = Buffer.alloc(0)
  /** Bytes without which the first command cannot be complete. */
  #needed = 0

  constructor(take: (argv: readonly string[]) => void) {
    this.#take = take
  }

  feed(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= this.#needed && this.#pending.length > 0) {
      const end = this.#next()
      if (end === null) return
      this.#pending = this.#pending.subarray(end)
      this.#needed = 0
    }
  }

  #next(): number | null {
    const head = this.#line(0)
    if (head === null) return null
    if (!head.text.startsWith('*')) throw new Error(`not a command: ${head.text}`)
    let at = head.end
    const argv: string[] = []
    for (let index = 0; index < Number(head.text.slice(1)); index += 1) {
      const size = this.#line(at)
      if (size === null) return null
      const end = size.end + Number(size.text.slice(1)) + 2
      if (end > this.#pending.length) {
        this.#needed = end
        return null
      }
      argv.push(this.#pending.toString('utf8', size.end, end - 2))
      at = end
    }
    this.#take(argv)
    return at
  }

  #line(from: number): { readonly text: string; readonly end: number } | null {
    const stop = this.#pending.indexOf('\r\n', from)
    return stop < 0 ? null : { text: this.#pending.toString('latin1', from, stop), end: stop + 2 }
  }
}
