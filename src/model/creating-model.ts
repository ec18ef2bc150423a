// biome-ignore-all lint/complexity/noThisInStatic: statics of a base class serve the class on which they are called

import type { AttributeConditions, AttributeName, AttributeValues } from '../schema/attribute-types.js'
import type { KeyInput } from '../schema/record-key.js'
import { type InsertManyOptions, type InsertReport, type InsertRows, insertMany } from './bulk-insert.js'
import type { BulkOptions, BulkReport } from './bulk-report.js'
import { construct, type RecordClass } from './construction.js'
import { definitionOf } from './definition-of.js'
import { fetchByKey, lookupKey } from './fetch-by-key.js'
import { withoutEvents } from './model-events.js'
import type { ModelRecord } from './model-record.js'
import { destroy, type InsertOptions, save } from './persistence.js'
import { queryOf } from './query-of.js'
import { globalScopesOf } from './scopes.js'
import { SearchableModel } from './searchable-model.js'
import { storageOf } from './storage-of.js'
import type { Rows } from './upsert.js'

/** Making, storing and removing records, one or many: statics of a model class. */
export abstract class CreatingModel extends SearchableModel {
  /** Makes a new record without storing it. Throws as `fill` does. */
  static make<T extends ModelRecord>(this: RecordClass<T>, attributes?: AttributeValues<T>): T {
    const record = construct(this, null)
    return attributes === undefined ? record : record.fill(attributes)
  }

  /**
   * Makes a record and stores it. A record whose creation a handler cancelled comes back with `exists` false. `ttl` says when it
   * expires: seconds, a Date or a dayjs, or null for never, whatever the model says.
   * Throws `DuplicateKeyError` when the key is taken (with `force` the old record is replaced in the same step, and no
   * handler of deletion runs), `InvalidKeyError`, `CastError`, `ConnectionError`.
   */
  static async create<T extends ModelRecord>(
    this: RecordClass<T>,
    attributes: AttributeValues<T> = {},
    options: InsertOptions = {},
  ): Promise<T> {
    const record = construct(this, null).fill(attributes)
    await save(record, options)
    return record
  }

  /** As `create`, but also sets what the class guards. */
  static async forceCreate<T extends ModelRecord>(
    this: RecordClass<T>,
    attributes: AttributeValues<T> = {},
    options: InsertOptions = {},
  ): Promise<T> {
    const record = construct(this, null).forceFill(attributes)
    await save(record, options)
    return record
  }

  /** As `create`, without events. */
  static createQuietly<T extends ModelRecord>(
    this: RecordClass<T>,
    attributes: AttributeValues<T> = {},
    options: InsertOptions = {},
  ): Promise<T> {
    return withoutEvents(() => queryOf(this).withoutGlobalScopes().create(attributes, options))
  }

  /** Creates many records, each as `create` does; see `ModelQuery.createMany`. */
  static createMany<T extends ModelRecord>(
    this: RecordClass<T>,
    rows: Iterable<AttributeValues<T>>,
    options: BulkOptions & InsertOptions = {},
  ): Promise<T[]> {
    return queryOf(this).createMany(rows, options)
  }

  /** The first record with these values, or a new one that is not stored; see `ModelQuery.firstOrNew`. */
  static firstOrNew<T extends ModelRecord>(
    this: RecordClass<T>,
    attributes: AttributeConditions<T>,
    values: AttributeValues<T> = {},
  ): Promise<T> {
    return queryOf(this).firstOrNew(attributes, values)
  }

  /** The first record with these values, or a new one, created once however many ask; see `ModelQuery.firstOrCreate`. */
  static firstOrCreate<T extends ModelRecord>(
    this: RecordClass<T>,
    attributes: AttributeConditions<T>,
    values: AttributeValues<T> = {},
    options: InsertOptions = {},
  ): Promise<T> {
    return queryOf(this).firstOrCreate(attributes, values, options)
  }

  /** The first record with these values, updated, or a new one, created; see `ModelQuery.updateOrCreate`. */
  static updateOrCreate<T extends ModelRecord>(
    this: RecordClass<T>,
    attributes: AttributeConditions<T>,
    values: AttributeValues<T> = {},
    options: InsertOptions = {},
  ): Promise<T> {
    return queryOf(this).updateOrCreate(attributes, values, options)
  }

  /** Creates or updates the record of each row; see `ModelQuery.upsert`. */
  static upsert<T extends ModelRecord>(
    this: RecordClass<T>,
    rows: Rows<T>,
    uniqueBy: AttributeName<T> | readonly AttributeName<T>[],
    update: readonly AttributeName<T>[] | null = null,
    options: BulkOptions = {},
  ): Promise<BulkReport> {
    return queryOf(this).upsert(rows, uniqueBy, update, options)
  }

  /**
   * Stores many new records in batches, with casts, keys, times, defaults and the model's deadline, and by default without events;
   * guarded attributes are set, too. Rows may come from an array, an iterable or an async iterable, which is read as fast as
   * batches are stored. Existing records are never replaced.
   * A row that fails is reported and does not stop the others; an error of the connection is thrown, with the batches under
   * way finished.
   */
  static insertMany<T extends ModelRecord>(
    this: RecordClass<T>,
    rows: InsertRows<T>,
    options: InsertManyOptions = {},
  ): Promise<InsertReport> {
    return insertMany(this, rows, options)
  }

  /**
   * Removes records by key; missing ones, and those that a global scope leaves out, are skipped. Returns how many this call
   * removed; handlers of deletion run for each.
   */
  static async destroy(
    this: RecordClass<ModelRecord>,
    keys: KeyInput | null | readonly (KeyInput | null)[],
  ): Promise<number> {
    const definition = definitionOf(this.prototype)
    const given = Array.isArray(keys) ? keys : [keys]
    const ids = given.map((key) => lookupKey(definition.schema.modelName, key)).filter((id) => id !== null)
    if (ids.length === 0) return 0
    if (globalScopesOf(this.prototype).size > 0) return queryOf(this).whereKey(ids).delete()
    return destroy(this.prototype, definition, ids, async (unique) =>
      (await fetchByKey(this, unique)).filter((record) => record !== null),
    )
  }

  /**
   * Removes all records of the model and everything that belongs to them, without events and whatever global scopes say; returns
   * how many there were.
   */
  static truncate(this: RecordClass<ModelRecord>): Promise<number> {
    const { schema } = definitionOf(this.prototype)
    return storageOf(this.prototype, schema).clear(schema)
  }
}
