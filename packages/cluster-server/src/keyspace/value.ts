import type { HashValue } from './hash-value.js'
import type { ListValue } from './list-value.js'
import type { SetValue } from './set-value.js'
import type { SortedSetValue } from './sorted-set-value.js'
import type { StreamValue } from './stream-value.js'

/** A string value is stored as the latin1 string itself; every other type is an object that names its type. */
export type StoredValue = string | HashValue | ListValue | SetValue | SortedSetValue | StreamValue

/** The answer of `TYPE`. */
export type TypeName = 'string' | 'hash' | 'list' | 'set' | 'zset' | 'stream'

export const typeOf = (value: StoredValue): TypeName => (typeof value === 'string' ? 'string' : value.type)
