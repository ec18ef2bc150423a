import { powerOfTwo } from './array-sizing.js'
import type { LuaValue } from './value.js'

const bytes = new DataView(new ArrayBuffer(8))

/** The hash of strings in Redis' Lua: without a seed, and of every character of a long one too. */
const hashText = (text: string): number => {
  let hash = text.length
  for (let at = text.length; at > 0; at--) hash ^= (hash << 5) + (hash >>> 2) + text.charCodeAt(at - 1)
  return hash >>> 0
}

/** The node at which a key belongs; -1 for what is hashed by its address. */
const mainPosition = (key: LuaValue, size: number): number => {
  if (typeof key === 'string') return hashText(key) & (size - 1)
  if (typeof key === 'boolean') return (key ? 1 : 0) & (size - 1)
  if (typeof key !== 'number') return -1
  if (key === 0) return 0
  bytes.setFloat64(0, key)
  return ((bytes.getUint32(0) + bytes.getUint32(4)) >>> 0) % ((size - 1) | 1)
}

/** The node array of one size, filled as Lua 5.1 fills it: the places of keys, by their index. */
class Nodes {
  readonly places: Int32Array
  readonly #next: Int32Array
  #lastFree: number

  constructor(
    readonly keys: readonly LuaValue[],
    readonly size: number,
  ) {
    this.places = new Int32Array(size).fill(-1)
    this.#next = new Int32Array(size).fill(-1)
    this.#lastFree = size
  }

  insert(index: number): void {
    const main = this.#main(index)
    const occupant = this.#at(main)
    if (occupant === -1) {
      this.places[main] = index
      return
    }
    const free = this.#free()
    const home = this.#main(occupant)
    if (home === main) {
      this.#next[free] = this.#following(main)
      this.#next[main] = free
      this.places[free] = index
      return
    }
    // Who is there does not belong there, and makes room.
    let before = home
    while (this.#following(before) !== main) before = this.#following(before)
    this.#next[before] = free
    this.places[free] = occupant
    this.#next[free] = this.#following(main)
    this.#next[main] = -1
    this.places[main] = index
  }

  #main(index: number): number {
    return mainPosition(this.keys[index], this.size)
  }

  #at(place: number): number {
    return this.places[place] ?? -1
  }

  #following(place: number): number {
    return this.#next[place] ?? -1
  }

  #free(): number {
    do this.#lastFree--
    while (this.#at(this.#lastFree) !== -1)
    return this.#lastFree
  }
}

/**
 * The order in which Lua 5.1 walks keys that were inserted in the order of `keys` into a hash part that had room for
 * `firstSize` of them; nil marks a key that is gone. Source: `ltable.c` of Lua 5.1. Without the addresses of tables and
 * functions, the order in which keys of these kinds were inserted has to do.
 */
export const nodeOrder = (keys: readonly LuaValue[], firstSize: number): readonly number[] => {
  let nodes = new Nodes(keys, firstSize)
  let count = 0
  const present: number[] = []
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]
    if (key === undefined) continue
    present.push(index)
    if (typeof key === 'object' || typeof key === 'function') return keys.map((_key, at) => at)
  }
  for (const index of present) {
    if (count === nodes.size) {
      const larger = new Nodes(keys, powerOfTwo(count + 1))
      for (let place = nodes.size - 1; place >= 0; place--) larger.insert(nodes.places[place] ?? 0)
      nodes = larger
    }
    nodes.insert(index)
    count++
  }
  return [...nodes.places].filter((index) => index !== -1)
}
