// biome-ignore-all lint/complexity/noThisInStatic: statics of a base class serve the class on which they are called

import { ModelNotFoundError } from '../errors/record-errors.js'
import type { Operator } from '../query/conditions.js'
import type { Query } from '../query/query.js'
import type {
  AttributeConditions,
  AttributeInput,
  AttributeName,
  CheckedOperator,
  ComparedValue,
  NullableName,
  OperandOf,
  RangedName,
  TextName,
} from '../schema/attribute-types.js'
import type { KeyInput } from '../schema/record-key.js'
import type { RecordClass } from './construction.js'
import { fetchByKey, queryOf } from './model-query.js'
import type { ModelRecord } from './model-record.js'
import { ObservedModel } from './observed-model.js'

/** Finding records: the statics of a model class. Each that refines a query begins one; see `Query`. */
export abstract class SearchableModel extends ObservedModel {
  /** The query over all records. */
  static query<T extends ModelRecord>(this: RecordClass<T>): Query<T> {
    return queryOf(this)
  }

  /**
   * Begins a query with a condition; see `Query.where`. With two arguments a `*` in a text value is a wildcard; with an operator
   * values are literal.
   *
   *     await Visit.where('ip', '192.168.1.*').get()
   *     await Visit.where('userId', '>=', 5).orderBy('userId', 'desc').limit(10).get()
   */
  static where<T extends ModelRecord>(this: RecordClass<T>, conditions: AttributeConditions<T>): Query<T>
  static where<T extends ModelRecord, K extends AttributeName<T>>(
    this: RecordClass<T>,
    attribute: K,
    value: ComparedValue<T[K]>,
  ): Query<T>
  static where<T extends ModelRecord, K extends AttributeName<T>, O extends Operator>(
    this: RecordClass<T>,
    attribute: K,
    operator: CheckedOperator<T, K, O>,
    value: OperandOf<T[K], O>,
  ): Query<T>
  static where<T extends ModelRecord>(this: RecordClass<T>, ...given: readonly unknown[]): Query<T> {
    const query = queryOf(this)
    return Reflect.apply(query.where, query, given)
  }

  /** Begins a query for rows whose value is one of these. */
  static whereIn<T extends ModelRecord, K extends AttributeName<T>>(
    this: RecordClass<T>,
    attribute: K,
    values: readonly ComparedValue<T[K]>[],
  ): Query<T> {
    return queryOf(this).whereIn(attribute, values)
  }

  /** Begins a query for rows whose value is none of these. */
  static whereNotIn<T extends ModelRecord, K extends AttributeName<T>>(
    this: RecordClass<T>,
    attribute: K,
    values: readonly ComparedValue<T[K]>[],
  ): Query<T> {
    return queryOf(this).whereNotIn(attribute, values)
  }

  /** Begins a query for rows without a value. */
  static whereNull<T extends ModelRecord>(this: RecordClass<T>, attribute: NullableName<T>): Query<T> {
    return queryOf(this).whereNull(attribute)
  }

  /** Begins a query for rows with a value. */
  static whereNotNull<T extends ModelRecord>(this: RecordClass<T>, attribute: NullableName<T>): Query<T> {
    return queryOf(this).whereNotNull(attribute)
  }

  /** Begins a query for rows between two values, both included. */
  static whereBetween<T extends ModelRecord, K extends RangedName<T>>(
    this: RecordClass<T>,
    attribute: K,
    min: AttributeInput<NonNullable<T[K]>>,
    max: AttributeInput<NonNullable<T[K]>>,
  ): Query<T> {
    return queryOf(this).whereBetween(attribute, min, max)
  }

  /** Begins a query for rows whose text fits a pattern with `*` wildcards. */
  static whereLike<T extends ModelRecord>(this: RecordClass<T>, attribute: TextName<T>, pattern: string): Query<T> {
    return queryOf(this).whereLike(attribute, pattern)
  }

  /** Begins a query for the rows with this key, or one of these; literal. */
  static whereKey<T extends ModelRecord>(
    this: RecordClass<T>,
    key: KeyInput | null | readonly (KeyInput | null)[],
  ): Query<T> {
    return queryOf(this).whereKey(key)
  }

  /** Begins an ordered query. */
  static orderBy<T extends ModelRecord>(
    this: RecordClass<T>,
    attribute: RangedName<T>,
    direction: 'asc' | 'desc' = 'asc',
  ): Query<T> {
    return queryOf(this).orderBy(attribute, direction)
  }

  /** Begins a query with the newest rows first. */
  static latest<T extends ModelRecord>(this: RecordClass<T>, attribute?: RangedName<T>): Query<T> {
    return queryOf(this).latest(attribute)
  }

  /** Begins a query with the oldest rows first. */
  static oldest<T extends ModelRecord>(this: RecordClass<T>, attribute?: RangedName<T>): Query<T> {
    return queryOf(this).oldest(attribute)
  }

  /** Begins a query for at most so many rows. */
  static limit<T extends ModelRecord>(this: RecordClass<T>, rows: number | null): Query<T> {
    return queryOf(this).limit(rows)
  }

  /** All records, in order of creation. */
  static all<T extends ModelRecord>(this: RecordClass<T>): Promise<T[]> {
    return queryOf(this).get()
  }

  /** The same as `all`. */
  static get<T extends ModelRecord>(this: RecordClass<T>): Promise<T[]> {
    return queryOf(this).get()
  }

  /** The record created first, or null. */
  static first<T extends ModelRecord>(this: RecordClass<T>): Promise<T | null> {
    return queryOf(this).first()
  }

  /** The record created first; throws `ModelNotFoundError` when there is none. */
  static firstOrFail<T extends ModelRecord>(this: RecordClass<T>): Promise<T> {
    return queryOf(this).firstOrFail()
  }

  /** The record with this key, or null; null for a null or blank key. One look-up, never a search. */
  static async find<T extends ModelRecord>(this: RecordClass<T>, key: KeyInput | null): Promise<T | null> {
    const [record] = await fetchByKey(this, [key])
    return record ?? null
  }

  /** The record with this key; throws `ModelNotFoundError` when there is none. */
  static async findOrFail<T extends ModelRecord>(this: RecordClass<T>, key: KeyInput | null): Promise<T> {
    const [record] = await fetchByKey(this, [key])
    if (!record) throw new ModelNotFoundError(this.name, [String(key)])
    return record
  }

  /** The records with these keys, in the order of the keys; those that are missing are left out. */
  static async findMany<T extends ModelRecord>(this: RecordClass<T>, keys: readonly KeyInput[]): Promise<T[]> {
    return (await fetchByKey(this, keys)).filter((record) => record !== null)
  }

  /** Whether there is any record. */
  static exists(this: RecordClass<ModelRecord>): Promise<boolean> {
    return queryOf(this).exists()
  }

  /** The number of records. */
  static count(this: RecordClass<ModelRecord>): Promise<number> {
    return queryOf(this).count()
  }

  /** Calls a function with so many records at a time; `false` stops. See `Query.chunk`. */
  static chunk<T extends ModelRecord>(
    this: RecordClass<T>,
    size: number,
    callback: (rows: T[]) => unknown,
  ): Promise<void> {
    return queryOf(this).chunk(size, callback)
  }

  /** Calls a function with each record; `false` stops. See `Query.each`. */
  static each<T extends ModelRecord>(
    this: RecordClass<T>,
    callback: (row: T, index: number) => unknown,
    size?: number,
  ): Promise<void> {
    return queryOf(this).each(callback, size)
  }

  /**
   * `for await (const visit of Visit)`: all records, fetched in pages. TypeScript cannot infer the class here and takes the rows
   * for `ModelRecord`; `for await (const visit of Visit.query())` is the same with their type.
   */
  static [Symbol.asyncIterator]<T extends ModelRecord>(this: RecordClass<T>): AsyncGenerator<T, void, undefined> {
    return queryOf(this)[Symbol.asyncIterator]()
  }
}
