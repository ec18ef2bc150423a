/** A source of time, so that expiry and timeouts can be driven by hand in tests. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number
  /** Microseconds since the Unix epoch, for `TIME` and the slow log. */
  nowMicroseconds(): number
}

/** What is added to the time since the process began, in microseconds: the two clocks of the machine drift apart. */
let originMicroseconds = performance.timeOrigin * 1000

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  /** Within the millisecond that `nowMs` tells: what expires by one of them has expired by the other. */
  nowMicroseconds: () => {
    const least = Date.now() * 1000
    const elapsed = performance.now() * 1000
    const now = Math.floor(originMicroseconds + elapsed)
    const agreed = Math.min(Math.max(now, least), least + 999)
    if (agreed !== now) originMicroseconds = agreed - elapsed
    return agreed
  },
}
