import { BUS_SIGNATURE, HEADER } from './bus-layout.js'
import { canBeMessage, HEAD_BYTES } from './bus-length.js'

/** Signature and length: what Redis looks at first. */
const START_BYTES = HEADER.totalLength + 4
const FIRST_ALLOCATION_BYTES = 64 * 1024

/**
 * Cuts what a connection of the cluster bus receives into packets: push what arrived, then iterate those that are whole.
 * Each byte is copied a bounded number of times, however small the chunks are, and the memory in use is at most twice
 * what has arrived of one packet. A long packet whose first bytes show that it is no message is not kept: its start is
 * yielded once all of it has passed, for `decodeMessage` to say what is wrong with it.
 */
export class BusFrames implements Iterable<Buffer> {
  readonly #arrived: Buffer[] = []
  #packet: Buffer = Buffer.alloc(0)
  #filled = 0
  /** Up to where `#packet` is to be filled before the next look at it. */
  #goal = START_BYTES
  /** Bytes of the packet that are dropped as they arrive. */
  #unwanted = 0
  #isBroken = false

  /** What arrived is no packet; nothing after it can be understood, and the connection is to be closed. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** @param chunk bytes in the order of their arrival; they must not change until they have been iterated over */
  push(chunk: Buffer): void {
    if (!this.#isBroken) this.#arrived.push(chunk)
  }

  /** The packets that are whole, each once. One that came in a single chunk shares its memory. */
  *[Symbol.iterator](): Generator<Buffer, void, undefined> {
    for (let packet = this.#next(); packet !== null; packet = this.#next()) yield packet
  }

  #next(): Buffer | null {
    for (let chunk = this.#arrived[0]; chunk !== undefined; chunk = this.#arrived[0]) {
      if (this.#filled === 0 && chunk.length >= START_BYTES) {
        const total = this.#totalLength(chunk)
        if (total === null) return null
        if (chunk.length >= total) {
          this.#consume(chunk, total)
          return chunk.subarray(0, total)
        }
      }
      const packet = this.#collect(chunk)
      if (packet !== null || this.#isBroken) return packet
    }
    return null
  }

  /** Takes bytes of a packet that is spread over chunks. */
  #collect(chunk: Buffer): Buffer | null {
    if (this.#unwanted > 0) {
      const dropped = Math.min(this.#unwanted, chunk.length)
      this.#unwanted -= dropped
      this.#consume(chunk, dropped)
      return this.#unwanted === 0 ? this.#finish() : null
    }
    const taken = Math.min(this.#goal - this.#filled, chunk.length)
    this.#append(chunk.subarray(0, taken))
    this.#consume(chunk, taken)
    if (this.#filled < this.#goal) return null

    const total = this.#totalLength(this.#packet)
    if (total === null) return null
    if (this.#filled === total) return this.#finish()
    if (this.#filled < HEAD_BYTES) this.#goal = Math.min(total, HEAD_BYTES)
    else if (canBeMessage(this.#packet)) this.#goal = total
    else this.#unwanted = total - this.#filled
    return null
  }

  /** The length that a packet gives of itself; null after noting that it is none. */
  #totalLength(start: Buffer): number | null {
    const total = start.readUInt32BE(HEADER.totalLength)
    if (start.toString('latin1', 0, BUS_SIGNATURE.length) === BUS_SIGNATURE && total >= HEADER.length) return total
    this.#isBroken = true
    this.#arrived.length = 0
    return null
  }

  #append(bytes: Buffer): void {
    const needed = this.#filled + bytes.length
    if (needed > this.#packet.length) {
      const larger = Buffer.allocUnsafe(
        Math.max(needed, Math.min(this.#goal, Math.max(FIRST_ALLOCATION_BYTES, 2 * this.#packet.length))),
      )
      this.#packet.copy(larger, 0, 0, this.#filled)
      this.#packet = larger
    }
    bytes.copy(this.#packet, this.#filled)
    this.#filled = needed
  }

  #consume(chunk: Buffer, sizeBytes: number): void {
    if (sizeBytes === chunk.length) this.#arrived.shift()
    else this.#arrived[0] = chunk.subarray(sizeBytes)
  }

  #finish(): Buffer {
    const packet = this.#packet.subarray(0, this.#filled)
    this.#packet = Buffer.alloc(0)
    this.#filled = 0
    this.#goal = START_BYTES
    return packet
  }
}
