import type { LogLevel } from '../../node-options.js'

const TOLERATED_FAILURES = 3
const LONGEST_DELAY_MINUTES = 60

/** Puts off rewriting a log that has failed again and again, for one, two, four … minutes. */
export class RewriteLimit {
  /** Rewrites that failed since the last one that did not. */
  failures = 0
  #delayMinutes = 0
  #until = 0
  readonly #log: (level: LogLevel, message: string) => void

  constructor(log: (level: LogLevel, message: string) => void) {
    this.#log = log
  }

  /** Whether a rewrite may not begin now. */
  isInForce(nowSeconds: number): boolean {
    if (this.failures < TOLERATED_FAILURES) {
      this.#delayMinutes = this.#until = 0
      return false
    }
    if (this.#until !== 0) {
      if (nowSeconds < this.#until) return true
      this.#until = 0
      return false
    }
    this.#delayMinutes = Math.min(LONGEST_DELAY_MINUTES, this.#delayMinutes === 0 ? 1 : this.#delayMinutes * 2)
    this.#until = nowSeconds + this.#delayMinutes * 60
    this.#log(
      'warning',
      `Background AOF rewrite has repeatedly failed and triggered the limit, will retry in ${this.#delayMinutes} minutes`,
    )
    return true
  }
}
