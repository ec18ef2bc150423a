import { rankOfStoredText } from '../schema/attribute-value.js'
import type { AttributeSchema, ModelSchema } from '../schema/model-schema.js'
import { compareBytes } from './byte-order.js'
import type { Bound, Criterion, TextPattern } from './criteria.js'
import { fieldOf } from './fields.js'
import type { StoredRecord } from './repository.js'

/**
 * What a criterion means, in memory: the definition to which every repository is held.
 *
 * Null equals null and nothing else; `notEquals` and `notIn` are the exact opposites of `equals` and `in`, so a record
 * without a value is not equal to any text. Null and NaN lie in no range; null is like no pattern. Ranges compare by the rank of
 * the attribute's cast, or by UTF-8 bytes where its order is text. The key attribute is compared by UTF-8 bytes.
 */
export function matches(schema: ModelSchema, where: Criterion, record: StoredRecord): boolean {
  switch (where.type) {
    case 'all':
      return where.of.every((part) => matches(schema, part, record))
    case 'any':
      return where.of.some((part) => matches(schema, part, record))
    case 'not':
      return !matches(schema, where.of, record)
    case 'equals':
      return storedValue(schema, where.attribute, record) === where.value
    case 'notEquals':
      return storedValue(schema, where.attribute, record) !== where.value
    case 'in':
      return where.values.includes(storedValue(schema, where.attribute, record))
    case 'notIn':
      return !where.values.includes(storedValue(schema, where.attribute, record))
    case 'range': {
      const value = storedValue(schema, where.attribute, record)
      return value !== null && isInRange(rankingOf(schema, where.attribute), value, where.min, where.max)
    }
    case 'like': {
      const value = storedValue(schema, where.attribute, record)
      return value !== null && isLike(value, where.pattern)
    }
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(where satisfies never)}`)
  }
}

/** The stored text of an attribute or of the key; null where there is none. */
export function storedValue(schema: ModelSchema, attribute: string, record: StoredRecord): string | null {
  return attribute === schema.keyName ? record.id : fieldOf(record.fields, attribute)
}

/** How the values of an attribute are ordered: by number, or by the bytes of their text. */
export type Ranking = { readonly by: 'score'; readonly rank: (stored: string) => number } | { readonly by: 'text' }

/** The ranking of an attribute or of the key. Its rank throws `CastError` for text that the cast cannot read. */
export function rankingOf(schema: ModelSchema, attribute: string): Ranking {
  const declared: AttributeSchema | undefined =
    attribute === schema.keyName ? undefined : schema.attributes.get(attribute)
  if (declared === undefined || declared.cast.order !== 'score') return byText
  return { by: 'score', rank: (stored) => rankOfStoredText(schema.modelName, declared, stored) }
}

/** True where text fits a pattern. Each literal part is taken at its first possible place, which never loses a match. */
export function isLike(text: string, pattern: TextPattern): boolean {
  const { parts } = pattern
  const first = parts[0] ?? ''
  if (parts.length <= 1) return text === first
  const last = parts[parts.length - 1] ?? ''
  if (!text.startsWith(first)) return false
  let from = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}

const byText: Ranking = { by: 'text' }

function isInRange(ranking: Ranking, value: string, min: Bound | undefined, max: Bound | undefined): boolean {
  return (
    (min === undefined || isWithin(compareValues(ranking, value, min.value), min.inclusive)) &&
    (max === undefined || isWithin(-compareValues(ranking, value, max.value), max.inclusive))
  )
}

function isWithin(distance: number, inclusive: boolean): boolean {
  return inclusive ? distance >= 0 : distance > 0
}

function compareValues(ranking: Ranking, left: string, right: string): number {
  if (ranking.by === 'text') return compareBytes(left, right)
  const [leftRank, rightRank] = [ranking.rank(left), ranking.rank(right)]
  if (leftRank < rightRank) return -1
  if (leftRank > rightRank) return 1
  return leftRank === rightRank ? 0 : Number.NaN
}
