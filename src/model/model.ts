// biome-ignore-all lint/complexity/noThisInStatic: statics of a base class serve the class on which they are called

import { ModelNotFoundError } from '../errors/record-errors.js'
import { InvalidStateError } from '../errors/usage-errors.js'
import type { StoredRecord } from '../repositories/repository.js'
import type { AttributeValues } from '../schema/attribute-types.js'
import type { ConfirmationOptions } from './confirmed.js'
import { construct, type RecordClass } from './construction.js'
import { declareAbstract } from './definition-of.js'
import { type Expiry, expiryMs } from './expiry-moment.js'
import { fetchStored } from './fetch-by-key.js'
import { fire, withoutEvents } from './model-events.js'
import type { ModelQuery } from './model-query.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { type InsertOptions, reload, remove, repositoryFor, save, storedKey } from './persistence.js'
import { queryOf } from './query-of.js'
import { type RouteParamHandler, resolveRoute, routeParam } from './route-binding.js'
import type { RawAttributes } from './tracked-record.js'
import { WritingModel } from './writing-model.js'

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
export abstract class Model extends WritingModel {
  /**
   * The record that a value of a route stands for, by the key or by a searchable attribute, literally; null where there is none.
   * Throws `AttributeNotSearchableError` for an attribute without an index.
   */
  static resolveRouteBinding<T extends ModelRecord>(
    this: RecordClass<T>,
    value: string,
    field?: keyof T & string,
  ): Promise<T | null> {
    return resolveRoute(this, value, field ?? null)
  }

  /**
   * A handler for `app.param` of Express: `app.param('visit', Visit.routeParam())` puts the record on `request.visit`, and passes on
   * a `ModelNotFoundError` with `status` 404 where there is none.
   */
  static routeParam<T extends ModelRecord>(this: RecordClass<T>, field?: keyof T & string): RouteParamHandler {
    return routeParam(this, field ?? null)
  }

  /**
   * Creates or updates the record; true if something was written, false if nothing had changed or a handler cancelled. Only
   * what changed is sent; the deadline of the record stays, unless `ttl` sets another.
   * With `waitReplicas` replicas confirm the write: see `confirmed`.
   * Throws `ModelNotFoundError` when the record was removed meanwhile, `DuplicateKeyError` when its (new) key is taken,
   * `ReplicationError` when it is stored but not confirmed, `InvalidStateError` while another operation of this object runs.
   */
  save(options: InsertOptions = {}): Promise<boolean> {
    return save(this, options)
  }

  /** As `save`, without events. */
  saveQuietly(options: InsertOptions = {}): Promise<boolean> {
    return withoutEvents(() => this.save(options))
  }

  /**
   * Sets attributes and saves; false without any effect for a record that is not stored. Throws as `fill` and `save` do.
   * In methods of the class itself: `this.ip = '…'`, then `this.save()`; see `fill`.
   */
  async update(attributes: AttributeValues<this>, options: InsertOptions = {}): Promise<boolean> {
    if (!this.exists) return false
    stateOf(this).requireIdle('update')
    // Awaited: the promise of an async function takes three turns to follow another promise, and one to give a value.
    return await this.fill(attributes).save(options)
  }

  /** As `update`, without events. */
  updateQuietly(attributes: AttributeValues<this>, options: InsertOptions = {}): Promise<boolean> {
    return withoutEvents(() => this.update(attributes, options))
  }

  /** Removes the record; true if this call removed it. False for a record that is not stored, or when a handler cancelled. */
  delete(options: ConfirmationOptions = {}): Promise<boolean> {
    return remove(this, options)
  }

  /** As `delete`, without events. */
  deleteQuietly(options: ConfirmationOptions = {}): Promise<boolean> {
    return withoutEvents(() => this.delete(options))
  }

  /**
   * Sets the time of the last update, or another attribute, to now and saves. False without any effect for a record that is not
   * stored, and without a name where the class keeps no such time.
   */
  async touch(attribute?: keyof this & string): Promise<boolean> {
    const name = attribute ?? this.getUpdatedAtColumn()
    if (!this.exists || name === null) return false
    stateOf(this).requireIdle('touch')
    return this.setAttribute(name, this.freshTimestamp()).save()
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
    const [record] = await fetchStored(classOf(this), [storedKey(stateOf(this))])
    return record ?? null
  }

  /** The query over all records of the same class. */
  newQuery(): ModelQuery<this> {
    return queryOf(classOf(this))
  }

  /** A new object of the same class; with `exists` it counts as stored as it is, under the key among the attributes. */
  newInstance(attributes?: AttributeValues<this>, exists = false): this {
    const record = construct(classOf(this), null)
    if (attributes !== undefined) record.fill(attributes)
    const state = stateOf(record)
    if (exists) {
      state.exists = true
      state.store.syncOriginal(true)
    }
    return record
  }

  /** An object of the same class for a stored record, given as text; fires `retrieved`. Throws `InvalidArgumentError` for unknown names. */
  async newFromBuilder(raw: RawAttributes): Promise<this> {
    const record = construct(classOf(this), storedRecordOf(this, raw))
    await fire(record, 'retrieved')
    return record
  }

  /**
   * A new object with the same attributes, except the key, the times, the version and those that are named, to be stored as another
   * record; fires `replicating` for it. Throws `InvalidStateError` for a record of which only some attributes were read, `InvalidArgumentError` for an
   * unknown name.
   */
  async replicate(except: readonly (keyof this & string)[] = []): Promise<this> {
    const { store, definition } = stateOf(this)
    const unread = definition.names.find((name) => name !== this.getKeyName() && !store.knows(name))
    if (unread !== undefined) {
      throw new InvalidStateError(`The attribute [${unread}] was not read: refresh the record before it is replicated.`)
    }
    for (const name of except) if (name !== this.getKeyName()) stateOf(this).attribute(name)
    const { createdAt, updatedAt, version } = definition
    const left: readonly (string | null)[] = [...except, createdAt, updatedAt, version]
    const copy = construct(classOf(this), null)
    for (const name of definition.schema.attributes.keys()) {
      if (!left.includes(name)) stateOf(copy).store.setRaw(name, store.raw(name))
    }
    await fire(copy, 'replicating')
    return copy
  }

  /**
   * Sets when the record expires: a moment, a number of seconds from now, or null for never. True if there was such a record;
   * a moment that has passed removes it. Throws `InvalidArgumentError` for anything else.
   */
  async setExpiry(at: Expiry): Promise<boolean> {
    const expiresAtMs = expiryMs(at)
    if (!this.exists) return false
    const state = stateOf(this)
    const isKnown = await repositoryFor(this).expire(state.definition.schema, storedKey(state), expiresAtMs)
    if (expiresAtMs !== null && expiresAtMs <= Date.now()) state.exists = false
    return isKnown
  }

  /** Has the record live for ever; true if there was such a record. */
  persist(): Promise<boolean> {
    return this.setExpiry(null)
  }

  /** When the record expires, to the millisecond; null when it does not, or is not stored. */
  async getExpiry(): Promise<Date | null> {
    if (!this.exists) return null
    const state = stateOf(this)
    const expiresAtMs = await repositoryFor(this).expiry(state.definition.schema, storedKey(state))
    return typeof expiresAtMs === 'number' ? new Date(expiresAtMs) : null
  }

  /**
   * The Redis key under which the record is stored as it is now, without the key prefix of the connection; `null` in it stands
   * for a key that the record does not have yet. In `redis` and `cluster` searchable values are a part of it.
   */
  getHashKey(): string {
    const { store, definition } = stateOf(this)
    return repositoryFor(this).keyOf(definition.schema, { id: store.key ?? 'null', fields: store.fields() })
  }

  /** The Redis key under which the record was stored before its changes. */
  getOriginalHashKey(): string {
    const { store, definition } = stateOf(this)
    const fields = Array.from(definition.schema.attributes.keys(), (name) => [name, store.rawOriginal(name)] as const)
    const stored = fields.flatMap(([name, text]) => (text === null ? [] : [name, text]))
    return repositoryFor(this).keyOf(definition.schema, { id: store.storedId ?? 'null', fields: stored })
  }

  /** The value that stands for the record in a route: its key, unless it is overridden. */
  getRouteKey(): unknown {
    return this.getAttribute(this.getRouteKeyName())
  }

  /** Name of the attribute of `getRouteKey`: the key, unless it is overridden. */
  getRouteKeyName(): string {
    return this.getKeyName()
  }
}

for (let level: object = Model.prototype; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
  declareAbstract(level)
}

function classOf<T extends Model>(record: T): RecordClass<T> {
  return record.constructor as RecordClass<T>
}

function storedRecordOf(record: Model, raw: RawAttributes): StoredRecord {
  const state = stateOf(record)
  const { keyName, modelName } = state.definition.schema
  const id = raw[keyName]
  if (typeof id !== 'string')
    throw new InvalidStateError(`A stored record of model [${modelName}] has a key '${keyName}'.`)
  const fields = Object.entries(raw).flatMap(([name, text]) =>
    name === keyName || text === null ? [] : [state.attribute(name).name, text],
  )
  return { id, fields }
}
