import type { ModelSchema } from '../schema/model-schema.js'
import { partitionOfTag } from '../schema/partition.js'
import { compareBytes } from './byte-order.js'
import type { Order, Position } from './criteria.js'
import { rankingOf, storedValue } from './evaluate.js'
import { fieldOf } from './fields.js'
import type { StoredRecord } from './repository.js'

/** The rank of a record in one order; null: no value, at the end in both directions. */
export type Rank = number | string | null

/** The place of a record in an order of records. */
export interface SortKey {
  /** Beside the orders. */
  readonly ranks: readonly Rank[]
  readonly createdAtMs: number
  readonly id: string
  /** As of a position. */
  readonly tie?: number
}

/** The order of one model's records in a query: the sort keys of rows and of positions, and their comparison. */
export interface RecordOrder {
  /** Whether records may differ in `tie` alone: the model has a hash tag. */
  readonly hasTies: boolean
  keyOf(record: StoredRecord, createdAtMs: number): SortKey
  keyOfPosition(position: Position): SortKey
  /** @param tie The number of the partition, for a record of which the hash tag was not read. */
  positionOf(record: StoredRecord, createdAtMs: number, tie?: number): Position
  compare(left: SortKey, right: SortKey): number
}

/**
 * Rows are sorted by each order in turn: by the attribute's rank, the time of creation or the bytes of the key. What they
 * leave equal is sorted by creation, then by the bytes of the id, and then by partition, in the direction of the last order. Rows
 * without a value come last in either direction.
 */
export function recordOrder(schema: ModelSchema, orders: readonly Order[]): RecordOrder {
  const columns = orders.map((order) => columnOf(schema, order))
  const deciding = decidingPlaces(schema, orders)
  const tieSign = orders.at(-1)?.direction === 'desc' ? -1 : 1
  const valuesOf = (record: StoredRecord, createdAtMs: number) =>
    columns.length === 0 ? none : columns.map((column) => column.valueOf(record, createdAtMs))
  const ranksOf = (values: readonly (string | null)[]): readonly Rank[] =>
    columns.length === 0 ? none : columns.map((column, at) => column.rankOf(values[at] ?? null))
  const tieOf = tieReader(schema)
  const keyOfPosition = ({ values, createdAtMs, id, tie }: Position): SortKey => {
    const ranks = ranksOf(values)
    return tie === undefined ? { ranks, createdAtMs, id } : { ranks, createdAtMs, id, tie }
  }
  const positionOf = (record: StoredRecord, createdAtMs: number, tie = tieOf(record)): Position => {
    const values = valuesOf(record, createdAtMs)
    return tie === undefined ? { values, createdAtMs, id: record.id } : { values, createdAtMs, id: record.id, tie }
  }
  return {
    hasTies: schema.hashTag !== undefined,
    keyOf: (record, createdAtMs) => keyOfPosition(positionOf(record, createdAtMs)),
    keyOfPosition,
    positionOf,
    compare: (left, right) => {
      for (const at of deciding) {
        const difference = compareRanks(left.ranks[at] ?? null, right.ranks[at] ?? null, columns[at])
        if (difference !== 0) return difference
      }
      return (
        tieSign *
        (left.createdAtMs - right.createdAtMs || compareBytes(left.id, right.id) || compareTies(left.tie, right.tie))
      )
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

/** The partitions of records of a model with a hash tag, by their tags. */
function tieReader({ hashTag, partitions }: ModelSchema): (record: StoredRecord) => number | undefined {
  if (hashTag === undefined) return () => undefined
  return ({ fields }) => partitionOfTag(fieldOf(fields, hashTag.name), partitions)
}

function compareTies(left: number | undefined, right: number | undefined): number {
  return left === undefined || right === undefined ? 0 : left - right
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
