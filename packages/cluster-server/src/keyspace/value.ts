import type { HashValue } from './hash-value.js'
import type { ListValue } from './list-value.js'
import type { StoredText } from './long-text.js'
import type { SetValue } from './set-value.js'
import type { SortedSetValue } from './sorted-set-value.js'
import type { StreamValue } from './stream-value.js'

/**
 * A string value is stored as the latin1 string itself, a long one that was changed as a `LongText`; every other type is
 * an object that names its type.
 */
export type StoredValue = StoredText | HashValue | ListValue | SetValue | SortedSetValue | StreamValue

/** The answer of `TYPE`. */
export type TypeName = 'string' | 'hash' | 'list' | 'set' | 'zset' | 'stream'

/** The text of a string value; undefined for every other type. */
export const textOf = (value: StoredValue): string | undefined => {
  const text = storedTextOf(value)
  return typeof text === 'object' ? text.text : text
}

/** A string value as it is stored; undefined for every other type. */
export const storedTextOf = (value: StoredValue): StoredText | undefined =>
  typeof value === 'string' || value.type === 'string' ? value : undefined

export const typeOf = (value: StoredValue): TypeName => (typeof value === 'string' ? 'string' : value.type)
