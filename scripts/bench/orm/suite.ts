import { interleaved, type Pair, type Paired } from '../statistics.js'
import type { OrmOptions } from './options.js'
import { besideMs, type Result } from './report.js'
import type { RowName } from './rows.js'
import type { Target } from './target.js'

/** What the measurements of a concern are given. */
export interface Bench {
  readonly target: Target
  readonly options: OrmOptions
  /** Whether a row was asked for. */
  wants(...names: readonly RowName[]): boolean
  report(result: Result): void
}

/** Measures rows of one concern, those that are wanted. Leaves no data that later ones would see. */
export type Suite = (bench: Bench) => Promise<void>

/** Measures two ways in turn and reports how many times as fast ours is. */
export const reportFaster = async (bench: Bench, name: RowName, pair: Pair): Promise<void> => {
  const paired = await measured(bench, pair)
  bench.report({ name, ratio: paired.ratio, detail: besideMs(paired) })
}

/** Measures two ways in turn and reports how many times the peer's time ours takes. */
export const reportCost = async (bench: Bench, name: RowName, pair: Pair): Promise<void> => {
  const paired = await measured(bench, pair)
  bench.report({ name, ratio: 1 / paired.ratio, detail: besideMs(paired) })
}

/** How long each way runs before it is measured, so that the compiler of the engine is done with it. At least once. */
const WARM_UP_MS = 1_000

const measured = async ({ options }: Bench, pair: Pair): Promise<Paired> => {
  for (const work of [pair.ours, pair.peer]) {
    const until = performance.now() + WARM_UP_MS
    do {
      await pair.before?.()
      await work()
    } while (performance.now() < until)
  }
  return interleaved({ ...pair, rounds: options.rounds ?? pair.rounds })
}
