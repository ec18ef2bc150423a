import { AttributeNotSearchableError, InvalidArgumentError } from '../errors/usage-errors.js'
import type { ModelSchema } from '../schema/model-schema.js'
import type { Criteria, Criterion } from './criteria.js'

/**
 * Refuses what no index answers, alike in every repository, so that a query that runs on one runs on all: throws
 * `AttributeNotSearchableError` for an attribute without the index needed, `InvalidArgumentError` for numbers out of range.
 */
export function checkCriteria(schema: ModelSchema, criteria: Criteria): void {
  checkCriterion(schema, criteria.where)
  const ordered = criteria.order?.attribute ?? null
  if (ordered !== null) checkRanged(schema, ordered, 'To order by it')
  if (criteria.limit !== null) checkWholeNumber('limit', criteria.limit)
  checkWholeNumber('offset', criteria.offset)
}

/** The part of `checkCriteria` that is about conditions. */
export function checkCriterion(schema: ModelSchema, where: Criterion): void {
  switch (where.type) {
    case 'all':
      for (const part of where.of) checkCriterion(schema, part)
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

function checkSearchable(schema: ModelSchema, attribute: string): void {
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

function checkWholeNumber(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError(`${name} is ${value}; it must be a whole number, 0 or more.`)
  }
}
