import { quote } from '../errors/quote.js'
import { DuplicateKeyError, InvalidKeyError, ModelNotFoundError } from '../errors/record-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { NewRecord, RecordKey, Repository } from '../repositories/repository.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import { fire, hasHandlers } from './model-events.js'
import { type ModelRecord, stateOf } from './model-record.js'
import type { RecordState } from './record-state.js'
import { storageOf } from './storage-of.js'

/** How a new record is stored. */
export interface InsertOptions {
  /** True: a record with the same key is replaced, in one step. Default false: it is a `DuplicateKeyError`. */
  readonly force?: boolean
  /** The record expires after so many seconds, fractions allowed; default: never. */
  readonly ttlSeconds?: number
}

/**
 * Creates or updates a record; true if something was written. Order: saving, creating or updating, the write, created or
 * updated, saved. A handler that answers false ends it with false. A clean record fires saving and saved, and no more.
 * While handlers of -ing events and the write run, no other operation on the same object may begin.
 */
export async function save(record: ModelRecord, options: InsertOptions = {}): Promise<boolean> {
  const state = stateOf(record)
  const outcome = await state.exclusively('save', async () => {
    if (!(await fire(record, 'saving'))) return 'cancelled'
    return record.exists ? update(record, state) : insert(record, state, options)
  })
  if (outcome === 'cancelled') return false
  if (outcome === 'created' || outcome === 'updated') await fire(record, outcome)
  await fire(record, 'saved')
  return outcome !== 'clean'
}

/** Removes a record; true if this call removed it, false if it was gone or a handler cancelled. */
export async function remove(record: ModelRecord): Promise<boolean> {
  if (!record.exists) return false
  const state = stateOf(record)
  const outcome = await state.exclusively('delete', async () => {
    if (!(await fire(record, 'deleting'))) return 'cancelled'
    const [wasRemoved] = await repositoryFor(record).delete(state.definition.schema, [storedKey(state)])
    state.exists = false
    return wasRemoved ? 'removed' : 'missing'
  })
  if (outcome === 'cancelled') return false
  await fire(record, 'deleted')
  return outcome === 'removed'
}

/** Removes records by key; the number that this call removed. Handlers of deletion run for each record. */
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
  for (const record of await load(unique)) if (await remove(record)) count++
  return count
}

/** Reads the stored record again; false when it is gone. */
export async function reload(record: ModelRecord): Promise<boolean> {
  const state = stateOf(record)
  return state.exclusively('refresh', async () => {
    const [stored] = await repositoryFor(record).fetch(state.definition.schema, [storedKey(state)])
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
  const expiresAtMs = deadlineOf(options)
  if (store.key === null) store.setKey(await definition.generateKey())
  if (!(await fire(record, 'creating'))) return 'cancelled'
  const id = store.key
  if (id === null) throw new InvalidKeyError(schema.modelName, null)
  await writeStamped(state, [definition.createdAt, definition.updatedAt], async () => {
    const written = new Map(store.changes())
    const created: NewRecord = { id, fields: store.fields(), expiresAtMs }
    const outcome = await repositoryFor(record).insert(schema, created, { replace: options.force ?? false })
    if (outcome === 'duplicate') throw new DuplicateKeyError(schema.modelName, id)
    store.markStored(id, written)
  })
  state.exists = true
  state.wasRecentlyCreated = true
  return 'created'
}

async function update(record: ModelRecord, state: RecordState): Promise<'updated' | 'clean' | 'cancelled'> {
  const { store, definition } = state
  const { schema } = definition
  if (!store.isChanged) return 'clean'
  if (!(await fire(record, 'updating'))) return 'cancelled'
  const key = store.key
  if (key === null) throw new InvalidKeyError(schema.modelName, null)
  const id = storedId(state)
  await writeStamped(state, [definition.updatedAt], async () => {
    const written = new Map(store.changes())
    const outcome = await repositoryFor(record).update(schema, store.change(id))
    if (outcome === 'missing') throw new ModelNotFoundError(schema.modelName, [id])
    if (outcome === 'duplicate') throw new DuplicateKeyError(schema.modelName, key)
    store.markStored(key, written)
    state.written = written
  })
  return 'updated'
}

/** Sets times that were not set by hand and writes; a failed write takes them back, so that the next one has its own. */
async function writeStamped(
  state: RecordState,
  names: readonly (string | null)[],
  write: () => Promise<void>,
): Promise<void> {
  const stamped = stampTimes(state, names)
  try {
    await write()
  } catch (error) {
    for (const name of stamped) state.store.discard(name)
    throw error
  }
}

/** Sets the named times to now, where they were not set by hand; returns those that it set. */
export function stampTimes(
  { store, definition }: Pick<RecordState, 'store' | 'definition'>,
  names: readonly (string | null)[],
): readonly string[] {
  const now = Date.now()
  const changes = store.changes()
  const stamped: string[] = []
  for (const name of names) {
    const attribute = name === null ? undefined : definition.schema.attributes.get(name)
    if (!attribute || changes.has(attribute.name)) continue
    store.set(attribute, now)
    stamped.push(attribute.name)
  }
  return stamped
}

function deadlineOf({ ttlSeconds }: InsertOptions): number | null {
  if (ttlSeconds === undefined) return null
  if (Number.isFinite(ttlSeconds) && ttlSeconds > 0) return Math.ceil(Date.now() + ttlSeconds * 1000)
  throw new InvalidArgumentError(`ttlSeconds is ${quote(ttlSeconds)}; it must be a number of seconds above 0.`)
}

function repositoryFor(record: ModelRecord): Repository {
  return storageOf(Object.getPrototypeOf(record), stateOf(record).definition.schema)
}
