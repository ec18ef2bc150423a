import { Visit, visitOf } from '../visit.js'
import type { Suite } from './suite.js'
import type { Target } from './target.js'

const RECORDS = 100_000

/** What the indexes of a record take beside the record: the server's own figure, before and after the indexes are taken away. */
export const memory: Suite = async (bench) => {
  if (!bench.wants('memory') || bench.target.name === 'embedded') return
  const empty = await usedBytes(bench.target)
  await Visit.insertMany(Array.from({ length: RECORDS }, (_, number) => visitOf(number)))
  const full = await usedBytes(bench.target)
  await dropIndexes(bench.target)
  const records = await usedBytes(bench.target)
  const perRecord = (bytes: number): string => `${(bytes / RECORDS).toFixed(0)} bytes`
  bench.report({
    name: 'memory',
    ratio: (full - records) / (records - empty),
    detail: `${perRecord(full - records)} of indexes beside ${perRecord(records - empty)} of record`,
  })
  for (const node of bench.target.nodes) await node.flushdb()
}

const usedBytes = async ({ nodes }: Target): Promise<number> => {
  let bytes = 0
  for (const node of nodes) bytes += Number(/^used_memory:(\d+)/m.exec(await node.info('memory'))?.[1])
  return bytes
}

const dropIndexes = async ({ nodes }: Target): Promise<void> => {
  for (const node of nodes) {
    let cursor = '0'
    do {
      const [next, keys] = await node.scan(cursor, 'MATCH', 'idx:*', 'COUNT', 1000)
      cursor = next
      for (const key of keys) await node.del(key)
    } while (cursor !== '0')
  }
}
