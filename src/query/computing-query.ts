import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Aggregation, Order } from '../repositories/criteria.js'
import type { AggregateResult } from '../repositories/repository.js'
import type { AttributeName, ComparableName, ExtremeOf, NumberName } from '../schema/attribute-types.js'
import { OrderedQuery } from './ordered-query.js'
import { recordReader, valueReader } from './read-value.js'
import { knownAttribute, searchTarget } from './search-target.js'

/** The sum of an attribute: a bigint of bigints, else a number. */
export type SumOf<Value> = NonNullable<Value> extends bigint ? bigint : number

/** What is computed over the rows, beside the data where the repository can. */
export abstract class ComputingQuery<T extends object> extends OrderedQuery<T> {
  /** The number of rows that `get` would return. The order does not matter; a cursor must not be set. */
  async count(): Promise<number> {
    const { limit, offset, cursor } = this.question
    if (cursor !== null) throw new InvalidArgumentError('count counts whole queries: leave out `after`.')
    const { count } = await this.ask((repository) => repository.count(this.schema, this.criterion))
    return Math.min(Math.max(count - offset, 0), limit ?? Number.POSITIVE_INFINITY)
  }

  /**
   * The sum of an attribute over all rows; 0 of none. Decimal values are added exactly and the result is rounded once, to the
   * nearest number (a bigint is exact). Floats that are written with an exponent (`1e+21`), and infinite ones, are added as doubles.
   * Any numeric attribute, searchable or not.
   */
  async sum<K extends NumberName<T>>(attribute: K): Promise<SumOf<T[K]>> {
    const { value } = await this.#aggregate({ type: 'sum', attribute })
    const isBigint = this.schema.attributes.get(attribute)?.cast.name === 'bigint'
    return (isBigint ? BigInt(value ?? '0') : Number(value ?? '0')) as SumOf<T[K]>
  }

  /** The mean of an attribute over the rows that have a value, as a number; null where none has. */
  async avg(attribute: NumberName<T>): Promise<number | null> {
    const { value, count } = await this.#aggregate({ type: 'sum', attribute })
    return count === 0 ? null : Number(value) / count
  }

  /** The least value of an attribute; null where no row has one. From a range index in O(log n), if no other condition has to be tested. */
  async min<K extends ComparableName<T>>(attribute: K): Promise<ExtremeOf<T[K]>> {
    return this.#extreme('min', attribute)
  }

  /** The greatest value of an attribute; as `min`. */
  async max<K extends ComparableName<T>>(attribute: K): Promise<ExtremeOf<T[K]>> {
    return this.#extreme('max', attribute)
  }

  /** How many rows have each value of a searchable attribute; null is among the values. In no particular order. */
  async countBy<K extends AttributeName<T>>(attribute: K): Promise<Map<T[K] | null, number>> {
    this.#requireWhole('countBy')
    searchTarget(this.schema, attribute)
    const { counts } = await this.ask((repository) => repository.countBy(this.schema, this.criterion, attribute))
    const read = valueReader(this.schema, attribute)
    return new Map(Array.from(counts, ([text, count]) => [read(text) as T[K] | null, count]))
  }

  /** The different values of a searchable attribute, null among them. In no particular order. */
  async distinct<K extends AttributeName<T>>(attribute: K): Promise<(T[K] | null)[]> {
    return [...(await this.countBy(attribute)).keys()]
  }

  /** Whether there is a row. */
  async exists(): Promise<boolean> {
    const { limit } = this.question
    if (limit === 0) return false
    return (await this.answer({ ...this.criteria(), limit: 1, fields: [] })).records.length > 0
  }

  /** Whether there is no row. */
  async doesntExist(): Promise<boolean> {
    return !(await this.exists())
  }

  /** The keys of all rows; no record is read for them. */
  async ids(): Promise<string[]> {
    return (await this.answer({ ...this.criteria(), fields: [] })).records.map((record) => record.id)
  }

  /**
   * The values of one attribute, in order of the rows, null where a row has none; nothing else is read. With `by`: a map from
   * the values of that attribute, of which the last row with a value counts.
   */
  pluck<K extends AttributeName<T>>(attribute: K): Promise<(T[K] | null)[]>
  pluck<K extends AttributeName<T>, B extends AttributeName<T>>(
    attribute: K,
    by: B,
  ): Promise<Map<T[B] | null, T[K] | null>>
  async pluck(attribute: AttributeName<T>, by?: AttributeName<T>): Promise<unknown> {
    const names = by === undefined ? [attribute] : [attribute, by]
    const { keyName } = this.schema
    const fields = names.map((name) => knownAttribute(this.schema, name)).filter((name) => name !== keyName)
    const { records } = await this.answer({ ...this.criteria(), fields })
    const [readValue, readKey] = names.map((name) => recordReader(this.schema, name))
    const values = records.map((record) => readValue?.(record) ?? null)
    if (readKey === undefined) return values
    return new Map(records.map((record, at) => [readKey(record), values[at]]))
  }

  /** The value of an attribute of the first row; null where there is no row, or it has no value. */
  async value<K extends AttributeName<T>>(attribute: K): Promise<T[K] | null> {
    const [first] = await this.limit(Math.min(1, this.question.limit ?? 1)).pluck(attribute)
    return first ?? null
  }

  async #extreme<K extends AttributeName<T>>(type: 'min' | 'max', attribute: K): Promise<ExtremeOf<T[K]>> {
    const { value } = await this.#aggregate({ type, attribute })
    return valueReader(this.schema, attribute)(value) as ExtremeOf<T[K]>
  }

  async #aggregate(of: Aggregation): Promise<AggregateResult> {
    this.#requireWhole(of.type)
    knownAttribute(this.schema, of.attribute)
    // An extreme is the first row in an order: strict mode has the same objections to it.
    const order: Order[] = of.type === 'sum' ? [] : [{ attribute: of.attribute, direction: 'asc' }]
    return this.ask((repository) => repository.aggregate(this.schema, this.criterion, of), order)
  }

  /** A part of the rows depends on their order, which what is computed beside the data does not see. */
  #requireWhole(method: string): void {
    const { limit, offset, cursor } = this.question
    if (limit === null && offset === 0 && cursor === null) return
    throw new InvalidArgumentError(`${method} computes over all rows of a query: leave out limit, offset and after.`)
  }
}
