import { detach } from './detach.js'
import { NAME_BYTES, textBytes } from './memory-cost.js'
import { NameIndex } from './name-index.js'

/** The part of a table that one step of a scan covers: positions `from` to before `to`, and where to go on. */
export interface ScanStep {
  readonly from: number
  readonly to: number
  /** 0 when the scan is complete. */
  readonly cursor: number
}

/** So many names are searched one after the other: an index would take more room than they do. */
const FEW = 8

/**
 * Names at dense positions 0 to `size - 1`, found by name in O(1). Whoever keeps data beside a name keeps it in arrays
 * with the same positions, and repeats the move that `remove` makes. Dense positions give random choice in O(1) and a
 * scan without a snapshot: it walks from the last position down, and a removal only moves the last name into the hole,
 * so that a name not yet seen stays below the cursor.
 */
export class NameTable {
  readonly #names: string[] = []
  /** Null while there are few names. */
  #positions: NameIndex | null = null
  #textBytes = 0
  /** What was looked for last, and where it was. */
  #asked: string | null = null
  #found: number | undefined = undefined

  /** What the table costs in the heap, with the text of its names. */
  get bytes(): number {
    return this.#textBytes + this.#names.length * NAME_BYTES
  }

  get size(): number {
    return this.#names.length
  }

  /** The names by position; not to be changed. */
  get names(): readonly string[] {
    return this.#names
  }

  /** The position of `name`, or undefined. */
  find(name: string): number | undefined {
    this.#found = this.#positions === null ? this.#search(name) : this.#positions.find(name)
    this.#asked = name
    return this.#found
  }

  /** As `find`, for the text that was looked for last, most likely: its position is known then. */
  findAgain(name: string): number | undefined {
    return name === this.#asked ? this.#found : this.find(name)
  }

  /** The name at a position below `size`. */
  at(position: number): string {
    return this.#names[position] as string
  }

  /** Appends a name that is not in the table yet; its position is the former `size`. */
  add(name: string): void {
    const kept = detach(name)
    this.#asked = null
    this.#names.push(kept)
    if (this.#positions !== null) this.#positions.add(kept, this.#names.length - 1)
    else if (this.#names.length > FEW) this.#index()
    this.#textBytes += textBytes(kept)
  }

  /** Removes a name; the last name takes over its position, which is returned. Undefined when there is no such name. */
  remove(name: string): number | undefined {
    const hole = this.#positions === null ? this.#search(name) : this.#positions.remove(name)
    if (hole === undefined) return undefined
    this.#asked = null
    this.#textBytes -= textBytes(name)
    const end = this.#names.length - 1
    if (hole < end) {
      const last = this.#names[end] as string
      this.#positions?.move(last, hole)
      this.#names[hole] = last
    }
    this.#names.pop()
    return hole
  }

  /** Takes back `remove`, which returned `hole`, with all that was changed since taken back before. */
  putBack(name: string, hole: number): void {
    this.add(name)
    const end = this.#names.length - 1
    if (hole >= end) return
    const kept = this.#names[end] as string
    const moved = this.#names[hole] as string
    this.#positions?.exchange(kept, moved)
    this.#names[hole] = kept
    this.#names[end] = moved
  }

  /** The next `count` positions of a scan; `cursor` 0 begins. */
  scan(cursor: number, count: number): ScanStep {
    const to = cursor === 0 ? this.size : Math.min(cursor, this.size)
    const from = Math.max(0, to - count)
    return { from, to, cursor: from }
  }

  #search(name: string): number | undefined {
    const names = this.#names
    for (let at = 0; at < names.length; at++) if (names[at] === name) return at
    return undefined
  }

  #index(): void {
    const positions = new NameIndex(this.#names)
    this.#names.forEach((name, position) => {
      positions.add(name, position)
    })
    this.#positions = positions
  }
}

/** Fills the hole that `NameTable.remove` reported in an array kept beside the names. */
export const fillHole = <T>(values: T[], hole: number): void => {
  const last = values.pop() as T
  if (hole < values.length) values[hole] = last
}

/** Takes back `fillHole`. */
export const openHole = <T>(values: T[], hole: number, value: T): void => {
  const moved = values[hole]
  if (moved === undefined) values.push(value)
  else {
    values.push(moved)
    values[hole] = value
  }
}
