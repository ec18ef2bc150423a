/**
 * What is left to do at the end of a turn, each once however often it was asked for. What must not be forgotten when the
 * machine crashes, votes and epochs above all, is also to be `synced`: on the disk before anything else happens. What other
 * nodes said and will say again is saved `saveSoon`, together with what they say within a tenth of a second.
 */
export type TodoItem = 'save' | 'saveSoon' | 'synced' | 'state' | 'failover' | 'manualFailover'

/** Gathers what a turn of the event loop leaves to do, and sees to it that the turn ends with it. */
export class Todo {
  readonly #items = new Set<TodoItem>()
  readonly #settle: () => void
  #immediate: NodeJS.Immediate | null = null

  constructor(settle: () => void) {
    this.#settle = settle
  }

  add(...items: readonly TodoItem[]): void {
    for (const item of items) this.#items.add(item)
    this.#immediate ??= setImmediate(() => {
      this.#immediate = null
      this.#settle()
    })
  }

  /** What is to be done now; from here on it counts as done. */
  take(): ReadonlySet<TodoItem> {
    const items = new Set(this.#items)
    this.#items.clear()
    return items
  }

  get isEmpty(): boolean {
    return this.#items.size === 0
  }

  close(): void {
    if (this.#immediate !== null) clearImmediate(this.#immediate)
    this.#immediate = null
    this.#items.clear()
  }
}
