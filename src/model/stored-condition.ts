import { InvalidArgumentError } from '../errors/usage-errors.js'
import { compares, keyIs, type Operator } from '../query/conditions.js'
import type { Criterion } from '../repositories/criteria.js'
import type {
  AttributeConditions,
  AttributeInput,
  AttributeName,
  ComparedValue,
  NullableName,
  TextName,
} from '../schema/attribute-types.js'
import type { ModelSchema } from '../schema/model-schema.js'
import type { KeyInput } from '../schema/record-key.js'
import { requireValuesByName } from '../schema/require-values.js'

/** What the stored record must be like for a write: values by attribute, or a function that builds the condition. */
export type Predicate<T> = AttributeConditions<T> | ((stored: StoredCondition<T>) => StoredCondition<T>)

/** Values that an operator of a stored condition takes. */
type Operand<Value, O extends Operator> = O extends 'in' | 'not in'
  ? readonly ComparedValue<Value>[]
  : O extends 'between' | 'not between'
    ? readonly [min: AttributeInput<NonNullable<Value>>, max: AttributeInput<NonNullable<Value>>]
    : O extends 'like' | 'not like'
      ? string
      : ComparedValue<Value>

/**
 * A condition on one stored record, built as that of a query is, but about any attribute: it needs no index. Values are
 * literal, except patterns of `like`. Conditions all apply; `orWhere` separates, a function makes a group. Immutable.
 *
 *     await order.saveIf((stored) => stored.where('status', 'in', ['new', 'paid']).where('total', '<=', 100))
 */
export class StoredCondition<T> {
  readonly #schema: ModelSchema
  readonly #lists: readonly (readonly Criterion[])[]

  /** @param schema Whose attributes all count as searchable. */
  constructor(schema: ModelSchema, lists: readonly (readonly Criterion[])[] = [[]]) {
    this.#schema = schema
    this.#lists = lists
  }

  /** The condition as repositories take it. */
  get criterion(): Criterion {
    const [only, ...others] = this.#lists.map((of): Criterion => ({ type: 'all', of }))
    return only !== undefined && others.length === 0 ? only : { type: 'any', of: this.#lists.map(allOf) }
  }

  /**
   * Demands an equality, a comparison, the equality of each property of a map, or what a group says. Throws as `Query.where`
   * does, and `InvalidArgumentError` for `>`, `<`, `between` of values that have no order.
   */
  where(conditions: AttributeConditions<T>): StoredCondition<T>
  where(group: (group: StoredCondition<T>) => StoredCondition<T>): StoredCondition<T>
  where<K extends AttributeName<T>>(attribute: K, value: ComparedValue<T[K]>): StoredCondition<T>
  where<K extends AttributeName<T>, O extends Operator>(
    attribute: K,
    operator: O,
    value: Operand<T[K], O>,
  ): StoredCondition<T>
  where(...given: readonly unknown[]): StoredCondition<T> {
    return this.#and(...this.#conditions(given))
  }

  /** Demands what was demanded so far, or this and what follows until the next `orWhere`. Takes what `where` takes. */
  orWhere(conditions: AttributeConditions<T>): StoredCondition<T>
  orWhere(group: (group: StoredCondition<T>) => StoredCondition<T>): StoredCondition<T>
  orWhere<K extends AttributeName<T>>(attribute: K, value: ComparedValue<T[K]>): StoredCondition<T>
  orWhere<K extends AttributeName<T>, O extends Operator>(
    attribute: K,
    operator: O,
    value: Operand<T[K], O>,
  ): StoredCondition<T>
  orWhere(...given: readonly unknown[]): StoredCondition<T> {
    const added = this.#conditions(given)
    const isFirst = this.#lists.every((list) => list.length === 0)
    return new StoredCondition(this.#schema, isFirst ? [added] : [...this.#lists, added])
  }

  /** Demands the opposite of what `where` would demand. */
  whereNot(conditions: AttributeConditions<T>): StoredCondition<T>
  whereNot(group: (group: StoredCondition<T>) => StoredCondition<T>): StoredCondition<T>
  whereNot<K extends AttributeName<T>>(attribute: K, value: ComparedValue<T[K]>): StoredCondition<T>
  whereNot<K extends AttributeName<T>, O extends Operator>(
    attribute: K,
    operator: O,
    value: Operand<T[K], O>,
  ): StoredCondition<T>
  whereNot(...given: readonly unknown[]): StoredCondition<T> {
    return this.#and({ type: 'not', of: allOf(this.#conditions(given)) })
  }

  /** Demands one of these values. */
  whereIn<K extends AttributeName<T>>(attribute: K, values: readonly ComparedValue<T[K]>[]): StoredCondition<T> {
    return this.#and(compares(this.#schema, attribute, 'in', values))
  }

  /** Demands none of these values. */
  whereNotIn<K extends AttributeName<T>>(attribute: K, values: readonly ComparedValue<T[K]>[]): StoredCondition<T> {
    return this.#and(compares(this.#schema, attribute, 'not in', values))
  }

  /** Demands that there is no value. */
  whereNull(attribute: NullableName<T>): StoredCondition<T> {
    return this.#and(compares(this.#schema, attribute, '=', null))
  }

  /** Demands that there is a value. */
  whereNotNull(attribute: NullableName<T>): StoredCondition<T> {
    return this.#and(compares(this.#schema, attribute, '!=', null))
  }

  /** Demands a value between two others, or equal to one of them. */
  whereBetween<K extends AttributeName<T>>(
    attribute: K,
    min: AttributeInput<NonNullable<T[K]>>,
    max: AttributeInput<NonNullable<T[K]>>,
  ): StoredCondition<T> {
    return this.#and(compares(this.#schema, attribute, 'between', [min, max]))
  }

  /** Demands a text that fits a pattern with `*` wildcards. */
  whereLike(attribute: TextName<T>, pattern: string): StoredCondition<T> {
    return this.#and(compares(this.#schema, attribute, 'like', pattern))
  }

  /** Demands this key, or one of these. */
  whereKey(key: KeyInput | null | readonly (KeyInput | null)[]): StoredCondition<T> {
    return this.#and(keyIs(this.#schema, key))
  }

  #and(...added: readonly Criterion[]): StoredCondition<T> {
    const last = this.#lists.at(-1) ?? []
    return new StoredCondition(this.#schema, [...this.#lists.slice(0, -1), [...last, ...added]])
  }

  #conditions([first, ...more]: readonly unknown[]): readonly Criterion[] {
    if (typeof first === 'function') {
      const group: unknown = first(new StoredCondition<T>(this.#schema))
      if (group instanceof StoredCondition) return [group.criterion]
      throw new InvalidArgumentError(
        'A function given to a condition returns the condition that it was given, refined.',
      )
    }
    if (typeof first === 'object' && first !== null) {
      requireValuesByName('Conditions', this.#schema.modelName, first)
      return Object.entries(first).map(([name, value]) => compares(this.#schema, name, '=', value))
    }
    const [operator, value] = more.length === 1 ? ['=', more[0]] : more
    return [compares(this.#schema, String(first), operator as Operator, value)]
  }
}

/** A predicate as repositories take it. Throws `InvalidArgumentError` for one that demands nothing, or is none. */
export function criterionOfPredicate<T>(schema: ModelSchema, predicate: Predicate<T>): Criterion {
  const start = new StoredCondition<T>(allSearchable(schema))
  const built = typeof predicate === 'function' ? predicate(start) : start.where(predicate)
  if (!(built instanceof StoredCondition)) {
    throw new InvalidArgumentError('The function of a condition returns the condition that it was given, refined.')
  }
  const { criterion } = built
  if (criterion.type === 'all' && criterion.of.length === 0) {
    throw new InvalidArgumentError(`The condition on the stored record of model [${schema.modelName}] demands nothing.`)
  }
  return criterion
}

function allOf(of: readonly Criterion[]): Criterion {
  return { type: 'all', of }
}

/** Conditions of writes need no index. Which values have an order is the repository's to say. */
function allSearchable(schema: ModelSchema): ModelSchema {
  const known = opened.get(schema)
  if (known !== undefined) return known
  const attributes = new Map(
    Array.from(schema.attributes, ([name, attribute]) => [name, { ...attribute, index: { range: true } }]),
  )
  const open = { ...schema, attributes, searchable: [...attributes.values()] }
  opened.set(schema, open)
  return open
}

const opened = new WeakMap<ModelSchema, ModelSchema>()
