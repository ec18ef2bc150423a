import type { Config } from '../config.js'

/** How long the loading of a file keeps clients waiting. */
const LOAD_SLICE_MS = 10

/** Runs steps to their end. */
export const runAtOnce = <T>(steps: Generator<void, T>): T => {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value
}

/** Runs steps in slices, between which clients are answered; with the delay that `key-load-delay` asks for. */
export const runInSlices = async <T>(steps: Generator<void, T>, config: Config): Promise<T> => {
  let sliceStartedAt = performance.now()
  let debtMs = 0
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value
    debtMs += Math.max(0, config.number('key-load-delay')) / 1000
    const delayMs = debtMs < LOAD_SLICE_MS ? 0 : debtMs
    if (delayMs === 0 && performance.now() - sliceStartedAt < LOAD_SLICE_MS) continue
    await new Promise<void>((resolve) => (delayMs > 0 ? setTimeout(resolve, delayMs) : setImmediate(resolve)))
    if (delayMs > 0) debtMs = 0
    sliceStartedAt = performance.now()
  }
}
