/** Something that has output for its socket. */
export interface Flushable {
  flush(): void
}

/**
 * Gathers the sockets with output until every socket that is readable in this turn of the event loop has been read. All
 * writes then follow each other, so that a client that waits for many sockets is woken up once, and not for each.
 */
export class FlushQueue {
  #waiting: Flushable[] = []
  readonly #onFlushed: () => void

  /** @param onFlushed called when all that waited has been flushed */
  constructor(onFlushed: () => void = () => {}) {
    this.#onFlushed = onFlushed
  }

  add(flushable: Flushable): void {
    if (this.#waiting.push(flushable) === 1) setImmediate(() => this.flushAll())
  }

  /** Flushes at once what waits. */
  flushAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const flushable of waiting) flushable.flush()
    this.#onFlushed()
  }
}
