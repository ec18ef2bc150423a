import { InvalidArgumentError } from '../errors/usage-errors.js'
import { keyIs } from '../query/conditions.js'
import { confinedTo } from '../query/question.js'
import { idOf } from '../repositories/record-keys.js'
import type { RecordKey, StoredRecord } from '../repositories/repository.js'
import type { AttributeValues, NumberName } from '../schema/attribute-types.js'
import type { ModelSchema } from '../schema/model-schema.js'
import { changeEach, requireAssignable, updateIf } from './bulk-change.js'
import { type BulkOptions, type BulkReport, BulkTally, batchSizeOf, type RowOutcome } from './bulk-report.js'
import { confirmed } from './confirmed.js'
import { CreatingQuery, requireSuccess } from './creating-query.js'
import { type IncrementOptions, negated, prepareIncrement } from './increment.js'
import { hasHandlers } from './model-events.js'
import type { ModelRecord } from './model-record.js'
import { freshTimestampOf, removal } from './persistence.js'
import { keysOf } from './sliding-deadline.js'
import { requireUpdated } from './update-outcome.js'

/**
 * A question about the records of a model, and what can be done to them: see `Query` for asking. What writes here honours events,
 * casts, the guard against mass assignment, times and deadlines, as the methods of records do.
 */
export class ModelQuery<T extends ModelRecord> extends CreatingQuery<T> {
  /**
   * Gives all rows these values; the number of rows that changed. See `updateMany`. Throws `BulkWriteError` when rows fail; the
   * others are written then.
   */
  async update(attributes: AttributeValues<T>, options: BulkOptions = {}): Promise<number> {
    const report = await this.updateMany(attributes, options)
    requireSuccess(this.schema.modelName, 'update', report)
    return report.updated
  }

  /**
   * Gives all rows these values, a batch at a time. Each row is written in one step with its index entries, and only if it still
   * fulfils the conditions then; rows that were like that already are not written. A row that fails is reported and does not
   * stop the others. With `limit` or `offset` it is decided before the first write which rows are meant.
   * Throws errors of the connection; `CastError` for values that do not fit, and `InvalidArgumentError` for unknown names and the
   * key, before anything is read.
   */
  async updateMany(attributes: AttributeValues<T>, options: BulkOptions = {}): Promise<BulkReport> {
    requireAssignable(this.source.definition, attributes)
    const condition = this.criterion
    return this.#each(options, (record) => updateIf(record, attributes, condition))
  }

  /**
   * Adds to a number of all rows, each in one step with its index entries, and only if it still fulfils the conditions then; without
   * events. Returns how many rows changed. Options as of the method of records. Throws `BulkWriteError` when rows fail, for
   * example past `min` or `max`; the others are written then.
   */
  async increment(
    attribute: NumberName<T>,
    by: number | bigint = 1,
    options: IncrementOptions<T> & BulkOptions = {},
  ): Promise<number> {
    // Arguments that are wrong are so for all rows.
    prepareIncrement(this.source.definition, '', attribute, by, options, freshTimestampOf(this.source.recordClass))
    const tally = new BulkTally(options)
    await confirmed(options, () => this.#incrementBatches(attribute, by, options, tally))
    requireSuccess(this.schema.modelName, 'increment', tally.report())
    return tally.report().updated
  }

  /** Subtracts from a number of all rows; see `increment`. */
  decrement(
    attribute: NumberName<T>,
    by: number | bigint = 1,
    options: IncrementOptions<T> & BulkOptions = {},
  ): Promise<number> {
    return this.increment(attribute, negated(by), options)
  }

  /** Removes all rows; the number of those that this call removed. See `deleteMany`. Throws `BulkWriteError` when rows fail. */
  async delete(options: BulkOptions = {}): Promise<number> {
    const report = await this.deleteMany(options)
    requireSuccess(this.schema.modelName, 'delete', report)
    return report.deleted
  }

  /**
   * Removes all rows, a batch at a time; each only if it still fulfils the conditions then. A row that fails is reported and does
   * not stop the others. With `limit` or `offset` it is decided before the first removal which rows are meant.
   * Throws errors of the connection.
   */
  deleteMany(options: BulkOptions = {}): Promise<BulkReport> {
    const condition = this.criterion
    const { prototype } = this.source.recordClass
    if (!hasHandlers(prototype, 'deleting') && !hasHandlers(prototype, 'deleted')) return this.#deleteStored(options)
    return this.#each(options, async (record) => {
      const outcome = await removal(record, condition)
      return outcome === 'removed' ? 'deleted' : outcome === 'cancelled' ? 'cancelled' : 'skipped'
    })
  }

  async #incrementBatches(
    attribute: NumberName<T>,
    by: number | bigint,
    options: IncrementOptions<T> & BulkOptions,
    tally: BulkTally,
  ): Promise<void> {
    const { definition, recordClass } = this.source
    const { schema } = definition
    const condition = this.criterion
    const fields = tagFields(schema)
    for await (const stored of this.#storedBatches(batchSizeOf(options), fields)) {
      const add = async (key: RecordKey): Promise<RowOutcome> => {
        const id = idOf(key)
        const { change } = prepareIncrement(definition, id, attribute, by, options, freshTimestampOf(recordClass))
        const tagged = typeof key === 'string' ? change : { ...change, tag: key.tag }
        const outcome = await this.source.repository().update(schema, { ...tagged, condition })
        const isOther = typeof outcome === 'object' && outcome.type === 'conflict'
        if (outcome === 'missing' || isOther) return 'skipped'
        requireUpdated(recordClass, outcome, id, id)
        return 'updated'
      }
      await changeEach(keysOf(definition, stored, fields), idOf, add, tally)
    }
  }

  /** Removes rows that nobody wants to see: one script call for many of a partition. */
  #deleteStored(options: BulkOptions): Promise<BulkReport> {
    return confirmed(options, () => this.#deleteBatches(options))
  }

  async #deleteBatches(options: BulkOptions): Promise<BulkReport> {
    const tally = new BulkTally(options)
    const { schema } = this
    const where = this.criterion
    const isWhole = where.type === 'all' && where.of.length === 0
    const fields = tagFields(schema)
    for await (const stored of this.#storedBatches(batchSizeOf(options), fields)) {
      const keys = keysOf(this.source.definition, stored, fields)
      const removed = await this.source.repository().delete(schema, keys, ...(isWhole ? [] : [where]))
      for (const [index, { id }] of stored.entries()) tally.add(id, removed[index] ? 'deleted' : 'skipped')
      tally.progress()
    }
    return tally.report()
  }

  #each(options: BulkOptions, change: (record: T) => Promise<RowOutcome>): Promise<BulkReport> {
    return confirmed(options, async () => {
      const tally = new BulkTally(options)
      for await (const stored of this.#storedBatches(batchSizeOf(options), null)) {
        await changeEach(await this.source.materialise(stored, null), (record) => record.getKey(), change, tally)
      }
      return tally.report()
    })
  }

  /** The rows in batches, each read when the one before has been worked on. */
  async *#storedBatches(size: number, fields: readonly string[] | null): AsyncGenerator<readonly StoredRecord[]> {
    const { limit, offset, cursor } = this.question
    if (cursor !== null) throw new InvalidArgumentError('A bulk write takes all rows of a query: leave out after.')
    const read = this.with({ fields, limit: null, offset: 0 })
    if (limit === null && offset === 0) {
      // Whatever is written, the place of a row in the order of creation stays.
      yield* read.pages(size, { order: [] })
      return
    }
    const ids = await this.ids()
    for (let first = 0; first < ids.length; first += size) {
      const named = keyIs(this.schema, ids.slice(first, first + size))
      yield* read.asking(confinedTo(read.question, named)).pages(size, { order: [] })
    }
  }
}

/** What is to be read of a record to name it. */
function tagFields({ hashTag }: ModelSchema): readonly string[] {
  return hashTag === undefined ? [] : [hashTag.name]
}
