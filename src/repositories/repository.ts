import type { ModelSchema } from '../schema/model-schema.js'
import type { Criteria, Criterion, Position } from './criteria.js'

/**
 * Field names and values alternate, as a hash reply brings them: `['ip', '127.0.0.1', 'userId', '7']`. The key attribute
 * is not among them; an attribute that is null is absent.
 */
export type Fields = readonly string[]

/** A record as it is stored. */
export interface StoredRecord {
  readonly id: string
  readonly fields: Fields
}

/** A record to be created. */
export interface NewRecord extends StoredRecord {
  /** Unix time in milliseconds at which the record expires; null: never. */
  readonly expiresAtMs: number | null
}

/** What changes in a record. Fields that it does not name keep their stored values, and so does the deadline. */
export interface RecordChange {
  readonly id: string
  /** The record's key afterwards, when it changes. */
  readonly newId?: string
  readonly set: Fields
  /** Names of the attributes that become null. */
  readonly unset: readonly string[]
}

/** What a query did, for `explain` and the demo. */
export interface QueryTrace {
  /** Hash slots from which data was read. */
  readonly slots: ReadonlySet<number>
  readonly roundTrips: number
  /** One line for a person: the index walked and the conditions tested on its entries. */
  readonly plan: string
}

/** One page of answers. `positions` run beside `records`. */
export interface RecordPage {
  readonly records: readonly StoredRecord[]
  readonly positions: readonly Position[]
  /** True when rows are known to follow the last one. */
  readonly hasMore: boolean
  readonly trace: QueryTrace
}

/**
 * How records are stored and found. All methods see a record and its index entries as one thing: after a write returned,
 * every query answers with it; an expired record is never returned or counted.
 * Implementations hold no state of a model: the schema comes with each call. Connection failures are `ConnectionError`.
 */
export interface Repository {
  readonly name: string

  /** Stores a record unless its id is taken; with `replace` the old one disappears in the same step, with its deadline. */
  insert(
    schema: ModelSchema,
    record: NewRecord,
    options: { readonly replace: boolean },
  ): Promise<'inserted' | 'duplicate'>

  /** Stores many, in batches; outcomes run beside `records`. Never replaces. A failed row does not stop the others. */
  insertMany(schema: ModelSchema, records: readonly NewRecord[]): Promise<readonly ('inserted' | 'duplicate' | Error)[]>

  /** Changes a record if it exists. `duplicate`: `newId` is taken, and nothing was changed. */
  update(schema: ModelSchema, change: RecordChange): Promise<'updated' | 'missing' | 'duplicate'>

  /** Answers run beside `ids`: true where a record was removed by this call. */
  delete(schema: ModelSchema, ids: readonly string[]): Promise<readonly boolean[]>

  /** Answers run beside `ids`; null where there is no record. */
  fetch(schema: ModelSchema, ids: readonly string[]): Promise<readonly (StoredRecord | null)[]>

  /** Sets or (null) removes the deadline, Unix milliseconds; a deadline in the past removes the record. False: no such record. */
  expire(schema: ModelSchema, id: string, expiresAtMs: number | null): Promise<boolean>

  /** Unix milliseconds, null for a record that never expires, undefined for no record. */
  expiry(schema: ModelSchema, id: string): Promise<number | null | undefined>

  /** One page. Rows are in the order of the criteria, never twice, and complete: what could not be read is an error. */
  select(schema: ModelSchema, criteria: Criteria): Promise<RecordPage>

  count(schema: ModelSchema, where: Criterion): Promise<{ readonly count: number; readonly trace: QueryTrace }>

  /** Removes all records of the model and everything that belongs to them; returns how many records there were. */
  clear(schema: ModelSchema): Promise<number>
}
