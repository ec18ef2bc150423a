import { setTimeout } from 'node:timers/promises'
import type { ReplicaWait } from '../../connections/connection.js'
import { InvalidStateError } from '../../errors/usage-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { aggregateInMemory, countByInMemory } from '../aggregate-in-memory.js'
import { checkAggregation, checkCriteria, checkCriterion, checkSearchable } from '../check-criteria.js'
import type { ConnectionSource } from '../connection-source.js'
import { confirmingRepository } from '../connection-views.js'
import type { Aggregation, Criteria, Criterion } from '../criteria.js'
import { IndexedRepository } from '../indexed/indexed-repository.js'
import { LeavingError } from '../indexed/known-definitions.js'
import type { IndexMaintenance } from '../indexed/maintenance/index-maintenance.js'
import { idOf, keyBefore } from '../record-keys.js'
import type {
  AggregateResult,
  ConfirmingRepository,
  DeleteOutcome,
  NewRecord,
  QueryPlan,
  RecordChange,
  RecordKey,
  RecordPage,
  Repository,
  StoredRecord,
  UpdateOutcome,
} from '../repository.js'
import { arrivedOf } from './arrivals.js'
import { countBoth, lookAgain, selectBoth } from './merged-reads.js'
import { checkDestination, checkOrigin, type MigrationOrigin, originText } from './migration-origin.js'
import { everything, type MigrationSource, type SourceRecord } from './migration-source.js'
import { readPhase } from './migration-state.js'
import { sourceOf } from './source-of.js'

/** Pause before a record that somebody else is moving is looked for again. */
const RETRY_MS = 20
/** How often it is looked for. */
const MOST_ATTEMPTS = 1000

/**
 * A model on its way from one layout to the indexed one. Reads ask both and bring each record once; a record that has arrived
 * in the new layout counts there, whatever the old one still holds. Writes go to the old layout until the migration begins,
 * then to the new one, and take the records that they are about along first. Each operation asks how far the migration is.
 * Models with unique attributes are refused, and there are no transactions, as long as it lasts.
 */
export class MigratingRepository implements Repository {
  readonly name: string
  readonly indexes: IndexMaintenance
  readonly #connection: ConnectionSource
  readonly #origin: MigrationOrigin
  readonly #target: IndexedRepository
  readonly #sources = new WeakMap<ModelSchema, MigrationSource>()

  constructor(connection: ConnectionSource, origin: MigrationOrigin) {
    checkOrigin(origin)
    this.name = `indexed, migrating from ${originText(origin)}`
    this.#connection = connection
    this.#origin = origin
    this.#target = new IndexedRepository(connection)
    this.indexes = this.#target.indexes
  }

  insert(schema: ModelSchema, record: NewRecord, options: { readonly replace: boolean }) {
    return this.#write<'inserted' | 'duplicate'>(
      schema,
      [record.id],
      (old, of) => old.insert(of, record, options),
      () => this.#target.insert(schema, record, options),
    )
  }

  insertMany(schema: ModelSchema, records: readonly NewRecord[]) {
    const ids = records.map((record) => record.id)
    return this.#write<readonly ('inserted' | 'duplicate' | Error)[]>(
      schema,
      ids,
      async (old, of) => {
        const outcomes = await old.insertMany(of, records)
        const refusal = outcomes.find((outcome) => outcome instanceof LeavingError)
        if (refusal === undefined) return outcomes
        if (outcomes.every((outcome) => outcome !== 'inserted')) throw refusal
        return this.#insertRest(schema, records, outcomes)
      },
      () => this.#target.insertMany(schema, records),
    )
  }

  update(schema: ModelSchema, change: RecordChange): Promise<UpdateOutcome> {
    const keys = [keyBefore(schema, change), ...(change.newId === undefined ? [] : [change.newId])]
    return this.#write<UpdateOutcome>(
      schema,
      keys,
      (old, of) => old.update(of, change),
      () => this.#target.update(schema, change),
      (outcome) => outcome === 'missing',
    )
  }

  delete(schema: ModelSchema, keys: readonly RecordKey[], condition?: Criterion): Promise<readonly boolean[]> {
    return this.#write(
      schema,
      keys,
      (old, of) => old.delete(of, keys, condition),
      () => this.#target.delete(schema, keys, condition),
      (outcomes) => outcomes.every((isRemoved) => !isRemoved),
    )
  }

  deleteIf(schema: ModelSchema, key: RecordKey, condition: Criterion): Promise<DeleteOutcome> {
    return this.#write<DeleteOutcome>(
      schema,
      [key],
      (old, of) => old.deleteIf(of, key, condition),
      () => this.#target.deleteIf(schema, key, condition),
      (outcome) => outcome === 'missing',
    )
  }

  expire(schema: ModelSchema, key: RecordKey, expiresAtMs: number | null): Promise<boolean> {
    return this.#write(
      schema,
      [key],
      (old, of) => old.expire(of, key, expiresAtMs),
      () => this.#target.expire(schema, key, expiresAtMs),
      (isKnown) => !isKnown,
    )
  }

  extend(schema: ModelSchema, keys: readonly RecordKey[], expiresAtMs: number): Promise<void> {
    return this.#write(
      schema,
      keys,
      (old, of) => old.extend(of, keys, expiresAtMs),
      () => this.#target.extend(schema, keys, expiresAtMs),
    )
  }

  async fetch(schema: ModelSchema, keys: readonly RecordKey[]): Promise<readonly (StoredRecord | null)[]> {
    if (keys.length === 0) return []
    const old = (await this.#source(schema).locate(keys)).map(({ record }) => record)
    const connection = await this.#connection()
    const arrived = await arrivedOf(connection, schema, old)
    const found = await this.#target.fetch(schema, keys)
    const known = new Set(found.map((record) => record?.id))
    const absent = old.filter(({ id }) => arrived.has(id) && !known.has(id))
    const others = await lookAgain(connection, schema, this.#target, absent)
    const left = new Map([...old.filter(({ id }) => !arrived.has(id)), ...others].map((record) => [record.id, record]))
    return keys.map((key, index) => found[index] ?? left.get(idOf(key)) ?? null)
  }

  async expiry(schema: ModelSchema, key: RecordKey): Promise<number | null | undefined> {
    const source = this.#source(schema)
    const [old] = await source.locate([key])
    if (old === undefined) return this.#target.expiry(schema, key)
    const before = await source.expiry(key)
    const connection = await this.#connection()
    const hasArrived = async () => (await arrivedOf(connection, schema, [old.record])).has(idOf(key))
    const wasThere = await hasArrived()
    const now = await this.#target.expiry(schema, key)
    // Deleted there, if it is still known to have arrived: a failover can take an arrival back.
    const isGone = now === undefined && wasThere && (await hasArrived())
    return now === undefined && !isGone ? before : now
  }

  async select(schema: ModelSchema, criteria: Criteria): Promise<RecordPage> {
    checkCriteria(schema, criteria)
    return selectBoth(await this.#connection(), schema, this.#source(schema), this.#target, criteria)
  }

  async count(schema: ModelSchema, where: Criterion) {
    checkCriterion(schema, where)
    return countBoth(await this.#connection(), schema, this.#source(schema), this.#target, where)
  }

  async aggregate(schema: ModelSchema, where: Criterion, of: Aggregation): Promise<AggregateResult> {
    checkAggregation(schema, of)
    const { records, trace } = await this.select(schema, { ...whole, where })
    return { ...aggregateInMemory(schema, records, everything, of), trace }
  }

  async countBy(schema: ModelSchema, where: Criterion, attribute: string) {
    checkSearchable(schema, attribute)
    const { records, trace } = await this.select(schema, { ...whole, where })
    return { counts: countByInMemory(schema, records, everything, attribute), trace }
  }

  async explain(schema: ModelSchema, criteria: Criteria): Promise<QueryPlan> {
    const source = this.#source(schema)
    const [before, after] = await Promise.all([
      source.repository.explain(source.schema, criteria),
      this.#target.explain(schema, criteria),
    ])
    return { ...after, plan: `${before.plan}; and then ${after.plan}`, commands: before.commands + after.commands }
  }

  keyOf(schema: ModelSchema, record: StoredRecord): string {
    return this.#target.keyOf(schema, record)
  }

  /** Removes the records of both layouts. What has arrived stays noted until the migration is finished. */
  async clear(schema: ModelSchema): Promise<number> {
    const source = this.#source(schema)
    const left = await countBoth(await this.#connection(), schema, source, this.#target, everything)
    if ((await this.#phase(schema)) === 'prepared') return source.repository.clear(source.schema)
    for await (const { records } of source.batches(200)) await this.#move(source, records)
    await this.#target.clear(schema)
    return left.count
  }

  confirming(wait: ReplicaWait): ConfirmingRepository {
    return confirmingRepository(this.#connection, wait, (view) => new MigratingRepository(view, this.#origin))
  }

  /** Writes where the migration says; `isAbsent` tells an outcome that may only mean that the record has moved meanwhile. */
  async #write<Outcome>(
    schema: ModelSchema,
    keys: readonly RecordKey[],
    before: (old: Repository, schema: ModelSchema) => Promise<Outcome>,
    after: () => Promise<Outcome>,
    isAbsent: (outcome: Outcome) => boolean = () => false,
  ): Promise<Outcome> {
    const source = this.#source(schema)
    if ((await this.#phase(schema)) === 'prepared') {
      const outcome = await before(source.repository, source.schema).catch((error: unknown): typeof left => {
        if (error instanceof LeavingError) return left
        throw error
      })
      if (outcome !== left && !(isAbsent(outcome) && (await this.#phase(schema)) === 'moving')) return outcome
    }
    await this.#bring(schema, keys)
    return after()
  }

  /** What a batch that met the beginning of the migration has not stored. */
  async #insertRest(
    schema: ModelSchema,
    records: readonly NewRecord[],
    outcomes: readonly ('inserted' | 'duplicate' | Error)[],
  ) {
    const places = [...outcomes.keys()].filter((place) => outcomes[place] instanceof LeavingError)
    const rest = places.map((place) => records[place]).filter((record) => record !== undefined)
    const others = await this.insertMany(schema, rest)
    const merged = [...outcomes]
    for (const [index, place] of places.entries()) merged[place] = others[index] ?? 'duplicate'
    return merged
  }

  /** Brings records to the new layout, as far as they are in the old one. */
  async #bring(schema: ModelSchema, keys: readonly RecordKey[]): Promise<void> {
    const source = this.#source(schema)
    await source.close()
    await this.#move(source, await source.locate(keys))
  }

  /** Moves records; looks again for those that were not where they were found, or that somebody else is moving. */
  async #move(source: MigrationSource, records: readonly SourceRecord[]): Promise<void> {
    let waiting = records
    for (let attempt = 0; waiting.length > 0; attempt++) {
      if (attempt === MOST_ATTEMPTS) {
        throw new InvalidStateError(
          `The record [${waiting[0]?.record.id}] is being moved by somebody who does not end it.`,
        )
      }
      const outcomes = await Promise.all(waiting.map((row) => row.move(null)))
      if (outcomes.includes('busy')) await setTimeout(RETRY_MS)
      const left = waiting.filter((_, index) => outcomes[index] === 'busy' || outcomes[index] === 'absent')
      waiting = left.length === 0 ? [] : await source.locate(left.map(({ record }) => record.id))
    }
  }

  async #phase(schema: ModelSchema) {
    return readPhase(await this.#connection(), schema, this.#origin)
  }

  #source(schema: ModelSchema): MigrationSource {
    const known = this.#sources.get(schema)
    if (known !== undefined) return known
    checkDestination(schema, this.#origin)
    const source = sourceOf(this.#connection, schema, this.#origin)
    this.#sources.set(schema, source)
    return source
  }
}

const whole = { order: [], limit: null, offset: 0, after: null } as const
/** Stands for an outcome of a write that came when the old layout was closed already. */
const left: unique symbol = Symbol('left')
