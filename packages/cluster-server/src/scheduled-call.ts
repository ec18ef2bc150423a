/**
 * At most one call that is due, after the input of this turn of the event loop or after a time. A timer is ended as what it is:
 * `clearImmediate` of a timeout breaks the queue of all immediates of the process.
 */
export class ScheduledCall {
  #cancel: (() => void) | null = null

  get isDue(): boolean {
    return this.#cancel !== null
  }

  /** In place of a call that is due already. */
  soon(call: () => void): void {
    this.cancel()
    const immediate = setImmediate(() => this.#run(call))
    this.#cancel = () => clearImmediate(immediate)
  }

  /** In place of a call that is due already. */
  after(delayMs: number, call: () => void): void {
    this.cancel()
    const timeout = setTimeout(() => this.#run(call), delayMs)
    this.#cancel = () => clearTimeout(timeout)
  }

  cancel(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #run(call: () => void): void {
    this.#cancel = null
    call()
  }
}
