/**
 * The two directions between a property's value and its stored text. Null never reaches a cast: a null attribute has no
 * field. Stored text must be well-formed UTF-16 (it travels as UTF-8).
 */
export interface Cast<Value = unknown> {
  /** As written in `@Attribute({ cast: … })`, with its parameters: `datetime`, `enum(Status)`. */
  readonly name: string
  /**
   * What a range index over this cast is ordered by: `score` a number (`rank`), `text` the stored text by UTF-8 bytes,
   * `none` no order (json …).
   */
  readonly order: 'score' | 'text' | 'none'
  /** True where a `*` in a `where` value is a wildcard: text casts. */
  readonly isText: boolean
  /** The stored texts of all values that there are, where they are few and known: booleans, enums. */
  readonly values?: readonly string[]
  /** The form expected by `toStored`, for messages: `an integer`, `a date, ISO 8601 text or milliseconds`. */
  readonly expects: string
  /** Canonical stored text: equal values have equal text. Throws `CastMismatch` for a value that does not fit. */
  toStored(value: unknown): string
  /**
   * Where `toStored` rounds: whether the stored text stands above a value (positive), below it (negative) or for that very
   * value (0). Absent: it never rounds, or what it leaves out does not count, as the time of a day.
   */
  rounding?(value: unknown): number
  /** Throws `CastMismatch` for text that this cast did not write and cannot read. */
  fromStored(text: string): Value
  /** The score of a stored text; only called when `order` is `score`. Never NaN. */
  rank(stored: string): number
  /** False for a value that shares its score with others: a range index refuses it. Absent: each has a score of its own. */
  hasExactRank?(stored: string): boolean
}

/** Thrown inside a cast, which does not know its attribute; the schema turns it into a `CastError` that names it. */
export class CastMismatch extends Error {}
