import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'

/** How a sweeper works. */
export interface SweeperOptions {
  /** Pause between two rounds, milliseconds; default 60,000, at least 1. */
  readonly intervalMs?: number
  /** Records that one round removes at most; default 10,000. */
  readonly budget?: number
  /** Told of a round that failed; the next one comes all the same. Default: nobody is told. */
  readonly onError?: (error: unknown) => void
  /** Told how many records a round removed. */
  readonly onSweep?: (removed: number) => void
}

/** Removes what has expired from time to time, until it is stopped; see `ModelIndex.startSweeper`. */
export class IndexSweeper {
  readonly #sweep: (budget: number) => Promise<number>
  readonly #intervalMs: number
  readonly #budget: number
  readonly #options: SweeperOptions
  #timer: NodeJS.Timeout | null = null
  #round: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(sweep: (budget: number) => Promise<number>, options: SweeperOptions) {
    this.#sweep = sweep
    this.#options = options
    this.#intervalMs = wholeNumber('intervalMs', options.intervalMs ?? 60_000, 2 ** 31 - 1)
    this.#budget = wholeNumber('budget', options.budget ?? 10_000, Number.MAX_SAFE_INTEGER)
    this.#schedule()
  }

  /** Ends it; the round under way is waited for. */
  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    await this.#round
  }

  /** For `await using`, where the runtime has it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #schedule(): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#round = this.#run().then(() => this.#schedule())
    }, this.#intervalMs)
    this.#timer.unref()
  }

  async #run(): Promise<void> {
    try {
      const removed = await this.#sweep(this.#budget)
      this.#options.onSweep?.(removed)
    } catch (error) {
      this.#options.onError?.(error)
    }
  }
}

function wholeNumber(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new InvalidArgumentError(`${name} is ${quote(value)}; it must be an integer from 1 to ${most}.`)
}
