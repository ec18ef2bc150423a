import type { ModelSchema } from '../schema/model-schema.js'
import type { Criteria } from './criteria.js'
import { matches } from './evaluate.js'
import { fieldsOf, pairsOf } from './fields.js'
import { recordOrder } from './record-order.js'
import type { RecordPage, StoredRecord } from './repository.js'

/** A record that was read, and when it was created; 0 where a layout does not keep that. */
export interface Candidate {
  readonly record: StoredRecord
  readonly createdAtMs: number
}

/** Answers a whole question from records in memory: filter, sort, page. Costs O(n log n) of the candidates. */
export function selectInMemory(
  schema: ModelSchema,
  candidates: Iterable<Candidate>,
  criteria: Criteria,
): Omit<RecordPage, 'trace'> {
  const order = recordOrder(schema, criteria.order)
  const after = criteria.after === null ? null : order.keyOfPosition(criteria.after)
  const rows = []
  for (const { record, createdAtMs } of candidates) {
    if (!matches(schema, criteria.where, record)) continue
    const key = order.keyOf(record, createdAtMs)
    if (after === null || order.compare(key, after) > 0) rows.push({ record, createdAtMs, key })
  }
  rows.sort((left, right) => order.compare(left.key, right.key))
  const end = criteria.limit === null ? rows.length : criteria.offset + criteria.limit
  const page = rows.slice(criteria.offset, end)
  const fields = shownFields(schema, criteria.fields)
  return {
    records: page.map((row) => (fields === undefined ? row.record : onlyFields(row.record, fields))),
    positions: page.map((row) => order.positionOf(row.record, row.createdAtMs)),
    hasMore: rows.length > end,
  }
}

/** The hash tag is part of a record's name: it comes along where any attribute does. */
function shownFields({ hashTag }: ModelSchema, fields: readonly string[] | undefined): readonly string[] | undefined {
  return hashTag === undefined || fields === undefined || fields.length === 0 ? fields : [...fields, hashTag.name]
}

/** A record with these attributes only. */
function onlyFields(record: StoredRecord, fields: readonly string[]): StoredRecord {
  return { id: record.id, fields: fieldsOf([...pairsOf(record.fields)].filter(([name]) => fields.includes(name))) }
}
