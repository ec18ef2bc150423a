import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Criteria, Criterion, Order } from '../repositories/criteria.js'
import type { QueryTrace, RecordPage, Repository } from '../repositories/repository.js'
import type { ModelSchema } from '../schema/model-schema.js'
import { decodeCursor } from './cursor.js'
import type { QuerySource } from './query-source.js'
import { criterionOf, everything, type Question } from './question.js'

/**
 * What all queries are: an immutable question to a source. A refined query is made by the constructor of the one that it
 * refines, so that a subclass with the same constructor stays one, with its methods.
 */
export abstract class QueryBase<T extends object> {
  protected readonly source: QuerySource<T>
  protected readonly question: Question

  constructor(source: QuerySource<T>, question: Question = everything) {
    this.source = source
    this.question = question
  }

  /** What all rows must fulfil. A subclass that adds conditions of its own overrides it. */
  protected get criterion(): Criterion {
    return criterionOf(this.question)
  }

  /** The orders of the rows. A subclass with orders of its own overrides it. */
  protected get order(): readonly Order[] {
    return this.question.order
  }

  /** Where the query is answered: the only place that asks the source for it. */
  protected get repository(): Repository {
    return this.source.repository()
  }

  protected get schema(): ModelSchema {
    return this.source.schema
  }

  /** The same query with another question. */
  protected asking(question: Question): this {
    const same = this.constructor as new (source: QuerySource<T>, question: Question) => this
    return new same(this.source, question)
  }

  /** The same query with a part of its question changed. */
  protected with(change: Partial<Question>): this {
    return this.asking({ ...this.question, ...change })
  }

  /** What a cursor of this query belongs to. */
  protected get scope() {
    return { schema: this.schema, where: this.criterion, order: this.order }
  }

  protected criteria(): Criteria {
    const { limit, offset, cursor, fields } = this.question
    const after = cursor === null ? null : decodeCursor(this.scope, cursor)
    return { where: this.criterion, order: this.order, limit, offset, after, ...(fields !== null && { fields }) }
  }

  /** Asks the repository, and tells the listeners. */
  protected async answer(criteria: Criteria): Promise<RecordPage> {
    const page = await this.repository.select(this.schema, criteria)
    this.report(page.trace)
    return page
  }

  /** The records of a page as the model's. */
  protected materialise(records: RecordPage['records']): Promise<T[]> {
    return this.source.materialise(records, this.question.fields)
  }

  protected report(trace: QueryTrace): void {
    for (const listener of this.question.listeners) listener(trace)
  }
}

/** Throws `InvalidArgumentError` unless a value is a whole number of at least `least`. */
export function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new InvalidArgumentError(`${name} is ${quote(value)}; it must be a whole number, ${least} or more.`)
}
