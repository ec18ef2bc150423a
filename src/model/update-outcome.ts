import { OutOfRangeError, StaleModelError } from '../errors/conflict-errors.js'
import { DuplicateKeyError, ModelNotFoundError } from '../errors/record-errors.js'
import { pairsOf } from '../repositories/fields.js'
import type { StoredRecord, UpdateOutcome } from '../repositories/repository.js'
import { construct, type RecordClass } from './construction.js'
import type { ModelRecord } from './model-record.js'

/** The texts of the incremented attributes of a change that was made; empty without increments. */
export type UpdatedValues = readonly string[]

/**
 * The outcome of a change to the record `id`, which was to get the key `newKey`. Throws `ModelNotFoundError`, `DuplicateKeyError`,
 * `StaleModelError` with the stored record, `OutOfRangeError`: then nothing was changed.
 */
export function requireUpdated(
  recordClass: RecordClass<ModelRecord>,
  outcome: UpdateOutcome,
  id: string,
  newKey: string,
): UpdatedValues {
  const model = recordClass.name
  if (outcome === 'updated') return []
  if (outcome === 'missing') throw new ModelNotFoundError(model, [id])
  if (outcome === 'duplicate') throw new DuplicateKeyError(model, newKey)
  switch (outcome.type) {
    case 'updated':
      return outcome.values
    case 'conflict':
      throw staleError(recordClass, outcome.stored)
    case 'outOfRange': {
      const { attribute, by, min, max } = outcome.increment
      throw new OutOfRangeError({ model, key: id, attribute, current: outcome.current, by, min, max })
    }
    default:
      return outcome satisfies never
  }
}

/** The error for a record that is not as a conditional write demands. */
export function staleError<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  stored: StoredRecord,
): StaleModelError<T> {
  const raw = Object.fromEntries(pairsOf(stored.fields))
  return new StaleModelError(recordClass.name, stored.id, construct(recordClass, stored), { raw })
}
