import { ConnectionError, ServerError } from '../../errors/connection-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { keyOfRecord } from '../record-keys.js'
import type { NewRecord, RecordKey, Repository, StoredRecord } from '../repository.js'
import { ClaimSession, release, type Wish } from './claim-session.js'
import { isFenced } from './fenced-write-error.js'
import type { FencedWrites, UniqueSupport } from './unique-support.js'
import { hasValues, type UniqueValue, uniqueValuesOf } from './unique-values.js'

/** How often a write begins again because it was too slow, or because the record changed under it. */
export const MOST_ATTEMPTS = 100

/** Values that a record had. */
export interface Released {
  readonly holder: RecordKey
  readonly values: readonly UniqueValue[]
}

/** The steps of a write of unique values over a repository: claims, the write, what becomes of the claims. */
export class ClaimedWrites {
  readonly #inner: Repository
  readonly #support: UniqueSupport
  readonly #leaseMs: number

  constructor(inner: Repository, support: UniqueSupport, leaseMs: number) {
    this.#inner = inner
    this.#support = support
    this.#leaseMs = leaseMs
  }

  /** Takes claims, writes, and confirms them, or gives them back where the write certainly did not happen. */
  async write<Result>(
    wishes: readonly Wish[],
    write: (writes: FencedWrites) => Promise<{ readonly result: Result; readonly isDone: boolean }>,
  ): Promise<Result> {
    if (wishes.length === 0) return (await write(bound(this.#inner))).result
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const session = new ClaimSession(this.#support, this.#leaseMs)
      await session.take(wishes)
      let outcome: { readonly result: Result; readonly isDone: boolean }
      try {
        outcome = await write(this.#support.fenced(session.token, this.#leaseMs))
      } catch (error) {
        if (mayHaveHappened(error)) throw error
        await quietly(session.giveBack())
        if (isFenced(error)) continue
        throw error
      }
      await quietly(outcome.isDone ? session.confirm() : session.giveBack())
      return outcome.result
    }
    throw new Error('A record with unique attributes could not be written: each time its lease was over before.')
  }

  /** The claims of a new record. */
  wishesOf(schema: ModelSchema, { id, fields, expiresAtMs }: NewRecord): Wish[] {
    const holder = keyOfRecord(schema, id, fields)
    return uniqueValuesOf(schema, fields).map((value) => ({ schema, value, holder, from: null, expiresAtMs }))
  }

  /** Ends the claims of values that records do not have any more. */
  async release(schema: ModelSchema, released: readonly Released[]): Promise<void> {
    const some = released.filter(({ values }) => values.length > 0)
    if (some.length > 0) await quietly(release(this.#support, schema, some))
  }

  /** Lets claims live as long as their records are about to; returns the records. */
  async extend(
    schema: ModelSchema,
    keys: readonly RecordKey[],
    expiresAtMs: number | null,
  ): Promise<readonly (StoredRecord | null)[]> {
    const records = await this.#inner.fetch(schema, keys)
    await Promise.all(
      records.map(async (record) => {
        if (record === null) return
        const { holder, values } = ownedBy(schema, record)
        const claimKeys = values.map(({ claimKey }) => claimKey)
        if (claimKeys.length > 0) await this.#support.claims.extend(claimKeys, holder, expiresAtMs)
      }),
    )
    return records
  }

  /**
   * Claims the values of a record that was stored without claims: by an importer, or before they were declared unique. False
   * for no such record. Throws `UniqueConstraintError` for values that another record has.
   */
  async claimStored(schema: ModelSchema, key: RecordKey): Promise<boolean> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const [stored] = await this.#inner.fetch(schema, [key])
      const expiresAtMs = await this.#inner.expiry(schema, key)
      if (!stored || expiresAtMs === undefined) return false
      const { holder, values } = ownedBy(schema, stored)
      const session = new ClaimSession(this.#support, this.#leaseMs)
      await session.take(values.map((value) => ({ schema, value, holder, from: null, expiresAtMs })))
      const [still = null] = await this.#inner.fetch(schema, [key])
      if (values.every((value) => hasValues(still, value))) {
        await session.confirm()
        return true
      }
      await session.giveBack()
    }
    throw new Error('The unique values of a record could not be claimed: others kept changing it.')
  }
}

/** Clean-up after a write: what it leaves undone is done by the next one who wants the values. */
async function quietly(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch {}
}

/** A script that fails in its middle has written what comes before. */
function mayHaveHappened(error: unknown): boolean {
  return error instanceof ServerError ? !isFenced(error) : error instanceof ConnectionError && error.wasSent
}

/** All unique values of a record. */
export function ownedBy(schema: ModelSchema, { id, fields }: StoredRecord): Released {
  return { holder: keyOfRecord(schema, id, fields), values: uniqueValuesOf(schema, fields) }
}

/** The unique values of a record that the one in its place does not have. */
export function releasedBy(schema: ModelSchema, old: StoredRecord, record: StoredRecord): Released {
  const kept = new Set(uniqueValuesOf(schema, record.fields).map(({ claimKey }) => claimKey))
  const { holder, values } = ownedBy(schema, old)
  return { holder, values: values.filter(({ claimKey }) => !kept.has(claimKey)) }
}

function bound(repository: Repository): FencedWrites {
  const { transact } = repository
  return {
    insert: (schema, record, options) => repository.insert(schema, record, options),
    update: (schema, change) => repository.update(schema, change),
    ...(transact !== undefined && { transact: transact.bind(repository) }),
  }
}
