import { CastError } from '../errors/value-errors.js'
import { CastMismatch } from '../schema/cast.js'
import type { AttributeSchema, ModelSchema } from '../schema/model-schema.js'
import { storedFormOf } from '../schema/stored-form.js'
import { boundsOf } from './check-change.js'
import { DecimalSum } from './decimal-sum.js'
import { matches } from './evaluate.js'
import { pairsOf } from './fields.js'
import type { Conflict, Increment, OutOfRange, RecordChange, StoredRecord, UpdateOutcome } from './repository.js'

/** A record after a change, or why the change is refused. */
export type AppliedChange =
  | { readonly type: 'applied'; readonly fields: ReadonlyMap<string, string>; readonly values: readonly string[] }
  | Conflict
  | OutOfRange

/**
 * What a change makes of a stored record, in memory: the definition to which the scripts are held. Throws `CastError` where
 * an increment meets text that is no number. The change has passed `checkChange`.
 */
export function applyChange(schema: ModelSchema, stored: StoredRecord, change: RecordChange): AppliedChange {
  if (change.condition !== undefined && !matches(schema, change.condition, stored)) return { type: 'conflict', stored }
  const fields = new Map(pairsOf(stored.fields))
  const values: string[] = []
  for (const increment of change.increments ?? []) {
    const attribute = schema.attributes.get(increment.attribute)
    if (attribute === undefined) continue
    const current = fields.get(attribute.name) ?? '0'
    const sum = addTo(schema, attribute, current, increment)
    if (sum === null) return outOfRange(schema, increment, current)
    fields.set(attribute.name, sum)
    values.push(sum)
  }
  for (const [name, value] of pairsOf(change.set)) fields.set(name, value)
  for (const name of change.unset) fields.delete(name)
  return { type: 'applied', fields, values }
}

/** The outcome of a change that was written; `values` are the texts of its increments. */
export function updatedOutcome(change: RecordChange, values: readonly string[]): UpdateOutcome {
  return change.increments === undefined || change.increments.length === 0 ? 'updated' : { type: 'updated', values }
}

/** The outcome of an increment that would leave its range. */
export function outOfRange(schema: ModelSchema, increment: Increment, current: string): OutOfRange {
  return { type: 'outOfRange', increment: { ...increment, ...boundsOf(schema, increment) }, current }
}

/** The error for stored text to which nothing can be added. */
export function notANumber(schema: ModelSchema, attribute: AttributeSchema, value: string): CastError {
  const { name, cast } = attribute
  return new CastError({
    model: schema.modelName,
    attribute: name,
    value,
    expected: cast.expects,
    direction: 'stored',
  })
}

/** The sum as the attribute stores it; null where it would leave its range. */
function addTo(schema: ModelSchema, attribute: AttributeSchema, current: string, increment: Increment): string | null {
  const form = storedFormOf(attribute.cast)
  if (form !== 'float' && !(form === 'decimal' ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/).test(current))
    throw notANumber(schema, attribute, current)
  const sum = sumOf(schema, attribute, current, increment.by)
  const { min, max } = boundsOf(schema, increment)
  const isFloat = form === 'float'
  if (min !== undefined && !isAtLeast(sum, min, isFloat)) return null
  if (max !== undefined && !isAtLeast(max, sum, isFloat)) return null
  try {
    return attribute.cast.toStored(sum)
  } catch (error) {
    if (error instanceof CastMismatch) return null
    throw error
  }
}

/** Decimal text is added exactly; a double is the double nearest to that sum. */
function sumOf(schema: ModelSchema, attribute: AttributeSchema, current: string, by: string): string {
  const sum = new DecimalSum()
  try {
    sum.add(current)
  } catch (cause) {
    if (cause instanceof TypeError) throw notANumber(schema, attribute, current)
    throw cause
  }
  sum.add(by)
  return storedFormOf(attribute.cast) === 'float' ? String(Number(sum.text)) : sum.text
}

function isAtLeast(left: string, right: string, areDoubles: boolean): boolean {
  if (areDoubles) return Number(left) >= Number(right)
  const difference = new DecimalSum()
  difference.add(left)
  difference.add(right.startsWith('-') ? right.slice(1) : `-${right}`)
  return !difference.text.startsWith('-')
}
