/** One end of a range over stored text. */
export interface Bound {
  readonly value: string
  readonly inclusive: boolean
}

/** A text pattern without any escaping left: the literal parts between the wildcards; `['192.168.', '']` is `192.168.*`. */
export interface TextPattern {
  readonly parts: readonly string[]
}

/**
 * What a record must fulfil. Immutable; values are stored text, already cast, null is "no value". `attribute` may be the
 * model's key name. There is no third truth value: `not` has exactly the records that its part has not, those without a
 * value included.
 */
export type Criterion =
  /** True of everything when it is empty. */
  | { readonly type: 'all'; readonly of: readonly Criterion[] }
  /** True of nothing when it is empty. */
  | { readonly type: 'any'; readonly of: readonly Criterion[] }
  | { readonly type: 'not'; readonly of: Criterion }
  | { readonly type: 'equals'; readonly attribute: string; readonly value: string | null }
  | { readonly type: 'notEquals'; readonly attribute: string; readonly value: string | null }
  | { readonly type: 'in'; readonly attribute: string; readonly values: readonly (string | null)[] }
  | { readonly type: 'notIn'; readonly attribute: string; readonly values: readonly (string | null)[] }
  /** Null never lies in a range. At least one end is present. */
  | { readonly type: 'range'; readonly attribute: string; readonly min?: Bound; readonly max?: Bound }
  | { readonly type: 'like'; readonly attribute: string; readonly pattern: TextPattern }

/** One order of several: what the orders before it leave equal is sorted by it. */
export interface Order {
  /** An attribute with a range index, or the model's key name; null: the time of creation. */
  readonly attribute: string | null
  readonly direction: 'asc' | 'desc'
  /** Where rows without a value come; absent: last. First is the exact reverse, for reading backwards. */
  readonly nulls?: 'first'
}

/**
 * The place after which a page begins: the last row's values in sort order and its id. Rows without a value in an order's
 * attribute come last in it, in both directions.
 */
export interface Position {
  /** Beside the orders: the stored text of each attribute; for creation its time in ms as text. */
  readonly values: readonly (string | null)[]
  /** Creation time in milliseconds: decides what all orders leave equal, in the direction of the last one. */
  readonly createdAtMs: number
  /** The last key of the order, compared by UTF-8 bytes; but for `tie`. */
  readonly id: string
  /**
   * The number of the partition, where the model has a hash tag: two of its records can have one id and one time of creation. Of
   * a place without it (from a cursor of an earlier version) such records count as one.
   */
  readonly tie?: number
}

/** A whole question. */
export interface Criteria {
  readonly where: Criterion
  /** Empty: records come in order of creation. */
  readonly order: readonly Order[]
  /** Null: no limit. */
  readonly limit: number | null
  readonly offset: number
  readonly after: Position | null
  /** The attributes to be read, the key left out; absent: all of them. Empty: only ids. */
  readonly fields?: readonly string[]
}

/**
 * What is computed over the values of an attribute, records without a value left out. `sum` adds decimal text
 * exactly, however long, and what is written otherwise (`1e+21`, `Infinity`) as doubles.
 */
export type Aggregation =
  | { readonly type: 'sum'; readonly attribute: string }
  | { readonly type: 'min' | 'max'; readonly attribute: string }
