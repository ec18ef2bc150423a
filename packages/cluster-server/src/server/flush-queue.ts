/** Something that has output for its socket. */
export interface Flushable {
  flush(): void
}

/** What belongs to every flush. */
export interface FlushSteps {
  /** Makes safe what is about to be answered. */
  before(): void
  /** All that waited has been flushed. */
  after(): void
}

/**
 * Gathers the sockets with output until every socket that is readable in this turn of the event loop has been read. All
 * writes then follow each other, so that a client that waits for many sockets is woken up once, and not for each.
 */
export class FlushQueue {
  #waiting: Flushable[] = []
  readonly #steps: FlushSteps

  constructor(steps: FlushSteps) {
    this.#steps = steps
  }

  /** To be called before output is handed to a socket out of turn. */
  prepare(): void {
    this.#steps.before()
  }

  add(flushable: Flushable): void {
    if (this.#waiting.push(flushable) === 1) setImmediate(() => this.flushAll())
  }

  /** Flushes at once what waits. */
  flushAll(): void {
    this.#steps.before()
    const waiting = this.#waiting
    this.#waiting = []
    for (const flushable of waiting) flushable.flush()
    this.#steps.after()
  }
}
