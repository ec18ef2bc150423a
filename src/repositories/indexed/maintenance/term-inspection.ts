import type { Connection } from '../../../connections/connection.js'
import { list, text, texts } from '../../replies.js'
import type { Partition } from '../layout.js'
import type { IndexReportBuilder } from './index-report.js'
import { titles } from './inspected-record.js'
import type { PartitionMender } from './partition-mender.js'

/** What the terms of one partition are gone through for. */
export interface TermTask {
  readonly connection: Connection
  readonly partition: Partition
  readonly report: IndexReportBuilder
  readonly mends: boolean
  readonly batchSize: number
}

/** Finds index terms of records that do not expire (any more); they would be kept for ever. */
export async function inspectTerms(task: TermTask, mender: PartitionMender): Promise<void> {
  const { connection, partition, report, batchSize, mends } = task
  const key = `${partition.keys[0]}:%terms`
  let cursor = '0'
  do {
    const request = { type: 'command', name: 'HSCAN', keys: [key], args: [cursor, 'COUNT', batchSize] } as const
    const [next, flat] = list(await connection.send(request))
    cursor = text(next)
    const ids = texts(flat).filter((_, index) => index % 2 === 0)
    const stale = await withoutDeadline(task, ids)
    for (const id of stale) report.addFinding(titles.terms, 'stale', id, key)
    if (mends) report.addMended(await mender.dropTerms(stale))
  } while (cursor !== '0')
}

async function withoutDeadline({ connection, partition }: TermTask, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const scores = { type: 'command', name: 'ZMSCORE', keys: [`${partition.keys[0]}:%expiry`] } as const
  const first = list(await connection.send({ ...scores, args: ids }))
  const doubtful = ids.filter((_, index) => first[index] === null)
  if (doubtful.length === 0) return []
  // A record may have lost its deadline between the two commands, and its terms with it.
  const terms = { type: 'command', name: 'HMGET', keys: [`${partition.keys[0]}:%terms`], args: doubtful } as const
  const [again, still] = await Promise.all([
    connection.send({ ...scores, args: doubtful }).then(list),
    connection.send(terms).then(list),
  ])
  return doubtful.filter((_, index) => again[index] === null && still[index] !== null)
}
