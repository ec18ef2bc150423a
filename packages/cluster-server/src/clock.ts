/** A source of time, so that expiry and timeouts can be driven by hand in tests. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number
  /** Microseconds since the Unix epoch, for `TIME` and the slow log. */
  nowMicroseconds(): number
}

// Reading it anew each time costs more than the time itself.
const { timeOrigin } = performance

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  nowMicroseconds: () => Math.floor((timeOrigin + performance.now()) * 1000),
}
