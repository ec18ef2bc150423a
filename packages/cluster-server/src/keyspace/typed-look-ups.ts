import { WRONG_TYPE } from '../wire-errors.js'
import type { HashValue } from './hash-value.js'
import type { ListValue } from './list-value.js'
import type { StoredText } from './long-text.js'
import type { SetValue } from './set-value.js'
import type { SortedSetValue } from './sorted-set-value.js'
import type { StreamValue } from './stream-value.js'
import type { StoredValue } from './value.js'

/** Look-ups that count as hits and misses, and those that insist on a type. */
export abstract class TypedLookUps {
  /** Look-ups that found a key or did not, while `countsLookups` is on: for a command that reads. */
  hits = 0
  misses = 0
  countsLookups = false

  /** The live value. Counts as an access of the key. */
  abstract get(key: string): StoredValue | undefined

  /** The live value, without counting as an access. */
  abstract peek(key: string): StoredValue | undefined

  /** The live value. A hit or a miss, but no access: for commands that ask about a key. */
  look(key: string): StoredValue | undefined {
    const value = this.peek(key)
    if (this.countsLookups) this.countLookup(key, value !== undefined)
    return value
  }

  /** The live value. A hit or a miss, but no access, and no event tells of a miss: for OBJECT. */
  inspect(key: string): StoredValue | undefined {
    const value = this.peek(key)
    if (value === undefined) this.misses++
    else this.hits++
    return value
  }

  /** Runs the part of a command that writes in which it only reads: what it looks up are hits and misses. */
  reading<T>(read: () => T): T {
    const before = this.countsLookups
    this.countsLookups = true
    try {
      return read()
    } finally {
      this.countsLookups = before
    }
  }

  /** @throws WRONG_TYPE when another type is stored, as do the next six. */
  getString(key: string): string | undefined {
    const text = this.getText(key)
    return typeof text === 'object' ? text.text : text
  }

  /** A string as it is stored, of which a part can be read or changed. */
  getText(key: string): StoredText | undefined {
    const value = this.get(key)
    if (value === undefined || typeof value === 'string' || value.type === 'string') return value
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

  protected countLookup(key: string, found: boolean): void {
    if (found) this.hits++
    else {
      this.misses++
      this.reportMiss(key)
    }
  }

  /** Tells of a key that was not found. */
  protected abstract reportMiss(key: string): void
}
