import { quote } from '../errors/quote.js'
import { ModelNotFoundError } from '../errors/record-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Criteria, Criterion, Order, Position } from '../repositories/criteria.js'
import type { QueryTrace, RecordPage } from '../repositories/repository.js'
import type { AttributeConditions, AttributeInput, AttributeName, ComparedValue } from '../schema/attribute-types.js'
import type { KeyInput } from '../schema/record-key.js'
import { compares, matches, type Operator, type RangeOperator } from './conditions.js'
import { decodeCursor, encodeCursor } from './cursor.js'
import type { QuerySource } from './query-source.js'
import { orderedTarget } from './search-target.js'

/** Rows of one page, and the way to the next. */
export interface Page<T> {
  readonly rows: readonly T[]
  /** To be passed to `after` or `cursorPaginate`; null when no row is known to follow. */
  readonly next: string | null
  readonly trace: QueryTrace
}

/** Is called with every answer of a repository to a query. */
export type TraceListener = (trace: QueryTrace) => void

/** A query's state: values, never changed. */
interface Question {
  readonly conditions: readonly Criterion[]
  readonly order: Order | null
  readonly limit: number | null
  readonly offset: number
  readonly cursor: string | null
  readonly listeners: readonly TraceListener[]
}

const everything: Question = { conditions: [], order: null, limit: null, offset: 0, cursor: null, listeners: [] }

/** Rows fetched at a time by `for await` and `each`. */
const STREAM_SIZE = 500

/**
 * A question about the records of a model. Immutable: every method that refines it returns a new query, so that a query can
 * be kept and used again. Conditions all apply. Nothing is sent before a method that returns a promise is called.
 *
 *     const busy = Visit.where('ip', '192.168.1.*').where('userId', '>=', 5)
 *     await busy.orderBy('userId', 'desc').limit(10).get()
 *     await busy.count()
 */
export class Query<T extends object> {
  readonly #source: QuerySource<T>
  readonly #question: Question

  constructor(source: QuerySource<T>, question: Question = everything) {
    this.#source = source
    this.#question = question
  }

  /**
   * Keeps the rows that fulfil a condition. With two arguments a `*` in a text value is a wildcard (`\*` is a star, see
   * `escapeWildcards`); with an operator, values are literal, except the pattern of `like`. Null stands for "no value".
   * `between` includes both ends. A map has the equality of each of its properties as a condition, literally.
   *
   * Throws `AttributeNotSearchableError` for an attribute without the index that the condition needs (ranges need
   * `@Searchable({ range: true })`), `CastError` for a value that does not fit, `InvalidArgumentError` for undefined.
   */
  where(conditions: AttributeConditions<T>): Query<T>
  where<K extends AttributeName<T>>(attribute: K, value: ComparedValue<T[K]>): Query<T>
  where<K extends AttributeName<T>>(attribute: K, operator: '=' | '!=', value: ComparedValue<T[K]>): Query<T>
  where<K extends AttributeName<T>>(
    attribute: K,
    operator: RangeOperator,
    value: AttributeInput<NonNullable<T[K]>>,
  ): Query<T>
  where<K extends AttributeName<T>>(
    attribute: K,
    operator: 'in' | 'not in',
    values: readonly ComparedValue<T[K]>[],
  ): Query<T>
  where<K extends AttributeName<T>>(
    attribute: K,
    operator: 'between',
    ends: readonly [AttributeInput<NonNullable<T[K]>>, AttributeInput<NonNullable<T[K]>>],
  ): Query<T>
  where<K extends AttributeName<T>>(attribute: K, operator: 'like', pattern: string): Query<T>
  where(...given: readonly unknown[]): Query<T> {
    const [subject, second, third] = given
    if (typeof subject === 'object' && subject !== null && given.length === 1) {
      return this.#where(...Object.entries(subject).map(([name, value]) => compares(this.#schema, name, '=', value)))
    }
    if (typeof subject !== 'string' || given.length < 2) {
      const shown = given.map((item) => quote(item)).join(', ') || 'nothing'
      throw new InvalidArgumentError(`where needs an attribute and a value, or a map of them; it was given ${shown}.`)
    }
    return given.length === 2
      ? this.#where(matches(this.#schema, subject, second))
      : this.#where(compares(this.#schema, subject, second as Operator, third))
  }

  /** Rows whose value is one of these; none for an empty list. */
  whereIn<K extends AttributeName<T>>(attribute: K, values: readonly ComparedValue<T[K]>[]): Query<T> {
    return this.#where(compares(this.#schema, attribute, 'in', values))
  }

  /** Rows whose value is none of these; rows without a value too, unless null is among them. */
  whereNotIn<K extends AttributeName<T>>(attribute: K, values: readonly ComparedValue<T[K]>[]): Query<T> {
    return this.#where(compares(this.#schema, attribute, 'not in', values))
  }

  /** Rows without a value. */
  whereNull(attribute: AttributeName<T>): Query<T> {
    return this.#where(compares(this.#schema, attribute, '=', null))
  }

  /** Rows with a value. */
  whereNotNull(attribute: AttributeName<T>): Query<T> {
    return this.#where(compares(this.#schema, attribute, '!=', null))
  }

  /** Rows whose value lies between two values or equals one of them. */
  whereBetween<K extends AttributeName<T>>(
    attribute: K,
    min: AttributeInput<NonNullable<T[K]>>,
    max: AttributeInput<NonNullable<T[K]>>,
  ): Query<T> {
    return this.#where(compares(this.#schema, attribute, 'between', [min, max]))
  }

  /** Rows whose text fits a pattern with `*` wildcards. */
  whereLike(attribute: AttributeName<T>, pattern: string): Query<T> {
    return this.#where(compares(this.#schema, attribute, 'like', pattern))
  }

  /** The rows with this key, or with one of these; literal, and none for null. */
  whereKey(key: KeyInput | null | readonly (KeyInput | null)[]): Query<T> {
    const { keyName } = this.#schema
    const criterion = Array.isArray(key)
      ? compares(this.#schema, keyName, 'in', key)
      : compares(this.#schema, keyName, '=', key)
    return this.#where(criterion)
  }

  /**
   * Orders the rows by an attribute with a range index or by the key; rows without a value come last either way, equal
   * ones in order of creation. Replaces an earlier order. Without an order rows come in order of creation.
   */
  orderBy(attribute: AttributeName<T>, direction: 'asc' | 'desc' = 'asc'): Query<T> {
    if (direction !== 'asc' && direction !== 'desc') {
      throw new InvalidArgumentError(`The direction of an order is 'asc' or 'desc', not ${quote(direction)}.`)
    }
    return this.#with({ order: { attribute: orderedTarget(this.#schema, attribute).name, direction } })
  }

  /** The newest first: by an attribute, or by creation. */
  latest(attribute?: AttributeName<T>): Query<T> {
    return attribute === undefined
      ? this.#with({ order: { attribute: null, direction: 'desc' } })
      : this.orderBy(attribute, 'desc')
  }

  /** The oldest first: by an attribute, or by creation. */
  oldest(attribute?: AttributeName<T>): Query<T> {
    return attribute === undefined ? this.#with({ order: null }) : this.orderBy(attribute, 'asc')
  }

  /** At most so many rows; null: all. */
  limit(rows: number | null): Query<T> {
    return this.#with({ limit: rows === null ? null : wholeNumber('limit', rows, 0) })
  }

  /** Leaves out so many rows at the beginning. They are walked over: `after` is cheaper for deep pages. */
  offset(rows: number): Query<T> {
    return this.#with({ offset: wholeNumber('offset', rows, 0) })
  }

  /** Continues after a page: its `next`; null begins at the beginning. The question must be the same when it runs. */
  after(cursor: string | null): Query<T> {
    return this.#with({ cursor })
  }

  /** Has a function called with what each later answer cost: slots, round trips, the plan. */
  onTrace(listener: TraceListener): Query<T> {
    return this.#with({ listeners: [...this.#question.listeners, listener] })
  }

  /** All rows, as a new array. */
  async get(): Promise<T[]> {
    return this.#source.materialise((await this.#select(this.#criteria())).records)
  }

  /** The first row, or null. */
  async first(): Promise<T | null> {
    const [row] = await this.#limited(1).get()
    return row ?? null
  }

  /** The first row; throws `ModelNotFoundError` when there is none. */
  async firstOrFail(): Promise<T> {
    const row = await this.first()
    if (row === null) throw new ModelNotFoundError(this.#schema.modelName)
    return row
  }

  /** The row with this key if it fulfils the conditions; null otherwise, and for a null or blank key. */
  async find(key: KeyInput | null): Promise<T | null> {
    return key === null || String(key).trim() === '' ? null : this.whereKey(key).first()
  }

  /** As `find`, but throws `ModelNotFoundError` when there is none. */
  async findOrFail(key: KeyInput): Promise<T> {
    const row = await this.find(key)
    if (row === null) throw new ModelNotFoundError(this.#schema.modelName, [String(key)])
    return row
  }

  /** Whether there is a row. */
  async exists(): Promise<boolean> {
    return (await this.#select(this.#limited(1).#criteria())).records.length > 0
  }

  /** The number of rows that `get` would return. The order does not matter; a cursor must not be set. */
  async count(): Promise<number> {
    const { limit, offset, cursor } = this.#question
    if (cursor !== null) throw new InvalidArgumentError('count counts whole queries: leave out `after`.')
    const { count, trace } = await this.#source.repository().count(this.#schema, this.#criterion)
    this.#report(trace)
    return Math.min(Math.max(count - offset, 0), limit ?? Number.POSITIVE_INFINITY)
  }

  /** The keys of all rows. */
  async ids(): Promise<string[]> {
    return (await this.#select(this.#criteria())).records.map((record) => record.id)
  }

  /** The rows with the cursor behind them and what the answer cost; a page of `limit` rows. */
  async page(): Promise<Page<T>> {
    const { records, positions, hasMore, trace } = await this.#select(this.#criteria())
    const last = positions[records.length - 1]
    const next = hasMore && last ? encodeCursor(this.#scope, last) : null
    return { rows: await this.#source.materialise(records), next, trace }
  }

  /**
   * A page of `size` rows after a cursor. Pages never repeat a row whose place in the order stays, however many rows are
   * written or deleted between them. Throws `InvalidArgumentError` for a cursor of another query or a mangled one.
   */
  async cursorPaginate({ size, after = null }: { size: number; after?: string | null }): Promise<Page<T>> {
    if (this.#question.offset > 0 || this.#question.limit !== null) {
      throw new InvalidArgumentError('cursorPaginate decides where a page begins and ends: leave out limit and offset.')
    }
    return this.limit(wholeNumber('size', size, 1))
      .after(after)
      .page()
  }

  /**
   * Calls a function with `size` rows at a time, the last time with what is left, never with none; it is awaited, and
   * `false` stops. Rows may be written and deleted meanwhile: each row whose place in the order stays comes once.
   */
  async chunk(size: number, callback: (rows: T[]) => unknown): Promise<void> {
    for await (const records of this.#pages(wholeNumber('size', size, 1))) {
      if ((await callback(await this.#source.materialise(records))) === false) return
    }
  }

  /** Calls a function with each row and its number, beginning at 0; it is awaited, and `false` stops. */
  async each(callback: (row: T, index: number) => unknown, size = STREAM_SIZE): Promise<void> {
    let index = 0
    await this.chunk(size, async (rows) => {
      for (const row of rows) if ((await callback(row, index++)) === false) return false
      return true
    })
  }

  /** `for await (const row of query)`: fetches 500 rows at a time, as `chunk` does. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const records of this.#pages(STREAM_SIZE)) yield* await this.#source.materialise(records)
  }

  get #schema() {
    return this.#source.schema
  }

  get #criterion(): Criterion {
    const [only, ...others] = this.#question.conditions
    return only !== undefined && others.length === 0 ? only : { type: 'all', of: this.#question.conditions }
  }

  get #scope() {
    return { schema: this.#schema, where: this.#criterion, order: this.#question.order }
  }

  #criteria(): Criteria {
    const { order, limit, offset, cursor } = this.#question
    const after = cursor === null ? null : decodeCursor(this.#scope, cursor)
    return { where: this.#criterion, order, limit, offset, after }
  }

  async #select(criteria: Criteria): Promise<RecordPage> {
    const page = await this.#source.repository().select(this.#schema, criteria)
    this.#report(page.trace)
    return page
  }

  async *#pages(size: number): AsyncGenerator<RecordPage['records'], void, undefined> {
    const whole = this.#criteria()
    let left = whole.limit ?? Number.POSITIVE_INFINITY
    let place: { offset: number; after: Position | null } = { offset: whole.offset, after: whole.after }
    while (left > 0) {
      const page = await this.#select({ ...whole, ...place, limit: Math.min(size, left) })
      if (page.records.length > 0) yield page.records
      const last = page.positions[page.records.length - 1]
      if (!page.hasMore || !last) return
      left -= page.records.length
      place = { offset: 0, after: last }
    }
  }

  #limited(rows: number): Query<T> {
    return this.limit(Math.min(rows, this.#question.limit ?? rows))
  }

  #where(...conditions: readonly Criterion[]): Query<T> {
    return this.#with({ conditions: [...this.#question.conditions, ...conditions] })
  }

  #with(change: Partial<Question>): Query<T> {
    return new Query(this.#source, { ...this.#question, ...change })
  }

  #report(trace: QueryTrace): void {
    for (const listener of this.#question.listeners) listener(trace)
  }
}

function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new InvalidArgumentError(`${name} is ${quote(value)}; it must be a whole number, ${least} or more.`)
}
