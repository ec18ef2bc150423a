import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { AttributeSchema, ModelSchema } from '../schema/model-schema.js'
import { storedFormOf } from '../schema/stored-form.js'
import { checkDeadline, checkFields, checkId } from './check-record.js'
import type { Criterion } from './criteria.js'
import type { Increment, RecordChange } from './repository.js'

/** Refuses a change that cannot be stored, alike in every repository. */
export function checkChange(schema: ModelSchema, change: RecordChange): void {
  if (change.newId !== undefined) checkId(schema, change.newId)
  checkFields(schema, change.set)
  if (change.expiresAtMs !== undefined) checkDeadline(change.expiresAtMs)
  if (change.condition !== undefined) checkCondition(schema, change.condition)
  if (change.increments !== undefined) checkIncrements(schema, change, change.increments)
}

/**
 * Refuses a condition of a write that not every repository can test on a stored record: throws `InvalidArgumentError` for an
 * attribute that is not declared, and for a range over an attribute whose values have no order.
 */
export function checkCondition(schema: ModelSchema, condition: Criterion): void {
  switch (condition.type) {
    case 'all':
    case 'any':
      for (const part of condition.of) checkCondition(schema, part)
      return
    case 'not':
      checkCondition(schema, condition.of)
      return
    case 'range':
      checkOrdered(schema, condition.attribute)
      if (condition.min === undefined && condition.max === undefined) {
        throw new InvalidArgumentError(`A range over [${condition.attribute}] needs at least one end.`)
      }
      return
    case 'equals':
    case 'notEquals':
    case 'in':
    case 'notIn':
    case 'like':
      if (condition.attribute !== schema.keyName) declared(schema, condition.attribute)
      return
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(condition satisfies never)}`)
  }
}

/** The numbers that an increment may lead to: those of its attribute's cast, and of these the ones that it allows itself. */
export function boundsOf(schema: ModelSchema, increment: Increment): { readonly min?: string; readonly max?: string } {
  const { min, max } = increment
  const limits = limitsOf.get(storedFormOf(declared(schema, increment.attribute).cast))
  if (limits === undefined) return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
  return { min: min ?? limits.min, max: max ?? limits.max }
}

/** The largest and the smallest number that a cast can hold. */
const limitsOf: ReadonlyMap<string, { readonly min: string; readonly max: string }> = new Map([
  ['safeInteger', { min: String(Number.MIN_SAFE_INTEGER), max: String(Number.MAX_SAFE_INTEGER) }],
  ['float', { min: String(-Number.MAX_VALUE), max: String(Number.MAX_VALUE) }],
])

function checkIncrements(schema: ModelSchema, change: RecordChange, increments: readonly Increment[]): void {
  const taken = new Set([...change.set.filter((_, index) => index % 2 === 0), ...change.unset])
  for (const increment of increments) {
    const attribute = declared(schema, increment.attribute)
    const { modelName } = schema
    if (taken.has(attribute.name)) {
      throw new InvalidArgumentError(
        `The attribute [${attribute.name}] of model [${modelName}] cannot be set and incremented, or incremented twice, in one step.`,
      )
    }
    taken.add(attribute.name)
    if (attribute.name === schema.hashTag?.name) {
      throw new InvalidArgumentError(
        `The attribute [${attribute.name}] of model [${modelName}] is its hash tag, which cannot be incremented: set it.`,
      )
    }
    const form = storedFormOf(attribute.cast)
    if (form === 'moment' || form === 'other') {
      throw new InvalidArgumentError(
        `The attribute [${attribute.name}] of model [${modelName}] is cast to ${attribute.cast.name}: only numbers can be incremented.`,
      )
    }
    for (const number of [increment.by, increment.min, increment.max]) {
      if (number === undefined || (form === 'float' ? floatForm : decimalForms[form]).test(number)) continue
      throw new InvalidArgumentError(
        `The attribute [${attribute.name}] of model [${modelName}] cannot be changed by, or kept within, ${quote(number)}: expected ${attribute.cast.expects}.`,
      )
    }
  }
}

const floatForm = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i

const decimalForms = { safeInteger: /^-?\d+$/, integer: /^-?\d+$/, decimal: /^-?\d+(\.\d+)?$/ } as const

function checkOrdered(schema: ModelSchema, name: string): void {
  if (name === schema.keyName) return
  const { cast, index } = declared(schema, name)
  if (cast.order === 'text') return
  if (cast.order === 'score' && (storedFormOf(cast) !== 'other' || index?.range)) return
  throw new InvalidArgumentError(
    `The attribute [${name}] of model [${schema.modelName}] is cast to ${cast.name}: its values cannot be compared by order in a condition.`,
  )
}

function declared(schema: ModelSchema, name: string): AttributeSchema {
  const attribute = schema.attributes.get(name)
  if (attribute !== undefined) return attribute
  throw new InvalidArgumentError(`The model [${schema.modelName}] declares no attribute [${name}].`)
}
