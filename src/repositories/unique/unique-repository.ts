import type { ReplicaReadOptions } from '../../connections/connection.js'
import { ConfigurationError, ConnectionError } from '../../errors/connection-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { checkChange } from '../check-change.js'
import { checkRecord } from '../check-record.js'
import type { Claims } from '../claims.js'
import type { Aggregation, Criteria, Criterion } from '../criteria.js'
import { matches } from '../evaluate.js'
import { keyOfWrite } from '../one-slot.js'
import { keyBefore, keyOfRecord } from '../record-keys.js'
import type {
  DeleteOutcome,
  NewRecord,
  ReadingRepository,
  RecordChange,
  RecordKey,
  Repository,
  StoredRecord,
  TransactionOutcome,
  TransactionWrite,
  UpdateOutcome,
} from '../repository.js'
import { ClaimSession, release, type Wish } from './claim-session.js'
import { isFenced } from './fenced-write-error.js'
import { planChange } from './planned-change.js'
import type { FencedWrites, UniqueSupport } from './unique-support.js'
import { hasValues, touchesUnique, type UniqueValue, uniqueValuesOf } from './unique-values.js'

/**
 * How long a writer has between its claim and its write. Others wait for its end if the writer died; a slower one is
 * refused, and begins again.
 */
export const DEFAULT_LEASE_MS = 5000
/** How often a write begins again because it was too slow, or because the record changed under it. */
const MOST_ATTEMPTS = 100
/** Rows of `insertMany` that are on their way at a time. */
const ROWS_IN_FLIGHT = 64
/** Records that `clear` removes at a time. */
const CLEAR_BATCH = 250

/** Options of a `UniqueRepository`. */
export interface UniqueRepositoryOptions {
  /** Milliseconds between claim and write that a writer has; default 5000. */
  readonly leaseMs?: number
}

/** Values that a record had. */
interface Released {
  readonly holder: RecordKey
  readonly values: readonly UniqueValue[]
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
  readonly #support: UniqueSupport
  readonly #leaseMs: number

  /** Throws `ConfigurationError` for a repository that cannot keep claims. */
  constructor(inner: Repository, options: UniqueRepositoryOptions = {}) {
    if (inner.unique === undefined) {
      throw new ConfigurationError(
        `The repository '${inner.name}' keeps no unique attributes: models with @Unique() need 'indexed', 'redis', 'cluster' or 'array'.`,
      )
    }
    this.#inner = inner
    this.#support = inner.unique
    this.#leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS
    this.name = inner.name
    if (inner.claims !== undefined) this.claims = inner.claims
    if (inner.indexes !== undefined) this.indexes = inner.indexes
    if (inner.transact !== undefined) this.transact = (writes) => this.#transact(writes)
    if (inner.objectionTo !== undefined) this.objectionTo = inner.objectionTo.bind(inner)
    if (inner.reading !== undefined) this.reading = inner.reading.bind(inner)
  }

  /** Claim, write, confirm: three round trips; with `replace` more, to release what the old record had. */
  async insert(schema: ModelSchema, record: NewRecord, options: { readonly replace: boolean }) {
    checkRecord(schema, record)
    const holder = keyOfRecord(schema, record.id, record.fields)
    const [old] = options.replace ? await this.#inner.fetch(schema, [holder]) : []
    const outcome = await this.#claimed(this.#wishesOf(schema, record), (writes) =>
      writes.insert(schema, record, options).then((result) => ({ result, isDone: result === 'inserted' })),
    )
    if (outcome === 'inserted' && old) await this.#release(schema, [releasedBy(schema, old, record)])
    return outcome
  }

  /** Rows with unique values go one by one, 64 at a time; the others as the repository sends them. */
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
    const work = async () => {
      for (const { place, record } of rows) {
        try {
          outcomes[place] = await this.insert(schema, record, { replace: false })
        } catch (error) {
          outcomes[place] = error instanceof Error ? error : new Error(String(error))
        }
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
      if (change.expiresAtMs !== undefined) await this.#extend(schema, [key], change.expiresAtMs)
      return this.#inner.update(schema, change)
    }
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const [stored] = await this.#inner.fetch(schema, [key])
      const expiresAtMs = await this.#inner.expiry(schema, key)
      if (!stored || expiresAtMs === undefined) return 'missing'
      const plan = planChange(schema, stored, expiresAtMs, change)
      if (plan.type !== 'planned') return plan
      if (change.expiresAtMs !== undefined) await this.#extend(schema, [key], change.expiresAtMs)
      const made = await this.#claimed(plan.wishes, (writes) =>
        writes.update(schema, plan.change).then((result) => ({ result, isDone: isUpdated(result) })),
      )
      if (isUpdated(made)) await this.#release(schema, [{ holder: plan.holder, values: plan.released }])
      if (typeof made !== 'object' || made.type !== 'conflict') return plan.outcome(made)
      const { condition } = change
      if (condition !== undefined && !matches(schema, condition, made.stored)) return made
    }
    throw new Error(`The record [${change.id}] could not be changed: others kept changing its unique attributes.`)
  }

  async delete(schema: ModelSchema, keys: readonly RecordKey[], condition?: Criterion): Promise<readonly boolean[]> {
    const records = await this.#inner.fetch(schema, keys)
    const outcomes = await this.#inner.delete(schema, keys, condition)
    await this.#release(
      schema,
      records.flatMap((record, index) => (record !== null && outcomes[index] ? [ownedBy(schema, record)] : [])),
    )
    return outcomes
  }

  async deleteIf(schema: ModelSchema, key: RecordKey, condition: Criterion): Promise<DeleteOutcome> {
    const [record] = await this.#inner.fetch(schema, [key])
    const outcome = await this.#inner.deleteIf(schema, key, condition)
    if (outcome === 'deleted' && record) await this.#release(schema, [ownedBy(schema, record)])
    return outcome
  }

  fetch(schema: ModelSchema, keys: readonly RecordKey[]) {
    return this.#inner.fetch(schema, keys)
  }

  /** Claims live as long as their record: they get the later deadline first. */
  async expire(schema: ModelSchema, key: RecordKey, expiresAtMs: number | null): Promise<boolean> {
    const [record] = await this.#extend(schema, [key], expiresAtMs)
    const isKnown = await this.#inner.expire(schema, key, expiresAtMs)
    if (!record) return isKnown
    if (expiresAtMs !== null && expiresAtMs <= Date.now()) await this.#release(schema, [ownedBy(schema, record)])
    // Values that the record got in between.
    else await this.#extend(schema, [key], expiresAtMs)
    return isKnown
  }

  async extend(schema: ModelSchema, keys: readonly RecordKey[], expiresAtMs: number): Promise<void> {
    await this.#extend(schema, keys, expiresAtMs)
    await this.#inner.extend(schema, keys, expiresAtMs)
    await this.#extend(schema, keys, expiresAtMs)
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
      const session = new ClaimSession(this.#inner, this.#support, this.#leaseMs)
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

  /** As single writes do: all claims, one step, all confirmed. */
  async #transact(writes: readonly TransactionWrite[]): Promise<TransactionOutcome> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const wishes: Wish[] = []
      const released: (Released & { readonly schema: ModelSchema })[] = []
      const planned: TransactionWrite[] = []
      for (const [place, write] of writes.entries()) {
        const plan = await this.#plan(write)
        if ('outcome' in plan) return { type: 'refused', write: place, outcome: plan.outcome }
        wishes.push(...plan.wishes)
        planned.push(plan.write)
        if (plan.released !== null) released.push({ ...plan.released, schema: write.schema })
      }
      const outcome = await this.#claimed(wishes, async (guarded) => {
        const result = await guarded.transact?.(planned)
        if (result === undefined) throw new TypeError(`The repository '${this.name}' has no transactions.`)
        return { result, isDone: result.type === 'applied' }
      })
      if (outcome.type === 'applied') {
        for (const { schema, ...one } of released) await this.#release(schema, [one])
        return outcome
      }
      const refused = writes[outcome.write]
      const { outcome: reason } = outcome
      if (refused === undefined || typeof reason !== 'object' || reason.type !== 'conflict') return outcome
      const condition = conditionOf(refused)
      if (condition !== undefined && !matches(refused.schema, condition, reason.stored)) return outcome
    }
    throw new Error('The transaction could not be applied: others kept changing unique attributes of its records.')
  }

  async #plan(
    write: TransactionWrite,
  ): Promise<
    | { readonly write: TransactionWrite; readonly wishes: readonly Wish[]; readonly released: Released | null }
    | { readonly outcome: (TransactionOutcome & { readonly type: 'refused' })['outcome'] }
  > {
    const { schema } = write
    if (schema.uniques === undefined) return { write, wishes: [], released: null }
    const isInsert = write.type === 'insert'
    const [stored = null] = isInsert && !write.replace ? [] : await this.#inner.fetch(schema, [keyOfWrite(write)])
    if (isInsert) {
      const released = stored === null ? null : releasedBy(schema, stored, write.record)
      return { write, wishes: this.#wishesOf(schema, write.record), released }
    }
    if (write.type === 'delete') return { write, wishes: [], released: stored && ownedBy(schema, stored) }
    const { change } = write
    if (stored === null) return { outcome: 'missing' }
    if (change.expiresAtMs !== undefined) await this.#extend(schema, [keyOfWrite(write)], change.expiresAtMs)
    if (!touchesUnique(schema, change)) return { write, wishes: [], released: null }
    const plan = planChange(schema, stored, (await this.#inner.expiry(schema, keyOfWrite(write))) ?? null, change)
    if (plan.type !== 'planned') return { outcome: plan }
    // A transaction computes increments itself, from values that it compares: they may stay.
    const { condition } = plan.change
    const guarded = { ...change, ...(condition !== undefined && { condition }) }
    return {
      write: { ...write, change: guarded },
      wishes: plan.wishes,
      released: { holder: plan.holder, values: plan.released },
    }
  }

  /** Takes claims, writes, and confirms them, or gives them back where the write certainly did not happen. */
  async #claimed<Result>(
    wishes: readonly Wish[],
    write: (writes: FencedWrites) => Promise<{ readonly result: Result; readonly isDone: boolean }>,
  ): Promise<Result> {
    if (wishes.length === 0) return (await write(bound(this.#inner))).result
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const session = new ClaimSession(this.#inner, this.#support, this.#leaseMs)
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

  #wishesOf(schema: ModelSchema, { id, fields, expiresAtMs }: NewRecord): Wish[] {
    const holder = keyOfRecord(schema, id, fields)
    return uniqueValuesOf(schema, fields).map((value) => ({ schema, value, holder, from: null, expiresAtMs }))
  }

  async #release(schema: ModelSchema, released: readonly Released[]): Promise<void> {
    const some = released.filter(({ values }) => values.length > 0)
    if (some.length > 0) await quietly(release(this.#inner, this.#support, schema, some))
  }

  /** Lets claims live as long as their records are about to; returns the records. */
  async #extend(
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
}

/** Clean-up after a write: what it leaves undone is done by the next one who wants the values. */
async function quietly(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch {}
}

function mayHaveHappened(error: unknown): boolean {
  return error instanceof ConnectionError && error.wasSent
}

function ownedBy(schema: ModelSchema, { id, fields }: StoredRecord): Released {
  return { holder: keyOfRecord(schema, id, fields), values: uniqueValuesOf(schema, fields) }
}

function releasedBy(schema: ModelSchema, old: StoredRecord, record: StoredRecord): Released {
  const kept = new Set(uniqueValuesOf(schema, record.fields).map(({ claimKey }) => claimKey))
  const { holder, values } = ownedBy(schema, old)
  return { holder, values: values.filter(({ claimKey }) => !kept.has(claimKey)) }
}

function conditionOf(write: TransactionWrite): Criterion | undefined {
  if (write.type === 'insert') return undefined
  return write.type === 'delete' ? write.condition : write.change.condition
}

function isUpdated(outcome: UpdateOutcome): boolean {
  return outcome === 'updated' || (typeof outcome === 'object' && outcome.type === 'updated')
}

/** Whether a change may give the record another key, or another place. */
function mayMove({ hashTag }: ModelSchema, { id, newId, set, unset }: RecordChange): boolean {
  if (newId !== undefined && newId !== id) return true
  if (hashTag === undefined) return false
  return unset.includes(hashTag.name) || set.some((name, index) => index % 2 === 0 && name === hashTag.name)
}

function bound(repository: Repository): FencedWrites {
  const { transact } = repository
  return {
    insert: (schema, record, options) => repository.insert(schema, record, options),
    update: (schema, change) => repository.update(schema, change),
    ...(transact !== undefined && { transact: transact.bind(repository) }),
  }
}
