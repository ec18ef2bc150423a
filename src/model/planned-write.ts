import { DuplicateKeyError, InvalidKeyError, ModelNotFoundError } from '../errors/record-errors.js'
import { TransactionCancelledError } from '../errors/tag-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Criterion } from '../repositories/criteria.js'
import type { TransactionOutcome, TransactionWrite } from '../repositories/repository.js'
import type { ConfirmationOptions } from './confirmed.js'
import type { RecordClass } from './construction.js'
import { deadlineOf } from './expiry-moment.js'
import { type CancellableEvent, fire, type ModelEvent } from './model-events.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { changeOf, firstDeadline, stampTimes, storedId, storedKey, type WriteOptions } from './persistence.js'
import { requireUpdated } from './update-outcome.js'
import { bothOf, versionCondition } from './version.js'

/** What a transaction was asked to do with a record. */
export type PlannedOperation =
  | { readonly type: 'save'; readonly record: ModelRecord; readonly options: WriteOptions }
  | { readonly type: 'delete'; readonly record: ModelRecord; readonly condition?: Criterion }

/** A record whose handlers of -ing events have run, ready to be written. */
export interface PlannedWrite {
  /** Null where nothing has changed. */
  readonly write: TransactionWrite | null
  /** The write was done: the record knows it. */
  done(values: readonly string[]): void
  /** Nothing was written: times that were set for it are taken back. */
  undone(): void
  /** The events that follow. */
  readonly events: readonly ModelEvent[]
}

/** Two operations on one record as one. Throws `InvalidArgumentError` for a save and a deletion. */
export function bothOperations(earlier: PlannedOperation, later: PlannedOperation): PlannedOperation {
  const { record } = later
  if (earlier.type === 'save' && later.type === 'save') {
    const condition = bothOf(earlier.options.condition, later.options.condition)
    const isDeadlineGiven = later.options.ttl !== undefined || later.options.ttlSeconds !== undefined
    const { ttl, ttlSeconds, ...others } = earlier.options
    const before = isDeadlineGiven ? others : earlier.options
    return { type: 'save', record, options: { ...before, ...later.options, ...(condition && { condition }) } }
  }
  if (earlier.type === 'delete' && later.type === 'delete') {
    const condition = bothOf(earlier.condition, later.condition)
    return { type: 'delete', record, ...(condition && { condition }) }
  }
  throw new InvalidArgumentError(`The record [${record.getKey()}] cannot be saved and deleted in one transaction.`)
}

/** By how many replicas a transaction is to be confirmed: as many, and for as long, as any of its operations says. */
export function confirmationOf(operations: readonly PlannedOperation[]): ConfirmationOptions {
  const most = (option: keyof ConfirmationOptions): number | undefined => {
    const given = operations.flatMap((one) => (one.type === 'save' ? (one.options[option] ?? []) : []))
    return given.length === 0 ? undefined : Math.max(...given)
  }
  const [waitReplicas, timeoutMs] = [most('waitReplicas'), most('timeoutMs')]
  return { ...(waitReplicas !== undefined && { waitReplicas }), ...(timeoutMs !== undefined && { timeoutMs }) }
}

/** Runs the handlers of -ing events and says what is to be written. Throws `TransactionCancelledError` when one cancels. */
export function planWrite(operation: PlannedOperation): Promise<PlannedWrite> {
  if (operation.type === 'delete') return planDelete(operation.record, operation.condition)
  return operation.record.exists
    ? planUpdate(operation.record, operation.options)
    : planInsert(operation.record, operation.options)
}

/** The error for a write that refused the transaction. */
export function refusal(
  { record }: PlannedOperation,
  outcome: (TransactionOutcome & { readonly type: 'refused' })['outcome'],
): Error {
  const { store, definition } = stateOf(record)
  const { modelName } = definition.schema
  const id = String(store.storedId ?? store.key)
  if (outcome === 'duplicate') return new DuplicateKeyError(modelName, id)
  if (outcome === 'missing') return new ModelNotFoundError(modelName, [id])
  try {
    requireUpdated(record.constructor as RecordClass<ModelRecord>, outcome, id, id)
  } catch (error) {
    if (error instanceof Error) return error
  }
  return new TypeError(`A write of a transaction was refused without a reason: ${outcome.type}.`)
}

async function planInsert(record: ModelRecord, options: WriteOptions): Promise<PlannedWrite> {
  const state = stateOf(record)
  const { store, definition } = state
  const { schema } = definition
  await fireOrCancel(record, 'saving')
  const expiresAtMs = firstDeadline(definition, options)
  if (store.key === null) store.setKey(await record.getNewKey())
  await fireOrCancel(record, 'creating')
  const id = store.key
  if (id === null) throw new InvalidKeyError(schema.modelName, null)
  const stamped = stampTimes(record, [definition.createdAt, definition.updatedAt])
  const written = new Map(store.changes())
  const fields = store.fields()
  return {
    write: { type: 'insert', schema, record: { id, fields, expiresAtMs }, replace: options.force ?? false },
    done() {
      store.markStored(id, written)
      state.exists = true
      state.wasRecentlyCreated = true
    },
    undone: () => discard(record, stamped),
    events: ['created', 'saved'],
  }
}

async function planUpdate(record: ModelRecord, options: WriteOptions): Promise<PlannedWrite> {
  const state = stateOf(record)
  const { store, definition } = state
  await fireOrCancel(record, 'saving')
  const expiresAtMs = deadlineOf(options)
  const id = storedId(state)
  if (!store.isChanged && expiresAtMs === undefined) {
    // A condition is one of the whole transaction, also where there is nothing to be saved.
    const { condition } = options
    const write: TransactionWrite | null =
      condition === undefined
        ? null
        : {
            type: 'update',
            schema: definition.schema,
            change: { ...changeOf(state, id, options, undefined), set: [], unset: [] },
          }
    return { write, done() {}, undone() {}, events: ['saved'] }
  }
  await fireOrCancel(record, 'updating')
  if (store.key === null) throw new InvalidKeyError(definition.schema.modelName, null)
  const stamped = stampTimes(record, [definition.updatedAt])
  const written = new Map(store.changes())
  const change = changeOf(state, id, options, expiresAtMs)
  return {
    write: { type: 'update', schema: definition.schema, change },
    done() {
      store.markStored(store.key ?? id, written)
      state.written = written
    },
    undone: () => discard(record, stamped),
    events: ['updated', 'saved'],
  }
}

async function planDelete(record: ModelRecord, condition: Criterion | undefined): Promise<PlannedWrite> {
  const state = stateOf(record)
  await fireOrCancel(record, 'deleting')
  const both = bothOf(versionCondition(state), condition)
  const { schema } = state.definition
  return {
    write: { type: 'delete', schema, key: storedKey(state), ...(both !== undefined && { condition: both }) },
    done() {
      state.exists = false
    },
    undone() {},
    events: ['deleted'],
  }
}

async function fireOrCancel(record: ModelRecord, event: CancellableEvent): Promise<void> {
  if (await fire(record, event)) return
  const { store, definition } = stateOf(record)
  throw new TransactionCancelledError(event, definition.schema.modelName, store.key)
}

function discard(record: ModelRecord, names: readonly string[]): void {
  for (const name of names) stateOf(record).store.discard(name)
}
