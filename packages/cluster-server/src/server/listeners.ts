import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import { canListen } from './port-check.js'

/** What listeners need of their node. */
export interface ListenersHost {
  accept(socket: Socket): void
  warn(message: string): void
}

/** One word of `bind`. */
interface BindAddress {
  /** As Node takes it. */
  readonly host: string
  /** `-` before it: it may be missing on this machine. */
  readonly isOptional: boolean
}

/** Address families and protocols that this machine does not have: Redis leaves those out, whatever the prefix. */
const UNSUPPORTED = new Set(['EAFNOSUPPORT', 'EPFNOSUPPORT', 'EPROTONOSUPPORT', 'ESOCKTNOSUPPORT', 'EPROTOTYPE'])

/** The words of the setting `bind`: `*` and `::*` stand for every address of their family. */
const addressesOf = (bind: string): readonly BindAddress[] =>
  bind
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const isOptional = word.startsWith('-')
      const name = isOptional ? word.slice(1) : word
      return { host: name === '*' ? '0.0.0.0' : name === '::*' ? '::' : name, isOptional }
    })

/** Whether `host` stands for every address of its family. */
export const isUnspecified = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** Whether two different addresses cannot be listened on at once, on one port. */
const overlap = (one: string, other: string): boolean =>
  (isUnspecified(one) || isUnspecified(other)) && isIPv6(one) === isIPv6(other)

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** Where a node listens for TCP connections: one socket for each address of `bind`, all on one port. */
export class Listeners {
  readonly #host: ListenersHost
  readonly #servers = new Map<string, Server>()
  #port = 0

  constructor(host: ListenersHost) {
    this.#host = host
  }

  /** The first listening socket; null when there is none. */
  get first(): Server | null {
    return this.#servers.values().next().value ?? null
  }

  /**
   * Listens on all addresses. Port 0 takes one that is free, and the same for all of them.
   * @returns the first address and the port
   * @throws the system's error when an address cannot be used; then none is listened on
   */
  async open(bind: string, port: number, backlog: number): Promise<{ readonly host: string; readonly port: number }> {
    this.#port = port
    for (const { host, isOptional } of addressesOf(bind)) {
      const server = this.#create()
      try {
        await listening(server, host, this.#port, backlog)
      } catch (error) {
        const code = codeOf(error)
        if (UNSUPPORTED.has(code) || (isOptional && code === 'EADDRNOTAVAIL')) continue
        await this.close()
        throw error
      }
      this.#keep(host, server)
      const bound = server.address()
      if (typeof bound === 'object' && bound !== null) this.#port = bound.port
    }
    return { host: this.#servers.keys().next().value ?? '', port: this.#port }
  }

  /**
   * Listens elsewhere, as far as that is something new; who is connected stays. Nothing happens before `open`.
   * @returns the first address and the port, or null when an address cannot be used, and everything stays as it was
   */
  move(bind: string, port: number, backlog: number): { readonly host: string; readonly port: number } | null {
    const wanted = addressesOf(bind)
    const isKept = (host: string): boolean => port === this.#port && this.#servers.has(host)
    const fresh = wanted.filter(({ host }) => port !== 0 && !isKept(host))
    const inTheWay = [...this.#servers.keys()].filter(
      (host) => port === this.#port && fresh.some((address) => overlap(address.host, host)),
    )
    for (const host of inTheWay) this.#drop(host)
    const usable = fresh.filter(({ host, isOptional }) => {
      if (canListen(host, port)) return true
      if (!isOptional) this.#host.warn(`Could not listen on ${host}:${port}`)
      return false
    })
    if (fresh.some((address) => !address.isOptional && !usable.includes(address))) {
      for (const host of inTheWay) this.#add(host, backlog)
      return null
    }
    for (const host of [...this.#servers.keys()]) {
      if (!isKept(host) || !wanted.some((address) => address.host === host)) this.#drop(host)
    }
    this.#port = port
    for (const { host } of usable) this.#add(host, backlog)
    return { host: wanted[0]?.host ?? '', port }
  }

  /** Stops listening; resolves when the port is free. */
  async close(): Promise<void> {
    const servers = [...this.#servers.values()].filter(({ listening }) => listening)
    this.#servers.clear()
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))))
  }

  #add(host: string, backlog: number): void {
    const server = this.#create()
    this.#keep(host, server)
    server.listen({ port: this.#port, host, backlog, ipv6Only: true })
  }

  #drop(host: string): void {
    this.#servers.get(host)?.close()
    this.#servers.delete(host)
  }

  #create(): Server {
    return createServer({ noDelay: true }, (socket) => this.#host.accept(socket))
  }

  #keep(host: string, server: Server): void {
    this.#servers.set(host, server)
    // Too many open files, for example: those who are connected are served on.
    server.on('error', (error) => this.#host.warn(`Accepting a connection failed: ${error.message}`))
  }
}

const listening = (server: Server, host: string, port: number, backlog: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog, ipv6Only: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
