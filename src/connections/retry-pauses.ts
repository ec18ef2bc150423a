/** The pauses of all requests of one connection that wait for their next try. They end together when it closes. */
export class RetryPauses {
  readonly #wakers = new Set<() => void>()
  #isClosed = false

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Ends all pauses, and those to come at once. Idempotent. */
  close(): void {
    this.#isClosed = true
    for (const wake of this.#wakers) wake()
  }

  /** Waits so many milliseconds. False: the connection closes. */
  pause(pauseMs: number): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false)
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#wakers.delete(wake)
        resolve(!this.#isClosed)
      }
      const timer = setTimeout(wake, pauseMs)
      this.#wakers.add(wake)
    })
  }
}
