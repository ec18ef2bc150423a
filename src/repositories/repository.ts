import type { ReadSource, ReplicaReadOptions, ReplicaWait } from '../connections/connection.js'
import type { ReplicationError } from '../errors/connection-errors.js'
import type { ModelSchema } from '../schema/model-schema.js'
import type { Claims } from './claims.js'
import type { Aggregation, Criteria, Criterion, Position } from './criteria.js'
import type { IndexMaintenance } from './indexed/maintenance/index-maintenance.js'
import type { UniqueSupport } from './unique/unique-support.js'

/**
 * Field names and values alternate, as a hash reply brings them: `['ip', '127.0.0.1', 'userId', '7']`. The key attribute
 * is not among them; an attribute that is null is absent.
 */
export type Fields = readonly string[]

/**
 * Names one stored record: its id, with the stored text of the `@HashTag()` attribute (null for none) where the model has one
 * and the caller knows it. An id alone is looked for in all partitions of such a model; for other models both are the same.
 * A record whose tag has changed meanwhile is not found under the one that it had.
 */
export type RecordKey = string | { readonly id: string; readonly tag: string | null }

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

/** A number that is added to an attribute. All numbers are decimal text, so that none loses digits. */
export interface Increment {
  /** A numeric attribute, not among the set and unset fields of the change. No value counts as 0. */
  readonly attribute: string
  /** What is added; negative to subtract. */
  readonly by: string
  /** The smallest result allowed. */
  readonly min?: string
  /** The largest result allowed. */
  readonly max?: string
}

/** What changes in a record. Fields that it does not name keep their stored values. */
export interface RecordChange {
  readonly id: string
  /** The stored text of the `@HashTag()` attribute before the change, null for none; absent: not known. See `RecordKey`. */
  readonly tag?: string | null
  /** The record's key afterwards, when it changes. */
  readonly newId?: string
  readonly set: Fields
  /** Names of the attributes that become null. */
  readonly unset: readonly string[]
  /** What must hold of the stored record for anything to change; about any declared attribute, indexed or not, and the key. */
  readonly condition?: Criterion
  /** Added in the same step, each to another attribute. */
  readonly increments?: readonly Increment[]
  /** The deadline afterwards, Unix milliseconds; null: none. Absent: it stays. */
  readonly expiresAtMs?: number | null
}

/** A condition did not hold. Nothing was changed. */
export interface Conflict {
  readonly type: 'conflict'
  /** The record that does not fulfil it, as it was in that step. */
  readonly stored: StoredRecord
}

/** A number would have left the range of its increment, or of its cast. Nothing was changed. */
export interface OutOfRange {
  readonly type: 'outOfRange'
  /** The increment that was refused, with the bounds of its attribute's cast where it has none of its own. */
  readonly increment: Increment
  /** The stored number, '0' for none. */
  readonly current: string
}

/**
 * How a change ended. `missing`: there is no such record. `duplicate`: the new key is taken. With `values` for a change
 * with increments: the stored texts afterwards, beside the increments. In all other cases nothing was changed.
 */
export type UpdateOutcome =
  | 'updated'
  | 'missing'
  | 'duplicate'
  | { readonly type: 'updated'; readonly values: readonly string[] }
  | Conflict
  | OutOfRange

/** How a conditional removal ended. */
export type DeleteOutcome = 'deleted' | 'missing' | Conflict

/** One write of a transaction. A change keeps the record where it is: it names no new id, and no other hash tag. */
export type TransactionWrite =
  | { readonly type: 'insert'; readonly schema: ModelSchema; readonly record: NewRecord; readonly replace: boolean }
  | { readonly type: 'update'; readonly schema: ModelSchema; readonly change: RecordChange }
  | {
      readonly type: 'delete'
      readonly schema: ModelSchema
      readonly key: RecordKey
      /** Of the same kind as that of a change. */
      readonly condition?: Criterion
    }

/** What became of a transaction: all of it was written, or nothing, because one write (its place) cannot be. */
export type TransactionOutcome =
  | {
      readonly type: 'applied'
      /** Beside the writes: the texts of the increments of an update, in their order; empty for other writes. */
      readonly values: readonly (readonly string[])[]
    }
  | {
      readonly type: 'refused'
      readonly write: number
      readonly outcome: 'duplicate' | 'missing' | Conflict | OutOfRange
    }

/** What a query did, for `explain` and the demo. */
export interface QueryTrace {
  /** Hash slots from which data was read. */
  readonly slots: ReadonlySet<number>
  readonly roundTrips: number
  /** Commands and script calls that were sent. */
  readonly commands: number
  /** One line for a person: the index walked and the conditions tested on its entries. */
  readonly plan: string
  /** Of a query that may be answered by replicas: who answered, and why not a replica. */
  readonly servedBy?: readonly ReadSource[]
}

/** One page of answers. `positions` run beside `records`. */
export interface RecordPage {
  readonly records: readonly StoredRecord[]
  readonly positions: readonly Position[]
  /** True when rows are known to follow the last one. */
  readonly hasMore: boolean
  readonly trace: QueryTrace
}

/** What an aggregation found. */
export interface AggregateResult {
  /** `sum`: matching records that have a value. `min`, `max`: more than 0 where one has; they need not count. */
  readonly count: number
  /** `sum`: a number as text, '0' for no record. `min`, `max`: a stored value, null for no record. */
  readonly value: string | null
  readonly trace: QueryTrace
}

/** How a question is answered. */
export interface QueryPlan {
  /**
   * How candidates are found: `index` through the index of a condition or of the order, `keys` by their keys, `walk` all
   * records of the model, `scan` all keys of the database, `memory`, `none` where nothing can match.
   */
  readonly access: 'index' | 'keys' | 'walk' | 'scan' | 'memory' | 'none'
  /** One line for a person: what is walked, tested, sorted. */
  readonly plan: string
  /** The conditions that are tested on each candidate. */
  readonly tested: readonly string[]
  /**
   * `index`: rows come in the wanted order. `first of several by index`: in the first of the orders; what it leaves equal is
   * sorted. `sorted`: all matching rows are looked at, the best are kept.
   */
  readonly ordering: 'index' | 'first of several by index' | 'sorted'
  /** Entries of the index that is walked; null where it is not known beforehand. */
  readonly candidates: number | null
  /** Matching rows, with conditions taken as independent of each other; null where it is not known beforehand. */
  readonly estimatedRows: number | null
  /** Hash slots that are read, and the servers that own them now, `host:port`. */
  readonly slots: readonly number[]
  readonly nodes: readonly string[]
  /** Script calls or commands of the first round trip. */
  readonly commands: number
}

/** A repository whose reads go to replicas. */
export interface ReadingRepository {
  readonly repository: Repository
  /** Who answered so far, each once. */
  served(): readonly ReadSource[]
}

/** A repository whose writes wait for replicas. */
export interface ConfirmingRepository {
  readonly repository: Repository
  /** The first write so far that too few replicas confirmed, although it is stored; null: all are confirmed. */
  shortfall(): ReplicationError | null
}

/**
 * How records are stored and found. All methods see a record and its index entries as one thing: after a write returned,
 * every query answers with it; an expired record is never returned or counted.
 * Implementations hold no state of a model: the schema comes with each call. Connection failures are `ConnectionError`.
 */
export interface Repository {
  readonly name: string

  /** Absent: two calls that create the same record at once may both do so, unless it has the same key. */
  readonly claims?: Claims

  /** What unique attributes stand on; absent: models with `@Unique()` are refused. */
  readonly unique?: UniqueSupport

  /** Stores a record unless its id is taken; with `replace` the old one disappears in the same step, with its deadline. */
  insert(
    schema: ModelSchema,
    record: NewRecord,
    options: { readonly replace: boolean },
  ): Promise<'inserted' | 'duplicate'>

  /** Stores many, in batches; outcomes run beside `records`. Never replaces. A failed row does not stop the others. */
  insertMany(schema: ModelSchema, records: readonly NewRecord[]): Promise<readonly ('inserted' | 'duplicate' | Error)[]>

  /**
   * Changes a record if it exists and fulfils the condition; all in one step with its index entries.
   * Throws `CastError` where an increment meets stored text that is no number, `InvalidArgumentError` for a condition or an
   * increment that the attribute's cast does not allow.
   */
  update(schema: ModelSchema, change: RecordChange): Promise<UpdateOutcome>

  /**
   * Answers run beside `keys`: true where a record was removed by this call. With a condition, of the same kind as that of a
   * change, a record that does not fulfil it at that moment stays.
   */
  delete(schema: ModelSchema, keys: readonly RecordKey[], condition?: Criterion): Promise<readonly boolean[]>

  /** Removes a record if it fulfils a condition, of the same kind as that of a change; in one step. */
  deleteIf(schema: ModelSchema, key: RecordKey, condition: Criterion): Promise<DeleteOutcome>

  /** Answers run beside `keys`; null where there is no record. */
  fetch(schema: ModelSchema, keys: readonly RecordKey[]): Promise<readonly (StoredRecord | null)[]>

  /** Sets or (null) removes the deadline, Unix milliseconds; a deadline in the past removes the record. False: no such record. */
  expire(schema: ModelSchema, key: RecordKey, expiresAtMs: number | null): Promise<boolean>

  /** Sets the deadline of records that have an earlier one. Others, and those that never expire, stay as they are. */
  extend(schema: ModelSchema, keys: readonly RecordKey[], expiresAtMs: number): Promise<void>

  /** Unix milliseconds, null for a record that never expires, undefined for no record. */
  expiry(schema: ModelSchema, key: RecordKey): Promise<number | null | undefined>

  /** One page. Rows are in the order of the criteria, never twice, and complete: what could not be read is an error. */
  select(schema: ModelSchema, criteria: Criteria): Promise<RecordPage>

  count(schema: ModelSchema, where: Criterion): Promise<{ readonly count: number; readonly trace: QueryTrace }>

  /** Computes over one attribute of the matching records, beside the data where the repository can; any declared attribute. */
  aggregate(schema: ModelSchema, where: Criterion, of: Aggregation): Promise<AggregateResult>

  /** How many matching records have each value of a searchable attribute, null among the values. In no order. */
  countBy(
    schema: ModelSchema,
    where: Criterion,
    attribute: string,
  ): Promise<{ readonly counts: ReadonlyMap<string | null, number>; readonly trace: QueryTrace }>

  /** How `select` would answer, without answering. Estimates are of this moment. */
  explain(schema: ModelSchema, criteria: Criteria): Promise<QueryPlan>

  /**
   * Applies writes to records of one hash slot in one step, all or none. Absent where a repository has no such step.
   * Throws `CrossSlotError`, before anything is sent, for records in different slots; `InvalidArgumentError` for two writes to
   * one record.
   */
  transact?(writes: readonly TransactionWrite[]): Promise<TransactionOutcome>

  /** The Redis key of a record with these fields, without the connection's key prefix. */
  keyOf(schema: ModelSchema, record: StoredRecord): string

  /**
   * Why answering a question takes much more than its answer, and what to do, as sentences; null: it does not. Nothing is sent.
   * Absent: strict mode refuses nothing here.
   */
  objectionTo?(schema: ModelSchema, criteria: Criteria): string | null

  /** Removes all records of the model and everything that belongs to them; returns how many records there were. */
  clear(schema: ModelSchema): Promise<number>

  /** Looks after the indexes; absent where the repository keeps none. */
  readonly indexes?: IndexMaintenance

  /** This repository with reads answered by replicas. Absent where there are none, or they could not answer completely. */
  reading?(options: ReplicaReadOptions): ReadingRepository

  /** This repository with writes that replicas confirm. Absent where nothing is replicated. */
  confirming?(wait: ReplicaWait): ConfirmingRepository
}
