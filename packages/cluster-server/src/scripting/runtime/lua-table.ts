import { ArraySizing, isIndex, powerOfTwo } from './array-sizing.js'
import { nodeOrder } from './node-order.js'
import type { LuaValue } from './value.js'

/** Up to so many keys are searched one after the other; a `Map` costs more to make than it saves. */
const LINEAR_KEYS = 8

/** V8 keeps longer arrays as hash tables, and ends the process when one of them cannot grow. */
const MOST_ITEMS = 2 ** 25

/** One for all tables: it is used up within one call. */
const sizes = new ArraySizing()

/** Cursors from here on count fields, those below items: items that go away must not shift the fields. */
const FIELDS = 2 ** 30

/**
 * A Lua table: a dense array part for the keys 1 … n, and a hash part that remembers the order of insertion.
 *
 * A removed key stays behind with the value nil, as in Lua, so that a traversal may clear the fields that it visits;
 * dead keys are dropped when a new key is inserted. Callers check keys for nil and NaN before `set`.
 */
export class LuaTable {
  metatable: LuaTable | undefined = undefined
  /** Refuses every write; the libraries and the globals of a script are such tables. */
  readonly = false

  /** Values of the keys 1 … `items.length`. */
  #items: LuaValue[]
  /** A nil may be among `#items`; then the length is searched as Lua does. */
  #holes = false
  /** Size that Lua's array part would have; decides which border `length` finds in a table with holes. */
  #arraySize: number
  #keys: LuaValue[] = []
  #values: LuaValue[] = []
  #live = 0
  /** Keys that Lua's hash part would hold before it is made anew, which is when keys move to the array part. */
  #hashSize = 0
  #positions: Map<LuaValue, number> | undefined = undefined
  /** Keys that the hash part had room for at first. */
  #firstSize = 0
  /** The order in which keys are walked; worked out when it is asked for. */
  #order: readonly number[] | undefined = undefined
  #ranks: Int32Array | undefined = undefined

  constructor(items: LuaValue[] = []) {
    this.#items = items
    this.#arraySize = items.length
  }

  /** A table of list items, some of which may be nil. */
  static fromItems(items: LuaValue[]): LuaTable {
    const table = new LuaTable(items)
    table.#holes = items.includes(undefined)
    return table
  }

  /** A table of distinct names and their values; both arrays are taken over. */
  static fromFields(keys: string[], values: LuaValue[]): LuaTable {
    const table = new LuaTable()
    table.#keys = keys
    table.#values = values
    table.#live = keys.length
    table.#hashSize = powerOfTwo(keys.length)
    table.#firstSize = table.#hashSize
    if (keys.length > LINEAR_KEYS) table.#index()
    return table
  }

  /** Makes room in the hash part of a new table. */
  reserve(fields: number): void {
    this.#hashSize = powerOfTwo(fields)
    this.#firstSize = this.#hashSize
  }

  /** The value of any key, without metamethods. */
  get(key: LuaValue): LuaValue {
    if (typeof key === 'number' && key > 0 && key <= this.#items.length) {
      const value = this.#items[key - 1]
      if (value !== undefined) return value
    }
    return this.getField(key)
  }

  /** As `get`, for a key that is no positive integer. */
  getField(key: LuaValue): LuaValue {
    const positions = this.#positions
    if (positions !== undefined) {
      const at = positions.get(key)
      return at === undefined ? undefined : this.#values[at]
    }
    const keys = this.#keys
    for (let i = 0; i < keys.length; i++) if (keys[i] === key) return this.#values[i]
    return undefined
  }

  /** Stores without metamethods; `undefined` removes. The key is neither nil nor NaN. */
  set(key: LuaValue, value: LuaValue): void {
    if (typeof key === 'number' && key > 0) {
      const size = this.#items.length
      if (key <= size && Number.isInteger(key)) {
        this.#setItem(key, value)
        return
      }
      if (key === size + 1) {
        if (value !== undefined) this.append(value)
        else this.setField(key, undefined)
        return
      }
    }
    this.setField(key, value)
  }

  /** As `set`, for a key that is no positive integer in or next to the array part. */
  setField(key: LuaValue, value: LuaValue): void {
    const at = this.#position(key)
    if (at !== -1) {
      const before = this.#values[at]
      if (before === undefined && value !== undefined) this.#live++
      else if (before !== undefined && value === undefined) this.#live--
      this.#values[at] = value
    } else if (value !== undefined) this.#insert(key, value)
  }

  /** Adds a value behind the array part. */
  append(value: LuaValue): void {
    const items = this.#items
    if (items.length >= MOST_ITEMS) throw new RangeError('Invalid array length')
    items.push(value)
    if (items.length > this.#arraySize) this.#arraySize = powerOfTwo(items.length)
    if (this.#keys.length > 0) this.#absorb()
  }

  /** The operator `#`: a border, that is an n with t[n] not nil and t[n + 1] nil. */
  length(): number {
    const items = this.#items
    if (!this.#holes) return items.length
    if (this.#arraySize <= items.length && items[items.length - 1] !== undefined) return items.length
    let low = 0
    let high = Math.max(this.#arraySize, items.length)
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (items[middle - 1] === undefined) high = middle
      else low = middle
    }
    return low
  }

  /** The greatest positive number among the keys. */
  maxIndex(): number {
    let max = 0
    for (let i = this.#items.length; i > 0; i--) {
      if (this.#items[i - 1] !== undefined) {
        max = i
        break
      }
    }
    for (let i = 0; i < this.#keys.length; i++) {
      const key = this.#keys[i]
      if (typeof key === 'number' && key > max && this.#values[i] !== undefined) max = key
    }
    return max
  }

  /** The live entry at or after a cursor (0 at first), or -1. The array part comes first. */
  advance(cursor: number): number {
    const items = this.#items
    for (let at = cursor; at < items.length; at++) if (items[at] !== undefined) return at
    const values = this.#values
    if (values.length === 0) return -1
    const order = this.#walkOrder()
    for (let at = cursor < FIELDS ? 0 : cursor - FIELDS; at < order.length; at++) {
      if (values[order[at] ?? -1] !== undefined) return at + FIELDS
    }
    return -1
  }

  keyAt(cursor: number): LuaValue {
    return cursor < FIELDS ? cursor + 1 : this.#keys[this.#walkOrder()[cursor - FIELDS] ?? -1]
  }

  valueAt(cursor: number): LuaValue {
    return cursor < FIELDS ? this.#items[cursor] : this.#values[this.#walkOrder()[cursor - FIELDS] ?? -1]
  }

  #walkOrder(): readonly number[] {
    if (this.#order === undefined) {
      this.#order = nodeOrder(this.#keys, this.#firstSize)
      this.#ranks = undefined
    }
    return this.#order
  }

  /** The place of a position in the order of the walk. */
  #rankOf(position: number): number {
    const order = this.#walkOrder()
    if (this.#ranks === undefined) {
      const ranks = new Int32Array(this.#keys.length)
      order.forEach((at, rank) => {
        ranks[at] = rank
      })
      this.#ranks = ranks
    }
    return this.#ranks[position] ?? 0
  }

  /** The cursor of a key, live or dead; -1 when the table never had it. */
  cursorOf(key: LuaValue): number {
    const index = isIndex(key) ? key : 0
    if (index > 0 && index <= this.#items.length) return index - 1
    const at = this.#position(key)
    if (at !== -1) return this.#rankOf(at) + FIELDS
    // A traversal that clears the last item must find its way on from there.
    return index > 0 && index <= this.#arraySize ? index - 1 : -1
  }

  /** The array part when it has no holes and nothing can intervene, for the library functions that walk lists. */
  denseItems(): LuaValue[] | undefined {
    return this.#holes || this.readonly ? undefined : this.#items
  }

  /** A metamethod of this table's metatable. */
  metamethod(event: string): LuaValue {
    return this.metatable === undefined ? undefined : this.metatable.getField(event)
  }

  #setItem(key: number, value: LuaValue): void {
    if (value !== undefined) this.#items[key - 1] = value
    else if (key === this.#items.length && !this.#holes) this.#items.pop()
    else {
      this.#items[key - 1] = undefined
      this.#holes = true
    }
  }

  #position(key: LuaValue): number {
    if (this.#positions !== undefined) return this.#positions.get(key) ?? -1
    const keys = this.#keys
    for (let i = 0; i < keys.length; i++) if (keys[i] === key) return i
    return -1
  }

  #insert(key: LuaValue, value: LuaValue): void {
    if (this.#keys.length >= this.#hashSize && this.#rehash(key, value)) return
    this.#order = undefined
    // -0 and 0 are one key.
    this.#keys.push(key === 0 ? 0 : key)
    this.#values.push(value)
    this.#live++
    if (this.#positions !== undefined) this.#positions.set(key, this.#keys.length - 1)
    else if (this.#keys.length > LINEAR_KEYS) this.#index()
  }

  /** Makes room for a key. Answers true when it went to the array part, which may then have holes. */
  #rehash(key: LuaValue, value: LuaValue): boolean {
    if (this.#holes || isIndex(key)) {
      const size = this.#fittingArraySize(key)
      if (this.#holes && size < this.#items.length) this.#shrinkArray(size)
      if (isIndex(key) && size >= key) {
        this.#growArray(size, key, value)
        return true
      }
      if (this.#holes) this.#arraySize = size
    }
    if (this.#live < this.#keys.length) this.#compact()
    this.#hashSize = powerOfTwo(this.#live + 1)
    return false
  }

  #fittingArraySize(added: LuaValue): number {
    sizes.clear()
    if (isIndex(added)) sizes.count(added)
    for (let i = 0; i < this.#items.length; i++) if (this.#items[i] !== undefined) sizes.count(i + 1)
    for (let i = 0; i < this.#keys.length; i++) {
      const key = this.#keys[i]
      if (isIndex(key) && this.#values[i] !== undefined) sizes.count(key)
    }
    return sizes.best()
  }

  #shrinkArray(size: number): void {
    const moved = this.#items.splice(size)
    this.#holes = this.#items.includes(undefined)
    this.#order = undefined
    // Not through `#insert`, which would come back here.
    moved.forEach((item, offset) => {
      if (item === undefined) return
      this.#keys.push(size + offset + 1)
      this.#values.push(item)
      this.#live++
    })
    if (this.#keys.length > LINEAR_KEYS) this.#index()
    // What follows the rest at once stays with it, so that `#` finds a border without looking at fields.
    this.#absorb()
  }

  #growArray(size: number, key: number, value: LuaValue): void {
    const items = this.#items
    const put = (index: number, item: LuaValue): void => {
      while (items.length < index) items.push(undefined)
      items[index - 1] = item
    }
    for (let i = 0; i < this.#keys.length; i++) {
      const index = this.#keys[i]
      const item = this.#values[i]
      if (item === undefined || !isIndex(index) || index > size) continue
      put(index, item)
      this.#vacate(i, index)
    }
    put(key, value)
    this.#arraySize = size
    this.#holes = items.includes(undefined)
    this.#compact()
    this.#absorb()
  }

  #index(): void {
    const positions = new Map<LuaValue, number>()
    for (let i = 0; i < this.#keys.length; i++) positions.set(this.#keys[i], i)
    this.#positions = positions
  }

  #compact(): void {
    this.#order = undefined
    this.#firstSize = 0
    let kept = 0
    for (let i = 0; i < this.#keys.length; i++) {
      if (this.#values[i] === undefined) continue
      this.#keys[kept] = this.#keys[i]
      this.#values[kept++] = this.#values[i]
    }
    this.#keys.length = kept
    this.#values.length = kept
    if (this.#positions !== undefined) this.#index()
  }

  /** A key leaves the hash part for the array part; unlike a removed one it is no longer found here. */
  #vacate(at: number, key: number): void {
    this.#order = undefined
    this.#keys[at] = undefined
    this.#values[at] = undefined
    this.#positions?.delete(key)
    this.#live--
  }

  /** Moves the keys that now follow the array part out of the hash part. */
  #absorb(): void {
    for (;;) {
      const at = this.#position(this.#items.length + 1)
      const value = at === -1 ? undefined : this.#values[at]
      if (value === undefined) break
      this.#vacate(at, this.#items.length + 1)
      this.#items.push(value)
    }
    if (this.#items.length > this.#arraySize) this.#arraySize = powerOfTwo(this.#items.length)
  }
}
