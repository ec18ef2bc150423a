import type { RetryPauses } from './retry-pauses.js'

const FIRST_DELAY_MS = 10
const LONGEST_DELAY_MS = 500

/** Measures how long one request has been tried, and waits between the tries: longer each time, never in step. */
export class RetryClock {
  readonly #deadlineMs: number
  readonly #pauses: RetryPauses
  #delayMs = FIRST_DELAY_MS

  constructor(retryForMs: number, pauses: RetryPauses) {
    this.#deadlineMs = performance.now() + retryForMs
    this.#pauses = pauses
  }

  /** Waits for the next try. False: time is up or the connection closes, and there is no next try. */
  async pause(): Promise<boolean> {
    const leftMs = this.#deadlineMs - performance.now()
    if (leftMs <= 0) return false
    const pauseMs = Math.min(leftMs, this.#delayMs * (0.5 + Math.random()))
    this.#delayMs = Math.min(LONGEST_DELAY_MS, this.#delayMs * 2)
    return this.#pauses.pause(pauseMs)
  }
}
