import { quote } from '../errors/quote.js'
import { InvalidArgumentError, InvalidStateError } from '../errors/usage-errors.js'
import type { Increment, RecordChange } from '../repositories/repository.js'
import type { AttributeValues } from '../schema/attribute-types.js'
import { fromStoredText, toStoredText } from '../schema/attribute-value.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import type { AttributeSchema } from '../schema/model-schema.js'
import { type KeyInput, toKey } from '../schema/record-key.js'
import { requireValuesByName } from '../schema/require-values.js'
import type { RecordClass } from './construction.js'
import { definitionOf } from './definition-of.js'
import { deadlineOf, type LifetimeOptions } from './expiry-moment.js'
import { fire } from './model-events.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { freshTimestampOf, repositoryFor, storedId, storedKey } from './persistence.js'
import { requireAttribute } from './require-attribute.js'
import { storageOf } from './storage-of.js'
import { requireUpdated } from './update-outcome.js'
import { isNextVersion } from './version.js'

/** Options of `increment` and `decrement`. */
export interface IncrementOptions<T> extends LifetimeOptions {
  /** The least result allowed; a smaller one is an `OutOfRangeError`, and nothing is written. */
  readonly min?: number | bigint
  /** The greatest result allowed. */
  readonly max?: number | bigint
  /** Other attributes that are set in the same step. */
  readonly set?: AttributeValues<T>
}

/** A change that adds to an attribute, and the attribute. */
interface PreparedIncrement {
  readonly attribute: AttributeSchema
  readonly change: RecordChange
}

/**
 * Adds to an attribute of a stored record, in one step, whatever others add or save at the same time; returns the value
 * afterwards. Runs the handlers of updating and updated; one that cancels leaves the record as it is, and what is returned is
 * the value that this object knows. Other changes of the object are not saved, and its version is raised only from the one that
 * is stored: whoever has not read what others wrote cannot save it away afterwards.
 */
export async function incrementRecord<T extends ModelRecord>(
  record: T,
  name: string,
  by: number | bigint,
  options: IncrementOptions<T>,
): Promise<unknown> {
  const state = stateOf(record)
  const { definition, store } = state
  if (!record.exists) {
    throw new InvalidStateError(
      `The record [${store.key}] of model [${definition.schema.modelName}] is not stored: save it before ${name} is incremented.`,
    )
  }
  const outcome = await state.exclusively('increment', async () => {
    if (!(await fire(record, 'updating'))) return null
    const key = storedKey(state)
    const id = storedId(state)
    const { attribute, change } = prepareIncrement(definition, id, name, by, options, record.freshTimestamp())
    const tagged = typeof key === 'string' ? change : { ...change, tag: key.tag }
    const result = await repositoryFor(record).update(definition.schema, tagged)
    const values = requireUpdated(record.constructor as RecordClass<ModelRecord>, result, id, id)
    const written = new Map<string, string | null>()
    for (let place = 0; place < change.set.length; place += 2) {
      written.set(change.set[place] ?? '', change.set[place + 1] ?? null)
    }
    for (const unset of change.unset) written.set(unset, null)
    for (const [place, { attribute: name }] of (change.increments ?? []).entries()) {
      const text = values[place] ?? null
      // Another version than the next says that others wrote what this object has not read: it stays stale.
      if (name !== definition.version || isNextVersion(state, name, text)) written.set(name, text)
    }
    store.markWritten(written)
    state.written = written
    return { value: fromStoredText(definition.schema.modelName, attribute, values[0] ?? '0') }
  })
  if (outcome === null) return store.get(requireAttribute(definition.schema, name))
  await fire(record, 'updated')
  return outcome.value
}

/** Adds to an attribute of the record with a key, without reading it; no handlers run. Returns the value afterwards. */
export async function incrementByKey<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  key: KeyInput,
  name: string,
  by: number | bigint,
  options: IncrementOptions<T>,
): Promise<unknown> {
  const prototype: object = recordClass.prototype
  const definition = definitionOf(prototype)
  const { schema } = definition
  const id = toKey(schema.modelName, key)
  const { attribute, change } = prepareIncrement(definition, id, name, by, options, freshTimestampOf(recordClass))
  const values = requireUpdated(recordClass, await storageOf(prototype, schema).update(schema, change), id, id)
  return fromStoredText(schema.modelName, attribute, values[0] ?? '0')
}

/** The opposite of what is to be added. */
export function negated(by: number | bigint): number | bigint {
  return typeof by === 'bigint' ? -by : typeof by === 'number' ? -by + 0 : by
}

/** The change that adds to an attribute of the record `id`. Throws as `increment` does for arguments that it does not accept. */
export function prepareIncrement<T>(
  definition: ModelDefinition,
  id: string,
  name: string,
  by: number | bigint,
  options: IncrementOptions<T>,
  now: Date,
): PreparedIncrement {
  const { schema, updatedAt, version } = definition
  const attribute = requireAttribute(schema, name)
  if (name === version) {
    throw new InvalidArgumentError(`The version [${name}] of model [${schema.modelName}] counts by itself.`)
  }
  const { set, unset } = fieldsToSet(definition, options.set ?? {})
  if (updatedAt !== null && !set.includes(updatedAt) && !unset.includes(updatedAt) && name !== updatedAt) {
    set.push(updatedAt, toStoredText(schema.modelName, requireAttribute(schema, updatedAt), now))
  }
  const increment: Increment = {
    attribute: name,
    by: numberText(schema.modelName, attribute, 'by', by),
    ...(options.min !== undefined && { min: numberText(schema.modelName, attribute, 'min', options.min) }),
    ...(options.max !== undefined && { max: numberText(schema.modelName, attribute, 'max', options.max) }),
  }
  const increments = version === null ? [increment] : [increment, { attribute: version, by: '1' }]
  const expiresAtMs = deadlineOf(options)
  return { attribute, change: { id, set, unset, increments, ...(expiresAtMs !== undefined && { expiresAtMs }) } }
}

function fieldsToSet(definition: ModelDefinition, values: object): { set: string[]; unset: string[] } {
  const { schema, version } = definition
  requireValuesByName('Attributes', schema.modelName, values)
  const set: string[] = []
  const unset: string[] = []
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    if (name === schema.keyName || name === version) {
      throw new InvalidArgumentError(
        `The attribute [${name}] of model [${schema.modelName}] cannot be set beside an increment.`,
      )
    }
    const attribute = requireAttribute(schema, name)
    if (value === null) unset.push(name)
    else set.push(name, toStoredText(schema.modelName, attribute, value))
  }
  return { set, unset }
}

function numberText(model: string, attribute: AttributeSchema, option: string, value: number | bigint): string {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))) {
    return toStoredText(model, attribute, value)
  }
  throw new InvalidArgumentError(
    `${option} is ${quote(value)}; the attribute [${attribute.name}] of model [${model}] changes by finite numbers.`,
  )
}
