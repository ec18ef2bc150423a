/** A step ends when so many keys after one another do not go yet. */
const PENDING_PER_STEP = 4
const KEYS_PER_STEP = 64

/**
 * The keys of a database that got their deadline on a writable replica itself: no primary will ever send the DEL of
 * them. Names alone are kept, as a key may be replaced by the primary meanwhile.
 */
export class OwnDeadlines {
  readonly #keys = new Set<string>()

  get size(): number {
    return this.#keys.size
  }

  /** @returns false when it was there. */
  add(key: string): boolean {
    const { size } = this.#keys
    return this.#keys.add(key).size > size
  }

  remove(key: string): void {
    this.#keys.delete(key)
  }

  /** Looks at the keys in turn, with `isPending`, which removes what has expired and tells whether a key is still to go. */
  step(isPending: (key: string) => boolean): void {
    let pending = 0
    let left = Math.min(this.#keys.size, KEYS_PER_STEP)
    for (const key of this.#keys) {
      if (left-- === 0 || pending === PENDING_PER_STEP) return
      this.#keys.delete(key)
      if (!isPending(key)) continue
      // Behind all others, so that those have their turn.
      this.#keys.add(key)
      pending++
    }
  }
}
