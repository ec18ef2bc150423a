const SAMPLES = 16

/** How fast a counter grows, as the mean of the last samples. */
export class RateSampler {
  readonly #rates: number[] = []
  #sampledAtMs = 0
  #sampledValue = 0

  /** Takes a sample; to be called at regular intervals. */
  sample(value: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#sampledAtMs
    if (elapsedMs <= 0) return
    this.#rates.push((Math.max(0, value - this.#sampledValue) * 1000) / elapsedMs)
    if (this.#rates.length > SAMPLES) this.#rates.shift()
    this.#sampledAtMs = nowMs
    this.#sampledValue = value
  }

  get perSecond(): number {
    return this.#rates.reduce((sum, rate) => sum + rate, 0) / (this.#rates.length || 1)
  }

  /** The counter is set back to zero. */
  restart(): void {
    this.#sampledValue = 0
    this.#rates.length = 0
  }
}
