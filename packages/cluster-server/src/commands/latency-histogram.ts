/** Durations below this many microseconds are counted one by one. */
const FINE_MICROSECONDS = 256
/** Longer ones count as this, as in Redis. */
const LONGEST_NANOSECONDS = 1e9
/** The first boundary of the distribution: just above 1 microsecond, with the resolution of Redis' histogram there. */
const FIRST_BOUNDARY_NANOSECONDS = 1032

const nanosecondsOf = (microseconds: number): number =>
  microseconds === 0 ? 1 : Math.min(microseconds * 1000, LONGEST_NANOSECONDS)

/** The largest value that Redis' histogram, which keeps two significant digits, does not tell from `value`. */
const highestEquivalent = (value: number): number => {
  const unit = 2 ** Math.max(0, Math.floor(Math.log2(value)) - 7)
  return Math.floor(value / unit) * unit + unit - 1
}

/** How long the calls of one command took. Source of the figures: `hdr_histogram.c` and `latency.c` of Redis 7.0.15. */
export class LatencyHistogram {
  count = 0
  readonly #fine = new Uint32Array(FINE_MICROSECONDS)
  readonly #coarse = new Map<number, number>()

  record(microseconds: number): void {
    this.count++
    if (microseconds < FINE_MICROSECONDS) this.#fine[microseconds] = (this.#fine[microseconds] ?? 0) + 1
    else this.#coarse.set(microseconds, (this.#coarse.get(microseconds) ?? 0) + 1)
  }

  /** Boundaries in microseconds, each twice the one before, and how many calls took no longer; only where that grows. */
  distribution(): [microseconds: number, calls: number][] {
    const found: [number, number][] = []
    const sorted = this.#sorted()
    let calls = 0
    let next = 0
    for (let boundary = FIRST_BOUNDARY_NANOSECONDS; next < sorted.length; boundary *= 2) {
      const before = calls
      for (; next < sorted.length; next++) {
        const [microseconds = 0, count = 0] = sorted[next] ?? []
        if (nanosecondsOf(microseconds) >= boundary) break
        calls += count
      }
      if (calls > before) found.push([Math.floor((boundary - 1) / 1000), calls])
    }
    return found
  }

  /** The duration in microseconds that `percentile` percent of the calls did not exceed. */
  percentile(percentile: number): number {
    const wanted = Math.max(1, Math.floor((percentile / 100) * this.count + 0.5))
    let calls = 0
    for (const [microseconds, count] of this.#sorted()) {
      calls += count
      if (calls >= wanted) return highestEquivalent(nanosecondsOf(microseconds)) / 1000
    }
    return 0
  }

  #sorted(): [number, number][] {
    const fine = Array.from(this.#fine, (count, microseconds): [number, number] => [microseconds, count])
    return [...fine.filter(([, count]) => count > 0), ...[...this.#coarse].sort(([one], [other]) => one - other)]
  }
}
