import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import { Query } from '../query/query.js'
import type { QuerySource } from '../query/query-source.js'
import { criterionOf, everything, hasConditions, type Question, withConditions } from '../query/question.js'
import type { Criteria, Criterion, Order } from '../repositories/criteria.js'
import type { RecordClass } from './construction.js'
import type { ClassDefinition } from './definition-of.js'
import type { ModelRecord } from './model-record.js'
import { globalScopesOf, type Scope } from './scopes.js'

/** What a query of a model knows beside what it asks. */
export interface ModelSource<T extends ModelRecord> extends QuerySource<T> {
  readonly recordClass: RecordClass<T>
  readonly definition: ClassDefinition
  /** Names of the global scopes that do not apply. */
  readonly without: ReadonlySet<string> | 'all'
}

/**
 * A query to which the global scopes of its model apply: their conditions must hold beside its own, however those are joined;
 * their order applies where it has none. They are asked anew whenever the query runs.
 */
export abstract class ScopedQuery<T extends ModelRecord> extends Query<T> {
  declare protected readonly source: ModelSource<T>

  /** The query without a global scope of its model; an unknown name changes nothing. */
  withoutGlobalScope(name: string): this {
    return this.withoutGlobalScopes([name])
  }

  /** The query without some global scopes of its model, by default without all. */
  withoutGlobalScopes(names?: readonly string[]): this {
    const { without } = this.source
    if (names === undefined) return this.#askedOf({ ...this.source, without: 'all' })
    return without === 'all' ? this : this.#askedOf({ ...this.source, without: new Set([...without, ...names]) })
  }

  protected override get criterion(): Criterion {
    const own = super.criterion
    const scoped = this.#scoped().flatMap(({ question }) => (hasConditions(question) ? [criterionOf(question)] : []))
    return scoped.length === 0 ? own : { type: 'all', of: hasConditions(this.question) ? [own, ...scoped] : scoped }
  }

  protected override get wildcards(): readonly string[] {
    return [...super.wildcards, ...this.#scoped().flatMap(({ question }) => question.wildcards)]
  }

  protected override get scope() {
    return { ...super.scope, order: this.#order() }
  }

  protected override criteria(): Criteria {
    return { ...super.criteria(), order: this.#order() }
  }

  /** The query with a local scope: its conditions are one group. */
  protected scopedBy(name: string, scope: Scope, given: readonly unknown[]): this {
    const { question } = this.#applied(name, scope, this.with({ conditions: everything.conditions }), given)
    const added = hasConditions(question) ? [criterionOf(question)] : []
    const { conditions } = withConditions(this.question, added, 'and')
    return this.asking({ ...question, conditions })
  }

  #order(): readonly Order[] {
    if (this.question.order.length > 0) return this.question.order
    return this.#scoped().flatMap(({ question }) => question.order)
  }

  #scoped(): readonly { readonly question: Question }[] {
    const { without, definition, recordClass } = this.source
    if (without === 'all') return []
    const scopes = [...globalScopesOf(recordClass.prototype)].filter(([name]) => !without.has(name))
    return scopes.map(([name, scope]) => {
      const made = this.#applied(name, scope, this.withoutGlobalScopes().asking(everything), [])
      const { limit, offset, cursor, fields } = made.question
      if (limit === null && offset === 0 && cursor === null && fields === null) return made
      throw new InvalidArgumentError(
        `The global scope '${name}' of model [${definition.schema.modelName}] may add conditions and an order, and nothing else.`,
      )
    })
  }

  #applied(name: string, scope: Scope, query: this, given: readonly unknown[]): { readonly question: Question } {
    const made: unknown = Reflect.apply(scope, undefined, [query, ...given])
    if (made instanceof ScopedQuery) return { question: made.question }
    throw new InvalidArgumentError(
      `The scope '${name}' of model [${this.schema.modelName}] must return the query, at once; it returned ${quote(made)}.`,
    )
  }

  #askedOf(source: ModelSource<T>): this {
    const same = this.constructor as new (source: ModelSource<T>, question: Question) => this
    return new same(source, this.question)
  }
}
