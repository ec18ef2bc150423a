import type { LuaValue } from './value.js'

/** Greatest size of an array part. */
const MAX_ARRAY_SIZE = 2 ** 26
const SLICES = 27

/** The exponent of the least power of two that is not less than a positive integer below 2 ** 31. */
const sliceOf = (index: number): number => 32 - Math.clz32(index - 1)

/** The least power of two that is not less; 0 for 0. */
export const powerOfTwo = (count: number): number => (count === 0 ? 0 : 1 << sliceOf(count))

/** A key that could be in the array part. */
export const isIndex = (key: LuaValue): key is number =>
  typeof key === 'number' && key > 0 && key <= MAX_ARRAY_SIZE && Number.isInteger(key)

/**
 * Chooses the size of an array part as Lua does when it makes a table anew: the greatest power of two of which more than
 * half is in use. Source: `computesizes` in Lua 5.1's `ltable.c`.
 */
export class ArraySizing {
  /** How many indices lie above one power of two and up to the next. */
  readonly #slices = new Int32Array(SLICES)

  /** Forgets what was counted. */
  clear(): void {
    this.#slices.fill(0)
  }

  count(index: number): void {
    const slice = sliceOf(index)
    this.#slices[slice] = (this.#slices[slice] ?? 0) + 1
  }

  best(): number {
    let size = 0
    let below = 0
    for (let slice = 0; slice < SLICES; slice++) {
      const amount = this.#slices[slice] ?? 0
      below += amount
      if (amount > 0 && below > (1 << slice) / 2) size = 1 << slice
    }
    return size
  }
}
