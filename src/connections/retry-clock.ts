import { setTimeout as delay } from 'node:timers/promises'

const FIRST_DELAY_MS = 10
const LONGEST_DELAY_MS = 500

/** Measures how long one request has been tried, and waits between the tries: longer each time, never in step. */
export class RetryClock {
  readonly #deadlineMs: number
  readonly #signal: AbortSignal
  #delayMs = FIRST_DELAY_MS

  constructor(retryForMs: number, signal: AbortSignal) {
    this.#deadlineMs = performance.now() + retryForMs
    this.#signal = signal
  }

  /** Waits for the next try. False: time is up or the connection closes, and there is no next try. */
  async pause(): Promise<boolean> {
    const leftMs = this.#deadlineMs - performance.now()
    if (leftMs <= 0 || this.#signal.aborted) return false
    const pauseMs = Math.min(leftMs, this.#delayMs * (0.5 + Math.random()))
    this.#delayMs = Math.min(LONGEST_DELAY_MS, this.#delayMs * 2)
    try {
      await delay(pauseMs, undefined, { signal: this.#signal })
      return true
    } catch {
      return false
    }
  }
}
