import { WRONG_TYPE } from '../wire-errors.js'
import type { HashValue } from './hash-value.js'
import type { ListValue } from './list-value.js'
import type { SetValue } from './set-value.js'
import type { SortedSetValue } from './sorted-set-value.js'
import type { StreamValue } from './stream-value.js'
import type { StoredValue } from './value.js'

/** Look-ups that insist on a type. */
export abstract class TypedLookUps {
  /** The live value. Counts as an access of the key. */
  abstract get(key: string): StoredValue | undefined

  /** @throws WRONG_TYPE when another type is stored, as do the next five. */
  getString(key: string): string | undefined {
    const value = this.get(key)
    if (value === undefined || typeof value === 'string') return value
    throw WRONG_TYPE
  }

  getHash(key: string): HashValue | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string' || value.type !== 'hash') throw WRONG_TYPE
    return value
  }

  getList(key: string): ListValue | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string' || value.type !== 'list') throw WRONG_TYPE
    return value
  }

  getSet(key: string): SetValue | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string' || value.type !== 'set') throw WRONG_TYPE
    return value
  }

  getSortedSet(key: string): SortedSetValue | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string' || value.type !== 'zset') throw WRONG_TYPE
    return value
  }

  getStream(key: string): StreamValue | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string' || value.type !== 'stream') throw WRONG_TYPE
    return value
  }
}
