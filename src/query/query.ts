import { ModelNotFoundError, MultipleRecordsError } from '../errors/record-errors.js'
import type { KeyInput } from '../schema/record-key.js'
import { keyIs } from './conditions.js'
import { ExplainedQuery } from './explained-query.js'
import { confinedTo } from './question.js'

/**
 * A question about the records of a model. Immutable: every method that refines it returns a new query, so that a query can
 * be kept and used again. Nothing is sent before a method that returns a promise is called.
 *
 *     const busy = Visit.where('ip', '192.168.1.*').where('userId', '>=', 5)
 *     await busy.orderBy('userId', 'desc').limit(10).get()
 *     await busy.count()
 */
export class Query<T extends object> extends ExplainedQuery<T> {
  /** All rows, as a new array. */
  async get(): Promise<T[]> {
    return this.materialise((await this.answer(this.criteria())).records)
  }

  /** The first row, or null. */
  async first(): Promise<T | null> {
    const [row] = await this.#limited(1).get()
    return row ?? null
  }

  /** The first row; throws `ModelNotFoundError` when there is none. */
  async firstOrFail(): Promise<T> {
    const row = await this.first()
    if (row === null) throw new ModelNotFoundError(this.schema.modelName)
    return row
  }

  /** The first row, or what a function returns when there is none. */
  async firstOr<Other>(fallback: () => Other | Promise<Other>): Promise<T | Other> {
    return (await this.first()) ?? (await fallback())
  }

  /** The only row; throws `ModelNotFoundError` when there is none, `MultipleRecordsError` when there are several. */
  async sole(): Promise<T> {
    const [row, other] = await this.#limited(2).get()
    if (row === undefined) throw new ModelNotFoundError(this.schema.modelName)
    if (other !== undefined) throw new MultipleRecordsError(this.schema.modelName)
    return row
  }

  /** The row with this key if it fulfils the conditions; null otherwise, and for a null or blank key. */
  async find(key: KeyInput | null): Promise<T | null> {
    if (key === null || String(key).trim() === '') return null
    return this.asking(confinedTo(this.question, keyIs(this.schema, key))).first()
  }

  /** As `find`, but throws `ModelNotFoundError` when there is none. */
  async findOrFail(key: KeyInput): Promise<T> {
    const row = await this.find(key)
    if (row === null) throw new ModelNotFoundError(this.schema.modelName, [String(key)])
    return row
  }

  /** As `find`, but what a function returns when there is none. */
  async findOr<Other>(key: KeyInput | null, fallback: () => Other | Promise<Other>): Promise<T | Other> {
    return (await this.find(key)) ?? (await fallback())
  }

  #limited(rows: number): this {
    return this.limit(Math.min(rows, this.question.limit ?? rows))
  }
}
