import type { ModelSchema } from '../schema/model-schema.js'
import { storedFormOf } from '../schema/stored-form.js'
import { compareBytes } from './byte-order.js'
import type { Aggregation, Criterion } from './criteria.js'
import { compareDecimals, DecimalSum } from './decimal-sum.js'
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
  const compare = comparerOf(schema, of.attribute)
  const sign = of.type === 'max' ? -1 : 1
  let best: string | null = null
  for (const value of values) {
    const difference = best === null ? -1 : sign * compare(value, best) || compareBytes(value, best)
    if (difference < 0) best = value
  }
  return best
}

/** How values are compared that need no range index: numbers that a double does not hold, digit by digit. */
function comparerOf(schema: ModelSchema, attribute: string): (left: string, right: string) => number {
  const cast = attribute === schema.keyName ? undefined : schema.attributes.get(attribute)?.cast
  const form = cast === undefined ? 'other' : storedFormOf(cast)
  if (form === 'integer' || form === 'decimal') return compareDecimals
  const ranking = rankingOf(schema, attribute)
  if (ranking.by === 'text') return compareBytes
  return (left, right) => {
    const [one, other] = [ranking.rank(left), ranking.rank(right)]
    return one < other ? -1 : one > other ? 1 : 0
  }
}

function sumOf(values: Iterable<string>): string {
  const sum = new DecimalSum()
  for (const value of values) sum.add(value)
  return sum.text
}
