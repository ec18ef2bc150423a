import { AmbiguousKeyError } from '../../errors/tag-errors.js'
import { hashSlot } from '../../schema/hash-slot.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { partitionOfTag } from '../../schema/partition.js'
import { aggregateInMemory, countByInMemory } from '../aggregate-in-memory.js'
import { applyChange, updatedOutcome } from '../apply-change.js'
import { checkChange, checkCondition } from '../check-change.js'
import { checkAggregation, checkCriteria, checkCriterion, checkSearchable } from '../check-criteria.js'
import { checkDeadline, checkRecord } from '../check-record.js'
import { type Claims, MemoryClaims } from '../claims.js'
import type { Aggregation, Criteria, Criterion } from '../criteria.js'
import { matches } from '../evaluate.js'
import { fieldOf, fieldsOf, pairsOf } from '../fields.js'
import { partitionOfKey, partitionOfRecord, recordKey } from '../indexed/layout.js'
import { checkOneSlot, keyOfWrite } from '../one-slot.js'
import { idOf, keyAfter, keyBefore, keyOfRecord } from '../record-keys.js'
import type {
  ConfirmingRepository,
  Conflict,
  DeleteOutcome,
  NewRecord,
  OutOfRange,
  QueryPlan,
  QueryTrace,
  RecordChange,
  RecordKey,
  RecordPage,
  Repository,
  StoredRecord,
  TransactionOutcome,
  TransactionWrite,
  UpdateOutcome,
} from '../repository.js'
import { type Candidate, selectInMemory } from '../select-in-memory.js'
import { MemoryUniqueSupport } from '../unique/memory-unique-support.js'
import type { UniqueSupport } from '../unique/unique-support.js'
import { walkObjection } from '../walk-objection.js'

/** Options of an `ArrayRepository`. */
export interface ArrayRepositoryOptions {
  /** The clock, Unix milliseconds; default `Date.now`. */
  readonly now?: () => number
}

/**
 * Keeps records in this process' memory, for tests: the same answers as the others, expiry included, and no server.
 * Every method ends in one turn of the event loop, so that calls are atomic as a script is.
 */
export class ArrayRepository implements Repository {
  readonly name = 'array'
  readonly claims: Claims
  readonly unique: UniqueSupport
  readonly #now: () => number
  /** By prefix. */
  readonly #models = new Map<string, ModelRows>()

  constructor(options: ArrayRepositoryOptions = {}) {
    this.#now = options.now ?? Date.now
    this.unique = new MemoryUniqueSupport(this, this.#now)
    this.claims = new MemoryClaims(this.#now)
  }

  async insert(schema: ModelSchema, record: NewRecord, options: { readonly replace: boolean }) {
    checkRecord(schema, record)
    return this.#insert(schema, record, options.replace)
  }

  async insertMany(schema: ModelSchema, records: readonly NewRecord[]) {
    return records.map((record) => {
      try {
        checkRecord(schema, record)
        return this.#insert(schema, record, false)
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error))
      }
    })
  }

  async update(schema: ModelSchema, change: RecordChange): Promise<UpdateOutcome> {
    checkChange(schema, change)
    const model = this.#live(schema)
    const { rows } = model
    const place = findPlace(schema, rows, keyBefore(schema, change))
    const row = rows.get(place)
    if (row === undefined) return 'missing'
    const stored = recordOf(row)
    const applied = applyChange(schema, stored, change)
    if (applied.type !== 'applied') return applied
    const newKey = keyAfter(schema, change, tagOf(schema, stored))
    const newPlace = findPlace(schema, rows, newKey)
    if (newPlace !== place && rows.has(newPlace)) return 'duplicate'
    rows.delete(place)
    const expiresAtMs = change.expiresAtMs === undefined ? row.expiresAtMs : change.expiresAtMs
    model.put(newPlace, { ...row, id: idOf(newKey), fields: applied.fields, expiresAtMs })
    return updatedOutcome(change, applied.values)
  }

  async delete(schema: ModelSchema, keys: readonly RecordKey[], condition?: Criterion) {
    if (condition !== undefined) checkCondition(schema, condition)
    const { rows } = this.#live(schema)
    return keys
      .map((key) => findPlace(schema, rows, key))
      .map((place) => {
        const row = rows.get(place)
        if (row === undefined || (condition !== undefined && !matches(schema, condition, recordOf(row)))) return false
        return rows.delete(place)
      })
  }

  async deleteIf(schema: ModelSchema, key: RecordKey, condition: Criterion): Promise<DeleteOutcome> {
    checkCondition(schema, condition)
    const { rows } = this.#live(schema)
    const place = findPlace(schema, rows, key)
    const row = rows.get(place)
    if (row === undefined) return 'missing'
    const stored = recordOf(row)
    if (!matches(schema, condition, stored)) return { type: 'conflict', stored }
    rows.delete(place)
    return 'deleted'
  }

  async fetch(schema: ModelSchema, keys: readonly RecordKey[]) {
    const { rows } = this.#live(schema)
    return keys.map((key) => {
      const row = rows.get(findPlace(schema, rows, key))
      return row === undefined ? null : recordOf(row)
    })
  }

  async expire(schema: ModelSchema, key: RecordKey, expiresAtMs: number | null) {
    checkDeadline(expiresAtMs)
    const model = this.#live(schema)
    const place = findPlace(schema, model.rows, key)
    const row = model.rows.get(place)
    if (row === undefined) return false
    model.put(place, { ...row, expiresAtMs })
    return true
  }

  async extend(schema: ModelSchema, keys: readonly RecordKey[], expiresAtMs: number): Promise<void> {
    checkDeadline(expiresAtMs)
    const model = this.#live(schema)
    for (const key of keys) {
      const place = findPlace(schema, model.rows, key)
      const row = model.rows.get(place)
      const expires = row === undefined ? null : row.expiresAtMs
      if (row === undefined || expires === null || expires >= expiresAtMs) continue
      model.put(place, { ...row, expiresAtMs })
    }
  }

  async expiry(schema: ModelSchema, key: RecordKey) {
    const { rows } = this.#live(schema)
    return rows.get(findPlace(schema, rows, key))?.expiresAtMs
  }

  async select(schema: ModelSchema, criteria: Criteria): Promise<RecordPage> {
    checkCriteria(schema, criteria)
    return { ...selectInMemory(schema, this.#candidates(schema), criteria), trace }
  }

  async count(schema: ModelSchema, where: Criterion) {
    checkCriterion(schema, where)
    let count = 0
    for (const { record } of this.#candidates(schema)) if (matches(schema, where, record)) count++
    return { count, trace }
  }

  async aggregate(schema: ModelSchema, where: Criterion, of: Aggregation) {
    checkCriterion(schema, where)
    checkAggregation(schema, of)
    return { ...aggregateInMemory(schema, this.#records(schema), where, of), trace }
  }

  async countBy(schema: ModelSchema, where: Criterion, attribute: string) {
    checkCriterion(schema, where)
    checkSearchable(schema, attribute)
    return { counts: countByInMemory(schema, this.#records(schema), where, attribute), trace }
  }

  async explain(schema: ModelSchema, criteria: Criteria): Promise<QueryPlan> {
    checkCriteria(schema, criteria)
    const { rows } = this.#live(schema)
    return {
      access: 'memory',
      plan: trace.plan,
      tested: [],
      ordering: 'sorted',
      candidates: rows.size,
      estimatedRows: null,
      slots: [],
      nodes: [],
      commands: 0,
    }
  }

  /** All writes are tried before the first one is done: the rows of a model are not changed in between. */
  async transact(writes: readonly TransactionWrite[]): Promise<TransactionOutcome> {
    checkOneSlot(writes, (schema, key) => {
      const partition = partitionOfKey(schema, key)
      return partition && { key: recordKey(partition, idOf(key)), slot: hashSlot(partition.keys[0]) }
    })
    const steps: (() => readonly string[])[] = []
    for (const [place, write] of writes.entries()) {
      const step = this.#step(write)
      if (typeof step !== 'function') return { type: 'refused', write: place, outcome: step }
      steps.push(step)
    }
    return { type: 'applied', values: steps.map((step) => step()) }
  }

  keyOf(schema: ModelSchema, record: StoredRecord): string {
    return recordKey(partitionOfRecord(schema, record), record.id)
  }

  /** What the `indexed` repository would object to, so that a test finds it. */
  objectionTo(schema: ModelSchema, criteria: Criteria): string | null {
    return walkObjection(schema, criteria)
  }

  async clear(schema: ModelSchema) {
    const count = this.#live(schema).rows.size
    this.#models.delete(schema.prefix)
    return count
  }

  #insert(schema: ModelSchema, record: NewRecord, replace: boolean): 'inserted' | 'duplicate' {
    const model = this.#live(schema)
    const { id, expiresAtMs } = record
    const place = findPlace(schema, model.rows, keyOfRecord(schema, id, record.fields))
    if (model.rows.has(place) && !replace) return 'duplicate'
    model.put(place, { id, fields: new Map(pairsOf(record.fields)), createdAtMs: this.#now(), expiresAtMs })
    return 'inserted'
  }

  /** What a write of a transaction will do; or why it cannot be done. */
  #step(write: TransactionWrite): (() => readonly string[]) | 'duplicate' | 'missing' | Conflict | OutOfRange {
    const { schema } = write
    const model = this.#live(schema)
    const place = findPlace(schema, model.rows, keyOfWrite(write))
    const row = model.rows.get(place)
    if (write.type === 'insert') {
      checkRecord(schema, write.record)
      if (row !== undefined && !write.replace) return 'duplicate'
      return () => {
        this.#insert(schema, write.record, write.replace)
        return []
      }
    }
    if (row === undefined) return 'missing'
    const stored = recordOf(row)
    if (write.type === 'delete') {
      if (write.condition !== undefined && !matches(schema, write.condition, stored))
        return { type: 'conflict', stored }
      return () => {
        model.rows.delete(place)
        return []
      }
    }
    checkChange(schema, write.change)
    const applied = applyChange(schema, stored, write.change)
    if (applied.type !== 'applied') return applied
    const expiresAtMs = write.change.expiresAtMs === undefined ? row.expiresAtMs : write.change.expiresAtMs
    const newPlace = findPlace(schema, model.rows, keyAfter(schema, write.change, tagOf(schema, stored)))
    return () => {
      model.rows.delete(place)
      model.put(newPlace, { ...row, fields: applied.fields, expiresAtMs })
      return applied.values
    }
  }

  *#records(schema: ModelSchema): Generator<StoredRecord> {
    for (const { record } of this.#candidates(schema)) yield record
  }

  *#candidates(schema: ModelSchema): Generator<Candidate> {
    for (const row of this.#live(schema).rows.values()) {
      yield { record: recordOf(row), createdAtMs: row.createdAtMs }
    }
  }

  /** The rows of a model, after those past their deadline have gone. */
  #live(schema: ModelSchema): ModelRows {
    const model = this.#models.get(schema.prefix) ?? new ModelRows()
    this.#models.set(schema.prefix, model)
    model.reap(this.#now())
    return model
  }

  /** Memory has no replicas that could lack a write. */
  confirming(): ConfirmingRepository {
    return { repository: this, shortfall: () => null }
  }
}

interface Row {
  readonly id: string
  readonly fields: ReadonlyMap<string, string>
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
}

class ModelRows {
  /** By place, see `findPlace`. */
  readonly rows = new Map<string, Row>()
  /** No row expires before this. */
  #nextDeadlineMs = Number.POSITIVE_INFINITY

  put(place: string, row: Row): void {
    this.rows.set(place, row)
    if (row.expiresAtMs !== null) this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, row.expiresAtMs)
  }

  reap(now: number): void {
    if (now < this.#nextDeadlineMs) return
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY
    for (const [place, { expiresAtMs }] of this.rows) {
      if (expiresAtMs === null) continue
      if (expiresAtMs <= now) this.rows.delete(place)
      else this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, expiresAtMs)
    }
  }
}

const trace: QueryTrace = { slots: new Set(), roundTrips: 0, commands: 0, plan: 'all records in memory' }

/** Where a row is kept: under its id; with a hash tag under the partition and the id, as in the indexed layout. */
function findPlace(schema: ModelSchema, rows: ReadonlyMap<string, Row>, key: RecordKey): string {
  const { hashTag, partitions, modelName } = schema
  const id = idOf(key)
  if (hashTag === undefined) return id
  if (typeof key !== 'string') return `${partitionOfTag(key.tag, partitions)}:${id}`
  const places = Array.from({ length: partitions }, (_, partition) => `${partition}:${id}`)
  const [place = `0:${id}`, other] = places.filter((one) => rows.has(one))
  if (other !== undefined) throw new AmbiguousKeyError(modelName, id, hashTag.name)
  return place
}

function tagOf({ hashTag }: ModelSchema, { fields }: StoredRecord): string | null {
  return hashTag === undefined ? null : fieldOf(fields, hashTag.name)
}

function recordOf(row: Row): StoredRecord {
  return { id: row.id, fields: fieldsOf(row.fields) }
}
