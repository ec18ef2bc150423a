import { AttributeNotSearchableError, InvalidArgumentError } from '../errors/usage-errors.js'
import { isNumeric } from '../schema/is-numeric.js'
import type { ModelSchema } from '../schema/model-schema.js'
import type { Aggregation, Criteria, Criterion } from './criteria.js'

/**
 * Refuses what no index answers, alike in every repository, so that a query that runs on one runs on all: throws
 * `AttributeNotSearchableError` for an attribute without the index needed, `InvalidArgumentError` for numbers out of range.
 */
export function checkCriteria(schema: ModelSchema, criteria: Criteria): void {
  checkCriterion(schema, criteria.where)
  for (const { attribute } of criteria.order) if (attribute !== null) checkRanged(schema, attribute, 'To order by it')
  checkPosition(criteria)
  if (criteria.limit !== null) checkWholeNumber('limit', criteria.limit)
  checkWholeNumber('offset', criteria.offset)
}

/** The part of `checkCriteria` that is about conditions. */
export function checkCriterion(schema: ModelSchema, where: Criterion): void {
  switch (where.type) {
    case 'all':
    case 'any':
      for (const part of where.of) checkCriterion(schema, part)
      return
    case 'not':
      checkCriterion(schema, where.of)
      return
    case 'range':
      checkRanged(schema, where.attribute, 'To compare it')
      if (where.min === undefined && where.max === undefined) {
        throw new InvalidArgumentError(`A range over [${where.attribute}] needs at least one end.`)
      }
      return
    case 'equals':
    case 'notEquals':
    case 'in':
    case 'notIn':
    case 'like':
      checkSearchable(schema, where.attribute)
      return
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(where satisfies never)}`)
  }
}

/**
 * Refuses what cannot be computed: throws `InvalidArgumentError` for an attribute that is not declared, for a sum of what is
 * no number, and for the extremes of what has no order.
 */
export function checkAggregation(schema: ModelSchema, { type, attribute }: Aggregation): void {
  if (attribute === schema.keyName && type !== 'sum') return
  const cast = schema.attributes.get(attribute)?.cast
  if (cast === undefined) {
    throw new InvalidArgumentError(
      attribute === schema.keyName
        ? `The key [${attribute}] of model [${schema.modelName}] is text: it has no sum.`
        : `The model [${schema.modelName}] declares no attribute [${attribute}].`,
    )
  }
  if (type === 'sum' ? isNumeric(cast) : cast.order !== 'none' || isNumeric(cast)) return
  throw new InvalidArgumentError(
    `The attribute [${attribute}] of model [${schema.modelName}] is of type ${cast.name}: it has no ${type}.`,
  )
}

/** Throws `AttributeNotSearchableError` unless an attribute is the key or has an index. */
export function checkSearchable(schema: ModelSchema, attribute: string): void {
  if (attribute !== schema.keyName && !schema.attributes.get(attribute)?.index) {
    throw new AttributeNotSearchableError(schema.modelName, attribute)
  }
}

function checkRanged(schema: ModelSchema, attribute: string, purpose: string): void {
  if (attribute === schema.keyName) return
  checkSearchable(schema, attribute)
  const declared = schema.attributes.get(attribute)
  if (declared?.index?.range && declared.cast.order !== 'none') return
  throw new AttributeNotSearchableError(
    schema.modelName,
    attribute,
    `${purpose}, declare it with @Searchable({ range: true }).`,
  )
}

function checkPosition({ order, after }: Criteria): void {
  if (after === null || after.values.length === order.length) return
  throw new InvalidArgumentError(
    `The position to continue after has ${after.values.length} values; the query has ${order.length} orders.`,
  )
}

function checkWholeNumber(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError(`${name} is ${value}; it must be a whole number, 0 or more.`)
  }
}
