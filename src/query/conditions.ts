import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Bound, Criterion } from '../repositories/criteria.js'
import type { ModelSchema } from '../schema/model-schema.js'
import { orderedTarget, type SearchTarget, searchTarget } from './search-target.js'
import { parsePattern } from './wildcard.js'

/** Operators that compare with one value. */
export type RangeOperator = '>' | '>=' | '<' | '<='

/** All operators of `where(attribute, operator, value)`. */
export type Operator = '=' | '!=' | RangeOperator | 'in' | 'not in' | 'between' | 'not between' | 'like' | 'not like'

/** The condition of `where(attribute, value)`: a `*` in a text value is a wildcard, all else is equality. */
export function matches(schema: ModelSchema, attribute: string, value: unknown): Criterion {
  const target = searchTarget(schema, attribute)
  if (target.isText && typeof value === 'string') return like(schema, target, value)
  return { type: 'equals', attribute, value: target.toStored(value) }
}

/** The condition of `where(attribute, operator, value)`. Values are literal, except the pattern of `like`. */
export function compares(schema: ModelSchema, attribute: string, operator: Operator, value: unknown): Criterion {
  switch (operator) {
    case '=':
      return { type: 'equals', attribute, value: searchTarget(schema, attribute).toStored(value) }
    case '!=':
      return { type: 'notEquals', attribute, value: searchTarget(schema, attribute).toStored(value) }
    case 'in':
      return { type: 'in', attribute, values: list(schema, attribute, operator, value) }
    case 'not in':
      return { type: 'notIn', attribute, values: list(schema, attribute, operator, value) }
    case '>':
    case '>=':
      return { type: 'range', attribute, min: bound(schema, attribute, operator, value) }
    case '<':
    case '<=':
      return { type: 'range', attribute, max: bound(schema, attribute, operator, value) }
    case 'between':
      return between(schema, attribute, value)
    case 'not between':
      return { type: 'not', of: between(schema, attribute, value) }
    case 'like':
      return like(schema, searchTarget(schema, attribute), value)
    case 'not like':
      return { type: 'not', of: like(schema, searchTarget(schema, attribute), value) }
    default:
      operator satisfies never
      throw new InvalidArgumentError(
        `Unknown operator ${quote(operator)} on [${attribute}]; known are =, !=, >, >=, <, <=, in, not in, between, not between, like, not like.`,
      )
  }
}

/** The condition that the parts occur in a text, one after the other; they are literal. */
export function containsText(schema: ModelSchema, attribute: string, parts: readonly string[]): Criterion {
  const target = searchTarget(schema, attribute)
  for (const part of parts) requireText(schema, target, part)
  return { type: 'like', attribute, pattern: { parts } }
}

/** The condition of `whereKey`. */
export function keyIs(schema: ModelSchema, key: unknown): Criterion {
  return compares(schema, schema.keyName, Array.isArray(key) ? 'in' : '=', key)
}

function requireText(schema: ModelSchema, target: SearchTarget, value: unknown): asserts value is string {
  if (!target.isText || typeof value !== 'string') {
    throw new InvalidArgumentError(
      `'like' needs a text attribute and a text pattern; [${target.name}] of model [${schema.modelName}] was given ${quote(value)}.`,
    )
  }
  target.toStored(value)
}

function like(schema: ModelSchema, target: SearchTarget, value: unknown): Criterion {
  const attribute = target.name
  requireText(schema, target, value)
  const pattern = parsePattern(value)
  const [only] = pattern.parts
  if (pattern.parts.length === 1 && only !== undefined) return { type: 'equals', attribute, value: only }
  return { type: 'like', attribute, pattern }
}

function between(schema: ModelSchema, attribute: string, value: unknown): Criterion {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new InvalidArgumentError(
      `'between' on [${attribute}] needs a list of two values; it was given ${quote(value)}.`,
    )
  }
  const [min, max] = value
  return {
    type: 'range',
    attribute,
    min: bound(schema, attribute, '>=', min),
    max: bound(schema, attribute, '<=', max),
  }
}

function bound(schema: ModelSchema, attribute: string, operator: RangeOperator, value: unknown): Bound {
  const target = orderedTarget(schema, attribute)
  const stored = target.toStored(value)
  if (stored === null) {
    throw new InvalidArgumentError(`[${attribute}] is compared ${operator} null; rows without a value lie in no range.`)
  }
  // A bound that was rounded lies between two values: the one that it was rounded to is outside or inside whatever the operator.
  const rounding = target.roundingOf(value)
  return {
    value: stored,
    inclusive: rounding === 0 ? operator.endsWith('=') : rounding > 0 === operator.startsWith('>'),
  }
}

function list(schema: ModelSchema, attribute: string, operator: string, value: unknown): (string | null)[] {
  if (!Array.isArray(value)) {
    throw new InvalidArgumentError(
      `'${operator}' on [${attribute}] needs a list of values; it was given ${quote(value)}.`,
    )
  }
  const target = searchTarget(schema, attribute)
  return [...new Set(value.map((item) => target.toStored(item)))]
}
