import type { SumOf } from '../query/computing-query.js'
import type { ConditionGroup } from '../query/conditional-query.js'
import type { Operator } from '../query/conditions.js'
import type {
  AttributeConditions,
  AttributeInput,
  AttributeName,
  CheckedOperator,
  ComparableName,
  ComparedValue,
  ExtremeOf,
  NumberName,
  OperandOf,
  RangedName,
} from '../schema/attribute-types.js'
import type { RecordClass } from './construction.js'
import type { ModelQuery } from './model-query.js'
import type { ModelRecord } from './model-record.js'
import { ObservedModel } from './observed-model.js'
import { type QueryWithScopes, queryOf, type ScopedClass } from './query-of.js'

/** A static that begins a query of its class by the query's method of this name, and returns it. */
export type Begins<Name extends keyof ModelQuery<ModelRecord>> = <T extends ModelRecord, S>(
  this: ScopedClass<T, S>,
  ...given: Given<ModelQuery<T>[Name]>
) => QueryWithScopes<T, S>

/** A static that answers for all records of its class what the query's method of this name answers. */
export type Answers<Name extends keyof ModelQuery<ModelRecord>> = <T extends ModelRecord>(
  this: RecordClass<T>,
  ...given: Given<ModelQuery<T>[Name]>
) => Answer<ModelQuery<T>[Name]>

type Given<Method> = Method extends (...given: infer Parameters) => unknown ? Parameters : never
type Answer<Method> = Method extends (...given: never) => infer Returned ? Returned : never

/** A static that begins a query with what `where` takes. */
export interface BeginsWithCondition {
  <T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    group: ConditionGroup<QueryWithScopes<T, S>>,
  ): QueryWithScopes<T, S>
  <T extends ModelRecord, S>(this: ScopedClass<T, S>, conditions: AttributeConditions<T>): QueryWithScopes<T, S>
  <T extends ModelRecord, S, K extends AttributeName<T>>(
    this: ScopedClass<T, S>,
    attribute: K,
    value: ComparedValue<T[K]>,
  ): QueryWithScopes<T, S>
  <T extends ModelRecord, S, K extends AttributeName<T>, O extends Operator>(
    this: ScopedClass<T, S>,
    attribute: K,
    operator: CheckedOperator<T, K, O>,
    value: OperandOf<T[K], O>,
  ): QueryWithScopes<T, S>
}

/**
 * The statics of a model class that do nothing but call the method of their name on a new query: see `Query` for each. What is
 * generic in more than the class is written out, everything else has its type from the query's method.
 */
export abstract class QueryingModel extends ObservedModel {
  /** Begins a query for rows that do not fulfil a condition, rows without a value among them; takes what `where` takes. */
  declare static readonly whereNot: BeginsWithCondition
  /** Begins a query for rows whose value does not lie between two values; rows without a value too. */
  declare static readonly whereNotBetween: <T extends ModelRecord, S, K extends RangedName<T>>(
    this: ScopedClass<T, S>,
    attribute: K,
    min: AttributeInput<NonNullable<T[K]>>,
    max: AttributeInput<NonNullable<T[K]>>,
  ) => QueryWithScopes<T, S>
  /** Begins a query for rows whose text does not fit a pattern with `*` wildcards; rows without a value too. */
  declare static readonly whereNotLike: Begins<'whereNotLike'>
  /** Begins a query for rows whose text begins with this text, which is literal. */
  declare static readonly whereStartsWith: Begins<'whereStartsWith'>
  /** Begins a query for rows whose text ends with this text, which is literal. */
  declare static readonly whereEndsWith: Begins<'whereEndsWith'>
  /** Begins a query for rows whose text contains this text, which is literal. */
  declare static readonly whereContains: Begins<'whereContains'>
  /** Begins a query for the rows with another key than this, or than any of these. */
  declare static readonly whereKeyNot: Begins<'whereKeyNot'>

  /** Begins a query, refined by a function if a condition is truthy; otherwise by `otherwise`, if there is one. */
  declare static readonly when: <T extends ModelRecord, S, Value>(
    this: ScopedClass<T, S>,
    condition: Value,
    refine: (query: QueryWithScopes<T, S>, value: NonNullable<Value>) => QueryWithScopes<T, S>,
    otherwise?: (query: QueryWithScopes<T, S>) => QueryWithScopes<T, S>,
  ) => QueryWithScopes<T, S>
  /** Begins a query, refined by a function if a condition is falsy. */
  declare static readonly unless: <T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    condition: unknown,
    refine: (query: QueryWithScopes<T, S>) => QueryWithScopes<T, S>,
  ) => QueryWithScopes<T, S>
  /** Begins a query and calls a function with it. */
  declare static readonly tap: <T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    look: (query: QueryWithScopes<T, S>) => unknown,
  ) => QueryWithScopes<T, S>

  /** Begins a query with the greatest values of an attribute first. */
  declare static readonly orderByDesc: Begins<'orderByDesc'>
  /** Begins a query in this order alone, whatever order a global scope gives. */
  declare static readonly reorder: Begins<'reorder'>
  /** Begins a query for at most so many rows; the same as `limit`. */
  declare static readonly take: Begins<'take'>
  /** Begins a query that leaves out so many rows at the beginning. */
  declare static readonly offset: Begins<'offset'>
  /** The same as `offset`. */
  declare static readonly skip: Begins<'skip'>
  /** Begins a query for the rows of a page; the first page is 1. */
  declare static readonly forPage: Begins<'forPage'>
  /** Begins a query that continues after a page: its `next`. */
  declare static readonly after: Begins<'after'>
  /** Begins a query that reads these attributes only. */
  declare static readonly select: <T extends ModelRecord, S>(
    this: ScopedClass<T, S>,
    ...attributes: readonly (AttributeName<T> | readonly AttributeName<T>[])[]
  ) => QueryWithScopes<T, S>
  /** Begins a query that replicas may answer. */
  declare static readonly fromReplica: Begins<'fromReplica'>
  /** Begins a query that calls a function with what each answer cost. */
  declare static readonly onTrace: Begins<'onTrace'>

  /** The only record; throws `ModelNotFoundError` when there is none, `MultipleRecordsError` when there are several. */
  declare static readonly sole: Answers<'sole'>
  /** The record created first, or what a function returns when there is none. */
  declare static readonly firstOr: <T extends ModelRecord, Other>(
    this: RecordClass<T>,
    fallback: () => Other | Promise<Other>,
  ) => Promise<T | Other>
  /** Whether there is no record. */
  declare static readonly doesntExist: Answers<'doesntExist'>
  /** The keys of all records, in order of creation. */
  declare static readonly ids: Answers<'ids'>
  /** The value of an attribute of the record created first; null where there is none. */
  declare static readonly value: <T extends ModelRecord, K extends AttributeName<T>>(
    this: RecordClass<T>,
    attribute: K,
  ) => Promise<T[K] | null>
  /** The values of one attribute of all records; with `by`, a map from the values of that attribute. */
  declare static readonly pluck: {
    <T extends ModelRecord, K extends AttributeName<T>>(this: RecordClass<T>, attribute: K): Promise<(T[K] | null)[]>
    <T extends ModelRecord, K extends AttributeName<T>, B extends AttributeName<T>>(
      this: RecordClass<T>,
      attribute: K,
      by: B,
    ): Promise<Map<T[B] | null, T[K] | null>>
  }

  /** The sum of an attribute over all records; 0 of none. */
  declare static readonly sum: <T extends ModelRecord, K extends NumberName<T>>(
    this: RecordClass<T>,
    attribute: K,
  ) => Promise<SumOf<T[K]>>
  /** The mean of an attribute over the records that have a value; null where none has. */
  declare static readonly avg: Answers<'avg'>
  /** The least value of an attribute; null where no record has one. */
  declare static readonly min: ExtremeOfAll
  /** The greatest value of an attribute; null where no record has one. */
  declare static readonly max: ExtremeOfAll
  /** How many records have each value of a searchable attribute, null among them. */
  declare static readonly countBy: <T extends ModelRecord, K extends AttributeName<T>>(
    this: RecordClass<T>,
    attribute: K,
  ) => Promise<Map<T[K] | null, number>>
  /** The different values of a searchable attribute, null among them. */
  declare static readonly distinct: <T extends ModelRecord, K extends AttributeName<T>>(
    this: RecordClass<T>,
    attribute: K,
  ) => Promise<(T[K] | null)[]>

  /** All records as one page, with what the answer cost. */
  declare static readonly page: Answers<'page'>
  /** The records of a page by its number, and how many there are of records and pages. */
  declare static readonly paginate: Answers<'paginate'>
  /** A page of records after a cursor, or the one that ends before a cursor. */
  declare static readonly cursorPaginate: Answers<'cursorPaginate'>
  /** All records, one after the other, fetched in pages: `for await (const visit of Visit.lazy())`. */
  declare static readonly lazy: Answers<'lazy'>
  /** How the query for all records is answered. */
  declare static readonly explain: Answers<'explain'>
}

type ExtremeOfAll = <T extends ModelRecord, K extends ComparableName<T>>(
  this: RecordClass<T>,
  attribute: K,
) => Promise<ExtremeOf<T[K]>>

/** The statics that are declared above. */
const forwarded: readonly Exclude<keyof typeof QueryingModel, keyof typeof ObservedModel>[] = [
  'whereNot',
  'whereNotBetween',
  'whereNotLike',
  'whereStartsWith',
  'whereEndsWith',
  'whereContains',
  'whereKeyNot',
  'when',
  'unless',
  'tap',
  'orderByDesc',
  'reorder',
  'take',
  'offset',
  'skip',
  'forPage',
  'after',
  'select',
  'fromReplica',
  'onTrace',
  'sole',
  'firstOr',
  'doesntExist',
  'ids',
  'value',
  'pluck',
  'sum',
  'avg',
  'min',
  'max',
  'countBy',
  'distinct',
  'page',
  'paginate',
  'cursorPaginate',
  'lazy',
  'explain',
]

for (const name of forwarded) {
  const method = {
    [name](this: RecordClass<ModelRecord>, ...given: readonly unknown[]): unknown {
      const query = queryOf(this)
      return Reflect.apply(query[name], query, given)
    },
  }[name]
  Object.defineProperty(QueryingModel, name, { value: method, writable: true, configurable: true })
}
