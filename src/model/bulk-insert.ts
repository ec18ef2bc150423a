import { quote } from '../errors/quote.js'
import { DuplicateKeyError, InvalidKeyError } from '../errors/record-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { NewRecord } from '../repositories/repository.js'
import type { AttributeValues } from '../schema/attribute-types.js'
import { construct, type RecordClass } from './construction.js'
import { definitionOf } from './definition-of.js'
import { fire } from './model-events.js'
import { internalsOf, type ModelRecord } from './model-record.js'
import { repositoryOf } from './model-settings.js'
import { stampTimes } from './persistence.js'

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
export interface InsertManyOptions {
  /** Rows sent at a time, default 1000. */
  readonly batchSize?: number
  /** Batches under way at a time, default 2. Memory holds `batchSize` × (`concurrency` + 1) rows at most. */
  readonly concurrency?: number
  /** Whether saving, creating, created and saved handlers run for each row; default false. */
  readonly events?: boolean
  /** Called after each batch. */
  readonly onProgress?: (progress: InsertProgress) => void
  /** Called for each row that fails. */
  readonly onFailure?: (failure: InsertFailure) => void
}

/** Rows to be inserted: an array, any other iterable, or a stream of them. */
export type InsertRows<T> = Iterable<AttributeValues<T>> | AsyncIterable<AttributeValues<T>>

interface PreparedRow<T> {
  readonly index: number
  readonly record: T
  readonly stored: NewRecord
}

const KEPT_FAILURES = 1000

/** Stores many new records. A row that fails does not stop the others; an error of the connection does, and is thrown. */
export async function insertMany<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  rows: InsertRows<T>,
  options: InsertManyOptions,
): Promise<InsertReport> {
  const batchSize = wholeNumber('batchSize', options.batchSize ?? 1000)
  const concurrency = wholeNumber('concurrency', options.concurrency ?? 2)
  const insertion = new BulkInsertion(recordClass, options, Array.isArray(rows) ? rows.length : null)
  const underWay = new Set<Promise<void>>()
  let batch: PreparedRow<T>[] = []

  const send = async (): Promise<void> => {
    const sent = insertion.send(batch).finally(() => underWay.delete(sent))
    underWay.add(sent)
    batch = []
    if (underWay.size >= concurrency) await Promise.race(underWay)
  }

  try {
    let index = 0
    for await (const row of rows) {
      const prepared = await insertion.prepare(index++, row)
      if (prepared && batch.push(prepared) >= batchSize) await send()
    }
    if (batch.length > 0) await send()
    await Promise.all(underWay)
  } finally {
    await Promise.allSettled(underWay)
  }
  return insertion.report()
}

/** The state of one call: counts, failures, and the two steps of a row. */
class BulkInsertion<T extends ModelRecord> {
  readonly #recordClass: RecordClass<T>
  readonly #options: InsertManyOptions
  readonly #total: number | null
  readonly #failures: InsertFailure[] = []
  #inserted = 0
  #failed = 0
  #cancelled = 0

  constructor(recordClass: RecordClass<T>, options: InsertManyOptions, total: number | null) {
    this.#recordClass = recordClass
    this.#options = options
    this.#total = total
  }

  /** Casts a row and gives it key and times; undefined for one that fails or is cancelled. */
  async prepare(index: number, row: AttributeValues<T>): Promise<PreparedRow<T> | undefined> {
    let record: T | undefined
    try {
      record = construct(this.#recordClass, 'fresh', null)
      record.fill(row)
      const { store, definition } = internalsOf(record)
      if (!(await this.#fire(record, 'saving'))) return this.#cancel()
      if (store.key === null) store.setKey(await definition.generateKey())
      if (!(await this.#fire(record, 'creating'))) return this.#cancel()
      stampTimes({ store, definition }, [definition.createdAt, definition.updatedAt])
      const id = store.key
      if (id === null) throw new InvalidKeyError(definition.schema.modelName, id)
      return { index, record, stored: { id, fields: store.fields(), expiresAtMs: null } }
    } catch (error) {
      this.#fail({ index, key: record?.getKey() ?? null, error: asError(error) })
      return undefined
    }
  }

  /** Stores prepared rows. */
  async send(batch: readonly PreparedRow<T>[]): Promise<void> {
    const prototype: object = this.#recordClass.prototype
    const { schema } = definitionOf(prototype)
    const outcomes = await repositoryOf(prototype).insertMany(
      schema,
      batch.map((row) => row.stored),
    )
    for (const [position, { index, record, stored }] of batch.entries()) {
      const outcome = outcomes[position]
      if (outcome === 'inserted') {
        this.#inserted++
        if (this.#options.events) await this.#announce(record, stored)
      } else {
        const error = outcome instanceof Error ? outcome : new DuplicateKeyError(schema.modelName, stored.id)
        this.#fail({ index, key: stored.id, error })
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

  async #announce(record: T, stored: NewRecord): Promise<void> {
    const { store, setStored } = internalsOf(record)
    store.reset(stored)
    setStored(true, true)
    await fire(record, 'created')
    await fire(record, 'saved')
  }

  async #fire(record: T, event: 'saving' | 'creating'): Promise<boolean> {
    return this.#options.events ? fire(record, event) : true
  }

  #cancel(): undefined {
    this.#cancelled++
  }

  #fail(failure: InsertFailure): void {
    this.#failed++
    if (this.#failures.length < KEPT_FAILURES) this.#failures.push(failure)
    this.#options.onFailure?.(failure)
  }
}

function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new InvalidArgumentError(`${name} is ${quote(value)}; it must be a whole number, 1 or more.`)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
