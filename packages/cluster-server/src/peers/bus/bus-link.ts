import { BAD_FRAME } from '../../cluster/bus-decoder.js'
import { BusFrames } from '../../cluster/bus-frames.js'
import type { KnownNode } from '../../cluster/known-node.js'

/** What a link needs of the socket below it. */
export interface BusSocket {
  readonly localAddress?: string | undefined
  readonly remoteAddress?: string | undefined
  readonly writableLength: number
  write(packet: Buffer): unknown
  destroy(): unknown
  setNoDelay(noDelay: boolean): unknown
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect' | 'close', listener: () => void): unknown
}

/** Where a connection leads, and from where. */
export interface BusEndpoint {
  readonly host: string
  readonly port: number
  /** Absent: the system chooses. */
  readonly localAddress?: string
}

/** What becomes of what a link receives. */
export interface LinkEvents {
  /** A whole packet. Nothing more of it is read once the link is closed. */
  received(link: BusLink, packet: Buffer): void
  /** All that had arrived has been handled. */
  drained(): void
  closed(link: BusLink): void
  log(level: 'debug' | 'warning', message: string): void
}

/** Roughly what a link takes beside what waits to be sent. */
const LINK_BYTES = 4096

const withoutMapping = (address: string | undefined): string => address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''

/** One connection of the bus. The node at its other end is known from the start on those that this node makes. */
export class BusLink {
  readonly #socket: BusSocket
  readonly #events: LinkEvents
  readonly #frames = new BusFrames()
  #isClosed = false

  constructor(
    socket: BusSocket,
    readonly isInbound: boolean,
    /** Null on a connection from a node that has not said yet who it is. */
    public node: KnownNode | null,
    readonly createdAtMs: number,
    events: LinkEvents,
  ) {
    this.#socket = socket
    this.#events = events
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#receive(chunk))
    // An error is always followed by 'close'.
    socket.on('error', (error) => events.log('debug', `I/O error on a connection of the cluster bus: ${error.message}`))
    socket.on('close', () => this.close())
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** The address at which this node was reached; empty when the connection is gone. */
  get localAddress(): string {
    return withoutMapping(this.#socket.localAddress)
  }

  get peerAddress(): string {
    return withoutMapping(this.#socket.remoteAddress)
  }

  /** Bytes that wait to be sent. */
  get pendingBytes(): number {
    return this.#socket.writableLength
  }

  /** Memory of the link. */
  get bytes(): number {
    return LINK_BYTES + this.pendingBytes
  }

  send(packet: Buffer): void {
    if (!this.#isClosed) this.#socket.write(packet)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.destroy()
    this.#events.closed(this)
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosed) return
    this.#frames.push(chunk)
    for (const packet of this.#frames) {
      this.#events.received(this, packet)
      if (this.#isClosed) break
    }
    if (this.#frames.isBroken && !this.#isClosed) {
      this.#events.log('warning', BAD_FRAME)
      this.close()
    }
    this.#events.drained()
  }
}
