import { Duplex } from 'node:stream'
import { encodeFrame, FrameType } from './frames.js'

/** Both ends of a connection. */
export interface Endpoints {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}

/** What a node needs of a socket that it accepts; those of `node:net` have it. */
export interface AcceptedSocket extends Duplex, Endpoints {
  setKeepAlive(enable: boolean, initialDelayMs: number): unknown
}

/** A connection that another process accepted, and whose bytes it passes on. */
export class RelayedSocket extends Duplex implements AcceptedSocket {
  readonly remoteAddress = ''
  readonly remotePort = 0
  readonly localAddress = ''
  readonly localPort = 0
  readonly #id: number
  readonly #send: (frame: Buffer) => void
  /** Received and not handed over yet. */
  #arrived: Buffer[] = []
  #hasEnded = false

  constructor(id: number, endpoints: Endpoints, send: (frame: Buffer) => void) {
    super({ allowHalfOpen: false })
    Object.assign(this, endpoints)
    this.#id = id
    this.#send = send
  }

  /** The other process has kept the connection alive from the start. */
  setKeepAlive(): void {}

  /** Takes what has arrived; the event loop hands it over unless `takeNow` does before. */
  receive(chunk: Buffer): void {
    this.#arrived.push(Buffer.from(chunk))
    if (this.#arrived.length === 1) setImmediate(() => this.#handOver())
  }

  receiveEnd(): void {
    this.#hasEnded = true
    setImmediate(() => this.#handOver())
  }

  /** What has arrived, without a turn of the event loop. */
  takeNow(): Buffer | null | 'ended' {
    return this.#arrived.shift() ?? (this.#hasEnded ? 'ended' : null)
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send(encodeFrame(FrameType.data, this.#id, chunk))
    done()
  }

  override _final(done: () => void): void {
    this.#send(encodeFrame(FrameType.ended, this.#id))
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#send(encodeFrame(FrameType.destroyed, this.#id))
    done(error)
  }

  #handOver(): void {
    if (this.destroyed) return
    for (const chunk of this.#arrived.splice(0)) this.push(chunk)
    if (this.#hasEnded) this.destroy()
  }
}
