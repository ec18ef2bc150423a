import type { Command } from '../commands/command.js'

/** Where the keys of a command stand, when they follow each other at fixed distances. */
export interface KeyRange {
  readonly first: number
  /** The last one's distance from the first, or from the end of the words when negative. */
  readonly last: number
  readonly step: number
}

/** The range of a command whose keys are found by a single specification of that kind, as those of most are; else null. */
export const keyRangeOf = ({ keySpecs, findKeys }: Command): KeyRange | null => {
  const [spec, another] = keySpecs ?? []
  if (spec === undefined || another !== undefined || findKeys !== undefined) return null
  const { begin, find } = spec
  if (begin === 'unknown' || find === 'unknown' || !('index' in begin) || !('range' in find)) return null
  const { lastKey, step, limit } = find.range
  return lastKey < 0 && limit !== 0 ? null : { first: begin.index, last: lastKey, step }
}

/** The keys among the words of a command; none when the words are too few. The same as `getKeys`, at less cost. */
export const keysInRange = ({ first, last, step }: KeyRange, argv: readonly string[]): readonly string[] => {
  const end = last < 0 ? argv.length + last : first + last
  if (end >= argv.length) return []
  const keys: string[] = []
  for (let i = first; i <= end; i += step) keys.push(argv[i] ?? '')
  return keys
}
