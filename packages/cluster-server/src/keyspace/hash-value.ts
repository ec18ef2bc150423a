import { detach } from './detach.js'
import { ARRAY_SLOT_BYTES, OBJECT_BYTES, textBytes } from './memory-cost.js'
import { fillHole, NameTable, openHole } from './name-table.js'
import {
  EMPTY_PAIRS,
  findPair,
  packPairs,
  pairValue,
  unpackPairs,
  withNewPair,
  withoutPair,
  withValue,
} from './packed-pairs.js'
import { type Undoable, undoLog } from './undo-log.js'

/** Up to which size a hash is packed: `hash-max-listpack-entries` and `hash-max-listpack-value`. */
export interface HashLimits {
  readonly maxPackedFields: number
  /** The longest field or value in bytes. */
  readonly maxPackedBytes: number
}

/** Some fields of a scan, names and values in turn, and where to go on: 0 when the scan is complete. */
export interface PairScan {
  readonly cursor: number
  readonly pairs: readonly string[]
}

/** Fields and values of a hash that outgrew the packed form; `values` has the positions of `fields`. */
interface HashTable {
  readonly fields: NameTable
  readonly values: string[]
  /** Text of the values, as it lies in the heap. */
  valueBytes: number
}

type HashChange = 'packed' | 'added' | 'replaced' | 'deleted'

/** A hash: packed into one string while it is small, a table above; never packed again. Copies what it keeps. */
export class HashValue implements Undoable<HashChange> {
  #packed = EMPTY_PAIRS
  #packedSize = 0
  #table: HashTable | undefined

  constructor() {
    undoLog.made(this)
  }

  get type(): 'hash' {
    return 'hash'
  }

  get size(): number {
    return this.#table ? this.#table.fields.size : this.#packedSize
  }

  /** The answer of `OBJECT ENCODING`. */
  get encoding(): 'listpack' | 'hashtable' {
    return this.#table ? 'hashtable' : 'listpack'
  }

  /** What the hash costs in the heap. */
  get bytes(): number {
    if (!this.#table) return OBJECT_BYTES + textBytes(this.#packed)
    const { fields, values, valueBytes } = this.#table
    return 2 * OBJECT_BYTES + fields.bytes + values.length * ARRAY_SLOT_BYTES + valueBytes
  }

  get(field: string): string | undefined {
    if (!this.#table) return pairValue(this.#packed, field)
    const position = this.#table.fields.find(field)
    return position === undefined ? undefined : this.#table.values[position]
  }

  has(field: string): boolean {
    return this.get(field) !== undefined
  }

  /** Sets a field; true when it is new. */
  set(field: string, value: string, limits: HashLimits): boolean {
    if (!this.#table && field.length <= limits.maxPackedBytes && value.length <= limits.maxPackedBytes) {
      const pair = findPair(this.#packed, field)
      if (pair !== -1) {
        this.#packing()
        this.#packed = withValue(this.#packed, pair, value)
        return false
      }
      if (this.#packedSize < limits.maxPackedFields) {
        this.#packing()
        this.#packed = withNewPair(this.#packed, field, value)
        this.#packedSize++
        return true
      }
    }
    const table = this.#table ?? this.#unpack()
    const { fields, values } = table
    const position = fields.find(field)
    if (position !== undefined) {
      const old = values[position] as string
      if (undoLog.concerns(this)) undoLog.note(this, 'replaced', field, old)
      values[position] = detach(value)
      table.valueBytes += textBytes(value) - textBytes(old)
      return false
    }
    fields.add(field)
    values.push(detach(value))
    table.valueBytes += textBytes(value)
    if (undoLog.concerns(this)) undoLog.note(this, 'added', field)
    return true
  }

  /** Sets the fields that `words` names, each before its value, from position `from` on; the number of new ones. */
  setAll(words: readonly string[], from: number, limits: HashLimits): number {
    const together = !this.#table && words.length - from > 2 ? this.#setAllPacked(words, from, limits) : undefined
    if (together !== undefined) return together
    let created = 0
    for (let i = from; i < words.length; i += 2) {
      if (this.set(words[i] as string, words[i + 1] as string, limits)) created++
    }
    return created
  }

  /** Removes a field; true when it was there. */
  delete(field: string): boolean {
    if (!this.#table) {
      const pair = findPair(this.#packed, field)
      if (pair === -1) return false
      this.#packing()
      this.#packed = withoutPair(this.#packed, pair)
      this.#packedSize--
      return true
    }
    const hole = this.#table.fields.remove(field)
    if (hole === undefined) return false
    const value = this.#table.values[hole] as string
    this.#table.valueBytes -= textBytes(value)
    fillHole(this.#table.values, hole)
    if (undoLog.concerns(this)) undoLog.note(this, 'deleted', field, value, hole)
    return true
  }

  /** All fields and values in turn. */
  pairs(): string[] {
    if (!this.#table) return unpackPairs(this.#packed)
    return this.#slice(this.#table, 0, this.#table.fields.size)
  }

  /** All fields, in an array that later changes leave as it is. */
  fields(): string[] {
    return this.#table ? [...this.#table.fields.names] : unpackPairs(this.#packed).filter((_, index) => index % 2 === 0)
  }

  /** All values, in the order of `fields`. */
  values(): string[] {
    return this.#table ? [...this.#table.values] : unpackPairs(this.#packed).filter((_, index) => index % 2 === 1)
  }

  /** The field and the value at each of the given positions, in that order; positions are below `size`. */
  pairsAt(positions: readonly number[]): string[] {
    const texts = this.#table ? undefined : unpackPairs(this.#packed)
    const pairs: string[] = []
    for (const position of positions) {
      if (texts) pairs.push(texts[position * 2] as string, texts[position * 2 + 1] as string)
      else if (this.#table) pairs.push(this.#table.fields.at(position), this.#table.values[position] as string)
    }
    return pairs
  }

  /** One step of a scan of about `count` fields, `cursor` 0 begins. A packed hash answers at once. */
  scan(cursor: number, count: number): PairScan {
    if (!this.#table) return { cursor: 0, pairs: unpackPairs(this.#packed) }
    const step = this.#table.fields.scan(cursor, count)
    return { cursor: step.cursor, pairs: this.#slice(this.#table, step.from, step.to) }
  }

  /** An independent copy, with the same encoding. */
  copy(): HashValue {
    const copy = new HashValue()
    copy.#packed = this.#packed
    copy.#packedSize = this.#packedSize
    if (this.#table) {
      const fields = new NameTable()
      for (const field of this.#table.fields.names) fields.add(field)
      copy.#table = { fields, values: [...this.#table.values], valueBytes: this.#table.valueBytes }
    }
    return copy
  }

  /** Packs several fields at once; undefined, and nothing done, when they do not all fit. */
  #setAllPacked(words: readonly string[], from: number, limits: HashLimits): number | undefined {
    const { maxPackedBytes, maxPackedFields } = limits
    const texts = unpackPairs(this.#packed)
    for (let i = from; i < words.length; i += 2) {
      const field = words[i] as string
      const value = words[i + 1] as string
      if (field.length > maxPackedBytes || value.length > maxPackedBytes) return undefined
      let at = 0
      while (at < texts.length && texts[at] !== field) at += 2
      texts[at] = field
      texts[at + 1] = value
    }
    const size = texts.length / 2
    if (size > maxPackedFields) return undefined
    const created = size - this.#packedSize
    this.#packing()
    this.#packed = packPairs(texts)
    this.#packedSize = size
    return created
  }

  undo(change: HashChange, first: unknown, second: unknown, number: number): void {
    if (change === 'packed') {
      this.#packed = first as string
      this.#packedSize = number
      this.#table = undefined
      return
    }
    if (!this.#table) return
    const { fields, values } = this.#table
    const field = first as string
    switch (change) {
      case 'added':
        this.delete(field)
        break
      case 'replaced': {
        const position = fields.find(field) as number
        this.#table.valueBytes += textBytes(second as string) - textBytes(values[position] as string)
        values[position] = second as string
        break
      }
      case 'deleted':
        fields.putBack(field, number)
        openHole(values, number, second as string)
        this.#table.valueBytes += textBytes(second as string)
        break
      default:
        change satisfies never
    }
  }

  /** To be called before a packed hash changes; it is immutable text, which is all there is to note. */
  #packing(): void {
    if (undoLog.concerns(this)) undoLog.note(this, 'packed', this.#packed, null, this.#packedSize)
  }

  #unpack(): HashTable {
    const table: HashTable = { fields: new NameTable(), values: [], valueBytes: 0 }
    const texts = unpackPairs(this.#packed)
    for (let i = 0; i < texts.length; i += 2) {
      table.fields.add(texts[i] as string)
      const value = detach(texts[i + 1] as string)
      table.values.push(value)
      table.valueBytes += textBytes(value)
    }
    this.#packing()
    this.#packed = EMPTY_PAIRS
    this.#packedSize = 0
    this.#table = table
    return table
  }

  #slice(table: HashTable, from: number, to: number): string[] {
    const pairs: string[] = []
    for (let i = from; i < to; i++) pairs.push(table.fields.at(i), table.values[i] as string)
    return pairs
  }
}
