import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import { areValuesByName } from '../schema/require-values.js'
import type { ConfirmationOptions } from './confirmed.js'

/**
 * What became of one record: `unchanged` it was like that already, `skipped` it was gone or fulfilled the conditions no more
 * when its turn came, `cancelled` a handler said no, `failed` with an error.
 */
export type RowOutcome = 'created' | 'updated' | 'deleted' | 'unchanged' | 'skipped' | 'cancelled' | 'failed'

/** One record of a bulk write, and what became of it. */
export interface RowResult {
  /** Its key; null where it had none. */
  readonly key: string | null
  readonly outcome: RowOutcome
  /** Only with `failed`. */
  readonly error?: Error
}

/** What a bulk write did, in numbers of records. */
export interface BulkReport extends Readonly<Record<RowOutcome, number>> {
  /** All records that had a turn. */
  readonly processed: number
  /** The first 1000 that failed; `onResult` is told of all. */
  readonly failures: readonly RowResult[]
}

/** Options of bulk writes. */
export interface BulkOptions extends ConfirmationOptions {
  /** Records under way at a time, default 250; memory holds one batch. */
  readonly batchSize?: number
  /** Called with what became of each record. */
  readonly onResult?: (result: RowResult) => void
  /** Called after each batch with the numbers so far. */
  readonly onProgress?: (report: BulkReport) => void
}

const KEPT_FAILURES = 1000

/** Counts what became of records. */
export class BulkTally {
  readonly #options: BulkOptions
  readonly #failures: RowResult[] = []
  readonly #counts: Record<RowOutcome, number> = {
    created: 0,
    updated: 0,
    deleted: 0,
    unchanged: 0,
    skipped: 0,
    cancelled: 0,
    failed: 0,
  }
  #processed = 0

  constructor(options: BulkOptions) {
    this.#options = options
  }

  add(key: string | null, outcome: RowOutcome, error?: unknown): void {
    this.#processed++
    this.#counts[outcome]++
    const result: RowResult = { key, outcome, ...(error !== undefined && { error: asError(error) }) }
    if (outcome === 'failed' && this.#failures.length < KEPT_FAILURES) this.#failures.push(result)
    this.#options.onResult?.(result)
  }

  /** To be called after each batch. */
  progress(): void {
    this.#options.onProgress?.(this.report())
  }

  report(): BulkReport {
    return { processed: this.#processed, ...this.#counts, failures: [...this.#failures] }
  }
}

/** The batch size of options. Throws `InvalidArgumentError` for anything but a whole number of at least 1. */
export function batchSizeOf({ batchSize = 250 }: BulkOptions): number {
  if (Number.isSafeInteger(batchSize) && batchSize >= 1) return batchSize
  throw new InvalidArgumentError(`batchSize is ${quote(batchSize)}; it must be a whole number, 1 or more.`)
}

/** Throws `InvalidArgumentError` for anything but an iterable of rows. */
export function requireRows(operation: string, rows: unknown): void {
  const isIterable =
    typeof rows === 'object' && rows !== null && (Symbol.iterator in rows || Symbol.asyncIterator in rows)
  if (!isIterable) {
    throw new InvalidArgumentError(`${operation} takes an array or an iterator of rows, not ${quote(rows)}.`)
  }
}

/** Throws `InvalidArgumentError` for a row that is no object of attributes by name; a record is none. */
export function requireRow(row: unknown): asserts row is object {
  if (areValuesByName(row)) return
  throw new InvalidArgumentError(`A row is ${quote(row)}; it must be an object of attributes.`)
}

/** The key that a row names, for a report: a row that failed may be anything, null too. Null: none, or none that could be one. */
export function keyNamedBy(row: unknown, keyName: string): string | null {
  const key: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, keyName) : undefined
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint' ? String(key) : null
}

/** Groups of so many items; the last may have fewer. */
export async function* batchesOf<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  size: number,
): AsyncGenerator<Item[], void, undefined> {
  let batch: Item[] = []
  if (Symbol.asyncIterator in items) {
    for await (const item of items) {
      if (batch.push(item) < size) continue
      yield batch
      batch = []
    }
  } else {
    for (const item of items) {
      if (batch.push(item) < size) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

/** An error of whatever was thrown. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
