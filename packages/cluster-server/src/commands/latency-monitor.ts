/** What took how long, and when. */
export interface LatencySample {
  /** Unix time in seconds. */
  readonly at: number
  readonly milliseconds: number
}

/** The samples of one event, oldest first. */
export interface LatencyEvent {
  readonly samples: readonly LatencySample[]
  readonly longestMs: number
}

const MAX_SAMPLES = 160

/** What exceeded `latency-monitor-threshold`, by event; the longest of each second. */
export class LatencyMonitor {
  readonly #events = new Map<string, { samples: LatencySample[]; longestMs: number }>()

  get events(): ReadonlyMap<string, LatencyEvent> {
    return this.#events
  }

  add(event: string, milliseconds: number, nowMs: number): void {
    const at = Math.floor(nowMs / 1000)
    const series = this.#events.get(event) ?? { samples: [], longestMs: 0 }
    this.#events.set(event, series)
    series.longestMs = Math.max(series.longestMs, milliseconds)
    const last = series.samples.at(-1)
    if (last?.at === at) {
      if (milliseconds > last.milliseconds) series.samples[series.samples.length - 1] = { at, milliseconds }
      return
    }
    series.samples.push({ at, milliseconds })
    if (series.samples.length > MAX_SAMPLES) series.samples.shift()
  }

  /** Forgets one event, or all. @returns how many there were. */
  reset(event?: string): number {
    if (event !== undefined) {
      const name = [...this.#events.keys()].find((each) => each.toLowerCase() === event.toLowerCase())
      return name !== undefined && this.#events.delete(name) ? 1 : 0
    }
    const count = this.#events.size
    this.#events.clear()
    return count
  }
}
