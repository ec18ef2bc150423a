import { quote } from '../errors/quote.js'
import { AttributeNotSearchableError, InvalidArgumentError } from '../errors/usage-errors.js'
import { toStoredText } from '../schema/attribute-value.js'
import type { ModelSchema } from '../schema/model-schema.js'

/** What a condition can be about: a searchable attribute, or the key. */
export interface SearchTarget {
  readonly name: string
  readonly isText: boolean
  /** Whether ranges and orders can be asked for. */
  readonly isOrdered: boolean
  /** Stored text of a value; null stays null. Throws for undefined and for values that do not fit. */
  toStored(value: unknown): string | null
  /** As `rounding` of a cast, for a value that `toStored` takes. */
  roundingOf(value: unknown): number
}

/** Finds what a condition names. Throws `AttributeNotSearchableError` for an attribute without an index. */
export function searchTarget(schema: ModelSchema, name: string): SearchTarget {
  if (name === schema.keyName) return keyTarget(schema)
  const attribute = schema.attributes.get(name)
  if (!attribute?.index) throw new AttributeNotSearchableError(schema.modelName, String(name), remedy(schema, name))
  return {
    name,
    isText: attribute.cast.isText,
    isOrdered: attribute.index.range,
    toStored(value) {
      refuseUndefined(schema, name, value)
      return value === null ? null : toStoredText(schema.modelName, attribute, value)
    },
    roundingOf: (value) => attribute.cast.rounding?.(value) ?? 0,
  }
}

/** As `searchTarget`, for ranges and orders. */
export function orderedTarget(schema: ModelSchema, name: string): SearchTarget {
  const target = searchTarget(schema, name)
  if (target.isOrdered) return target
  const needs = `It has no range index, which orders and range conditions need: declare it @Searchable({ range: true }).`
  throw new AttributeNotSearchableError(schema.modelName, name, needs)
}

function remedy(schema: ModelSchema, name: string): string {
  if (schema.attributes.has(name)) return 'Declare it @Searchable().'
  const known = [schema.keyName, ...schema.searchable.map((attribute) => attribute.name)].join(', ')
  return `It is not declared; searchable are: ${known}.`
}

function keyTarget(schema: ModelSchema): SearchTarget {
  return {
    name: schema.keyName,
    isText: true,
    isOrdered: true,
    roundingOf: () => 0,
    toStored(value) {
      refuseUndefined(schema, schema.keyName, value)
      if (value === null || (typeof value === 'string' && value.isWellFormed())) return value
      if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value)
      throw new InvalidArgumentError(`The key of model [${schema.modelName}] cannot be ${quote(value)}: keys are text.`)
    },
  }
}

/** A condition whose value was forgotten must not become "no value": it would match other rows than those meant. */
function refuseUndefined(schema: ModelSchema, name: string, value: unknown): void {
  if (value !== undefined) return
  throw new InvalidArgumentError(
    `The condition on [${name}] of model [${schema.modelName}] compares with undefined; use null for rows without a value.`,
  )
}

/** The name of an attribute or of the key; throws `InvalidArgumentError` for one that the model does not declare. */
export function knownAttribute(schema: ModelSchema, name: string): string {
  if (name === schema.keyName || schema.attributes.has(name)) return name
  const known = [schema.keyName, ...schema.attributes.keys()].join(', ')
  throw new InvalidArgumentError(
    `The model [${schema.modelName}] declares no attribute ${quote(name)}; it has ${known}.`,
  )
}
