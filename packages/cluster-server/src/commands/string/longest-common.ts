/** Indexes of one equal character in both texts. */
interface EqualPair {
  readonly indexA: number
  readonly indexB: number
}

/** The longest common subsequence of two texts. */
export interface LongestCommon {
  readonly length: number
  /** In ascending order. */
  readonly pairs: readonly EqualPair[]
}

/** A run of consecutive equal characters. */
export interface CommonRange {
  readonly startA: number
  readonly startB: number
  readonly length: number
}

/**
 * The longest common subsequence by dynamic programming, O(N*M) time and memory. Of several solutions it is the one
 * that Redis gives: found from the end, giving up a character of `b` unless giving up one of `a` keeps more.
 */
export const longestCommon = (a: string, b: string): LongestCommon => {
  const width = b.length + 1
  const table = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number): number => table[i * width + j] as number
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const equal = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      table[i * width + j] = equal ? at(i - 1, j - 1) + 1 : Math.max(at(i - 1, j), at(i, j - 1))
    }
  }
  const pairs: EqualPair[] = []
  for (let i = a.length, j = b.length; i > 0 && j > 0; ) {
    if (a.charCodeAt(i - 1) === b.charCodeAt(j - 1)) pairs.push({ indexA: --i, indexB: --j })
    else if (at(i - 1, j) > at(i, j - 1)) i--
    else j--
  }
  return { length: at(a.length, b.length), pairs: pairs.reverse() }
}

/** Consecutive pairs joined to ranges, the last first, as Redis lists them. */
export const commonRanges = (pairs: readonly EqualPair[]): CommonRange[] => {
  const ranges: CommonRange[] = []
  for (const { indexA, indexB } of pairs) {
    const last = ranges[ranges.length - 1]
    if (last && last.startA + last.length === indexA && last.startB + last.length === indexB) {
      ranges[ranges.length - 1] = { ...last, length: last.length + 1 }
    } else ranges.push({ startA: indexA, startB: indexB, length: 1 })
  }
  return ranges.reverse()
}
