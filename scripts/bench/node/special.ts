import { loadScript, type RunningServer } from '../programs.js'
import { fill, sortedSetMembers } from './fill.js'
import { judged, pairedRounds, showRatios } from './paired-rounds.js'
import { LOOP, TABLE_LOOP, TEN_CALLS } from './scripts.js'

const MEMBERS = 1_000_000

/** Large sorted sets, scripts and large values. */
export const benchSpecial = async (ours: RunningServer, peer: RunningServer): Promise<void> => {
  console.log('node: what is not simple: throughput (gate) and throughput / processor time, as ratios to redis-server')
  const measure = async (title: string, gate: number, words: readonly string[], requests: number): Promise<void> => {
    const ratios = await pairedRounds(ours, peer, { words, pipeline: 16, requests })
    console.log(`  ${title.padEnd(44)} ${judged(ratios.rate, '>=', gate)}   ${showRatios(ratios)}`)
  }
  for (const server of [ours, peer]) await fill(server.port, sortedSetMembers('large', MEMBERS), MEMBERS)
  await measure('ZADD on 1,000,000 members', 0.9, ['ZADD', 'large', '__rand_int__', 'member:__rand_int__'], 200_000)
  const range = ['ZRANGEBYSCORE', 'large', '__rand_int__', '+inf', 'LIMIT', '0', '10']
  await measure('ZRANGEBYSCORE LIMIT 0 10', 1, range, 200_000)
  for (const [title, gate, script, requests] of [
    ['EVALSHA of ten calls', 0.8, TEN_CALLS, 100_000],
    ['EVALSHA of a loop with stores and texts', 5, LOOP, 10_000],
    ['EVALSHA of a loop over a small table', 5, TABLE_LOOP, 10_000],
  ] as const) {
    let digest = ''
    for (const server of [ours, peer]) digest = await loadScript(server.port, script)
    await measure(title, gate, ['EVALSHA', digest, '2', 'h:{__rand_int__}', 'z:{__rand_int__}', 'v'], requests)
  }
  const value = 'x'.repeat(16 * 1024)
  await measure('SET of 16 KiB', 0.4, ['SET', 'k:__rand_int__', value], 20_000)
  await measure('GET of 16 KiB', 0.4, ['GET', 'k:__rand_int__'], 20_000)
}
