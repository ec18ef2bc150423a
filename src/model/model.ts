// biome-ignore-all lint/complexity/noThisInStatic: statics of a base class serve the class on which they are called

import dayjs, { type Dayjs } from 'dayjs'
import { quote } from '../errors/quote.js'
import { ModelNotFoundError } from '../errors/record-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Repository } from '../repositories/repository.js'
import type { AttributeValues } from '../schema/attribute-types.js'
import type { KeyInput } from '../schema/record-key.js'
import { type InsertManyOptions, type InsertReport, type InsertRows, insertMany } from './bulk-insert.js'
import { construct, type RecordClass } from './construction.js'
import { declareAbstract, definitionOf } from './definition-of.js'
import { fetchByKey, fetchStored, lookupKey } from './model-query.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { destroy, type InsertOptions, reload, remove, save, storedKey } from './persistence.js'
import { SearchableModel } from './searchable-model.js'
import { storageOf } from './storage-of.js'

/**
 * The base of all models: a class that extends it is stored in Redis, one record for each object.
 *
 *     class Visit extends Model {
 *       @Attribute() @Searchable() declare ip: string
 *     }
 *     const visit = await Visit.create({ ip: '192.168.1.100' })
 *     await visit.update({ ip: '10.0.0.1' })
 *     await Visit.where('ip', '10.*').get()
 *
 * A constructor of your own must work without arguments and pass what it is given to `super`; what it and the class fields
 * assign are defaults of new records, never of loaded ones.
 */
export abstract class Model extends SearchableModel {
  /** Makes a new record without storing it. Throws as `fill` does. */
  static make<T extends ModelRecord>(this: RecordClass<T>, attributes?: AttributeValues<T>): T {
    const record = construct(this, null)
    return attributes === undefined ? record : record.fill(attributes)
  }

  /**
   * Makes a record and stores it. A record whose creation a handler cancelled comes back with `exists` false.
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

  /**
   * Stores many new records in batches, with casts, keys, times and defaults, and by default without events. Rows may come from an
   * array, an iterable or an async iterable, which is read as fast as batches are stored. Existing records are never replaced.
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

  /** Removes records by key; missing ones are skipped. Returns how many this call removed; handlers of deletion run for each. */
  static async destroy(
    this: RecordClass<ModelRecord>,
    keys: KeyInput | null | readonly (KeyInput | null)[],
  ): Promise<number> {
    const definition = definitionOf(this.prototype)
    const given = Array.isArray(keys) ? keys : [keys]
    const ids = given.map((key) => lookupKey(definition.schema.modelName, key)).filter((id) => id !== null)
    if (ids.length === 0) return 0
    return destroy(this.prototype, definition, ids, async (unique) =>
      (await fetchByKey(this, unique)).filter((record) => record !== null),
    )
  }

  /** Removes all records of the model and everything that belongs to them, without events; returns how many there were. */
  static truncate(this: RecordClass<ModelRecord>): Promise<number> {
    const { schema } = definitionOf(this.prototype)
    return storageOf(this.prototype, schema).clear(schema)
  }

  /**
   * Creates or updates the record; true if something was written, false if nothing had changed or a handler cancelled. Only
   * what changed is sent; the deadline of the record stays.
   * Throws `ModelNotFoundError` when the record was removed meanwhile, `DuplicateKeyError` when its (new) key is taken,
   * `InvalidStateError` while another operation of this object runs.
   */
  save(options: InsertOptions = {}): Promise<boolean> {
    return save(this, options)
  }

  /**
   * Sets attributes and saves; false without any effect for a record that is not stored. Throws as `fill` and `save` do.
   * In methods of the class itself: `this.ip = '…'`, then `this.save()`; see `fill`.
   */
  async update(attributes: AttributeValues<this>): Promise<boolean> {
    if (!this.exists) return false
    stateOf(this).requireIdle('update')
    return save(this.fill(attributes))
  }

  /** Removes the record; true if this call removed it. False for a record that is not stored, or when a handler cancelled. */
  delete(): Promise<boolean> {
    return remove(this)
  }

  /**
   * Reads the record again and forgets all changes; a record that is not stored stays as it is.
   * Throws `ModelNotFoundError` when it was removed.
   */
  async refresh(): Promise<this> {
    if (this.exists && !(await reload(this)))
      throw new ModelNotFoundError(this.constructor.name, [String(this.getKey())])
    return this
  }

  /** The record as it is stored, in a new object; null when it is not stored or was removed. */
  async fresh(): Promise<this | null> {
    if (!this.exists) return null
    const [record] = await fetchStored(this.constructor as RecordClass<this>, [storedKey(stateOf(this))])
    return record ?? null
  }

  /**
   * Sets when the record expires: a moment, a number of seconds from now, or null for never. True if there was such a record;
   * a moment that has passed removes it. Throws `InvalidArgumentError` for anything else.
   */
  async setExpiry(at: Date | Dayjs | number | null): Promise<boolean> {
    const expiresAtMs = at === null ? null : momentOf(at)
    if (!this.exists) return false
    const state = stateOf(this)
    const { schema } = state.definition
    const isKnown = await this.#repository.expire(schema, storedKey(state), expiresAtMs)
    if (expiresAtMs !== null && expiresAtMs <= Date.now()) state.exists = false
    return isKnown
  }

  /** When the record expires, to the millisecond; null when it does not, or is not stored. */
  async getExpiry(): Promise<Date | null> {
    if (!this.exists) return null
    const state = stateOf(this)
    const expiresAtMs = await this.#repository.expiry(state.definition.schema, storedKey(state))
    return typeof expiresAtMs === 'number' ? new Date(expiresAtMs) : null
  }

  get #repository(): Repository {
    return storageOf(Object.getPrototypeOf(this), stateOf(this).definition.schema)
  }
}

for (let level: object = Model.prototype; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
  declareAbstract(level)
}

function momentOf(at: Date | Dayjs | number): number {
  const ms =
    typeof at === 'number'
      ? Date.now() + at * 1000
      : dayjs.isDayjs(at) || at instanceof Date
        ? at.valueOf()
        : Number.NaN
  if (Number.isFinite(ms) && Math.abs(ms) <= 8.64e15) return Math.ceil(ms)
  throw new InvalidArgumentError(
    `${quote(at)} is no expiry: give a Date, a dayjs, seconds from now, or null for never.`,
  )
}
