import type { ModelSchema } from '../../schema/model-schema.js'
import { checkCriteria, checkCriterion } from '../check-criteria.js'
import { checkDeadline, checkFields, checkId, checkRecord } from '../check-record.js'
import type { Criteria, Criterion } from '../criteria.js'
import { matches } from '../evaluate.js'
import { fieldsOf, pairsOf } from '../fields.js'
import type { NewRecord, QueryTrace, RecordChange, RecordPage, Repository, StoredRecord } from '../repository.js'
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

  async update(schema: ModelSchema, change: RecordChange): Promise<'updated' | 'missing' | 'duplicate'> {
    const { rows } = this.#live(schema)
    const row = rows.get(change.id)
    if (row === undefined) return 'missing'
    const newId = change.newId ?? change.id
    checkId(schema, newId)
    checkFields(schema, change.set)
    if (newId !== change.id && rows.has(newId)) return 'duplicate'
    const fields = new Map(row.fields)
    for (const [name, value] of pairsOf(change.set)) fields.set(name, value)
    for (const name of change.unset) fields.delete(name)
    rows.delete(change.id)
    rows.set(newId, { ...row, fields })
    return 'updated'
  }

  async delete(schema: ModelSchema, ids: readonly string[]) {
    const { rows } = this.#live(schema)
    return ids.map((id) => rows.delete(id))
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

const trace: QueryTrace = { slots: new Set(), roundTrips: 0, plan: 'all records in memory' }

function recordOf(id: string, row: Row): StoredRecord {
  return { id, fields: fieldsOf(row.fields) }
}
