import type { RunningServer } from '../programs.js'
import { geometricMean } from '../statistics.js'
import { judged, pairedRounds, type Ratios, showRatios } from './paired-rounds.js'

const tests = ['set', 'get', 'incr', 'hset', 'zadd', 'lpush', 'mset'] as const
/** Requests on their way at once on each of 50 connections, and the throughput to reach. */
const PIPELINES = [
  { pipeline: 1, gate: 0.6, requests: 60_000 },
  { pipeline: 16, gate: 0.6, requests: 400_000 },
  { pipeline: 100, gate: 0.55, requests: 400_000 },
] as const
const CPU_GATE = 1.8

/** Simple commands: ratios of throughput and of processor time per request, and their geometric means. */
export const benchThroughput = async (ours: RunningServer, peer: RunningServer): Promise<void> => {
  console.log('node: throughput / processor time per request, as ratios to redis-server')
  for (const { pipeline, gate, requests } of PIPELINES) {
    const ratios: Ratios[] = []
    const cells: string[] = []
    for (const test of tests) {
      const ratio = await pairedRounds(ours, peer, {
        test,
        pipeline,
        requests: test === 'mset' ? requests / 4 : requests,
      })
      ratios.push(ratio)
      cells.push(`${test} ${showRatios(ratio)}`)
    }
    const rate = geometricMean(ratios.map((each) => each.rate))
    const cpu = geometricMean(ratios.map((each) => each.cpu))
    console.log(`  pipeline ${String(pipeline).padStart(3)}: ${cells.join('   ')}`)
    console.log(`                mean ${judged(rate, '>=', gate)} / ${judged(cpu, '<=', CPU_GATE)}`)
  }
}
