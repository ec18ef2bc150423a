import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { aggregateInMemory, countByInMemory, extremeOf } from '../aggregate-in-memory.js'
import type { Aggregation, Criteria, Criterion } from '../criteria.js'
import { DecimalSum } from '../decimal-sum.js'
import { recordOrder } from '../record-order.js'
import type { AggregateResult, QueryTrace, RecordPage } from '../repository.js'
import { selectInMemory } from '../select-in-memory.js'
import { askedPartitions } from './asked-partitions.js'
import { type FoundRecord, recordsAnywhere } from './locate-records.js'
import { movingIds } from './move-marks.js'

/** With more records on their way than this a query over several partitions may see some of them twice, or not at all. */
const MOST_MOVING = 500
const MOST_ATTEMPTS = 10
const BATCH_RECORDS = 250

/**
 * Answers a question over several partitions of a model with a hash tag, in which each record counts once, also one that
 * changes its partition meanwhile: if any did lately, the others are asked for apart, and these are read by their ids. Costs
 * one round trip more than the question; while records move, some more.
 */
async function aroundMoves<Answer>(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  ask: (where: Criterion) => Promise<Answer>,
  join: (others: Answer, moved: readonly FoundRecord[]) => Answer,
  askFew: (where: Criterion, moving: number) => Promise<Answer> = ask,
): Promise<Answer> {
  const answer = await ask(where)
  if (schema.hashTag === undefined) return answer
  const partitions = askedPartitions(schema, where, null).map(({ partition }) => partition)
  if (partitions.length < 2) return answer
  let moving = await movingIds(connection, schema, partitions)
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    if (moving.size === 0 || moving.size > MOST_MOVING) return answer
    const others: Criterion = {
      type: 'all',
      of: [where, { type: 'notIn', attribute: schema.keyName, values: [...moving] }],
    }
    const rest = await askFew(others, moving.size)
    const records = await recordsAnywhere(connection, schema, [...moving], BATCH_RECORDS)
    const now = await movingIds(connection, schema, partitions)
    if ([...now].every((id) => moving.has(id))) return join(rest, [...records.values()].flat())
    moving = new Set([...moving, ...now])
  }
  return answer
}

/** A page; see `aroundMoves`. */
export function selectAroundMoves(
  connection: Connection,
  schema: ModelSchema,
  criteria: Criteria,
  select: (criteria: Criteria) => Promise<RecordPage>,
): Promise<RecordPage> {
  const { limit, offset } = criteria
  return aroundMoves(
    connection,
    schema,
    criteria.where,
    (where) => select({ ...criteria, where }),
    (others, moved) => {
      const order = recordOrder(schema, criteria.order)
      const few = selectInMemory(schema, moved, { ...criteria, limit: null, offset: 0 })
      const rows = [...rowsOf(others), ...rowsOf(few)]
        .map((row) => ({ ...row, key: order.keyOfPosition(row.position) }))
        .sort((left, right) => order.compare(left.key, right.key))
      const end = limit === null ? rows.length : offset + limit
      const page = rows.slice(offset, end)
      return {
        ...others,
        records: page.map(({ record }) => record),
        positions: page.map(({ position }) => position),
        hasMore: others.hasMore || rows.length > end,
      }
    },
    (where) => select({ ...criteria, where, offset: 0, limit: limit === null ? null : offset + limit }),
  )
}

/** A count; see `aroundMoves`. */
export function countAroundMoves(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  count: (where: Criterion) => Promise<{ readonly count: number; readonly trace: QueryTrace }>,
) {
  return aroundMoves(connection, schema, where, count, (others, moved) => {
    const all: Criteria = { where, order: [], limit: null, offset: 0, after: null }
    return { ...others, count: others.count + selectInMemory(schema, moved, all).records.length }
  })
}

/** An aggregation; see `aroundMoves`. */
export function aggregateAroundMoves(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  of: Aggregation,
  aggregate: (where: Criterion) => Promise<AggregateResult>,
): Promise<AggregateResult> {
  return aroundMoves(connection, schema, where, aggregate, (others, moved) => {
    const few = aggregateInMemory(
      schema,
      moved.map(({ record }) => record),
      where,
      of,
    )
    const values = [others.value, few.value].filter((value) => value !== null)
    return {
      ...others,
      count: others.count + few.count,
      value: of.type === 'sum' ? sumOf(values) : extremeOf(schema, of, values),
    }
  })
}

/** Counts by value; see `aroundMoves`. */
export function countByAroundMoves(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  attribute: string,
  countBy: (
    where: Criterion,
  ) => Promise<{ readonly counts: ReadonlyMap<string | null, number>; readonly trace: QueryTrace }>,
) {
  return aroundMoves(connection, schema, where, countBy, (others, moved) => {
    const records = moved.map(({ record }) => record)
    const counts = new Map(others.counts)
    for (const [value, count] of countByInMemory(schema, records, where, attribute)) {
      counts.set(value, (counts.get(value) ?? 0) + count)
    }
    return { ...others, counts }
  })
}

function rowsOf({ records, positions }: Pick<RecordPage, 'records' | 'positions'>) {
  return records.flatMap((record, index) => {
    const position = positions[index]
    return position === undefined ? [] : [{ record, position }]
  })
}

function sumOf(values: readonly string[]): string {
  const sum = new DecimalSum()
  for (const value of values) sum.add(value)
  return sum.text
}
