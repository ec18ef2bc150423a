import { quote } from '../errors/quote.js'
import { DuplicateKeyError, InvalidKeyError } from '../errors/record-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { NewRecord } from '../repositories/repository.js'
import type { AttributeValues } from '../schema/attribute-types.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import { type KeyInput, toKey } from '../schema/record-key.js'
import { asError, batchesOf, keyNamedBy, requireRow, requireRows } from './bulk-report.js'
import { type ConfirmationOptions, confirmed } from './confirmed.js'
import { construct, constructorTraits, type RecordClass } from './construction.js'
import { definitionOf } from './definition-of.js'
import type { LifetimeOptions } from './expiry-moment.js'
import { fire } from './model-events.js'
import { ModelRecord, stateOf } from './model-record.js'
import { firstDeadline, stampTimes } from './persistence.js'
import { encodeRow, keyOfRow } from './row-encoder.js'
import { storageOf } from './storage-of.js'

/** How far `insertMany` is. */
export interface InsertProgress {
  /** Rows that have their outcome. */
  readonly processed: number
  readonly inserted: number
  readonly failed: number
  /** Number of all rows; null when they come from an iterator. */
  readonly total: number | null
}

/** A row that was not stored, and why: `CastError`, `InvalidKeyError`, `DuplicateKeyError`, an error of the server … */
export interface InsertFailure {
  /** Position of the row, beginning at 0. */
  readonly index: number
  /** Its key; null when it had none yet. */
  readonly key: string | null
  readonly error: Error
}

/** What `insertMany` did. */
export interface InsertReport {
  readonly inserted: number
  readonly failed: number
  /** Rows that a handler of `saving` or `creating` cancelled; 0 without events. */
  readonly cancelled: number
  /** The first 1000 failures; `onFailure` is told of all. */
  readonly failures: readonly InsertFailure[]
}

/** Options of `insertMany`. */
export interface InsertManyOptions extends ConfirmationOptions, LifetimeOptions {
  /** Rows sent at a time, default 1000. In order of creation the rows of a batch follow each other by key. */
  readonly batchSize?: number
  /** Batches under way at a time, default 2. Memory holds `batchSize` × (`concurrency` + 1) rows at most. */
  readonly concurrency?: number
  /**
   * Whether saving, creating, created and saved handlers run for each row; default false. One that throws fails its row; after
   * created and saved the row is stored all the same.
   */
  readonly events?: boolean
  /** Called after each batch. */
  readonly onProgress?: (progress: InsertProgress) => void
  /** Called for each row that fails. */
  readonly onFailure?: (failure: InsertFailure) => void
}

/** Rows to be inserted: an array, any other iterable, or a stream of them. */
export type InsertRows<T> = Iterable<AttributeValues<T>> | AsyncIterable<AttributeValues<T>>

/** A row that is ready to be stored; with its record, if events are to be fired. */
interface PreparedRow<T> {
  readonly index: number
  readonly stored: NewRecord
  readonly record: T | null
}

const KEPT_FAILURES = 1000

/** Stores many new records. A row that fails does not stop the others; an error of the connection does, and is thrown. */
export function insertMany<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  rows: InsertRows<T>,
  options: InsertManyOptions,
): Promise<InsertReport> {
  return confirmed(options, () => insertRows(recordClass, rows, options))
}

async function insertRows<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  rows: InsertRows<T>,
  options: InsertManyOptions,
): Promise<InsertReport> {
  requireRows('insertMany', rows)
  const batchSize = wholeNumber('batchSize', options.batchSize ?? 1000)
  const concurrency = wholeNumber('concurrency', options.concurrency ?? 2)
  const insertion = new BulkInsertion(recordClass, options, Array.isArray(rows) ? rows.length : null)
  const underWay = new Set<Promise<void>>()
  const errors: unknown[] = []
  try {
    for await (const batch of batchesOf(rows, batchSize)) {
      const prepared = await insertion.prepare(batch)
      if (insertion.isAnyUnderWay(prepared)) await Promise.all(underWay)
      if (errors.length > 0) break
      const sent: Promise<void> = insertion
        .send(prepared)
        .catch((error: unknown) => void errors.push(error))
        .finally(() => underWay.delete(sent))
      underWay.add(sent)
      if (underWay.size >= concurrency) await Promise.race(underWay)
      if (errors.length > 0) break
    }
  } finally {
    await Promise.all(underWay)
  }
  if (errors.length > 0) throw errors[0]
  return insertion.report()
}

/** The state of one call: counts, failures, and the two steps of a batch. */
class BulkInsertion<T extends ModelRecord> {
  readonly #recordClass: RecordClass<T>
  readonly #definition: ModelDefinition
  readonly #options: InsertManyOptions
  readonly #total: number | null
  readonly #needsRecords: boolean
  readonly #failures: InsertFailure[] = []
  readonly #underWay = new Set<string>()
  #read = 0
  #inserted = 0
  #failed = 0
  #cancelled = 0

  constructor(recordClass: RecordClass<T>, options: InsertManyOptions, total: number | null) {
    this.#recordClass = recordClass
    this.#definition = definitionOf(recordClass.prototype)
    this.#options = options
    this.#total = total
    // What is wrong with the deadline is so for every row.
    firstDeadline(this.#definition, options)
    const { getNewKey, freshTimestamp } = ModelRecord.prototype
    const { prototype } = recordClass
    const isAsked = prototype.getNewKey !== getNewKey || prototype.freshTimestamp !== freshTimestamp
    this.#needsRecords = (options.events ?? false) || isAsked || constructorTraits(recordClass).hasDefaults
  }

  /** Casts the rows of a batch and gives them keys and times; those that fail or are cancelled are left out. */
  async prepare(batch: readonly AttributeValues<T>[]): Promise<PreparedRow<T>[]> {
    const prepared: PreparedRow<T>[] = []
    for (const row of batch) {
      const index = this.#read++
      try {
        requireRow(row)
        const made = this.#needsRecords ? this.#prepareRecord(index, row) : this.#encode(index, row)
        const ready = made instanceof Promise ? await made : made
        if (ready) prepared.push(ready)
        else this.#cancelled++
      } catch (error) {
        this.#fail({ index, key: keyNamedBy(row, this.#definition.schema.keyName), error: asError(error) })
      }
    }
    return prepared
  }

  /** Whether a batch that is being stored has a row with the key of one of these: the first of them is to be stored. */
  isAnyUnderWay(batch: readonly PreparedRow<T>[]): boolean {
    return batch.some(({ stored }) => this.#underWay.has(stored.id))
  }

  /** Stores prepared rows. */
  async send(batch: readonly PreparedRow<T>[]): Promise<void> {
    for (const { stored } of batch) this.#underWay.add(stored.id)
    try {
      await this.#store(batch)
    } finally {
      for (const { stored } of batch) this.#underWay.delete(stored.id)
    }
  }

  async #store(batch: readonly PreparedRow<T>[]): Promise<void> {
    const { schema } = this.#definition
    const records = batch.map((row) => row.stored)
    const outcomes =
      records.length > 0 ? await storageOf(this.#recordClass.prototype, schema).insertMany(schema, records) : []
    for (const [position, { index, record, stored }] of batch.entries()) {
      const outcome = outcomes[position]
      try {
        if (outcome instanceof Error) throw outcome
        if (outcome !== 'inserted') throw new DuplicateKeyError(schema.modelName, stored.id)
        if (record !== null && this.#options.events) await announce(record, stored)
        this.#inserted++
      } catch (error) {
        this.#fail({ index, key: stored.id, error: asError(error) })
      }
    }
    this.#options.onProgress?.({
      processed: this.#inserted + this.#failed + this.#cancelled,
      inserted: this.#inserted,
      failed: this.#failed,
      total: this.#total,
    })
  }

  report(): InsertReport {
    return {
      inserted: this.#inserted,
      failed: this.#failed,
      cancelled: this.#cancelled,
      failures: this.#failures,
    }
  }

  /** Not async: most rows have a key or a generator that answers at once, and a promise for each would cost more than the rest. */
  #encode(index: number, row: AttributeValues<T>): PreparedRow<T> | Promise<PreparedRow<T>> {
    const { schema, generateKey } = this.#definition
    const key = keyOfRow(this.#definition, row) ?? generateKey()
    const encode = (id: KeyInput): PreparedRow<T> => {
      const deadline = firstDeadline(this.#definition, this.#options)
      const stored = encodeRow(this.#definition, row, toKey(schema.modelName, id), Date.now(), deadline)
      return { index, stored, record: null }
    }
    return key instanceof Promise ? key.then(encode) : encode(key)
  }

  async #prepareRecord(index: number, row: AttributeValues<T>): Promise<PreparedRow<T> | null> {
    const record = construct(this.#recordClass, null)
    const state = stateOf(record)
    state.fill(row, 'all')
    const { createdAt, updatedAt, schema } = this.#definition
    if (this.#options.events && !(await fire(record, 'saving'))) return null
    if (state.store.key === null) state.store.setKey(await record.getNewKey())
    if (this.#options.events && !(await fire(record, 'creating'))) return null
    stampTimes(record, [createdAt, updatedAt])
    const id = state.store.key
    if (id === null) throw new InvalidKeyError(schema.modelName, id)
    const expiresAtMs = firstDeadline(this.#definition, this.#options)
    return { index, record, stored: { id, fields: state.store.fields(), expiresAtMs } }
  }

  #fail(failure: InsertFailure): void {
    this.#failed++
    if (this.#failures.length < KEPT_FAILURES) this.#failures.push(failure)
    this.#options.onFailure?.(failure)
  }
}

async function announce(record: ModelRecord, stored: NewRecord): Promise<void> {
  const state = stateOf(record)
  state.store.reset(stored)
  state.exists = true
  state.wasRecentlyCreated = true
  await fire(record, 'created')
  await fire(record, 'saved')
}

function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new InvalidArgumentError(`${name} is ${quote(value)}; it must be a whole number, 1 or more.`)
}
