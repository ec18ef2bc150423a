import { InvalidStateError } from '../errors/usage-errors.js'
import type { Criterion } from '../repositories/criteria.js'
import type { RecordState } from './record-state.js'

/**
 * Sets the version of a record that is about to be written, one above the stored one, 1 for a new record; whatever the
 * application set is replaced. Returns the name of the attribute; null where the class has none.
 */
export function stampVersion({ store, definition }: Pick<RecordState, 'store' | 'definition'>): string | null {
  const { version, schema } = definition
  const attribute = version === null ? undefined : schema.attributes.get(version)
  if (attribute === undefined) return null
  const stored = store.storedId === null ? null : readVersion({ store, definition }, attribute.name)
  store.set(attribute, Number(stored ?? 0) + 1)
  return attribute.name
}

/** That the stored record still has the version that was read; undefined where the class counts none. */
export function versionCondition(state: Pick<RecordState, 'store' | 'definition'>): Criterion | undefined {
  const { version } = state.definition
  if (version === null || state.store.storedId === null) return undefined
  return { type: 'equals', attribute: version, value: readVersion(state, version) }
}

/** Whether a version, as stored text, follows the one that a record was read with. */
export function isNextVersion({ store }: Pick<RecordState, 'store'>, name: string, text: string | null): boolean {
  return store.wasRead(name) && Number(text) === Number(store.rawOriginal(name) ?? 0) + 1
}

/** Both of two conditions, as far as there are any. */
export function bothOf(left: Criterion | undefined, right: Criterion | undefined): Criterion | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return { type: 'all', of: [left, right] }
}

function readVersion({ store, definition }: Pick<RecordState, 'store' | 'definition'>, name: string): string | null {
  if (store.wasRead(name)) return store.rawOriginal(name)
  const { modelName } = definition.schema
  throw new InvalidStateError(
    `The record [${store.storedId}] of model [${modelName}] was read without its version [${name}]: select it too, or refresh the record.`,
  )
}
