import { Entity } from 'activeredis'
import type { Redis } from 'ioredis'
import { Visit, VisitRecord, visitOf } from '../visit.js'
import { reportCost, reportFaster, type Suite } from './suite.js'
import type { Target } from './target.js'

const RECORDS = 100_000
const ORDERED_RECORDS = 20_000
const PAGE = 100
/** Pages of one round: a single one takes too little time to be told from the noise of the machine. */
const PAGES = 10

/** Pages and searches over many records, beside reading the same records without an index. */
export const queries: Suite = async (bench) => {
  if (!bench.wants('page', 'equal-rows', 'equal-ids', 'equal-limit')) return
  await Visit.insertMany(Array.from({ length: RECORDS }, (_, number) => visitOf(number)))
  if (bench.wants('page')) {
    const keys = await recordKeys(bench.target, PAGE)
    await reportFaster(bench, 'page', {
      rounds: 31,
      ours: async () => {
        for (let page = 0; page < PAGES; page++) await Visit.where('country', '=', 'C1').limit(PAGE).get()
      },
      peer: async () => {
        for (let page = 0; page < PAGES; page++) for (const key of keys) await bench.target.raw.hgetall(key)
      },
    })
  }
  const both = () => Visit.where('country', '=', 'C1').where('device', '=', 'D2')
  const peer = () => scanned(bench.target)
  if (bench.wants('equal-rows')) await reportFaster(bench, 'equal-rows', { rounds: 5, ours: () => both().get(), peer })
  if (bench.wants('equal-ids')) await reportFaster(bench, 'equal-ids', { rounds: 5, ours: () => both().ids(), peer })
  if (bench.wants('equal-limit'))
    await reportFaster(bench, 'equal-limit', { rounds: 5, ours: () => both().limit(PAGE).get(), peer })
  await Visit.truncate()
}

@Entity({ repository: 'indexed', connection: 'bench', timestamps: false, partitions: 64 })
class SpreadVisit extends VisitRecord {}

@Entity({ repository: 'indexed', connection: 'bench', timestamps: false, partitions: 1 })
class OneVisit extends VisitRecord {}

/** What the merge of many partitions costs. */
export const partitions: Suite = async (bench) => {
  if (!bench.wants('ordered-64')) return
  const rows = Array.from({ length: ORDERED_RECORDS }, (_, number) => visitOf(number))
  for (const model of [SpreadVisit, OneVisit]) await model.insertMany(rows)
  await reportCost(bench, 'ordered-64', {
    rounds: 31,
    ours: () => SpreadVisit.orderBy('userId', 'desc').limit(PAGE).get(),
    peer: () => OneVisit.orderBy('userId', 'desc').limit(PAGE).get(),
  })
  for (const model of [SpreadVisit, OneVisit]) await model.truncate()
}

const recordKeys = async (target: Target, wanted: number): Promise<string[]> => {
  const keys: string[] = []
  for (const node of target.nodes) {
    for await (const found of scan(node)) {
      keys.push(...found)
      if (keys.length >= wanted) return keys.slice(0, wanted)
    }
  }
  return keys
}

/** The search without an index: every record of every node is read and tested. */
const scanned = async (target: Target): Promise<number> => {
  let matching = 0
  for (const node of target.nodes) {
    for await (const keys of scan(node)) {
      const pipeline = node.pipeline()
      for (const key of keys) pipeline.hgetall(key)
      for (const [, reply] of (await pipeline.exec()) ?? []) {
        const { country, device } = reply as Record<string, string>
        if (country === 'C1' && device === 'D2') matching++
      }
    }
  }
  if (matching !== RECORDS / 10) throw new Error(`the search by SCAN found ${matching} records`)
  return matching
}

async function* scan(node: Redis): AsyncGenerator<readonly string[], void, undefined> {
  let cursor = '0'
  do {
    const [next, keys] = await node.scan(cursor, 'MATCH', 'visits:*:id:*', 'COUNT', 1000)
    cursor = next
    yield keys
  } while (cursor !== '0')
}
