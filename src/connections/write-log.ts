/** Counts the writes of one connection: which slots were written to, and how recently. One server is one slot. */
export class WriteLog {
  readonly #latest = new Map<number, number>()
  #count = 0

  /** Writes that have been answered, or whose answers were lost, so far. */
  get count(): number {
    return this.#count
  }

  /** Takes note of a write whose answer has come, or will never come. Call before its caller learns of it. */
  note(slot: number): void {
    this.#count += 1
    this.#latest.set(slot, this.#count)
  }

  /** True when nothing was written to a slot after the first `count` writes. */
  isQuietSince(slot: number, count: number): boolean {
    return (this.#latest.get(slot) ?? 0) <= count
  }
}
