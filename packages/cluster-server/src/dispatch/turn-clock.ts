import type { Clock } from '../clock.js'

/**
 * The time within one turn of the event loop. Commands that arrive together follow each other without a gap, so that the
 * end of one is the beginning of the next: at most one look at the machine's clock for each command instead of three.
 */
export class TurnClock {
  readonly #clock: Clock
  #startMs = 0
  #startMicroseconds = 0
  /** When the clock was last looked at, in Unix microseconds. */
  microseconds = 0
  /** The same in milliseconds. */
  nowMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** To be called when a turn begins: time has passed since the last command. */
  begin(): void {
    this.#startMs = this.#clock.nowMs()
    this.#startMicroseconds = this.#clock.nowMicroseconds()
    this.microseconds = this.#startMicroseconds
    this.nowMs = this.#startMs
  }

  /** Looks at the clock. */
  look(): void {
    this.microseconds = this.#clock.nowMicroseconds()
    this.nowMs = this.#startMs + Math.floor((this.microseconds - this.#startMicroseconds) / 1000)
  }
}
