import { setTimeout } from 'node:timers/promises'
import { UniqueConstraintError } from '../errors/conflict-errors.js'
import { DuplicateKeyError } from '../errors/record-errors.js'
import type { Claims } from '../repositories/claims.js'
import { toKey } from '../schema/record-key.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { type InsertOptions, save } from './persistence.js'

/** A record that is to be created unless it is there. */
export interface Wanted<T extends ModelRecord> {
  /** What callers that want the same record have in common. */
  readonly name: string
  /** Whether what they look for names the key: then no two can create it. */
  readonly isByKey: boolean
  readonly claims: Claims | undefined
  find(): Promise<T | null>
  /** A new object for it. */
  make(): T
}

/** Longer than a write can be under way: a connection gives up before. */
const LEASE_MS = 30_000
/** Pause before another caller, who claimed the record under another key, is asked for it again. */
const RETRY_MS = 20
/** How often somebody may create, and somebody else remove, the record before that is reported. */
const MOST_ATTEMPTS = 20

/**
 * Creates a record that was not found, or returns it if somebody else creates it meanwhile. Callers that want the same record
 * claim its name first, and all of them use the id of the first one: one of them inserts it, the others then find it. A
 * caller that dies delays nobody; it does, for the time of its lease, those who bring keys of their own, and where the
 * repository cannot tell two inserts of one id from each other.
 * Throws what creation throws; `DuplicateKeyError` and `UniqueConstraintError` only if the record is not found afterwards either.
 */
export async function createOnce<T extends ModelRecord>(wanted: Wanted<T>, options: InsertOptions): Promise<T> {
  const { claims, name, isByKey } = wanted
  if (claims === undefined || isByKey) return insertOrFind(wanted, wanted.make(), options)
  for (let attempt = 1; ; attempt++) {
    const record = wanted.make()
    const { store, definition } = stateOf(record)
    const { schema } = definition
    const isKeyGiven = store.key !== null
    const id = store.key ?? toKey(schema.modelName, await record.getNewKey())
    const holder = await claims.claim(schema, name, id, LEASE_MS)
    try {
      // Only now: whoever created the record before has ended his claim after that.
      const found = await wanted.find()
      if (found !== null) return found
      if (holder !== id && (isKeyGiven || !claims.isIdUnique)) {
        // Soon it is there, under the key of the holder, or his claim ends.
        await setTimeout(RETRY_MS)
        attempt--
        continue
      }
      store.setKey(holder)
      return await insertOrFind(wanted, record, options)
    } catch (error) {
      // The id of another caller, whose record was removed or changed since: begin anew.
      if (!(error instanceof DuplicateKeyError) || isKeyGiven || attempt >= MOST_ATTEMPTS) throw error
    } finally {
      // A claim that cannot be ended ends by itself; what was created is there.
      if (holder === id) await claims.release(schema, name, id).catch(() => {})
    }
  }
}

async function insertOrFind<T extends ModelRecord>(wanted: Wanted<T>, record: T, options: InsertOptions): Promise<T> {
  try {
    await save(record, options)
    return record
  } catch (error) {
    if (!(error instanceof DuplicateKeyError) && !(error instanceof UniqueConstraintError)) throw error
    const found = await wanted.find()
    if (found === null) throw error
    return found
  }
}
