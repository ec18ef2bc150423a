import type { ModelSchema } from '../schema/model-schema.js'
import { compareBytes } from './byte-order.js'
import type { Order, Position } from './criteria.js'
import { rankingOf, storedValue } from './evaluate.js'
import type { StoredRecord } from './repository.js'

/** The rank of a record in one order; null: no value, at the end in both directions. */
export type Rank = number | string | null

/** The place of a record in an order of records. */
export interface SortKey {
  /** Beside the orders. */
  readonly ranks: readonly Rank[]
  readonly createdAtMs: number
  readonly id: string
}

/** The order of one model's records in a query: the sort keys of rows and of positions, and their comparison. */
export interface RecordOrder {
  /** A row whose ranks are not those of its fields, because these were not read, has them given as `values`. */
  keyOf(record: StoredRecord, createdAtMs: number, values?: readonly (string | null)[]): SortKey
  keyOfPosition(position: Position): SortKey
  positionOf(record: StoredRecord, createdAtMs: number, values?: readonly (string | null)[]): Position
  compare(left: SortKey, right: SortKey): number
}

/**
 * Rows are sorted by each order in turn: by the attribute's rank, the time of creation or the bytes of the key. What they
 * leave equal is sorted by creation and then by the bytes of the id, in the direction of the last order. Rows without a value
 * come last in either direction.
 */
export function recordOrder(schema: ModelSchema, orders: readonly Order[]): RecordOrder {
  const columns = orders.map((order) => columnOf(schema, order))
  const deciding = decidingPlaces(schema, orders)
  const tieSign = orders.at(-1)?.direction === 'desc' ? -1 : 1
  const valuesOf = (record: StoredRecord, createdAtMs: number) =>
    columns.length === 0 ? none : columns.map((column) => column.valueOf(record, createdAtMs))
  const ranksOf = (values: readonly (string | null)[]): readonly Rank[] =>
    columns.length === 0 ? none : columns.map((column, at) => column.rankOf(values[at] ?? null))
  return {
    keyOf: (record, createdAtMs, values = valuesOf(record, createdAtMs)) => {
      return { ranks: ranksOf(values), createdAtMs, id: record.id }
    },
    keyOfPosition: ({ values, createdAtMs, id }) => ({ ranks: ranksOf(values), createdAtMs, id }),
    positionOf: (record, createdAtMs, values = valuesOf(record, createdAtMs)) => {
      return { values, createdAtMs, id: record.id }
    },
    compare: (left, right) => {
      for (const at of deciding) {
        const difference = compareRanks(left.ranks[at] ?? null, right.ranks[at] ?? null, columns[at])
        if (difference !== 0) return difference
      }
      return tieSign * (left.createdAtMs - right.createdAtMs || compareBytes(left.id, right.id))
    },
  }
}

/** The places of the orders that can decide: none after the key, and none of an attribute once more. */
export function decidingPlaces(schema: ModelSchema, orders: readonly Order[]): readonly number[] {
  const places: number[] = []
  const known = new Set<string | null>()
  for (const [place, { attribute }] of orders.entries()) {
    if (known.has(attribute)) continue
    known.add(attribute)
    places.push(place)
    if (attribute === schema.keyName) break
  }
  return places
}

interface Column {
  readonly sign: 1 | -1
  /** What a row without a value is, compared with one that has a value. */
  readonly nullSign: 1 | -1
  valueOf(record: StoredRecord, createdAtMs: number): string | null
  rankOf(value: string | null): Rank
}

const none: readonly [] = []
const ascending: Pick<Column, 'sign' | 'nullSign'> = { sign: 1, nullSign: 1 }

function columnOf(schema: ModelSchema, { attribute, direction, nulls }: Order): Column {
  const sign = direction === 'desc' ? -1 : 1
  const nullSign = nulls === 'first' ? -1 : 1
  if (attribute === null) return { sign, nullSign, valueOf: (_, createdAtMs) => String(createdAtMs), rankOf: Number }
  if (attribute === schema.keyName) return { sign, nullSign, valueOf: (record) => record.id, rankOf: (value) => value }
  const ranking = rankingOf(schema, attribute)
  return {
    sign,
    nullSign,
    valueOf: (record) => storedValue(schema, attribute, record),
    rankOf: (value) => (value === null || ranking.by === 'text' ? value : ranking.rank(value)),
  }
}

function compareRanks(
  left: Rank,
  right: Rank,
  { sign, nullSign }: Pick<Column, 'sign' | 'nullSign'> = ascending,
): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? nullSign : -nullSign
  if (typeof left === 'string' || typeof right === 'string') return sign * compareBytes(String(left), String(right))
  return left < right ? -sign : left > right ? sign : 0
}
