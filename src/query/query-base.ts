import { ScanRefusedError } from '../errors/index-errors.js'
import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Criteria, Criterion, Order } from '../repositories/criteria.js'
import type { QueryTrace, RecordPage, Repository } from '../repositories/repository.js'
import type { ModelSchema } from '../schema/model-schema.js'
import { decodeCursor } from './cursor.js'
import type { QuerySource } from './query-source.js'
import { criterionOf, everything, type Question } from './question.js'
import { isStrictQuery, objectionTo } from './strict-mode.js'

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

  /** The patterns that its conditions took values for, without having been told. */
  protected get wildcards(): readonly string[] {
    return this.question.wildcards
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

  /** Asks the repository for rows, and tells the listeners. */
  protected answer(criteria: Criteria): Promise<RecordPage> {
    return this.ask((repository) => repository.select(this.schema, criteria), criteria.order)
  }

  /** Asks the repository, through replicas where the query allows them, and tells the listeners what the answer cost. */
  protected async ask<Answer extends { readonly trace: QueryTrace }>(
    read: (repository: Repository) => Promise<Answer>,
    order: readonly Order[] = [],
  ): Promise<Answer> {
    const { repository } = this
    if (isStrictQuery(this.schema, this.question.strict)) {
      const objection = this.objection(repository, order)
      if (objection !== null) throw new ScanRefusedError(this.schema.modelName, objection)
    }
    const { replicas } = this.question
    if (replicas === null) {
      const answer = await read(repository)
      this.report(answer.trace)
      return answer
    }
    const reading = repository.reading?.(replicas)
    const answer = await read(reading?.repository ?? repository)
    const reason = `the repository [${repository.name}] reads from primaries alone`
    const servedBy = reading?.served() ?? [{ address: null, role: 'primary' as const, reason }]
    const trace = { ...answer.trace, servedBy }
    this.report(trace)
    return { ...answer, trace }
  }

  /** Why strict mode refuses the query; null: it does not. */
  protected objection(repository: Repository, order: readonly Order[]): string | null {
    return objectionTo(repository, this.schema, this.criterion, order, this.wildcards)
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
