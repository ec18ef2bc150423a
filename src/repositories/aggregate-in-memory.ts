import type { ModelSchema } from '../schema/model-schema.js'
import { compareBytes } from './byte-order.js'
import type { Aggregation, Criterion } from './criteria.js'
import { DecimalSum } from './decimal-sum.js'
import { matches, rankingOf, storedValue } from './evaluate.js'
import type { AggregateResult, StoredRecord } from './repository.js'

/** Computes an aggregation over records in memory: the definition to which every repository is held. */
export function aggregateInMemory(
  schema: ModelSchema,
  records: Iterable<StoredRecord>,
  where: Criterion,
  of: Aggregation,
): Omit<AggregateResult, 'trace'> {
  const values: string[] = []
  for (const record of records) {
    if (!matches(schema, where, record)) continue
    const value = storedValue(schema, of.attribute, record)
    if (value !== null) values.push(value)
  }
  return { count: values.length, value: of.type === 'sum' ? sumOf(values) : extremeOf(schema, of, values) }
}

/** How many matching records have each value. */
export function countByInMemory(
  schema: ModelSchema,
  records: Iterable<StoredRecord>,
  where: Criterion,
  attribute: string,
): Map<string | null, number> {
  const counts = new Map<string | null, number>()
  for (const record of records) {
    if (!matches(schema, where, record)) continue
    const value = storedValue(schema, attribute, record)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return counts
}

/** The least or the greatest of stored values in the order of their attribute; null of none. Of equal ones the first by bytes. */
export function extremeOf(
  schema: ModelSchema,
  of: { readonly type: 'min' | 'max'; readonly attribute: string },
  values: Iterable<string>,
): string | null {
  const ranking = rankingOf(schema, of.attribute)
  const sign = of.type === 'max' ? -1 : 1
  let best: { value: string; rank: number | string } | null = null
  for (const value of values) {
    const rank = ranking.by === 'text' ? value : ranking.rank(value)
    const difference =
      best === null ? -1 : sign * compareRanks(rank, best.rank) || compareBytes(value, best?.value ?? '')
    if (difference < 0) best = { value, rank }
  }
  return best?.value ?? null
}

function sumOf(values: Iterable<string>): string {
  const sum = new DecimalSum()
  for (const value of values) sum.add(value)
  return sum.text
}

function compareRanks(left: number | string, right: number | string): number {
  if (typeof left === 'string' || typeof right === 'string') return compareBytes(String(left), String(right))
  return left < right ? -1 : left > right ? 1 : 0
}
