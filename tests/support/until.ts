import { setTimeout as delay } from 'node:timers/promises'

/** Repeats a question until the answer is yes. @throws Error when it is still no after `timeoutMs`, default 10000. */
export async function until(holds: () => Promise<boolean> | boolean, timeoutMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`still not so after ${timeoutMs} ms: ${holds}`)
    await delay(5)
  }
}
