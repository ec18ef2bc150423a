import type { ModelSchema } from '../schema/model-schema.js'
import { compareBytes } from './byte-order.js'
import type { Order, Position } from './criteria.js'
import { rankingOf, storedValue } from './evaluate.js'
import type { StoredRecord } from './repository.js'

/** The place of a record in an order. */
export interface SortKey {
  /** Null: no value, at the end in both directions. */
  readonly rank: number | string | null
  readonly createdAtMs: number
  readonly id: string
}

/** One order of one model's records: the sort keys of rows and of positions, and their comparison. */
export interface RecordOrder {
  keyOf(record: StoredRecord, createdAtMs: number): SortKey
  keyOfPosition(position: Position): SortKey
  positionOf(record: StoredRecord, createdAtMs: number): Position
  compare(left: SortKey, right: SortKey): number
}

/**
 * Rows are sorted by the attribute's rank, then by time of creation, then by the bytes of the id; `desc` reverses all
 * three. Rows without a value come last in both directions. By key name it is the bytes of the id alone.
 */
export function recordOrder(schema: ModelSchema, order: Order | null): RecordOrder {
  const sign = order?.direction === 'desc' ? -1 : 1
  const compareTies = (left: SortKey, right: SortKey) =>
    sign * (left.createdAtMs - right.createdAtMs || compareBytes(left.id, right.id))
  if (order === null || order.attribute === null) {
    return {
      keyOf: (record, createdAtMs) => ({ rank: 0, createdAtMs, id: record.id }),
      keyOfPosition: (position) => ({ rank: 0, createdAtMs: position.createdAtMs, id: position.id }),
      positionOf: (record, createdAtMs) => ({ value: String(createdAtMs), createdAtMs, id: record.id }),
      compare: compareTies,
    }
  }
  if (order.attribute === schema.keyName) {
    return {
      keyOf: (record, createdAtMs) => ({ rank: record.id, createdAtMs, id: record.id }),
      keyOfPosition: (position) => ({ rank: position.id, createdAtMs: position.createdAtMs, id: position.id }),
      positionOf: (record, createdAtMs) => ({ value: record.id, createdAtMs, id: record.id }),
      compare: (left, right) => sign * compareBytes(left.id, right.id),
    }
  }
  const { attribute } = order
  const ranking = rankingOf(schema, attribute)
  const rankOf = (value: string | null) => (value === null || ranking.by === 'text' ? value : ranking.rank(value))
  return {
    keyOf: (record, createdAtMs) => ({
      rank: rankOf(storedValue(schema, attribute, record)),
      createdAtMs,
      id: record.id,
    }),
    keyOfPosition: (position) => ({
      rank: rankOf(position.value),
      createdAtMs: position.createdAtMs,
      id: position.id,
    }),
    positionOf: (record, createdAtMs) => ({
      value: storedValue(schema, attribute, record),
      createdAtMs,
      id: record.id,
    }),
    compare: (left, right) => {
      if (left.rank === null || right.rank === null) {
        if (left.rank === right.rank) return compareTies(left, right)
        return left.rank === null ? 1 : -1
      }
      return sign * compareRanks(left.rank, right.rank) || compareTies(left, right)
    },
  }
}

function compareRanks(left: number | string, right: number | string): number {
  if (typeof left === 'string' || typeof right === 'string') return compareBytes(String(left), String(right))
  return left < right ? -1 : left > right ? 1 : 0
}
