import { constants } from 'node:buffer'
import { allocateLatin1, type Latin1Buffer } from '../latin1.js'

/** The ring begins with this size, and grows as it fills. */
const INITIAL_BYTES = 64 * 1024
/** How much is read out of the ring at a time. */
const PIECE_BYTES = 1024 * 1024

/**
 * The newest bytes of a stream to replicas, from which a replica goes on that lost its link for a while. They lie in a
 * ring outside of the heap. Bytes are counted from 1, as in Redis: the first byte of a stream has the offset 1.
 */
export class ReplicationBacklog {
  #ring: Latin1Buffer
  #sizeBytes: number
  /** Where the next byte goes. */
  #position = 0
  #length = 0
  #firstOffset: number

  /** @param firstOffset The offset of the byte that comes next. */
  constructor(sizeBytes: number, firstOffset: number) {
    this.#sizeBytes = Math.min(sizeBytes, constants.MAX_LENGTH)
    this.#ring = allocateLatin1(Math.min(INITIAL_BYTES, this.#sizeBytes))
    this.#firstOffset = firstOffset
  }

  /** The offset of the oldest byte that is there; of the next one while there is none. */
  get firstOffset(): number {
    return this.#firstOffset
  }

  /** How many bytes are there. */
  get length(): number {
    return this.#length
  }

  /** What the ring takes in memory. */
  get allocatedBytes(): number {
    return this.#ring.length
  }

  /** Whether a stream can go on with the byte that has this offset; the next one to come is such a byte, too. */
  reaches(offset: number): boolean {
    return offset >= this.#firstOffset && offset <= this.#firstOffset + this.#length
  }

  /** Adds bytes, or latin1 text. */
  append(piece: string | Buffer): void {
    const surplus = piece.length - this.#sizeBytes
    if (surplus > 0) {
      // All that is there is older than what is kept of this.
      this.#firstOffset += this.#length + surplus
      this.#position = this.#length = 0
      this.append(typeof piece === 'string' ? piece.slice(surplus) : piece.subarray(surplus))
      return
    }
    if (this.#length + piece.length > this.#ring.length) this.#grow(this.#length + piece.length)
    const written = this.#write(piece, this.#position)
    if (written < piece.length) {
      this.#position = this.#write(typeof piece === 'string' ? piece.slice(written) : piece.subarray(written), 0)
    } else this.#position = (this.#position + written) % this.#ring.length
    this.#length += piece.length
    const overwritten = this.#length - this.#ring.length
    if (overwritten <= 0) return
    this.#length -= overwritten
    this.#firstOffset += overwritten
  }

  /** The bytes from `offset` on as latin1 text, in pieces. */
  *since(offset: number): Generator<string> {
    for (let skipped = offset - this.#firstOffset; skipped < this.#length; skipped += PIECE_BYTES) {
      const bytes = Math.min(PIECE_BYTES, this.#length - skipped)
      yield Buffer.concat(this.#parts(skipped, bytes), bytes).toString('latin1')
    }
  }

  /** Changes the size, and keeps the newest bytes that fit. */
  resize(sizeBytes: number): void {
    this.#sizeBytes = Math.min(sizeBytes, constants.MAX_LENGTH)
    if (this.#ring.length > this.#sizeBytes) this.#reallocate(this.#sizeBytes)
  }

  /** All bytes that are there have other offsets from now on: their stream turned out to be the end of a longer one. */
  rebase(firstOffset: number): void {
    this.#firstOffset = firstOffset
  }

  #write(piece: string | Buffer, position: number): number {
    return typeof piece === 'string' ? this.#ring.latin1Write(piece, position) : piece.copy(this.#ring, position)
  }

  #grow(needed: number): void {
    const bytes = Math.min(this.#sizeBytes, Math.max(needed, this.#ring.length * 2))
    if (bytes > this.#ring.length) this.#reallocate(bytes)
  }

  #reallocate(bytes: number): void {
    const kept = Math.min(this.#length, bytes)
    const dropped = this.#length - kept
    const ring = allocateLatin1(bytes)
    let position = 0
    for (const part of this.#parts(dropped, kept)) position += part.copy(ring, position)
    this.#ring = ring
    this.#position = kept % bytes
    this.#length = kept
    this.#firstOffset += dropped
  }

  /** The bytes behind the oldest `skipped` ones, which wrap around once at most. */
  #parts(skipped: number, bytes: number): Buffer[] {
    const ring = this.#ring
    const start = (this.#position - this.#length + skipped + 2 * ring.length) % ring.length
    const atEnd = Math.min(bytes, ring.length - start)
    return [ring.subarray(start, start + atEnd), ring.subarray(0, bytes - atEnd)]
  }
}
