import { expect, test } from '@jest/globals'
import { systemClock } from '../../src/clock.js'

test('microseconds lie within the millisecond that the clock tells, however long the process runs', async () => {
  const endMs = performance.now() + 1500
  while (performance.now() < endMs) {
    const before = systemClock.nowMs()
    const between = systemClock.nowMicroseconds() / 1000
    expect(between).toBeGreaterThanOrEqual(before)
    expect(between).toBeLessThan(systemClock.nowMs() + 1)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
})
