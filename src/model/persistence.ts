import { DuplicateKeyError, InvalidKeyError } from '../errors/record-errors.js'
import type { Criterion } from '../repositories/criteria.js'
import type { NewRecord, RecordChange, RecordKey, Repository } from '../repositories/repository.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import { type ConfirmationOptions, confirmed } from './confirmed.js'
import { construct, type RecordClass } from './construction.js'
import { deadlineOf, type LifetimeOptions } from './expiry-moment.js'
import { fire, hasHandlers, isHeard } from './model-events.js'
import { ModelRecord, stateOf } from './model-record.js'
import type { RecordState } from './record-state.js'
import { slide } from './sliding-deadline.js'
import { storageOf } from './storage-of.js'
import { requireUpdated, staleError } from './update-outcome.js'
import { bothOf, stampVersion, versionCondition } from './version.js'

/** How a record is stored. */
export interface InsertOptions extends LifetimeOptions, ConfirmationOptions {
  /** True: a record with the same key as a new one is replaced, in one step. Default false: it is a `DuplicateKeyError`. */
  readonly force?: boolean
}

/** How a record is written; not for applications. */
export interface WriteOptions extends InsertOptions {
  /** What must hold of the stored record for an update to happen. */
  readonly condition?: Criterion
}

/**
 * Creates or updates a record; true if something was written. Order: saving, creating or updating, the write, created or
 * updated, saved. A handler that answers false ends it with false. A clean record fires saving and saved, and no more.
 * While handlers of -ing events and the write run, no other operation on the same object may begin.
 */
export function save(record: ModelRecord, options: WriteOptions = {}): Promise<boolean> {
  if (options.waitReplicas === undefined && options.timeoutMs === undefined) return saveNow(record, options)
  return confirmed(options, () => saveNow(record, options))
}

// Every function on the way of a save that is awaited, and every closure, costs time that a save has not got.
async function saveNow(record: ModelRecord, options: WriteOptions): Promise<boolean> {
  const state = stateOf(record)
  let outcome: 'created' | 'updated' | 'clean' | 'cancelled'
  state.begin('save')
  try {
    if (isHeard('saving') && !(await fire(record, 'saving'))) return false
    outcome = await (record.exists ? update(record, state, options) : insert(record, state, options))
  } finally {
    state.end()
  }
  if (outcome === 'cancelled') return false
  if (outcome !== 'clean' && isHeard(outcome)) await fire(record, outcome)
  if (isHeard('saved')) await fire(record, 'saved')
  return outcome !== 'clean'
}

/** How a removal ended; `changed`: the record does not fulfil the condition any more. */
export type RemovalOutcome = 'removed' | 'missing' | 'changed' | 'cancelled'

/** Removes a record; true if this call removed it, false if it was gone or a handler cancelled. */
export function remove(record: ModelRecord, options: ConfirmationOptions = {}): Promise<boolean> {
  return confirmed(options, async () => record.exists && (await removal(record)) === 'removed')
}

/** Removes a record that exists, if it still fulfils a condition. */
export async function removal(record: ModelRecord, condition?: Criterion): Promise<RemovalOutcome> {
  const state = stateOf(record)
  const outcome = await state.exclusively('delete', async () => {
    if (!(await fire(record, 'deleting'))) return 'cancelled'
    const removed = await removeStored(repositoryFor(record), record, condition)
    if (removed !== 'changed') state.exists = false
    return removed
  })
  if (outcome === 'removed' || outcome === 'missing') await fire(record, 'deleted')
  return outcome
}

async function removeStored(
  repository: Repository,
  record: ModelRecord,
  condition: Criterion | undefined,
): Promise<'removed' | 'missing' | 'changed'> {
  const state = stateOf(record)
  const { schema } = state.definition
  if (condition === undefined) {
    const version = versionCondition(state)
    if (version !== undefined) return removeAsRead(record, version)
    const [wasRemoved] = await repository.delete(schema, [storedKey(state)])
    return wasRemoved ? 'removed' : 'missing'
  }
  const outcome = await repository.deleteIf(schema, storedKey(state), condition)
  return outcome === 'deleted' ? 'removed' : outcome === 'missing' ? 'missing' : 'changed'
}

/** Removes a record that exists if the stored one fulfils a condition; true if this call removed it. Throws `StaleModelError`. */
export async function removeIf(record: ModelRecord, condition: Criterion): Promise<boolean> {
  const state = stateOf(record)
  const outcome = await state.exclusively('delete', async () => {
    if (!(await fire(record, 'deleting'))) return 'cancelled'
    const both = bothOf(versionCondition(state), condition)
    const removed = await removeAsRead(record, both ?? condition)
    state.exists = false
    return removed
  })
  if (outcome !== 'cancelled') await fire(record, 'deleted')
  return outcome === 'removed'
}

/** Removes a record that is stored as a condition demands. Throws `StaleModelError`. */
async function removeAsRead(record: ModelRecord, condition: Criterion): Promise<'removed' | 'missing'> {
  const state = stateOf(record)
  const outcome = await repositoryFor(record).deleteIf(state.definition.schema, storedKey(state), condition)
  if (outcome === 'missing') return 'missing'
  if (outcome !== 'deleted') throw staleError(record.constructor as RecordClass<ModelRecord>, outcome.stored)
  return 'removed'
}

/**
 * Removes records by key, whatever is stored under them; the number that this call removed. Handlers of deletion run for each
 * record.
 */
export async function destroy(
  prototype: object,
  definition: ModelDefinition,
  ids: readonly string[],
  load: (ids: readonly string[]) => Promise<readonly ModelRecord[]>,
): Promise<number> {
  const unique = [...new Set(ids)]
  if (!hasHandlers(prototype, 'deleting') && !hasHandlers(prototype, 'deleted')) {
    const removed = await storageOf(prototype, definition.schema).delete(definition.schema, unique)
    return removed.filter(Boolean).length
  }
  let count = 0
  for (const record of await load(unique)) if ((await removal(record, anything)) === 'removed') count++
  return count
}

/** The condition that every record fulfils: whoever removes by key has read no version. */
const anything: Criterion = { type: 'all', of: [] }

/** Reads the stored record again; false when it is gone. */
export async function reload(record: ModelRecord): Promise<boolean> {
  const state = stateOf(record)
  return state.exclusively('refresh', async () => {
    const key = storedKey(state)
    const [[stored]] = await Promise.all([
      repositoryFor(record).fetch(state.definition.schema, [key]),
      slide(Object.getPrototypeOf(record), state.definition, [key]),
    ])
    if (stored) state.store.reset(stored)
    return Boolean(stored)
  })
}

/** The key under which a record that exists is stored. */
export function storedId({ store, definition }: RecordState): string {
  const id = store.storedId
  if (id === null) throw new InvalidKeyError(definition.schema.modelName, id)
  return id
}

/** What names a record that exists in its repository. */
export function storedKey({ store, definition }: RecordState): RecordKey {
  const key = store.storedKey
  if (key === null) throw new InvalidKeyError(definition.schema.modelName, key)
  return key
}

async function insert(
  record: ModelRecord,
  state: RecordState,
  options: InsertOptions,
): Promise<'created' | 'cancelled'> {
  const { store, definition } = state
  const { schema } = definition
  const expiresAtMs = firstDeadline(definition, options)
  if (store.key === null) {
    const key = record.getNewKey()
    store.setKey(key instanceof Promise ? await key : key)
  }
  if (isHeard('creating') && !(await fire(record, 'creating'))) return 'cancelled'
  const id = store.key
  if (id === null) throw new InvalidKeyError(schema.modelName, null)
  const stamped = stampTimes(record, [definition.createdAt, definition.updatedAt])
  try {
    const written = store.snapshot()
    const created: NewRecord = { id, fields: store.fields(), expiresAtMs }
    const outcome = await repositoryFor(record).insert(schema, created, { replace: options.force ?? false })
    if (outcome === 'duplicate') throw new DuplicateKeyError(schema.modelName, id)
    store.markStored(id, written)
  } catch (error) {
    discardStamps(state, stamped)
    throw error
  }
  state.exists = true
  state.wasRecentlyCreated = true
  return 'created'
}

async function update(
  record: ModelRecord,
  state: RecordState,
  options: WriteOptions,
): Promise<'updated' | 'clean' | 'cancelled'> {
  const { store, definition } = state
  const { schema } = definition
  const expiresAtMs = deadlineOf(options)
  if (!store.isChanged && expiresAtMs === undefined) return 'clean'
  if (isHeard('updating') && !(await fire(record, 'updating'))) return 'cancelled'
  const key = store.key
  if (key === null) throw new InvalidKeyError(schema.modelName, null)
  const id = storedId(state)
  const stamped = stampTimes(record, [definition.updatedAt])
  try {
    const written = store.snapshot()
    const change = changeOf(state, id, options, expiresAtMs)
    const outcome = await repositoryFor(record).update(schema, change)
    requireUpdated(record.constructor as RecordClass<ModelRecord>, outcome, id, key)
    store.markStored(key, written)
    state.written = written
  } catch (error) {
    discardStamps(state, stamped)
    throw error
  }
  return 'updated'
}

/** When a new record expires: as the options say, or as its model does. */
export function firstDeadline({ behaviour: { ttlMs } }: ModelDefinition, options: LifetimeOptions): number | null {
  const deadline = deadlineOf(options)
  if (deadline !== undefined) return deadline
  return ttlMs === null ? null : Date.now() + ttlMs
}

/** The one place in which an update becomes a change of the stored record: of the version that was read, where it has one. */
export function changeOf(
  state: RecordState,
  id: string,
  options: WriteOptions,
  expiresAtMs: number | null | undefined,
): RecordChange {
  const condition = bothOf(versionCondition(state), options.condition)
  const change = state.store.change(id)
  if (condition === undefined && expiresAtMs === undefined) return change
  return { ...change, ...(condition !== undefined && { condition }), ...(expiresAtMs !== undefined && { expiresAtMs }) }
}

/** A failed write takes back the times that it set, so that the next one has its own. */
function discardStamps({ store }: RecordState, stamped: readonly string[]): void {
  for (const name of stamped) store.discard(name)
}

/** Sets the named times to now, where they were not set by hand, and the version; returns the names of what it set. */
export function stampTimes(record: ModelRecord, names: readonly (string | null)[]): readonly string[] {
  const { store, definition } = stateOf(record)
  let now: Date | null = null
  const changes = store.changes()
  const stamped: string[] = []
  for (const name of names) {
    const attribute = name === null ? undefined : definition.schema.attributes.get(name)
    if (!attribute || changes.has(attribute.name)) continue
    now ??= record.freshTimestamp()
    store.set(attribute, now)
    stamped.push(attribute.name)
  }
  const version = stampVersion({ store, definition })
  return version === null ? stamped : [...stamped, version]
}

/** The moment that a write sets in a record of a class that was not read. */
export function freshTimestampOf(recordClass: RecordClass<ModelRecord>): Date {
  const { freshTimestamp } = recordClass.prototype
  return freshTimestamp === ModelRecord.prototype.freshTimestamp
    ? new Date()
    : construct(recordClass, null).freshTimestamp()
}

/** The repository of the records of a class. */
export function repositoryFor(record: ModelRecord): Repository {
  return storageOf(Object.getPrototypeOf(record), stateOf(record).definition.schema)
}
