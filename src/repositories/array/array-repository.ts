import type { ModelSchema } from '../../schema/model-schema.js'
import { aggregateInMemory, countByInMemory } from '../aggregate-in-memory.js'
import { applyChange, updatedOutcome } from '../apply-change.js'
import { checkChange, checkCondition } from '../check-change.js'
import { checkAggregation, checkCriteria, checkCriterion, checkSearchable } from '../check-criteria.js'
import { checkDeadline, checkRecord } from '../check-record.js'
import type { Aggregation, Criteria, Criterion } from '../criteria.js'
import { matches } from '../evaluate.js'
import { fieldsOf, pairsOf } from '../fields.js'
import type {
  DeleteOutcome,
  NewRecord,
  QueryPlan,
  QueryTrace,
  RecordChange,
  RecordPage,
  Repository,
  StoredRecord,
  UpdateOutcome,
} from '../repository.js'
import { type Candidate, selectInMemory } from '../select-in-memory.js'

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
  readonly #now: () => number
  /** By prefix. */
  readonly #models = new Map<string, ModelRows>()

  constructor(options: ArrayRepositoryOptions = {}) {
    this.#now = options.now ?? Date.now
  }

  async insert(schema: ModelSchema, record: NewRecord, options: { readonly replace: boolean }) {
    checkRecord(schema, record)
    return this.#insert(this.#live(schema), record, options.replace)
  }

  async insertMany(schema: ModelSchema, records: readonly NewRecord[]) {
    const model = this.#live(schema)
    return records.map((record) => {
      try {
        checkRecord(schema, record)
        return this.#insert(model, record, false)
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error))
      }
    })
  }

  async update(schema: ModelSchema, change: RecordChange): Promise<UpdateOutcome> {
    checkChange(schema, change)
    const model = this.#live(schema)
    const { rows } = model
    const row = rows.get(change.id)
    if (row === undefined) return 'missing'
    const applied = applyChange(schema, recordOf(change.id, row), change)
    if (applied.type !== 'applied') return applied
    const newId = change.newId ?? change.id
    if (newId !== change.id && rows.has(newId)) return 'duplicate'
    rows.delete(change.id)
    const expiresAtMs = change.expiresAtMs === undefined ? row.expiresAtMs : change.expiresAtMs
    model.put(newId, { ...row, fields: applied.fields, expiresAtMs })
    return updatedOutcome(change, applied.values)
  }

  async delete(schema: ModelSchema, ids: readonly string[]) {
    const { rows } = this.#live(schema)
    return ids.map((id) => rows.delete(id))
  }

  async deleteIf(schema: ModelSchema, id: string, condition: Criterion): Promise<DeleteOutcome> {
    checkCondition(schema, condition)
    const { rows } = this.#live(schema)
    const row = rows.get(id)
    if (row === undefined) return 'missing'
    const stored = recordOf(id, row)
    if (!matches(schema, condition, stored)) return { type: 'conflict', stored }
    rows.delete(id)
    return 'deleted'
  }

  async fetch(schema: ModelSchema, ids: readonly string[]) {
    const { rows } = this.#live(schema)
    return ids.map((id) => {
      const row = rows.get(id)
      return row === undefined ? null : recordOf(id, row)
    })
  }

  async expire(schema: ModelSchema, id: string, expiresAtMs: number | null) {
    checkDeadline(expiresAtMs)
    const model = this.#live(schema)
    const row = model.rows.get(id)
    if (row === undefined) return false
    model.put(id, { ...row, expiresAtMs })
    return true
  }

  async expiry(schema: ModelSchema, id: string) {
    return this.#live(schema).rows.get(id)?.expiresAtMs
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

  async clear(schema: ModelSchema) {
    const count = this.#live(schema).rows.size
    this.#models.delete(schema.prefix)
    return count
  }

  #insert(model: ModelRows, record: NewRecord, replace: boolean): 'inserted' | 'duplicate' {
    if (model.rows.has(record.id) && !replace) return 'duplicate'
    const { expiresAtMs } = record
    model.put(record.id, { fields: new Map(pairsOf(record.fields)), createdAtMs: this.#now(), expiresAtMs })
    return 'inserted'
  }

  *#records(schema: ModelSchema): Generator<StoredRecord> {
    for (const { record } of this.#candidates(schema)) yield record
  }

  *#candidates(schema: ModelSchema): Generator<Candidate> {
    for (const [id, row] of this.#live(schema).rows) {
      yield { record: recordOf(id, row), createdAtMs: row.createdAtMs }
    }
  }

  /** The rows of a model, after those past their deadline have gone. */
  #live(schema: ModelSchema): ModelRows {
    const model = this.#models.get(schema.prefix) ?? new ModelRows()
    this.#models.set(schema.prefix, model)
    model.reap(this.#now())
    return model
  }
}

interface Row {
  readonly fields: ReadonlyMap<string, string>
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
}

class ModelRows {
  readonly rows = new Map<string, Row>()
  /** No row expires before this. */
  #nextDeadlineMs = Number.POSITIVE_INFINITY

  put(id: string, row: Row): void {
    this.rows.set(id, row)
    if (row.expiresAtMs !== null) this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, row.expiresAtMs)
  }

  reap(now: number): void {
    if (now < this.#nextDeadlineMs) return
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY
    for (const [id, { expiresAtMs }] of this.rows) {
      if (expiresAtMs === null) continue
      if (expiresAtMs <= now) this.rows.delete(id)
      else this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, expiresAtMs)
    }
  }
}

const trace: QueryTrace = { slots: new Set(), roundTrips: 0, commands: 0, plan: 'all records in memory' }

function recordOf(id: string, row: Row): StoredRecord {
  return { id, fields: fieldsOf(row.fields) }
}
