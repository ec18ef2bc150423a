import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Criterion } from '../repositories/criteria.js'
import type {
  AttributeConditions,
  AttributeInput,
  AttributeName,
  ComparedValue,
  NullableName,
  OperandOf,
  OperatorOf,
  RangedName,
  TextName,
} from '../schema/attribute-types.js'
import type { KeyInput } from '../schema/record-key.js'
import { requireValuesByName } from '../schema/require-values.js'
import { compares, containsText, keyIs, matches, type Operator } from './conditions.js'
import { QueryBase } from './query-base.js'
import { allOf, criterionOf, everything, hasConditions, withConditions } from './question.js'

/** Adds conditions to an empty query and returns it; they are one condition of the query that it is given to. */
export type ConditionGroup<Q> = (group: Q) => Q

/**
 * The conditions of a query: `where` and its relatives. Conditions all apply; `orWhere` separates: `a`, `b`, `orWhere c`, `d` is
 * (a and b) or (c and d), as in SQL. A function makes a group: `where(a).where((group) => group.where(b).orWhere(c))`.
 *
 * There are two truth values: `!=`, `not in`, `not like`, `not between` and `whereNot` have exactly the rows that their
 * opposite has not, those without a value included. (SQL leaves out rows with null there.)
 */
export abstract class ConditionalQuery<T extends object> extends QueryBase<T> {
  /**
   * Keeps the rows that fulfil a condition. With two arguments a `*` in a text value is a wildcard (`\\*` is a star, see
   * `escapeWildcards`); with an operator, values are literal, except the pattern of `like`. Null stands for "no value".
   * `between` includes both ends. A map has the equality of each of its properties as a condition, literally. A function is
   * given an empty query, and its conditions are a group.
   *
   * Throws `AttributeNotSearchableError` for an attribute without the index that the condition needs (ranges need
   * `@Searchable({ range: true })`), `CastError` for a value that does not fit, `InvalidArgumentError` for undefined.
   */
  where(conditions: AttributeConditions<T>): this
  where(group: ConditionGroup<this>): this
  where<K extends AttributeName<T>>(attribute: K, value: ComparedValue<T[K]>): this
  where<K extends AttributeName<T>, O extends OperatorOf<T, K>>(
    attribute: K,
    operator: O,
    value: OperandOf<T[K], O>,
  ): this
  where(...given: readonly unknown[]): this {
    return this.#joinGiven('and', 'where', given)
  }

  /** Keeps the rows that fulfil what was asked so far, or this and what follows until the next `orWhere`. Takes what `where` takes. */
  orWhere(conditions: AttributeConditions<T>): this
  orWhere(group: ConditionGroup<this>): this
  orWhere<K extends AttributeName<T>>(attribute: K, value: ComparedValue<T[K]>): this
  orWhere<K extends AttributeName<T>, O extends OperatorOf<T, K>>(
    attribute: K,
    operator: O,
    value: OperandOf<T[K], O>,
  ): this
  orWhere(...given: readonly unknown[]): this {
    return this.#joinGiven('or', 'orWhere', given)
  }

  /** Keeps the rows that do not fulfil a condition, rows without a value among them. Takes what `where` takes. */
  whereNot(conditions: AttributeConditions<T>): this
  whereNot(group: ConditionGroup<this>): this
  whereNot<K extends AttributeName<T>>(attribute: K, value: ComparedValue<T[K]>): this
  whereNot<K extends AttributeName<T>, O extends OperatorOf<T, K>>(
    attribute: K,
    operator: O,
    value: OperandOf<T[K], O>,
  ): this
  whereNot(...given: readonly unknown[]): this {
    return this.#joinGiven('and', 'whereNot', given, negated)
  }

  /** Keeps the rows that fulfil what was asked so far, or do not fulfil this. Takes what `where` takes. */
  orWhereNot(conditions: AttributeConditions<T>): this
  orWhereNot(group: ConditionGroup<this>): this
  orWhereNot<K extends AttributeName<T>>(attribute: K, value: ComparedValue<T[K]>): this
  orWhereNot<K extends AttributeName<T>, O extends OperatorOf<T, K>>(
    attribute: K,
    operator: O,
    value: OperandOf<T[K], O>,
  ): this
  orWhereNot(...given: readonly unknown[]): this {
    return this.#joinGiven('or', 'orWhereNot', given, negated)
  }

  /** Rows whose value is one of these; none for an empty list. */
  whereIn<K extends AttributeName<T>>(attribute: K, values: readonly ComparedValue<T[K]>[]): this {
    return this.#join('and', compares(this.schema, attribute, 'in', values))
  }

  /** Rows whose value is none of these; rows without a value too, unless null is among them. */
  whereNotIn<K extends AttributeName<T>>(attribute: K, values: readonly ComparedValue<T[K]>[]): this {
    return this.#join('and', compares(this.schema, attribute, 'not in', values))
  }

  /** Rows without a value. */
  whereNull(attribute: NullableName<T>): this {
    return this.#join('and', compares(this.schema, attribute, '=', null))
  }

  /** Rows with a value. */
  whereNotNull(attribute: NullableName<T>): this {
    return this.#join('and', compares(this.schema, attribute, '!=', null))
  }

  /** Rows whose value lies between two values or equals one of them. */
  whereBetween<K extends RangedName<T>>(
    attribute: K,
    min: AttributeInput<NonNullable<T[K]>>,
    max: AttributeInput<NonNullable<T[K]>>,
  ): this {
    return this.#join('and', compares(this.schema, attribute, 'between', [min, max]))
  }

  /** Rows whose value does not lie between two values; rows without a value too. */
  whereNotBetween<K extends RangedName<T>>(
    attribute: K,
    min: AttributeInput<NonNullable<T[K]>>,
    max: AttributeInput<NonNullable<T[K]>>,
  ): this {
    return this.#join('and', compares(this.schema, attribute, 'not between', [min, max]))
  }

  /** Rows whose text fits a pattern with `*` wildcards. */
  whereLike(attribute: TextName<T>, pattern: string): this {
    return this.#join('and', compares(this.schema, attribute, 'like', pattern))
  }

  /** Rows whose text does not fit a pattern with `*` wildcards; rows without a value too. */
  whereNotLike(attribute: TextName<T>, pattern: string): this {
    return this.#join('and', compares(this.schema, attribute, 'not like', pattern))
  }

  /** Rows whose text begins with this text, which is literal. */
  whereStartsWith(attribute: TextName<T>, text: string): this {
    return this.#join('and', containsText(this.schema, attribute, [text, '']))
  }

  /** Rows whose text ends with this text, which is literal. */
  whereEndsWith(attribute: TextName<T>, text: string): this {
    return this.#join('and', containsText(this.schema, attribute, ['', text]))
  }

  /** Rows whose text contains this text, which is literal. */
  whereContains(attribute: TextName<T>, text: string): this {
    return this.#join('and', containsText(this.schema, attribute, ['', text, '']))
  }

  /** The rows with this key, or with one of these; literal, and none for null. */
  whereKey(key: KeyInput | null | readonly (KeyInput | null)[]): this {
    return this.#join('and', keyIs(this.schema, key))
  }

  /** The rows with another key than this, or than any of these. */
  whereKeyNot(key: KeyInput | null | readonly (KeyInput | null)[]): this {
    return this.#join('and', { type: 'not', of: keyIs(this.schema, key) })
  }

  /** Or rows whose value is one of these; none for an empty list. */
  orWhereIn<K extends AttributeName<T>>(attribute: K, values: readonly ComparedValue<T[K]>[]): this {
    return this.#join('or', compares(this.schema, attribute, 'in', values))
  }

  /** Or rows whose value is none of these; rows without a value too, unless null is among them. */
  orWhereNotIn<K extends AttributeName<T>>(attribute: K, values: readonly ComparedValue<T[K]>[]): this {
    return this.#join('or', compares(this.schema, attribute, 'not in', values))
  }

  /** Or rows without a value. */
  orWhereNull(attribute: NullableName<T>): this {
    return this.#join('or', compares(this.schema, attribute, '=', null))
  }

  /** Or rows with a value. */
  orWhereNotNull(attribute: NullableName<T>): this {
    return this.#join('or', compares(this.schema, attribute, '!=', null))
  }

  /** Or rows whose value lies between two values or equals one of them. */
  orWhereBetween<K extends RangedName<T>>(
    attribute: K,
    min: AttributeInput<NonNullable<T[K]>>,
    max: AttributeInput<NonNullable<T[K]>>,
  ): this {
    return this.#join('or', compares(this.schema, attribute, 'between', [min, max]))
  }

  /** Or rows whose value does not lie between two values; rows without a value too. */
  orWhereNotBetween<K extends RangedName<T>>(
    attribute: K,
    min: AttributeInput<NonNullable<T[K]>>,
    max: AttributeInput<NonNullable<T[K]>>,
  ): this {
    return this.#join('or', compares(this.schema, attribute, 'not between', [min, max]))
  }

  /** Or rows whose text fits a pattern with `*` wildcards. */
  orWhereLike(attribute: TextName<T>, pattern: string): this {
    return this.#join('or', compares(this.schema, attribute, 'like', pattern))
  }

  /** Or rows whose text does not fit a pattern with `*` wildcards; rows without a value too. */
  orWhereNotLike(attribute: TextName<T>, pattern: string): this {
    return this.#join('or', compares(this.schema, attribute, 'not like', pattern))
  }

  /** Or rows whose text begins with this text, which is literal. */
  orWhereStartsWith(attribute: TextName<T>, text: string): this {
    return this.#join('or', containsText(this.schema, attribute, [text, '']))
  }

  /** Or rows whose text ends with this text, which is literal. */
  orWhereEndsWith(attribute: TextName<T>, text: string): this {
    return this.#join('or', containsText(this.schema, attribute, ['', text]))
  }

  /** Or rows whose text contains this text, which is literal. */
  orWhereContains(attribute: TextName<T>, text: string): this {
    return this.#join('or', containsText(this.schema, attribute, ['', text, '']))
  }

  /** Or the rows with this key, or with one of these; literal, and none for null. */
  orWhereKey(key: KeyInput | null | readonly (KeyInput | null)[]): this {
    return this.#join('or', keyIs(this.schema, key))
  }

  /** Or the rows with another key than this, or than any of these. */
  orWhereKeyNot(key: KeyInput | null | readonly (KeyInput | null)[]): this {
    return this.#join('or', { type: 'not', of: keyIs(this.schema, key) })
  }

  #join(joined: 'and' | 'or', ...conditions: readonly Criterion[]): this {
    return this.asking(withConditions(this.question, conditions, joined))
  }

  #joinGiven(
    joined: 'and' | 'or',
    method: string,
    given: readonly unknown[],
    form: (conditions: readonly Criterion[]) => readonly Criterion[] = (conditions) => conditions,
  ): this {
    const { conditions, wildcards } = this.#read(method, given)
    const question = withConditions(this.question, form(conditions), joined)
    return this.asking({ ...question, wildcards: [...question.wildcards, ...wildcards] })
  }

  #read(method: string, given: readonly unknown[]): GivenConditions {
    const [subject, second, third] = given
    if (typeof subject === 'function' && given.length === 1) return this.#group(method, subject)
    if (typeof subject === 'object' && subject !== null && given.length === 1) {
      requireValuesByName('Conditions', this.schema.modelName, subject)
      const entries = Object.entries(subject)
      return { conditions: entries.map(([name, value]) => compares(this.schema, name, '=', value)), wildcards: [] }
    }
    if (typeof subject !== 'string' || given.length < 2) {
      const shown = given.map((item) => quote(item)).join(', ') || 'nothing'
      throw new InvalidArgumentError(
        `${method} needs an attribute and a value, a map of them, or a function that makes a group; it was given ${shown}.`,
      )
    }
    if (given.length > 2)
      return { conditions: [compares(this.schema, subject, second as Operator, third)], wildcards: [] }
    const condition = matches(this.schema, subject, second)
    const wildcards = condition.type === 'like' ? [`${quote(second)} of [${subject}]`] : []
    return { conditions: [condition], wildcards }
  }

  // biome-ignore lint/complexity/noBannedTypes: it is called with a query, and what it returns is tested
  #group(method: string, make: Function): GivenConditions {
    const made: unknown = Reflect.apply(make, undefined, [this.asking(everything)])
    if (!(made instanceof ConditionalQuery)) {
      throw new InvalidArgumentError(
        `The function that ${method} was given must return the query with its conditions, at once; it returned ${quote(made)}.`,
      )
    }
    const { question } = made
    if (question.order.length > 0 || question.limit !== null || question.offset > 0 || question.cursor !== null) {
      throw new InvalidArgumentError(`A group of conditions has no order, limit, offset and cursor (${method}).`)
    }
    return { conditions: hasConditions(question) ? [criterionOf(question)] : [], wildcards: question.wildcards }
  }
}

/** What one call of `where` or a relative says. */
interface GivenConditions {
  readonly conditions: readonly Criterion[]
  readonly wildcards: readonly string[]
}

/** Conditions of a map must all hold: negated they are one. */
function negated(conditions: readonly Criterion[]): readonly Criterion[] {
  return conditions.length === 0 ? [] : [{ type: 'not', of: allOf(conditions) }]
}
