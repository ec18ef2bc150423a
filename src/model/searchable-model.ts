// biome-ignore-all lint/complexity/noThisInStatic: statics of a base class serve the class on which they are called

import { ModelNotFoundError } from '../errors/record-errors.js'
import type { ConditionGroup } from '../query/conditional-query.js'
import type { Operator } from '../query/conditions.js'
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
import { definitionOf } from './definition-of.js'
import { fetchByKey, lookupKey } from './fetch-by-key.js'
import type { ModelQuery } from './model-query.js'
import type { ModelRecord } from './model-record.js'
import { type QueryWithScopes, queryOf, type ScopedClass } from './query-of.js'
import { QueryingModel } from './querying-model.js'
import { addGlobalScope, globalScopesOf } from './scopes.js'

/** Finding records: the statics of a model class. Each that refines a query begins one; see `Query`. */
export abstract class SearchableModel extends QueryingModel {
  /** The query over all records. */
  static query<T extends ModelRecord, S>(this: ScopedClass<T, S>): QueryWithScopes<T, S> {
    return queryOf(this)
  }

  /**
   * Begins a query with a condition; see `Query.where`. With two arguments a `*` in a text value is a wildcard; with an operator
   * values are literal.
   *
   *     await Visit.where('ip', '192.168.1.*').get()
   *     await Visit.where('userId', '>=', 5).orderBy('userId', 'desc').limit(10).get()
   */
  static where<T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    group: ConditionGroup<QueryWithScopes<T, S>>,
  ): QueryWithScopes<T, S>
  static where<T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    conditions: AttributeConditions<T>,
  ): QueryWithScopes<T, S>
  static where<T extends ModelRecord, S, K extends AttributeName<T>>(
    this: ScopedClass<T, S>,
    attribute: K,
    value: ComparedValue<T[K]>,
  ): QueryWithScopes<T, S>
  static where<T extends ModelRecord, S, K extends AttributeName<T>, O extends Operator>(
    this: ScopedClass<T, S>,
    attribute: K,
    operator: CheckedOperator<T, K, O>,
    value: OperandOf<T[K], O>,
  ): QueryWithScopes<T, S>
  static where<T extends ModelRecord, S>(this: ScopedClass<T, S>, ...given: readonly unknown[]): QueryWithScopes<T, S> {
    const query = queryOf(this)
    return Reflect.apply(query.where, query, given)
  }

  /** Begins a query without a global scope of the class. */
  static withoutGlobalScope<T extends ModelRecord, S>(this: ScopedClass<T, S>, name: string): QueryWithScopes<T, S> {
    return queryOf(this).withoutGlobalScope(name)
  }

  /** Begins a query without some global scopes of the class, by default without all. */
  static withoutGlobalScopes<T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    names?: readonly string[],
  ): QueryWithScopes<T, S> {
    return queryOf(this).withoutGlobalScopes(names)
  }

  /**
   * Adds a scope to all queries of this class and its subclasses: what it returns for an empty query must hold beside what is
   * asked. It may add conditions and an order. Also as `static globalScopes = { name: (query) => … }`.
   */
  static addGlobalScope<T extends ModelRecord>(
    this: RecordClass<T>,
    name: string,
    scope: (query: ModelQuery<T>) => ModelQuery<T>,
  ): void {
    addGlobalScope(this.prototype, name, scope)
  }

  /** Whether queries of this class have a global scope of this name. */
  static hasGlobalScope(this: RecordClass<ModelRecord>, name: string): boolean {
    return globalScopesOf(this.prototype).has(name)
  }

  /** Begins a query for rows whose value is one of these. */
  static whereIn<T extends ModelRecord, S, K extends AttributeName<T>>(
    this: ScopedClass<T, S>,
    attribute: K,
    values: readonly ComparedValue<T[K]>[],
  ): QueryWithScopes<T, S> {
    return queryOf(this).whereIn(attribute, values)
  }

  /** Begins a query for rows whose value is none of these. */
  static whereNotIn<T extends ModelRecord, S, K extends AttributeName<T>>(
    this: ScopedClass<T, S>,
    attribute: K,
    values: readonly ComparedValue<T[K]>[],
  ): QueryWithScopes<T, S> {
    return queryOf(this).whereNotIn(attribute, values)
  }

  /** Begins a query for rows without a value. */
  static whereNull<T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    attribute: NullableName<T>,
  ): QueryWithScopes<T, S> {
    return queryOf(this).whereNull(attribute)
  }

  /** Begins a query for rows with a value. */
  static whereNotNull<T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    attribute: NullableName<T>,
  ): QueryWithScopes<T, S> {
    return queryOf(this).whereNotNull(attribute)
  }

  /** Begins a query for rows between two values, both included. */
  static whereBetween<T extends ModelRecord, S, K extends RangedName<T>>(
    this: ScopedClass<T, S>,
    attribute: K,
    min: AttributeInput<NonNullable<T[K]>>,
    max: AttributeInput<NonNullable<T[K]>>,
  ): QueryWithScopes<T, S> {
    return queryOf(this).whereBetween(attribute, min, max)
  }

  /** Begins a query for rows whose text fits a pattern with `*` wildcards. */
  static whereLike<T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    attribute: TextName<T>,
    pattern: string,
  ): QueryWithScopes<T, S> {
    return queryOf(this).whereLike(attribute, pattern)
  }

  /** Begins a query for the rows with this key, or one of these; literal. */
  static whereKey<T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    key: KeyInput | null | readonly (KeyInput | null)[],
  ): QueryWithScopes<T, S> {
    return queryOf(this).whereKey(key)
  }

  /** Begins an ordered query. */
  static orderBy<T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    attribute: RangedName<T>,
    direction: 'asc' | 'desc' = 'asc',
  ): QueryWithScopes<T, S> {
    return queryOf(this).orderBy(attribute, direction)
  }

  /** Begins a query with the newest rows first. */
  static latest<T extends ModelRecord, S>(this: ScopedClass<T, S>, attribute?: RangedName<T>): QueryWithScopes<T, S> {
    return queryOf(this).latest(attribute)
  }

  /** Begins a query with the oldest rows first. */
  static oldest<T extends ModelRecord, S>(this: ScopedClass<T, S>, attribute?: RangedName<T>): QueryWithScopes<T, S> {
    return queryOf(this).oldest(attribute)
  }

  /** Begins a query for at most so many rows. */
  static limit<T extends ModelRecord, S>(this: ScopedClass<T, S>, rows: number | null): QueryWithScopes<T, S> {
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
    const [record] = await findByKey(this, [key])
    return record ?? null
  }

  /** The record with this key; throws `ModelNotFoundError` when there is none. */
  static async findOrFail<T extends ModelRecord>(this: RecordClass<T>, key: KeyInput | null): Promise<T> {
    const [record] = await findByKey(this, [key])
    if (!record) throw new ModelNotFoundError(this.name, [String(key)])
    return record
  }

  /** The record with this key, or what a function returns when there is none. */
  static async findOr<T extends ModelRecord, Other>(
    this: RecordClass<T>,
    key: KeyInput | null,
    fallback: () => Other | Promise<Other>,
  ): Promise<T | Other> {
    const [record] = await findByKey(this, [key])
    return record ?? fallback()
  }

  /** The records with these keys, in the order of the keys; those that are missing are left out. */
  static async findMany<T extends ModelRecord>(this: RecordClass<T>, keys: readonly KeyInput[]): Promise<T[]> {
    return (await findByKey(this, keys)).filter((record) => record !== null)
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
   * for `ModelRecord`; `for await (const visit of Visit.lazy())` is the same with their type.
   */
  static [Symbol.asyncIterator]<T extends ModelRecord>(this: RecordClass<T>): AsyncGenerator<T, void, undefined> {
    return queryOf(this)[Symbol.asyncIterator]()
  }
}

/** The records with these keys; those that a global scope leaves out are not found. */
function findByKey<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  keys: readonly (KeyInput | null)[],
): Promise<(T | null)[]> {
  const hasScopes = globalScopesOf(recordClass.prototype).size > 0
  return hasScopes ? findInScopes(recordClass, keys) : fetchByKey(recordClass, keys)
}

async function findInScopes<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  keys: readonly (KeyInput | null)[],
): Promise<(T | null)[]> {
  const { modelName } = definitionOf(recordClass.prototype).schema
  const ids = keys.map((key) => lookupKey(modelName, key))
  const wanted = ids.filter((id) => id !== null)
  const records = wanted.length === 0 ? [] : await queryOf(recordClass).whereKey(wanted).get()
  const byId = new Map(records.map((record) => [record.getKey(), record]))
  return ids.map((id) => byId.get(id) ?? null)
}
