import { allocateLatin1, type Latin1Buffer } from '../../latin1.js'
import { wireError } from '../../wire-errors.js'
import { estimate, newHistogram } from './cardinality.js'
import { DENSE_BYTES, denseRegister, REGISTERS, setDenseRegister } from './dense-registers.js'
import { LARGEST_GROWTH, LARGEST_SPARSE, type Run, raiseSparse, runAt } from './sparse-registers.js'

const NOT_A_SKETCH = wireError('WRONGTYPE Key is not a valid HyperLogLog string value.')

/** Magic letters, encoding, three unused bytes, cached cardinality. */
const HEADER_BYTES = 16
const ENCODING_AT = 4
const CACHE_AT = 8
/** The top bit of the cached cardinality says that it is out of date. */
const STALE_AT = 15
const STALE = 0x80
const DENSE = 0
const SPARSE = 1

/** All registers are 0: one long run. */
const EMPTY = `HYLL\x01${'\0'.repeat(11)}\x7f\xff`

/**
 * A HyperLogLog in the bytes of Redis: header, and registers in the sparse or the dense form. Works on a copy; `text`
 * is what is to be stored.
 */
export class Sketch {
  #bytes: Latin1Buffer
  #length: number

  private constructor(text: string) {
    // The byte behind the end is read, as 0, where a text was cut within a run.
    this.#bytes = allocateLatin1(text.length + LARGEST_GROWTH + 1)
    this.#bytes.latin1Write(text)
    this.#bytes.fill(0, text.length)
    this.#length = text.length
  }

  static empty(): Sketch {
    return new Sketch(EMPTY)
  }

  /** @throws WireError when the text is not one of a sketch; its sparse registers are checked only when they are read. */
  static from(text: string): Sketch {
    const encoding = text.charCodeAt(ENCODING_AT)
    const isSketch = text.length >= HEADER_BYTES && text.startsWith('HYLL') && encoding <= SPARSE
    if (!isSketch || (encoding === DENSE && text.length !== HEADER_BYTES + DENSE_BYTES)) throw NOT_A_SKETCH
    return new Sketch(text)
  }

  get text(): string {
    return this.#bytes.latin1Slice(0, this.#length)
  }

  get isSparse(): boolean {
    return this.#bytes[ENCODING_AT] === SPARSE
  }

  /** The cardinality that was worked out last; undefined when a register was raised since. */
  get cachedCardinality(): bigint | undefined {
    return (this.#bytes[STALE_AT] ?? 0) & STALE ? undefined : this.#bytes.readBigUInt64LE(CACHE_AT)
  }

  set cachedCardinality(value: bigint) {
    this.#bytes.writeBigUInt64LE(value, CACHE_AT)
  }

  markStale(): void {
    this.#bytes[STALE_AT] = (this.#bytes[STALE_AT] ?? 0) | STALE
  }

  /**
   * Raises a register to `rank`; a sparse sketch becomes dense where it must, or when it would grow beyond `maxBytes`.
   * @returns whether it was lower before; undefined when the sketch is corrupted.
   */
  raise(index: number, rank: number, maxBytes: number): boolean | undefined {
    if (!this.isSparse) return this.#raiseDense(index, rank)
    if (rank <= LARGEST_SPARSE) {
      this.#reserve()
      const raised = raiseSparse(this.#bytes, HEADER_BYTES, this.#length, maxBytes, index, rank)
      switch (raised.type) {
        case 'corrupted':
          return undefined
        case 'unchanged':
          return false
        case 'raised':
          this.#bytes.fill(0, raised.end, this.#length)
          this.#length = raised.end
          this.markStale()
          return true
        case 'full':
          break
        default:
          return raised satisfies never
      }
    }
    return this.makeDense() ? this.#raiseDense(index, rank) : undefined
  }

  /** Turns a sparse sketch into a dense one; false, and nothing done, when it is corrupted. */
  makeDense(): boolean {
    if (!this.isSparse) return true
    const dense = allocateLatin1(HEADER_BYTES + DENSE_BYTES + 1).fill(0) as Latin1Buffer
    this.#bytes.copy(dense, 0, 0, HEADER_BYTES)
    dense[ENCODING_AT] = DENSE
    if (!this.#forEachValue((index, value) => setDenseRegister(dense, HEADER_BYTES, index, value))) return false
    this.#bytes = dense
    this.#length = HEADER_BYTES + DENSE_BYTES
    return true
  }

  /** Raises each of `registers` to what this sketch has; false when it is corrupted, with some of them raised. */
  mergeInto(registers: Uint8Array): boolean {
    const raise = (index: number, value: number): void => {
      if (value > (registers[index] ?? 0)) registers[index] = value
    }
    if (this.isSparse) return this.#forEachValue(raise)
    for (let index = 0; index < REGISTERS; index++) raise(index, denseRegister(this.#bytes, HEADER_BYTES, index))
    return true
  }

  /** The estimated cardinality; undefined when the sketch is corrupted. */
  estimate(): number | undefined {
    const histogram = newHistogram()
    let registers = REGISTERS
    const add = (value: number, count: number): void => {
      histogram[value] = (histogram[value] ?? 0) + count
    }
    if (this.isSparse) {
      registers = 0
      for (const { value, length } of this.runs()) {
        registers += length
        add(value, length)
      }
    } else for (let index = 0; index < REGISTERS; index++) add(denseRegister(this.#bytes, HEADER_BYTES, index), 1)
    return registers === REGISTERS ? estimate(histogram) : undefined
  }

  /** The registers of a dense sketch. */
  registers(): number[] {
    return Array.from({ length: REGISTERS }, (_, index) => denseRegister(this.#bytes, HEADER_BYTES, index))
  }

  /** The runs of a sparse sketch. */
  *runs(): IterableIterator<Run> {
    for (let at = HEADER_BYTES; at < this.#length; ) {
      const run = runAt(this.#bytes, at)
      yield run
      at += run.size
    }
  }

  /** Calls back for each register of the sparse form that is not 0; false when there are too few or too many. */
  #forEachValue(visit: (index: number, value: number) => void): boolean {
    let index = 0
    for (const { value, length } of this.runs()) {
      if (value > 0) {
        if (index + length > REGISTERS) return false
        for (let i = index; i < index + length; i++) visit(i, value)
      }
      index += length
    }
    return index === REGISTERS
  }

  #raiseDense(index: number, rank: number): boolean {
    if (denseRegister(this.#bytes, HEADER_BYTES, index) >= rank) return false
    setDenseRegister(this.#bytes, HEADER_BYTES, index, rank)
    return true
  }

  #reserve(): void {
    if (this.#length + LARGEST_GROWTH < this.#bytes.length) return
    const larger = allocateLatin1(this.#bytes.length * 2 + LARGEST_GROWTH).fill(0) as Latin1Buffer
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
