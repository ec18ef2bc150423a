import { ConnectionError } from '../errors/connection-errors.js'
import type { AttributeValues } from '../schema/attribute-types.js'
import { isOvertaken } from './bulk-change.js'
import {
  type BulkOptions,
  type BulkReport,
  BulkTally,
  batchesOf,
  batchSizeOf,
  keyNamedBy,
  requireRow,
} from './bulk-report.js'
import { confirmed } from './confirmed.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { save } from './persistence.js'

/** How often a record may be removed or changed by others while a row is written to it. */
const MOST_ATTEMPTS = 20

/** Rows of attributes: an array, any other iterable, or a stream of them. */
export type Rows<T> = Iterable<AttributeValues<T>> | AsyncIterable<AttributeValues<T>>

/** What an upsert needs of its query. */
export interface UpsertTarget<T extends ModelRecord> {
  readonly keyName: string
  readonly modelName: string
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
          else tally.add(keyNamedBy(row, target.keyName), 'failed', error)
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
  const values = Object.fromEntries(Object.entries(row).filter(([name]) => isUpdated(name)))
  for (let attempt = 1; ; attempt++) {
    const record = (attempt === 1 ? known : undefined) ?? (await target.findOrCreate(row))
    if (record.wasRecentlyCreated) return tally.add(record.getKey(), 'created')
    if (!record.exists) return tally.add(record.getKey(), 'cancelled')
    const { store } = stateOf(record)
    stateOf(record).fill(values)
    const { isChanged } = store
    try {
      const isWritten = await save(record)
      return tally.add(record.getKey(), isWritten ? 'updated' : isChanged ? 'cancelled' : 'unchanged')
    } catch (error) {
      // Removed by others, or written where versions are counted: it is looked for anew.
      if (!isOvertaken(error, target.modelName, store.storedId) || attempt >= MOST_ATTEMPTS) throw error
    }
  }
}

function identityOf<T extends ModelRecord>(target: UpsertTarget<T>, row: unknown, tally: BulkTally): string | null {
  try {
    requireRow(row)
    return target.identityOf(row)
  } catch (error) {
    tally.add(keyNamedBy(row, target.keyName), 'failed', error)
    return null
  }
}

function isObject(row: unknown): row is object {
  return typeof row === 'object' && row !== null
}
