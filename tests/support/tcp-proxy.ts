import { connect, createServer, type Server, type Socket } from 'node:net'

/** A loopback relay in front of a server, whose replies can be held back and whose connections can be cut. */
export class TcpProxy {
  readonly #server: Server
  readonly #target: { readonly host: string; readonly port: number }
  readonly #sockets = new Set<Socket>()
  #holdsReplies = false
  #refuses = false
  /** How many clients have connected so far. */
  connectionCount = 0

  static async open(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new TcpProxy(server, target)
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

  /** From now on nothing that the server answers reaches a client; what clients send reaches the server. */
  holdReplies(): void {
    this.#holdsReplies = true
  }

  /** Lets replies through again, on connections that are made from now on. */
  releaseReplies(): void {
    this.#holdsReplies = false
  }

  /** New connections are closed at once, until `accept`. */
  refuse(): void {
    this.#refuses = true
  }

  accept(): void {
    this.#refuses = false
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #relay(client: Socket): void {
    if (this.#refuses) {
      client.destroy()
      return
    }
    this.connectionCount += 1
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
    client.pipe(server)
    server.on('data', (chunk) => {
      if (!this.#holdsReplies) client.write(chunk)
    })
  }
}
