import { BulkWriteError } from '../errors/bulk-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import { compares } from '../query/conditions.js'
import { allOf, confinedTo, criterionOf } from '../query/question.js'
import type { Criterion } from '../repositories/criteria.js'
import type { AttributeConditions, AttributeName, AttributeValues } from '../schema/attribute-types.js'
import { requireValuesByName } from '../schema/require-values.js'
import { changeEach, isOvertaken } from './bulk-change.js'
import {
  type BulkOptions,
  type BulkReport,
  BulkTally,
  batchesOf,
  batchSizeOf,
  keyNamedBy,
  requireRows,
} from './bulk-report.js'
import { confirmed } from './confirmed.js'
import { construct } from './construction.js'
import { createOnce } from './create-once.js'
import { type ModelRecord, stateOf } from './model-record.js'
import { repositoryOf } from './model-settings.js'
import { firstDeadline, type InsertOptions, save } from './persistence.js'
import { requireAttribute } from './require-attribute.js'
import { ScopedQuery } from './scoped-query.js'
import { Turns } from './turns.js'
import { type Rows, upsert } from './upsert.js'

/** How often a record may be removed or changed by others before `updateOrCreate` gives up. */
const MOST_ATTEMPTS = 20

/** Creating the records that a query asks for. */
export abstract class CreatingQuery<T extends ModelRecord> extends ScopedQuery<T> {
  /**
   * Makes a record without storing it: with the values that the conditions of this query demand by equality, and with these.
   *
   *     Visit.where('country', '=', 'DK').make({ ip: '10.0.0.1' }).country // 'DK'
   */
  make(attributes?: AttributeValues<T>): T {
    const record = construct(this.source.recordClass, null)
    demand(record, super.criterion)
    return attributes === undefined ? record : record.fill(attributes)
  }

  /** Makes a record as `make` does and stores it; see `Model.create`. */
  async create(attributes: AttributeValues<T> = {}, options: InsertOptions = {}): Promise<T> {
    const record = this.make(attributes)
    await save(record, options)
    return record
  }

  /**
   * Creates many records as `create` does, 250 at a time; in the order of the rows. Those that a handler cancelled come back with
   * `exists` false. Throws `BulkWriteError` when rows fail, with a value that does not fit for example: the others are stored then,
   * and the error tells which failed.
   */
  async createMany(rows: Iterable<AttributeValues<T>>, options: BulkOptions & InsertOptions = {}): Promise<T[]> {
    requireRows('createMany', rows)
    // What is wrong with the deadline is so for every row.
    firstDeadline(this.source.definition, options)
    const { waitReplicas, timeoutMs, ...each } = options
    const tally = new BulkTally(options)
    const records = await confirmed(options, () => this.#createBatches(rows, each, tally))
    requireSuccess(this.schema.modelName, 'createMany', tally.report())
    return records
  }

  /** The records of those rows of which one could be made. */
  async #createBatches(
    rows: Iterable<AttributeValues<T>>,
    options: BulkOptions & InsertOptions,
    tally: BulkTally,
  ): Promise<T[]> {
    const { keyName } = this.schema
    const records: T[] = []
    for await (const batch of batchesOf(rows, batchSizeOf(options))) {
      const items = batch.map((row): { readonly row: AttributeValues<T>; record: T | null } => ({ row, record: null }))
      const turns = new Turns()
      const create = (item: (typeof items)[number]) => {
        const record = this.make(item.row)
        item.record = record
        return turns.take(record.getKey(), async () => ((await save(record, options)) ? 'created' : 'cancelled'))
      }
      await changeEach(items, ({ row, record }) => record?.getKey() ?? keyNamedBy(row, keyName), create, tally)
      for (const { record } of items) if (record !== null) records.push(record)
    }
    return records
  }

  /** The first row with these values, or a new record with them and with `values` that is not stored. */
  async firstOrNew(attributes: AttributeConditions<T>, values: AttributeValues<T> = {}): Promise<T> {
    return (await this.#like(attributes).first()) ?? this.#made(attributes, values)
  }

  /**
   * The first row with these values, which keeps its other ones; or else a record with them and with `values`, created. Callers
   * that ask for the same at the same time get the same record, and one of them has created it (`wasRecentlyCreated`). Null
   * stands for "no value". Throws as `create` does, and `AttributeNotSearchableError`.
   */
  async firstOrCreate(
    attributes: AttributeConditions<T>,
    values: AttributeValues<T> = {},
    options: InsertOptions = {},
  ): Promise<T> {
    const wanted = this.#like(attributes)
    const found = await wanted.first()
    if (found !== null) return found
    const { recordClass, definition } = this.source
    return createOnce(
      {
        // Without global scopes: they may be about the moment.
        name: JSON.stringify(criterionOf(wanted.question)),
        isByKey: (Reflect.get(attributes, definition.schema.keyName) ?? null) !== null,
        claims: repositoryOf(recordClass.prototype).claims,
        find: () => wanted.first(),
        make: () => this.#made(attributes, values),
      },
      options,
    )
  }

  /**
   * Gives the first row with these values those of `values`, or creates it as `firstOrCreate` does. When the row is removed or
   * changed by others meanwhile, it begins anew. `force`, by default false, replaces what is stored under the key of a new record.
   */
  async updateOrCreate(
    attributes: AttributeConditions<T>,
    values: AttributeValues<T> = {},
    options: InsertOptions = {},
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const record = await this.firstOrCreate(attributes, values, options)
      if (record.wasRecentlyCreated || !record.exists) return record
      try {
        await save(record.fill(values), options)
        return record
      } catch (error) {
        if (!isOvertaken(error, this.schema.modelName, stateOf(record).store.storedId) || attempt >= MOST_ATTEMPTS)
          throw error
      }
    }
  }

  /**
   * Creates the record of each row, or updates it where a row of this query has the same values in `uniqueBy`: then the attributes
   * in `update`, by default all of the row. `uniqueBy` is the key, or searchable attributes. A row that fails is reported and
   * does not stop the others. Throws errors of the connection, and `AttributeNotSearchableError`.
   *
   *     await Visit.upsert([{ ip: '10.0.0.1', hits: 1 }], 'ip', ['hits'])
   */
  async upsert(
    rows: Rows<T>,
    uniqueBy: AttributeName<T> | readonly AttributeName<T>[],
    update: readonly AttributeName<T>[] | null = null,
    options: BulkOptions = {},
  ): Promise<BulkReport> {
    requireRows('upsert', rows)
    const by: readonly string[] = typeof uniqueBy === 'string' ? [uniqueBy] : uniqueBy
    if (by.length === 0) throw new InvalidArgumentError('upsert needs the attributes by which rows are known.')
    for (const name of by) compares(this.schema, name, '=', null)
    const { keyName, modelName } = this.schema
    const valuesOf = (row: object) => Object.fromEntries(by.map((name) => [name, Reflect.get(row, name)]))
    const updates: readonly string[] | null = update
    for (const name of updates ?? []) if (name !== keyName) requireAttribute(this.schema, name)
    const isUpdated = (name: string): boolean =>
      updates === null ? name !== keyName && !by.includes(name) : updates.includes(name)
    return upsert<T>(
      {
        keyName,
        modelName,
        identityOf: (row) => JSON.stringify(this.#equal(valuesOf(row))),
        find: (some) => this.#findAll(some, by),
        findOrCreate: (row) => this.firstOrCreate(valuesOf(row) as AttributeConditions<T>, row as AttributeValues<T>),
      },
      rows,
      isUpdated,
      options,
    )
  }

  /** The first record for each of these rows, by identity: one query where they are known by one attribute. */
  async #findAll(rows: ReadonlyMap<string, object>, by: readonly string[]): Promise<ReadonlyMap<string, T>> {
    const found = new Map<string, T>()
    const [name, ...others] = by
    if (rows.size === 0 || name === undefined) return found
    if (others.length > 0) {
      const first = async (identity: string, row: object): Promise<void> => {
        const record = await this.#like(Object.fromEntries(by.map((one) => [one, Reflect.get(row, one)]))).first()
        if (record !== null) found.set(identity, record)
      }
      await Promise.all(Array.from(rows, ([identity, row]) => first(identity, row)))
      return found
    }
    const values = Array.from(rows.values(), (row) => Reflect.get(row, name))
    const records = await this.asking(confinedTo(this.question, compares(this.schema, name, 'in', values))).get()
    for (const record of records) {
      const identity = JSON.stringify(this.#equal({ [name]: record.getAttribute(name) }))
      if (!found.has(identity)) found.set(identity, record)
    }
    return found
  }

  #made(attributes: AttributeConditions<T>, values: AttributeValues<T>): T {
    const record = this.make(values)
    demand(record, this.#equal(attributes))
    return record
  }

  #like(attributes: object): this {
    return this.asking(confinedTo(this.question, this.#equal(attributes)))
  }

  /** That attributes have these values, in the order of their names. */
  #equal(attributes: object): Criterion {
    requireValuesByName('Conditions', this.schema.modelName, attributes)
    const names = Object.keys(attributes).sort()
    return allOf(names.map((name) => compares(this.schema, name, '=', Reflect.get(attributes, name))))
  }
}

/** Throws `BulkWriteError` if a row failed. */
export function requireSuccess(model: string, operation: string, report: BulkReport): void {
  if (report.failed > 0) throw new BulkWriteError(model, operation, report.failed, report, report.failures[0]?.error)
}

/** Gives a record the values that a condition demands by equality, also such as are guarded. */
function demand(record: ModelRecord, criterion: Criterion): void {
  if (criterion.type === 'all') for (const part of criterion.of) demand(record, part)
  if (criterion.type !== 'equals') return
  const { store, definition } = stateOf(record)
  if (criterion.attribute === definition.schema.keyName) store.setKey(criterion.value)
  else store.setRaw(criterion.attribute, criterion.value)
}
