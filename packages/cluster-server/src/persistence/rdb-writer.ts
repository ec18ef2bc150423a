import { parseInt64 } from '../int64.js'
import { allocateLatin1, type Latin1Buffer } from '../latin1.js'
import { compressLzf } from './lzf.js'
import { StringForm } from './rdb-format.js'

/** Longer texts are no integers of 32 bits. */
const LONGEST_INTEGER = 11
/** Shorter texts are not worth compressing. */
const SHORTEST_COMPRESSED = 21
const MIN_SAVED_BYTES = 4
const FIRST_SIZE = 64 * 1024

let compressed = allocateLatin1(FIRST_SIZE)
let plain = allocateLatin1(FIRST_SIZE)

const atLeast = (buffer: Latin1Buffer, size: number): Latin1Buffer =>
  buffer.length >= size ? buffer : allocateLatin1(Math.max(size, buffer.length * 2))

/** Bytes that grow at their end, with the elements of which an RDB file consists. */
export class RdbWriter {
  #buffer: Latin1Buffer
  #length = 0
  /** By how many bytes what was ever written has become shorter by compression. */
  savedBytes = 0

  /** @param compresses whether strings are compressed where that helps: the setting `rdbcompression` */
  constructor(
    public compresses: boolean,
    firstSize = FIRST_SIZE,
  ) {
    this.#buffer = allocateLatin1(firstSize)
  }

  get length(): number {
    return this.#length
  }

  /** What was written since the last `take`; valid until the next write. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** A copy of what was written, after which the writer begins anew. */
  take(): Buffer {
    const bytes = Buffer.from(this.view())
    this.#length = 0
    return bytes
  }

  clear(): void {
    this.#length = 0
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Text as it is, without a length. */
  text(text: string): void {
    this.#reserve(text.length)
    this.#length += this.#buffer.latin1Write(text, this.#length)
  }

  /** A length or any other number that is not negative, in one, two, five or nine bytes. */
  size(value: number | bigint): void {
    this.#reserve(9)
    const buffer = this.#buffer
    if (value < 64) buffer[this.#length++] = Number(value)
    else if (value < 16384) {
      const number = Number(value)
      buffer[this.#length++] = 64 | (number >> 8)
      buffer[this.#length++] = number & 255
    } else if (value <= 0xffffffff) {
      buffer[this.#length] = 0x80
      buffer.writeUInt32BE(Number(value), this.#length + 1)
      this.#length += 5
    } else {
      buffer[this.#length] = 0x81
      buffer.writeBigUInt64BE(BigInt(value), this.#length + 1)
      this.#length += 9
    }
  }

  /** Unix time in milliseconds. */
  time(unixMs: number): void {
    this.#reserve(8)
    this.#buffer.writeBigInt64LE(BigInt(unixMs), this.#length)
    this.#length += 8
  }

  double(value: number): void {
    this.#reserve(8)
    this.#buffer.writeDoubleLE(value, this.#length)
    this.#length += 8
  }

  /** A string in its shortest form: an integer, compressed, or a length and the text. */
  string(text: string): void {
    if (text.length <= LONGEST_INTEGER) {
      const integer = parseInt64(text)
      if (typeof integer === 'number' && this.#integer(integer)) return
    }
    if (this.compresses && text.length >= SHORTEST_COMPRESSED) {
      plain = atLeast(plain, text.length)
      plain.latin1Write(text, 0)
      if (this.#compressed(plain, text.length)) return
    }
    this.size(text.length)
    this.text(text)
  }

  /** A string that is not an integer, from bytes. */
  blob(bytes: Uint8Array): void {
    if (this.compresses && bytes.length >= SHORTEST_COMPRESSED && this.#compressed(bytes, bytes.length)) return
    this.size(bytes.length)
    this.bytes(bytes)
  }

  #integer(value: number): boolean {
    this.#reserve(5)
    const buffer = this.#buffer
    if (value >= -128 && value <= 127) {
      buffer[this.#length++] = 0xc0 | StringForm.int8
      buffer[this.#length++] = value & 255
      return true
    }
    if (value >= -32768 && value <= 32767) {
      buffer[this.#length] = 0xc0 | StringForm.int16
      this.#length = buffer.writeInt16LE(value, this.#length + 1)
      return true
    }
    if (value < -2147483648 || value > 2147483647) return false
    buffer[this.#length] = 0xc0 | StringForm.int32
    this.#length = buffer.writeInt32LE(value, this.#length + 1)
    return true
  }

  #compressed(bytes: Uint8Array, length: number): boolean {
    compressed = atLeast(compressed, length)
    const size = compressLzf(bytes, length, compressed, length - MIN_SAVED_BYTES)
    if (size === 0) return false
    this.byte(0xc0 | StringForm.lzf)
    this.size(size)
    this.size(length)
    this.bytes(compressed.subarray(0, size))
    this.savedBytes += length - size
    return true
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#buffer.length) return
    const grown = allocateLatin1(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}
