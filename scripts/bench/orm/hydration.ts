import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from '../statistics.js'
import type { Suite } from './suite.js'

/** What one round of a way to make objects of 100,000 records costs: processor time, and memory of each object. */
export interface HydrationCost {
  readonly cpuMs: number
  readonly bytes: number
}

const program = fileURLToPath(new URL('hydration-program.js', import.meta.url))
/** Rounds of each process. */
const ROUNDS = 5
/** Processes of each way, in turn. */
const TURNS = 3

/**
 * Processor time and memory of making objects of what was read: ours, plain ones of text, and class-transformer's. Each in
 * processes of its own: what one leaves to the garbage collector would be charged to the next.
 */
export const hydration: Suite = async (bench) => {
  if (bench.target.name !== 'redis' || !bench.wants('hydrate-plain', 'hydrate-transformer')) return
  const costs = { ours: [] as HydrationCost[], plain: [] as HydrationCost[], transformer: [] as HydrationCost[] }
  for (let turn = 0; turn < TURNS; turn++) {
    for (const name of ['plain', 'ours', 'transformer'] as const) {
      costs[name].push(...(await costsOf(name, bench.options.rounds ?? ROUNDS)))
    }
  }
  const ratioTo = (peer: 'plain' | 'transformer'): number =>
    median(costs.ours.map(({ cpuMs }, round) => cpuMs / (costs[peer][round]?.cpuMs ?? Number.NaN)))
  const detail = (peer: 'plain' | 'transformer'): string =>
    `${shown(costs.ours)} beside ${shown(costs[peer])}, processor time with its share of garbage collection`
  bench.report({ name: 'hydrate-plain', ratio: ratioTo('plain'), detail: detail('plain') })
  bench.report({ name: 'hydrate-transformer', ratio: 1 / ratioTo('transformer'), detail: detail('transformer') })
}

const costsOf = async (way: string, rounds: number): Promise<readonly HydrationCost[]> => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, way, String(rounds)])
  return JSON.parse(stdout) as HydrationCost[]
}

const shown = (costs: readonly HydrationCost[]): string =>
  `${median(costs.map(({ cpuMs }) => cpuMs)).toFixed(0)} ms, ${median(costs.map(({ bytes }) => bytes)).toFixed(0)} bytes each`
