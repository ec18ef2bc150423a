import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criteria, Criterion } from '../criteria.js'
import { matches } from '../evaluate.js'
import { fieldsOf, pairsOf } from '../fields.js'
import { keyOfRecord } from '../record-keys.js'
import { recordOrder } from '../record-order.js'
import type { QueryTrace, RecordPage, Repository, StoredRecord } from '../repository.js'
import { arrivedOf } from './arrivals.js'
import type { MigrationSource, SourceRecord } from './migration-source.js'

/** How often a count is taken anew because records arrived meanwhile, before ids are compared. */
const MOST_COUNTS = 5

/**
 * One page of both layouts. The order in which they are asked is what makes it right: first the old one; then which of its
 * records have arrived in the new one; then the new one. A record moves by arriving and then leaving, so it was there at
 * one of the two times: one that is in both answers is taken from the new layout, and one that had arrived and is not found
 * there was deleted, unless a failover has taken its arrival back (`lookAgain`).
 */
export async function selectBoth(
  connection: Connection,
  schema: ModelSchema,
  source: MigrationSource,
  target: Repository,
  criteria: Criteria,
): Promise<RecordPage> {
  const end = criteria.limit === null ? Number.POSITIVE_INFINITY : criteria.offset + criteria.limit
  const { left, arrived } = await staying(connection, schema, source, criteria, end + 1)
  const limit = criteria.limit === null ? null : end
  const page = await target.select(schema, { ...criteria, offset: 0, limit })
  const order = recordOrder(schema, criteria.order)
  const rows = page.records.map((record, index) => {
    const position = page.positions[index] ?? { values: [], createdAtMs: 0, id: record.id }
    return { record, position, key: order.keyOfPosition(position) }
  })
  const known = new Set(page.records.map(({ id }) => id))
  const add = (record: StoredRecord, createdAtMs: number) => {
    const position = order.positionOf(record, createdAtMs)
    rows.push({ record: withFields(record, criteria.fields), position, key: order.keyOf(record, createdAtMs) })
  }
  for (const { record, createdAtMs } of left) if (!known.has(record.id)) add(record, createdAtMs)
  const absent = new Map(arrived.filter(({ record }) => !known.has(record.id)).map((row) => [row.record.id, row]))
  const found = await lookAgain(
    connection,
    schema,
    target,
    [...absent.values()].map(({ record }) => record),
  )
  const after = criteria.after === null ? null : order.keyOfPosition(criteria.after)
  for (const record of found) {
    const createdAtMs = absent.get(record.id)?.createdAtMs ?? 0
    const follows = after === null || order.compare(order.keyOf(record, createdAtMs), after) > 0
    if (follows && matches(schema, criteria.where, record)) add(record, createdAtMs)
  }
  rows.sort((left, right) => order.compare(left.key, right.key))
  const chosen = rows.slice(criteria.offset, end)
  return {
    records: chosen.map(({ record }) => record),
    positions: chosen.map(({ position }) => position),
    hasMore: rows.length > end || page.hasMore,
    trace: mergedTrace(page.trace),
  }
}

/** Counts the records of both layouts; each once, as `selectBoth` would bring them. */
export async function countBoth(
  connection: Connection,
  schema: ModelSchema,
  source: MigrationSource,
  target: Repository,
  where: Criterion,
): Promise<{ readonly count: number; readonly trace: QueryTrace }> {
  const criteria = { where, order: [], limit: null, offset: 0, after: null }
  for (let attempt = 0; attempt < MOST_COUNTS; attempt++) {
    const { left, arrived } = await staying(connection, schema, source, criteria, Number.POSITIVE_INFINITY)
    const { count, trace } = await target.count(schema, where)
    const now = await arrivedOf(
      connection,
      schema,
      [...left, ...arrived].map(({ record }) => record),
    )
    const isAsBefore = now.size === arrived.length && arrived.every(({ record }) => now.has(record.id))
    if (isAsBefore) return { count: count + left.length, trace: mergedTrace(trace) }
  }
  const { records, trace } = await selectBoth(connection, schema, source, target, { ...criteria, fields: [] })
  return { count: records.length, trace }
}

/**
 * Looks again for records that had arrived and were not found in the new layout; returns those that are there. They were
 * deleted, or a failover has lost their arrival since: then they are what they were, or have arrived once more.
 */
export async function lookAgain(
  connection: Connection,
  schema: ModelSchema,
  target: Repository,
  records: readonly StoredRecord[],
): Promise<readonly StoredRecord[]> {
  if (records.length === 0) return []
  const arrived = await arrivedOf(connection, schema, records)
  const keys = records.map(({ id, fields }) => keyOfRecord(schema, id, fields))
  const now = await target.fetch(schema, keys)
  return records.flatMap((record, index) => now[index] ?? (arrived.has(record.id) ? [] : [record]))
}

/** Records of the old layout that have not arrived in the new one, so many at least, if there are; and those that have. */
async function staying(
  connection: Connection,
  schema: ModelSchema,
  source: MigrationSource,
  criteria: Criteria,
  wanted: number,
): Promise<{ readonly left: readonly SourceRecord[]; readonly arrived: readonly SourceRecord[] }> {
  for (let most = wanted; ; most = 2 * most + 100) {
    const found = await source.find({ ...criteria, offset: 0, limit: null }, most)
    const ids = await arrivedOf(
      connection,
      schema,
      found.map(({ record }) => record),
    )
    const left = found.filter(({ record }) => !ids.has(record.id))
    const arrived = found.filter(({ record }) => ids.has(record.id))
    // A source that brings another number than it was asked for has brought all.
    if (left.length >= wanted || found.length !== most) return { left, arrived }
  }
}

function withFields(record: StoredRecord, fields: readonly string[] | undefined): StoredRecord {
  if (fields === undefined) return record
  return { id: record.id, fields: fieldsOf([...pairsOf(record.fields)].filter(([name]) => fields.includes(name))) }
}

function mergedTrace(trace: QueryTrace): QueryTrace {
  return { ...trace, plan: `the layout that is being left; and then ${trace.plan}` }
}
