import { allocateLatin1, type Latin1Buffer } from '../latin1.js'
import { Crc64 } from './crc64.js'
import { decompressLzf, LARGEST_RATIO } from './lzf.js'
import { corrupt, RdbError } from './rdb-error.js'
import { StringForm } from './rdb-format.js'

/** Where the bytes of an RDB come from. */
export interface ByteSource {
  /** An upper bound of the bytes that `read` has not returned yet. */
  readonly remaining: number
  /** Reads up to the end of `buffer` from `at` on. @returns how many bytes; 0 at the end. */
  read(buffer: Uint8Array, at: number): number
  /** Whether more may arrive when `read` has nothing. Default: no. */
  readonly isOpen?: boolean
}

/** What is asked for has not arrived yet. */
export class NotArrived extends Error {
  override readonly name = 'NotArrived'
}

const WINDOW_SIZE = 256 * 1024
/** The longest text that V8 can hold. */
const LONGEST_TEXT = 2 ** 29 - 24
const NOTHING: ByteSource = { remaining: 0, read: () => 0 }
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * Reads the elements of an RDB. Every length is compared with what there can be before anything of that size is
 * allocated.
 * @throws RdbError by every method, when the data is corrupt or at its end
 */
export class RdbReader {
  readonly #source: ByteSource
  readonly #crc: Crc64 | null
  #buffer: Latin1Buffer
  #at = 0
  #end: number
  /** Up to here the buffer has gone into the checksum. */
  #summed = 0
  #consumedBefore = 0
  /** Where to go back to; -1 for nowhere. */
  #mark = -1

  /** @param source bytes at hand, or where to get them */
  constructor(source: Uint8Array | ByteSource, checksums = false) {
    this.#crc = checksums ? new Crc64() : null
    if (source instanceof Uint8Array) {
      this.#source = NOTHING
      this.#buffer = asLatin1(source)
      this.#end = source.length
    } else {
      this.#source = source
      this.#buffer = allocateLatin1(WINDOW_SIZE)
      this.#end = 0
    }
  }

  /** Bytes that were read. */
  get position(): number {
    return this.#consumedBefore + this.#at
  }

  /** Whether what is asked for may arrive later: every method throws `NotArrived` then. */
  get mayWait(): boolean {
    return this.#source.isOpen === true || this.#mark !== -1
  }

  /** What is read from here on may be read once more, after `rewind`. */
  mark(): void {
    this.#mark = this.#at
  }

  /** Goes back to the mark. */
  rewind(): void {
    if (this.#mark !== -1) this.#at = this.#mark
  }

  /** The checksum of all that was read so far, if `checksums` was asked for. */
  checksum(): Buffer | null {
    if (this.#crc === null) return null
    this.#sum(this.#at)
    return this.#crc.digest()
  }

  byte(): number {
    this.#need(1)
    return this.#buffer[this.#at++] as number
  }

  /** The next `length` bytes; valid until the next call. */
  bytes(length: number): Buffer {
    this.#need(length)
    this.#at += length
    return this.#buffer.subarray(this.#at - length, this.#at)
  }

  /** Text of a known length. */
  text(length: number): string {
    this.#need(length)
    if (length > LONGEST_TEXT) throw corrupt(`A string of ${length} bytes is too long`)
    this.#at += length
    return this.#buffer.latin1Slice(this.#at - length, this.#at)
  }

  /** A length or count that is possible: one that JavaScript counts exactly. */
  size(): number {
    const size = this.bigSize()
    if (typeof size === 'bigint') throw corrupt('A length is out of range')
    return size
  }

  /** A number of up to 64 bits; a `bigint` only where a `number` would not be exact. */
  bigSize(): number | bigint {
    const size = this.#sizeOrForm()
    if (typeof size === 'bigint') return size
    // A special form where a length should be is read as its number, as Redis does.
    return size < 0 ? -1 - size : size
  }

  /** Unix time in milliseconds; out of the range of `number` it is rounded. */
  time(): number {
    this.#need(8)
    this.#at += 8
    return Number(this.#buffer.readBigInt64LE(this.#at - 8))
  }

  seconds(): number {
    this.#need(4)
    this.#at += 4
    return this.#buffer.readInt32LE(this.#at - 4)
  }

  double(): number {
    this.#need(8)
    this.#at += 8
    return this.#buffer.readDoubleLE(this.#at - 8)
  }

  /** A double in the form of files before version 8: text, or a length that stands for a special value. */
  textDouble(): number {
    const length = this.byte()
    if (length === 255) return -Infinity
    if (length === 254) return Infinity
    if (length === 253) return Number.NaN
    return parseScore(this.text(length)) ?? Number.NaN
  }

  /** A string in any of its forms. */
  string(): string {
    const size = this.#sizeOrForm()
    if (typeof size === 'bigint') throw shortRead()
    if (size >= 0) return this.text(size)
    const form = -1 - size
    return form === StringForm.lzf ? asLatin1(this.#decompressed()).latin1Slice() : this.#integer(form)
  }

  /** The bytes of a string in any of its forms; valid until the next call. */
  blob(): Buffer {
    const size = this.#sizeOrForm()
    if (typeof size === 'bigint') throw shortRead()
    if (size >= 0) return this.bytes(size)
    const form = -1 - size
    return form === StringForm.lzf ? this.#decompressed() : Buffer.from(this.#integer(form))
  }

  /** A length; or, as -1 minus its number, a special form. */
  #sizeOrForm(): number | bigint {
    const first = this.byte()
    switch (first >> 6) {
      case 0:
        return first
      case 1:
        return ((first & 63) << 8) | this.byte()
      case 3:
        return -1 - (first & 63)
    }
    if (first === 0x80) {
      this.#need(4)
      this.#at += 4
      return this.#buffer.readUInt32BE(this.#at - 4)
    }
    if (first !== 0x81) throw corrupt(`Unknown length encoding ${first >> 6} in rdbLoadLen()`)
    this.#need(8)
    this.#at += 8
    const size = this.#buffer.readBigUInt64BE(this.#at - 8)
    return size <= MAX_SAFE ? Number(size) : size
  }

  #integer(form: number): string {
    switch (form) {
      case StringForm.int8:
        return String((this.byte() << 24) >> 24)
      case StringForm.int16:
        return String(this.bytes(2).readInt16LE())
      case StringForm.int32:
        return String(this.bytes(4).readInt32LE())
      default:
        throw corrupt(`Unknown RDB string encoding type ${form}`)
    }
  }

  #decompressed(): Buffer {
    const compressedSize = this.size()
    const size = this.size()
    if (size > compressedSize * LARGEST_RATIO) throw corrupt('Invalid LZF compressed string')
    const input = this.bytes(compressedSize)
    const output = Buffer.allocUnsafeSlow(size)
    if (!decompressLzf(input, output)) throw corrupt('Invalid LZF compressed string')
    return output
  }

  #need(length: number): void {
    const missing = length - (this.#end - this.#at)
    if (missing <= 0) return
    if (missing > this.#source.remaining) throw shortRead()
    // What lies behind a mark is not done with.
    const start = this.#mark === -1 ? this.#at : this.#mark
    this.#sum(start)
    this.#consumedBefore += start
    const rest = this.#buffer.subarray(start, this.#end)
    const needed = this.#at - start + length
    if (needed > this.#buffer.length) {
      const grown = allocateLatin1(needed + Math.max(WINDOW_SIZE, this.#mark === -1 ? 0 : needed))
      grown.set(rest)
      this.#buffer = grown
    } else this.#buffer.copyWithin(0, start, this.#end)
    this.#end = rest.length
    this.#at -= start
    this.#summed -= start
    if (this.#mark !== -1) this.#mark = 0
    while (this.#end < needed) {
      const count = this.#source.read(this.#buffer, this.#end)
      if (count === 0) throw this.#source.isOpen ? new NotArrived() : shortRead()
      this.#end += count
    }
  }

  #sum(end: number): void {
    if (end > this.#summed) this.#crc?.update(this.#buffer, this.#summed, end)
    this.#summed = Math.max(this.#summed, end)
  }
}

const SCORE = /^\s*([+-]?)(?:(inf)(?:inity)?|(nan)|((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))/i

/** The number that text begins with, as C's `strtod` finds it; undefined when it begins with none. */
export const parseScore = (text: string): number | undefined => {
  const [, sign, infinity, nan, digits] = SCORE.exec(text) ?? []
  if (nan !== undefined) return Number.NaN
  const size = infinity !== undefined ? Infinity : digits === undefined ? undefined : Number(digits)
  return size !== undefined && sign === '-' ? -size : size
}

const shortRead = (): RdbError => new RdbError('Unexpected EOF reading RDB file', true)

/** The same memory; every Buffer has the accessors, only the published types lack them. */
export const asLatin1 = (bytes: Uint8Array): Latin1Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as Latin1Buffer
