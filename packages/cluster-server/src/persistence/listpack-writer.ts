import { parseInt64 } from '../int64.js'
import { allocateLatin1, type Latin1Buffer } from '../latin1.js'

const HEADER_SIZE = 6
const END = 0xff
/** The header counts elements in 16 bits; this value stands for "too many to say". */
const UNCOUNTED = 65535
const LARGEST_ENTRY_OVERHEAD = 10

/** Builds listpacks: the packed form of small hashes and sorted sets, and of the nodes of lists and streams. */
export class ListpackWriter {
  #buffer: Latin1Buffer
  #length = HEADER_SIZE
  #count = 0

  constructor(firstSize = 16 * 1024) {
    this.#buffer = allocateLatin1(firstSize)
  }

  /** Number of elements. */
  get count(): number {
    return this.#count
  }

  /** Length of the finished listpack. */
  get sizeBytes(): number {
    return this.#length + 1
  }

  clear(): void {
    this.#length = HEADER_SIZE
    this.#count = 0
  }

  /** Appends text, as an integer where it is one. */
  append(text: string): void {
    const integer = parseInt64(text)
    if (integer !== undefined) this.appendInteger(integer)
    else this.appendText(text)
  }

  appendInteger(value: number | bigint): void {
    this.#reserve(LARGEST_ENTRY_OVERHEAD)
    const buffer = this.#buffer
    const start = this.#length
    if (value >= 0 && value <= 127) buffer[this.#length++] = Number(value)
    else if (value >= -4096 && value <= 4095) {
      const bits = Number(value) & 0x1fff
      buffer[this.#length++] = 0xc0 | (bits >> 8)
      buffer[this.#length++] = bits & 255
    } else if (value >= -32768 && value <= 32767) {
      buffer[this.#length] = 0xf1
      this.#length = buffer.writeInt16LE(Number(value), this.#length + 1)
    } else if (value >= -8388608 && value <= 8388607) {
      buffer[this.#length] = 0xf2
      this.#length = buffer.writeIntLE(Number(value), this.#length + 1, 3)
    } else if (value >= -2147483648 && value <= 2147483647) {
      buffer[this.#length] = 0xf3
      this.#length = buffer.writeInt32LE(Number(value), this.#length + 1)
    } else {
      buffer[this.#length] = 0xf4
      this.#length = buffer.writeBigInt64LE(BigInt(value), this.#length + 1)
    }
    this.#endEntry(start)
  }

  /** Appends text that is no integer. */
  appendText(text: string): void {
    const { length } = text
    this.#reserve(length + LARGEST_ENTRY_OVERHEAD)
    const buffer = this.#buffer
    const start = this.#length
    if (length < 64) buffer[this.#length++] = 0x80 | length
    else if (length < 4096) {
      buffer[this.#length++] = 0xe0 | (length >> 8)
      buffer[this.#length++] = length & 255
    } else {
      buffer[this.#length] = 0xf0
      this.#length = buffer.writeUInt32LE(length, this.#length + 1)
    }
    this.#length += buffer.latin1Write(text, this.#length)
    this.#endEntry(start)
  }

  /** The listpack; valid until the next change. */
  finish(): Buffer {
    this.#reserve(1)
    const buffer = this.#buffer
    buffer[this.#length] = END
    buffer.writeUInt32LE(this.sizeBytes, 0)
    buffer.writeUInt16LE(Math.min(this.#count, UNCOUNTED), 4)
    return buffer.subarray(0, this.sizeBytes)
  }

  /** Behind each entry stands its length, seven bits to a byte and readable backwards. */
  #endEntry(start: number): void {
    const size = this.#length - start
    const buffer = this.#buffer
    this.#count++
    // The odd limits are those of Redis: 16383 takes three bytes, not two.
    const bytes = size <= 127 ? 1 : size < 16383 ? 2 : size < 2097151 ? 3 : size < 268435455 ? 4 : 5
    for (let i = bytes - 1; i >= 0; i--) {
      const group = Math.floor(size / 2 ** (7 * i)) & 127
      buffer[this.#length++] = i === bytes - 1 ? group : group | 128
    }
  }

  #reserve(more: number): void {
    // One byte for the end mark.
    const needed = this.#length + more + 1
    if (needed <= this.#buffer.length) return
    const grown = allocateLatin1(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}
