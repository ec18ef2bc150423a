import type { Deadline, Entry } from './entry.js'

/** The entries that expire, in a list that can be sampled at random in constant time. */
export class Deadlines {
  readonly #list: Deadline[] = []
  /** Sum of all deadlines, for the average TTL in `INFO keyspace`. */
  #sumMs = 0

  get size(): number {
    return this.#list.length
  }

  /** Mean of the deadlines as Unix time in milliseconds; NaN when nothing expires. */
  get meanMs(): number {
    return this.#sumMs / this.#list.length
  }

  set(entry: Entry, atMs: number): void {
    const existing = entry.deadline
    this.#sumMs += atMs
    if (existing !== null) {
      this.#sumMs -= existing.atMs
      existing.atMs = atMs
      return
    }
    const deadline = { entry, atMs, position: this.#list.length }
    entry.deadline = deadline
    this.#list.push(deadline)
  }

  remove(entry: Entry): boolean {
    const deadline = entry.deadline
    if (deadline === null) return false
    const last = this.#list.pop()
    if (last !== undefined && last !== deadline) {
      this.#list[deadline.position] = last
      last.position = deadline.position
    }
    this.#sumMs -= deadline.atMs
    entry.deadline = null
    return true
  }

  /** A random one of them; `random` is uniform in [0, 1). */
  sample(random: () => number): Deadline | undefined {
    return this.#list[Math.floor(random() * this.#list.length)]
  }
}
