import type { Entry } from './entry.js'

/**
 * Is told of an entry before it changes: one that the walk has not visited, or (`wasVisited`) the one that it visited
 * last, as whoever visits may not be through with it.
 */
export type Preserve = (entry: Entry, wasVisited: boolean) => void

/**
 * Visits the entries of a database as they are at its beginning, while the database goes on changing.
 *
 * The walk runs from the end of the list to its beginning. As entries move to lower positions only, and new ones are
 * appended, whatever lies at the cursor or above needs no visit. Before an entry below the cursor changes or goes, it is
 * preserved and remembered as done; so is one that moves below the cursor. A list that was cleared is walked on: no
 * command reaches its entries any more.
 */
export class EntryWalk {
  readonly #list: readonly Entry[]
  readonly #preserve: Preserve
  readonly #done = new Set<Entry>()
  #cursor: number
  /** Was visited last. */
  #current: Entry | null = null

  constructor(list: readonly Entry[], preserve: Preserve) {
    this.#list = list
    this.#cursor = list.length
    this.#preserve = preserve
  }

  /** The next entry; undefined when every one was visited or preserved. */
  next(): Entry | undefined {
    this.#current = null
    while (this.#cursor > 0) {
      this.#cursor--
      const entry = this.#list[this.#cursor]
      if (entry === undefined || this.#done.delete(entry)) continue
      this.#current = entry
      return entry
    }
    return undefined
  }

  /** To be called before the value or the deadline of `entry` changes. */
  beforeChange(entry: Entry): void {
    if (entry === this.#current) {
      this.#current = null
      this.#preserve(entry, true)
      return
    }
    if (entry.position >= this.#cursor || this.#done.has(entry)) return
    this.#done.add(entry)
    this.#preserve(entry, false)
  }

  /** To be called before `entry` is removed, and `last` takes over its position. */
  beforeRemoval(entry: Entry, last: Entry | undefined): void {
    this.beforeChange(entry)
    this.#done.delete(entry)
    if (last !== undefined && last.position >= this.#cursor && entry.position < this.#cursor) this.#done.add(last)
    // The list becomes shorter: what is appended next would lie below the cursor.
    this.#cursor = Math.min(this.#cursor, this.#list.length - 1)
  }

  /**
   * To be called before `entry`, whose removal is taken back, returns to `position`, and `moved`, which took that over,
   * goes to the end of the list.
   */
  beforeReturn(entry: Entry, position: number, moved: Entry | undefined): void {
    if (position >= this.#cursor) return
    if (moved !== undefined) {
      // The cursor does not come where it goes.
      this.beforeChange(moved)
      this.#done.delete(moved)
    }
    this.#done.add(entry)
  }
}
