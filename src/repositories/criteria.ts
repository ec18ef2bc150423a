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
 * model's key name. The tree is open for `or` and `not`.
 */
export type Criterion =
  | { readonly type: 'all'; readonly of: readonly Criterion[] }
  | { readonly type: 'equals'; readonly attribute: string; readonly value: string | null }
  | { readonly type: 'notEquals'; readonly attribute: string; readonly value: string | null }
  | { readonly type: 'in'; readonly attribute: string; readonly values: readonly (string | null)[] }
  | { readonly type: 'notIn'; readonly attribute: string; readonly values: readonly (string | null)[] }
  /** Null never lies in a range. At least one end is present. */
  | { readonly type: 'range'; readonly attribute: string; readonly min?: Bound; readonly max?: Bound }
  | { readonly type: 'like'; readonly attribute: string; readonly pattern: TextPattern }

/** Without an order, records come in order of creation. */
export interface Order {
  /** An attribute with a range index, or the model's key name; null: the time of creation. */
  readonly attribute: string | null
  readonly direction: 'asc' | 'desc'
}

/**
 * The place after which a page begins: the last row's values in sort order and its id. `rank` is null where that row has
 * no value in the order's attribute; such rows come last, in both directions.
 */
export interface Position {
  /** Stored text of the order's attribute; creation time in ms as text when there is no order. */
  readonly value: string | null
  /** Creation time in milliseconds: the second key of the order. */
  readonly createdAtMs: number
  /** The last key of the order, compared by UTF-8 bytes. */
  readonly id: string
}

/** A whole question. */
export interface Criteria {
  readonly where: Criterion
  readonly order: Order | null
  /** Null: no limit. */
  readonly limit: number | null
  readonly offset: number
  readonly after: Position | null
}
