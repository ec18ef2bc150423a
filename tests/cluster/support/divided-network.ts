import { connect, createServer, type Server, type Socket } from 'node:net'
import type { RedisClusterNode } from '../../support/redis-cluster.js'

const HOST = '127.0.0.1'

/** Nodes are told apart by the address that they connect from. */
const sourceOf = (index: number): string => `127.0.1.${index + 1}`

/**
 * A network between the nodes of a cluster that can be divided. Each node announces two relays instead of its own ports, one
 * for clients and replicas, one for the bus, and connects to the others from a loopback address of its own, by which the
 * relays know it. Between nodes that are divided, bytes disappear, and connections stay open, as behind a broken switch.
 */
export class DividedNetwork {
  readonly #relays: readonly { readonly clients: Relay; readonly bus: Relay }[]
  #groups: readonly ReadonlySet<number>[] = []

  static async open(nodes: number): Promise<DividedNetwork> {
    const network = new DividedNetwork(
      await Promise.all(
        Array.from({ length: nodes }, async () => ({ clients: await Relay.open(), bus: await Relay.open() })),
      ),
    )
    network.#relays.forEach(({ clients, bus }, index) => {
      for (const relay of [clients, bus]) relay.passes = (source) => network.#passes(source, index)
    })
    return network
  }

  private constructor(relays: readonly { readonly clients: Relay; readonly bus: Relay }[]) {
    this.#relays = relays
  }

  /** Arguments for the node of an index. */
  argsOf(index: number): readonly string[] {
    const { clients, bus } = this.#at(index)
    return [
      ...['--bind-source-addr', sourceOf(index)],
      ...['--cluster-announce-ip', HOST, '--cluster-announce-port', String(clients.port)],
      ...['--cluster-announce-bus-port', String(bus.port)],
    ]
  }

  /** Says which nodes the relays stand for. */
  connect(nodes: readonly RedisClusterNode[]): void {
    nodes.forEach(({ port }, index) => {
      const { clients, bus } = this.#at(index)
      clients.target = port
      bus.target = port + 10_000
    })
  }

  /** The port by which the others know a node. */
  portOf(index: number): number {
    return this.#at(index).clients.port
  }

  /** From now on nodes of different groups do not hear each other. */
  divide(...groups: readonly (readonly number[])[]): void {
    this.#groups = groups.map((group) => new Set(group))
  }

  /** All nodes hear each other again. What was under way is gone: connections on which bytes disappeared end. */
  heal(): void {
    this.#groups = []
    for (const { clients, bus } of this.#relays) for (const relay of [clients, bus]) relay.cutLossy()
  }

  async close(): Promise<void> {
    await Promise.all(this.#relays.flatMap(({ clients, bus }) => [clients.close(), bus.close()]))
  }

  #at(index: number): { readonly clients: Relay; readonly bus: Relay } {
    const relays = this.#relays[index]
    if (relays === undefined) throw new RangeError(`the network has no node ${index}`)
    return relays
  }

  #passes(source: string, to: number): boolean {
    const from = this.#relays.findIndex((_, index) => sourceOf(index) === source)
    if (from === -1 || this.#groups.length === 0) return true
    return this.#groups.some((group) => group.has(from) && group.has(to))
  }
}

/** Passes bytes on to a port, or swallows them. */
class Relay {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #lossy = new Set<Socket>()
  target = 0
  passes: (source: string) => boolean = () => true

  static async open(): Promise<Relay> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
    return new Relay(server)
  }

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#relay(socket))
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  cutLossy(): void {
    for (const socket of this.#lossy) socket.destroy()
    this.#lossy.clear()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #relay(client: Socket): void {
    const source = client.remoteAddress ?? ''
    const server = connect(this.target, HOST)
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        if (this.passes(source)) other.write(chunk)
        else this.#lossy.add(socket)
      })
      socket.on('close', () => {
        this.#sockets.delete(socket)
        this.#lossy.delete(socket)
        other.destroy()
      })
    }
  }
}
