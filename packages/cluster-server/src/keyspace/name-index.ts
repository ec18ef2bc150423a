/** The table has room for so many places at first. */
const SMALLEST = 16
/** It grows when more than this share of its places is taken. */
const LARGEST_SHARE = 0.6
/** It shrinks when less than this share is. */
const SMALLEST_SHARE = 0.1

/** Differs from one process to the next, so that nobody can choose names that fall on one place. */
const SEED = Math.floor(Math.random() * 2 ** 32) | 0

/** A hash of latin1 text, four characters at a time. */
const hashOf = (text: string): number => {
  const { length } = text
  let hash = SEED ^ length
  let at = 0
  for (; at + 3 < length; at += 4) {
    const word =
      text.charCodeAt(at) |
      (text.charCodeAt(at + 1) << 8) |
      (text.charCodeAt(at + 2) << 16) |
      (text.charCodeAt(at + 3) << 24)
    hash = Math.imul(hash ^ word, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  for (; at < length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x85ebca77)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae3d)
  return hash ^ (hash >>> 16)
}

/**
 * Positions of names in an array, found by name: places with the hash of a name and its position, in one piece of memory
 * without pointers. A look-up meets that place and the name itself; in a `Map` of V8 it follows a chain besides. There is no
 * limit to the number of names but that of the array.
 */
export class NameIndex {
  /** For each place a hash, and a position plus one; 0 where nothing is. */
  #places = new Int32Array(2 * SMALLEST)
  #mask = SMALLEST - 1
  #size = 0
  readonly #names: readonly string[]

  /** @param names the array in which the positions are; it is read whenever names are looked for or change */
  constructor(names: readonly string[]) {
    this.#names = names
  }

  /** The position of a name, or undefined. */
  find(name: string): number | undefined {
    const place = this.#placeOf(name, hashOf(name))
    return place === -1 ? undefined : (this.#places[2 * place + 1] as number) - 1
  }

  /** Adds a name that is at `position` in the array and is not in the index. */
  add(name: string, position: number): void {
    if (++this.#size > (this.#mask + 1) * LARGEST_SHARE) this.#resize(2 * (this.#mask + 1))
    this.#put(hashOf(name), position + 1)
  }

  /** A name that is in the index comes to another position, and is still at the old one in the array. */
  move(name: string, position: number): void {
    const place = this.#placeOf(name, hashOf(name))
    if (place !== -1) this.#places[2 * place + 1] = position + 1
  }

  /** Two names that are in the index exchange their positions; the array follows. */
  exchange(one: string, other: string): void {
    const places = this.#places
    const first = 2 * this.#placeOf(one, hashOf(one)) + 1
    const second = 2 * this.#placeOf(other, hashOf(other)) + 1
    const position = places[first] as number
    places[first] = places[second] as number
    places[second] = position
  }

  /** Removes a name, which is still in the array. @returns where it was, or undefined */
  remove(name: string): number | undefined {
    let hole = this.#placeOf(name, hashOf(name))
    if (hole === -1) return undefined
    const places = this.#places
    const mask = this.#mask
    const position = (places[2 * hole + 1] as number) - 1
    this.#size--
    // What comes behind moves up, unless it would stand before the place where its search begins.
    for (let at = (hole + 1) & mask; places[2 * at + 1] !== 0; at = (at + 1) & mask) {
      const hash = places[2 * at] as number
      if (((at - hash) & mask) < ((at - hole) & mask)) continue
      places[2 * hole] = hash
      places[2 * hole + 1] = places[2 * at + 1] as number
      hole = at
    }
    places[2 * hole + 1] = 0
    const room = mask + 1
    if (room > SMALLEST && this.#size < room * SMALLEST_SHARE) this.#resize(Math.max(SMALLEST, room / 4))
    return position
  }

  #placeOf(name: string, hash: number): number {
    const places = this.#places
    const mask = this.#mask
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const position = places[2 * at + 1] as number
      if (position === 0) return -1
      if (places[2 * at] === hash && this.#names[position - 1] === name) return at
    }
  }

  #put(hash: number, position: number): void {
    const places = this.#places
    const mask = this.#mask
    let at = hash & mask
    while (places[2 * at + 1] !== 0) at = (at + 1) & mask
    places[2 * at] = hash
    places[2 * at + 1] = position
  }

  /** @param room a power of two */
  #resize(room: number): void {
    const before = this.#places
    this.#mask = room - 1
    this.#places = new Int32Array(2 * room)
    for (let at = 0; at < before.length; at += 2) {
      const position = before[at + 1] as number
      if (position !== 0) this.#put(before[at] as number, position)
    }
  }
}
