import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from '../statistics.js'
import { judged } from './paired-rounds.js'

const program = fileURLToPath(new URL('mock-program.js', import.meta.url))

/** Ours grows ten times as far: each ZADD of ioredis-mock copies the whole set, 100,000 members would take half an hour. */
const ROWS = [
  {
    title: 'ZADD growing to 100,000 members (ioredis-mock: to 10,000)',
    work: 'zadd',
    counts: { node: 100_000, mock: 10_000 },
    gate: 5,
    rounds: 3,
  },
  { title: 'EVAL of ten calls', work: 'eval', counts: { node: 20_000, mock: 1_000 }, gate: 25, rounds: 5 },
] as const

/** ioredis to a node in the same process, beside ioredis-mock, which has no socket; each round in processes of its own. */
export const benchMock = async (): Promise<void> => {
  console.log('node: ioredis to an embedded node, requests per second as ratio to ioredis-mock, 100 requests at once')
  for (const { title, work, counts, gate, rounds } of ROWS) {
    const rates = { node: [] as number[], mock: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      for (const side of round % 2 === 0 ? (['node', 'mock'] as const) : (['mock', 'node'] as const)) {
        rates[side].push(await rateOf(side, work, counts[side]))
      }
    }
    const ratio = median(rates.node.map((rate, round) => rate / (rates.mock[round] ?? Number.NaN)))
    const detail = `${median(rates.node).toFixed(0)} beside ${median(rates.mock).toFixed(0)}`
    console.log(`  ${title.padEnd(58)} ${judged(ratio, '>=', gate)}   ${detail}`)
  }
}

const rateOf = async (side: string, work: string, count: number): Promise<number> => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, side, work, String(count)])
  return Number(stdout)
}
