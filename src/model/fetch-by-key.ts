import { InvalidKeyError } from '../errors/record-errors.js'
import type { RecordKey, StoredRecord } from '../repositories/repository.js'
import { type KeyInput, toKey } from '../schema/record-key.js'
import type { RecordClass } from './construction.js'
import { definitionOf } from './definition-of.js'
import type { ModelRecord } from './model-record.js'
import { materialise } from './query-of.js'
import { slide } from './sliding-deadline.js'
import { storageOf } from './storage-of.js'

/** The records with these keys, in the order of the keys; null where there is none, or the key is null or blank. */
export async function fetchByKey<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  keys: readonly (KeyInput | null)[],
): Promise<(T | null)[]> {
  const { modelName } = definitionOf(recordClass.prototype).schema
  const ids = keys.map((key) => lookupKey(modelName, key))
  const [only] = ids
  if (ids.length === 1 && typeof only === 'string') return await fetchStored(recordClass, [only])
  const found = await fetchStored(
    recordClass,
    ids.filter((id) => id !== null),
  )
  let next = 0
  return ids.map((id) => (id === null ? null : (found[next++] ?? null)))
}

/** The records that these name in their repository, in the same order; null where there is none. */
export async function fetchStored<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  keys: readonly RecordKey[],
): Promise<(T | null)[]> {
  const prototype: object = recordClass.prototype
  const definition = definitionOf(prototype)
  const { schema } = definition
  const fetched = keys.length === 0 ? noRecords : storageOf(prototype, schema).fetch(schema, keys)
  // Both at once: they share the round trip.
  const [stored] = definition.behaviour.isSliding
    ? await Promise.all([fetched, slide(prototype, definition, keys)])
    : [await fetched]
  const records = await materialise(
    recordClass,
    stored.filter((record) => record !== null),
  )
  let next = 0
  return stored.map((record) => (record === null ? null : (records[next++] ?? null)))
}

const noRecords: readonly (StoredRecord | null)[] = []

/** Blank keys are found nowhere; a key of a wrong type or form is an `InvalidKeyError`. */
export function lookupKey(model: string, key: KeyInput | null): string | null {
  if (key === null || (typeof key === 'string' && key.trim() === '')) return null
  if (key === undefined) throw new InvalidKeyError(model, key, 'is no key to look for; null finds nothing.')
  return toKey(model, key)
}
