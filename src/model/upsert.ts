import { ConnectionError } from '../errors/connection-errors.js'
import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { AttributeValues } from '../schema/attribute-types.js'
import { type BulkOptions, type BulkReport, BulkTally, batchesOf, batchSizeOf } from './bulk-report.js'
import { confirmed } from './confirmed.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { save } from './persistence.js'

/** Rows of attributes: an array, any other iterable, or a stream of them. */
export type Rows<T> = Iterable<AttributeValues<T>> | AsyncIterable<AttributeValues<T>>

/** What an upsert needs of its query. */
export interface UpsertTarget<T extends ModelRecord> {
  readonly keyName: string
  /** What rows of the same record have in common. Throws for a row without it, or with values that do not fit. */
  identityOf(row: object): string
  /** The records that rows with these identities have, by identity. */
  find(rows: ReadonlyMap<string, object>): Promise<ReadonlyMap<string, T>>
  /** The record of a row, or a new one that was created of it; never replaces. */
  findOrCreate(row: object): Promise<T>
}

/**
 * Creates the record of each row, or updates the one that it has. Rows of a batch with the same record are taken one after the
 * other. A row that fails does not stop the others; an error of the connection does, and is thrown.
 *
 * @param isUpdated Whether the value of an attribute of a row is written to a record that was there.
 */
export function upsert<T extends ModelRecord>(
  target: UpsertTarget<T>,
  rows: Rows<T>,
  isUpdated: (name: string) => boolean,
  options: BulkOptions,
): Promise<BulkReport> {
  return confirmed(options, () => upsertAll(target, rows, isUpdated, options))
}

async function upsertAll<T extends ModelRecord>(
  target: UpsertTarget<T>,
  rows: Rows<T>,
  isUpdated: (name: string) => boolean,
  options: BulkOptions,
): Promise<BulkReport> {
  const tally = new BulkTally(options)
  for await (const batch of batchesOf<unknown>(rows, batchSizeOf(options))) {
    const identities = batch.map((row) => identityOf(target, row, tally))
    const first = new Map<string, object>()
    for (const [index, identity] of identities.entries()) {
      const row = batch[index]
      if (identity !== null && isObject(row) && !first.has(identity)) first.set(identity, row)
    }
    const found = await target.find(first)
    const underWay = new Map<string, Promise<void>>()
    const broken: unknown[] = []
    for (const [index, row] of batch.entries()) {
      const identity = identities[index] ?? null
      if (identity === null || !isObject(row)) continue
      const before = underWay.get(identity)
      const known = before === undefined ? found.get(identity) : undefined
      const write = async (): Promise<void> => {
        await before
        try {
          await writeRow(target, row, known, isUpdated, tally)
        } catch (error) {
          if (error instanceof ConnectionError) broken.push(error)
          else tally.add(keyOf(row, target.keyName), 'failed', error)
        }
      }
      underWay.set(identity, write())
    }
    await Promise.all(underWay.values())
    tally.progress()
    if (broken.length > 0) throw broken[0]
  }
  return tally.report()
}

async function writeRow<T extends ModelRecord>(
  target: UpsertTarget<T>,
  row: object,
  known: T | undefined,
  isUpdated: (name: string) => boolean,
  tally: BulkTally,
): Promise<void> {
  const record = known ?? (await target.findOrCreate(row))
  if (record.wasRecentlyCreated) return tally.add(record.getKey(), 'created')
  if (!record.exists) return tally.add(record.getKey(), 'cancelled')
  stateOf(record).fill(Object.fromEntries(Object.entries(row).filter(([name]) => isUpdated(name))))
  const isChanged = stateOf(record).store.isChanged
  const isWritten = await save(record)
  tally.add(record.getKey(), isWritten ? 'updated' : isChanged ? 'cancelled' : 'unchanged')
}

function identityOf<T extends ModelRecord>(target: UpsertTarget<T>, row: unknown, tally: BulkTally): string | null {
  try {
    if (isObject(row)) return target.identityOf(row)
    throw new InvalidArgumentError(`A row is ${quote(row)}; it must be an object of attributes.`)
  } catch (error) {
    tally.add(isObject(row) ? keyOf(row, target.keyName) : null, 'failed', error)
    return null
  }
}

function isObject(row: unknown): row is object {
  return typeof row === 'object' && row !== null
}

function keyOf(row: object, keyName: string): string | null {
  const key: unknown = Reflect.get(row, keyName)
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint' ? String(key) : null
}
