import type { ReplicaReadOptions } from '../../connections/connection.js'
import { ConfigurationError } from '../../errors/connection-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { checkChange } from '../check-change.js'
import { checkRecord } from '../check-record.js'
import type { Claims } from '../claims.js'
import type { Aggregation, Criteria, Criterion } from '../criteria.js'
import { matches } from '../evaluate.js'
import { keyBefore, keyOfRecord } from '../record-keys.js'
import type {
  DeleteOutcome,
  NewRecord,
  ReadingRepository,
  RecordChange,
  RecordKey,
  Repository,
  StoredRecord,
  UpdateOutcome,
} from '../repository.js'
import { ClaimedWrites, MOST_ATTEMPTS, ownedBy, releasedBy } from './claimed-writes.js'
import { planChange } from './planned-change.js'
import { holderText } from './unique-claims.js'
import { transactUniquely } from './unique-transaction.js'
import { touchesUnique, uniqueValuesOf } from './unique-values.js'

/**
 * How long a writer has between its claim and its write. Others wait for its end if the writer died; a slower one is
 * refused, and begins again.
 */
export const DEFAULT_LEASE_MS = 5000
/** Rows of `insertMany` that are on their way at a time. */
const ROWS_IN_FLIGHT = 64
/** Records that `clear` removes at a time. */
const CLEAR_BATCH = 250

/** Options of a `UniqueRepository`. */
export interface UniqueRepositoryOptions {
  /** Milliseconds between claim and write that a writer has; default 5000. */
  readonly leaseMs?: number
}

/**
 * A repository in which no two records have the same unique values, on the whole cluster: each write takes claims on the
 * values that its record gets, writes, confirms them, and releases those of values that the record had. See docs/unique.md
 * for the states of a claim and why no crash breaks them.
 */
export class UniqueRepository implements Repository {
  readonly name: string
  readonly claims?: Claims
  readonly indexes?: NonNullable<Repository['indexes']>
  readonly transact?: NonNullable<Repository['transact']>
  readonly reading?: (options: ReplicaReadOptions) => ReadingRepository
  readonly objectionTo?: NonNullable<Repository['objectionTo']>
  readonly #inner: Repository
  readonly #claimed: ClaimedWrites

  /** Throws `ConfigurationError` for a repository that cannot keep claims. */
  constructor(inner: Repository, options: UniqueRepositoryOptions = {}) {
    if (inner.unique === undefined) {
      throw new ConfigurationError(
        `The repository '${inner.name}' keeps no unique attributes: models with @Unique() need 'indexed', 'redis', 'cluster' or 'array'.`,
      )
    }
    this.#inner = inner
    this.#claimed = new ClaimedWrites(inner, inner.unique, options.leaseMs ?? DEFAULT_LEASE_MS)
    this.name = inner.name
    if (inner.claims !== undefined) this.claims = inner.claims
    if (inner.indexes !== undefined) this.indexes = inner.indexes
    if (inner.transact !== undefined) this.transact = (writes) => transactUniquely(inner, this.#claimed, writes)
    if (inner.objectionTo !== undefined) this.objectionTo = inner.objectionTo.bind(inner)
    if (inner.reading !== undefined) this.reading = inner.reading.bind(inner)
  }

  /** Claim, write, confirm: three round trips; with `replace` more, to release what the old record had. */
  async insert(schema: ModelSchema, record: NewRecord, options: { readonly replace: boolean }) {
    checkRecord(schema, record)
    const holder = keyOfRecord(schema, record.id, record.fields)
    const [old] = options.replace ? await this.#inner.fetch(schema, [holder]) : []
    const outcome = await this.#claimed.write(this.#claimed.wishesOf(schema, record), (writes) =>
      writes.insert(schema, record, options).then((result) => ({ result, isDone: result === 'inserted' })),
    )
    if (outcome === 'inserted' && old) await this.#claimed.release(schema, [releasedBy(schema, old, record)])
    return outcome
  }

  /**
   * Rows with unique values go one by one, 64 at a time, each after those before it that have its key or one of its values: the
   * first of them is stored. The others go as the repository sends them.
   */
  async insertMany(schema: ModelSchema, records: readonly NewRecord[]) {
    const outcomes: ('inserted' | 'duplicate' | Error)[] = new Array(records.length)
    const claimed: { readonly place: number; readonly record: NewRecord }[] = []
    const free: { readonly place: number; readonly record: NewRecord }[] = []
    for (const [place, record] of records.entries()) {
      const isFree = uniqueValuesOf(schema, record.fields).length === 0
      ;(isFree ? free : claimed).push({ place, record })
    }
    const sent = await this.#inner.insertMany(
      schema,
      free.map(({ record }) => record),
    )
    for (const [index, { place }] of free.entries()) outcomes[place] = sent[index] ?? 'duplicate'
    const rows = claimed.values()
    const latest = new Map<string, Promise<void>>()
    const insert = async (place: number, record: NewRecord, earlier: readonly Promise<void>[]) => {
      await Promise.all(earlier)
      try {
        outcomes[place] = await this.insert(schema, record, { replace: false })
      } catch (error) {
        outcomes[place] = error instanceof Error ? error : new Error(String(error))
      }
    }
    const work = async () => {
      for (const { place, record } of rows) {
        const names = [holderText(record.id), ...uniqueValuesOf(schema, record.fields).map(({ claimKey }) => claimKey)]
        const inserted = insert(
          place,
          record,
          names.flatMap((name) => latest.get(name) ?? []),
        )
        for (const name of names) latest.set(name, inserted)
        await inserted
      }
    }
    await Promise.all(Array.from({ length: ROWS_IN_FLIGHT }, work))
    return outcomes
  }

  /**
   * A change of no unique attribute is passed on. Any other reads the record, claims, writes if the unique attributes are
   * still as they were read, confirms, and releases.
   */
  async update(schema: ModelSchema, change: RecordChange): Promise<UpdateOutcome> {
    checkChange(schema, change)
    const key = keyBefore(schema, change)
    if (!mayMove(schema, change) && !touchesUnique(schema, change)) {
      if (change.expiresAtMs !== undefined) await this.#claimed.extend(schema, [key], change.expiresAtMs)
      return this.#inner.update(schema, change)
    }
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const [stored] = await this.#inner.fetch(schema, [key])
      const expiresAtMs = await this.#inner.expiry(schema, key)
      if (!stored || expiresAtMs === undefined) return 'missing'
      const plan = planChange(schema, stored, expiresAtMs, change)
      if (plan.type !== 'planned') return plan
      if (change.expiresAtMs !== undefined) await this.#claimed.extend(schema, [key], change.expiresAtMs)
      const made = await this.#claimed.write(plan.wishes, (writes) =>
        writes.update(schema, plan.change).then((result) => ({ result, isDone: isUpdated(result) })),
      )
      if (isUpdated(made)) await this.#claimed.release(schema, [plan.released])
      if (typeof made !== 'object' || made.type !== 'conflict') return plan.outcome(made)
      const { condition } = change
      if (condition !== undefined && !matches(schema, condition, made.stored)) return made
    }
    throw new Error(`The record [${change.id}] could not be changed: others kept changing its unique attributes.`)
  }

  async delete(schema: ModelSchema, keys: readonly RecordKey[], condition?: Criterion): Promise<readonly boolean[]> {
    const records = await this.#inner.fetch(schema, keys)
    const outcomes = await this.#inner.delete(schema, keys, condition)
    await this.#claimed.release(
      schema,
      records.flatMap((record, index) => (record !== null && outcomes[index] ? [ownedBy(schema, record)] : [])),
    )
    return outcomes
  }

  async deleteIf(schema: ModelSchema, key: RecordKey, condition: Criterion): Promise<DeleteOutcome> {
    const [record] = await this.#inner.fetch(schema, [key])
    const outcome = await this.#inner.deleteIf(schema, key, condition)
    if (outcome === 'deleted' && record) await this.#claimed.release(schema, [ownedBy(schema, record)])
    return outcome
  }

  fetch(schema: ModelSchema, keys: readonly RecordKey[]) {
    return this.#inner.fetch(schema, keys)
  }

  /** Claims live as long as their record: they get the later deadline first. */
  async expire(schema: ModelSchema, key: RecordKey, expiresAtMs: number | null): Promise<boolean> {
    const [record] = await this.#claimed.extend(schema, [key], expiresAtMs)
    const isKnown = await this.#inner.expire(schema, key, expiresAtMs)
    if (!record) return isKnown
    if (expiresAtMs !== null && expiresAtMs <= Date.now())
      await this.#claimed.release(schema, [ownedBy(schema, record)])
    // Values that the record got in between.
    else await this.#claimed.extend(schema, [key], expiresAtMs)
    return isKnown
  }

  async extend(schema: ModelSchema, keys: readonly RecordKey[], expiresAtMs: number): Promise<void> {
    await this.#claimed.extend(schema, keys, expiresAtMs)
    await this.#inner.extend(schema, keys, expiresAtMs)
    await this.#claimed.extend(schema, keys, expiresAtMs)
  }

  expiry(schema: ModelSchema, key: RecordKey) {
    return this.#inner.expiry(schema, key)
  }

  select(schema: ModelSchema, criteria: Criteria) {
    return this.#inner.select(schema, criteria)
  }

  count(schema: ModelSchema, where: Criterion) {
    return this.#inner.count(schema, where)
  }

  aggregate(schema: ModelSchema, where: Criterion, of: Aggregation) {
    return this.#inner.aggregate(schema, where, of)
  }

  countBy(schema: ModelSchema, where: Criterion, attribute: string) {
    return this.#inner.countBy(schema, where, attribute)
  }

  explain(schema: ModelSchema, criteria: Criteria) {
    return this.#inner.explain(schema, criteria)
  }

  keyOf(schema: ModelSchema, record: StoredRecord): string {
    return this.#inner.keyOf(schema, record)
  }

  /** Reads the records in pages of 250, to release their claims; no list of claims is kept. */
  async clear(schema: ModelSchema): Promise<number> {
    let removed = 0
    const everything: Criteria = {
      where: { type: 'all', of: [] },
      order: [],
      limit: CLEAR_BATCH,
      offset: 0,
      after: null,
    }
    for (;;) {
      const { records } = await this.#inner.select(schema, everything)
      if (records.length === 0) return removed + (await this.#inner.clear(schema))
      const keys = records.map(({ id, fields }) => keyOfRecord(schema, id, fields))
      const outcomes = await this.delete(schema, keys)
      removed += outcomes.filter(Boolean).length
    }
  }

  /** See `ClaimedWrites.claimStored`. */
  claimStored(schema: ModelSchema, key: RecordKey): Promise<boolean> {
    return this.#claimed.claimStored(schema, key)
  }
}

/** Whether a change may give the record another key, or another place. */
function mayMove({ hashTag }: ModelSchema, { id, newId, set, unset }: RecordChange): boolean {
  if (newId !== undefined && newId !== id) return true
  if (hashTag === undefined) return false
  return unset.includes(hashTag.name) || set.some((name, index) => index % 2 === 0 && name === hashTag.name)
}

function isUpdated(outcome: UpdateOutcome): boolean {
  return outcome === 'updated' || (typeof outcome === 'object' && outcome.type === 'updated')
}
