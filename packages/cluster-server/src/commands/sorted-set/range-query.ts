import type { ScoredMembers } from '../../keyspace/ordered-entries.js'
import type { SortedSetValue } from '../../keyspace/sorted-set-value.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { type IndexRange, indexRange } from '../index-range.js'
import { type Cuts, scoreCuts, textCuts } from './limits.js'
import { reversed } from './scored-reply.js'

const LIMIT_BY_RANK = wireError('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX')
const SCORES_BY_TEXT = wireError('ERR syntax error, WITHSCORES not supported in combination with BYLEX')

/** What the name of a command fixes; the rest is left to the options of ZRANGE. */
export interface RangeForm {
  readonly by?: 'rank' | 'score' | 'text'
  readonly reverse?: boolean
  /** The result is stored: WITHSCORES makes no sense. */
  readonly store?: boolean
}

/** A range of a sorted set as a command asks for it. */
export interface RangeQuery {
  readonly withScores: boolean
  readonly select: (set: SortedSetValue) => ScoredMembers
}

interface RangeOptions {
  by: 'rank' | 'score' | 'text'
  reverse: boolean
  withScores: boolean
  offset: number
  /** Negative: as many as there are. */
  limit: number
}

const readOptions = (argv: readonly string[], first: number, form: RangeForm): RangeOptions => {
  const options: RangeOptions = {
    by: form.by ?? 'rank',
    reverse: form.reverse ?? false,
    withScores: false,
    offset: 0,
    limit: -1,
  }
  let by = form.by
  for (let i = first; i < argv.length; i++) {
    const word = optionAt(argv, i)
    if (word === 'WITHSCORES' && !form.store) options.withScores = true
    else if (word === 'LIMIT' && i + 2 < argv.length) {
      options.offset = integerArgument(argument(argv, i + 1))
      options.limit = integerArgument(argument(argv, i + 2))
      i += 2
    } else if (word === 'REV' && form.reverse === undefined && !options.reverse) options.reverse = true
    else if (word === 'BYLEX' && by === undefined) by = 'text'
    else if (word === 'BYSCORE' && by === undefined) by = 'score'
    else throw SYNTAX_ERROR
  }
  options.by = by ?? 'rank'
  if (options.limit !== -1 && options.by === 'rank') throw LIMIT_BY_RANK
  if (options.withScores && options.by === 'text') throw SCORES_BY_TEXT
  return options
}

/** The ranks, ascending, that are left of a range between two cuts after an offset and a limit in reading order. */
const limited = (set: SortedSetValue, { start, end }: Cuts, { offset, limit, reverse }: RangeOptions): IndexRange => {
  const from = set.countBefore(start)
  const to = set.countBefore(end)
  const skipped = offset < 0 ? Infinity : offset
  const wanted = limit < 0 ? Infinity : limit
  if (from + skipped >= to) return { from: 0, to: 0 }
  return reverse
    ? { from: Math.max(from, to - skipped - wanted), to: to - skipped }
    : { from: from + skipped, to: Math.min(to, from + skipped + wanted) }
}

const ranksFor = (options: RangeOptions, low: string, high: string): ((set: SortedSetValue) => IndexRange) => {
  switch (options.by) {
    case 'rank': {
      const first = integerArgument(low)
      const last = integerArgument(high)
      return ({ size }) => {
        const { from, to } = indexRange(first, last, size)
        return options.reverse ? { from: size - to, to: size - from } : { from, to }
      }
    }
    case 'score': {
      const cuts = options.reverse ? scoreCuts(high, low) : scoreCuts(low, high)
      return (set) => limited(set, cuts, options)
    }
    case 'text': {
      const cuts = options.reverse ? textCuts(high, low) : textCuts(low, high)
      return (set) => limited(set, cuts, options)
    }
    default:
      return options.by satisfies never
  }
}

/** Reads a range whose limits are at `argv[low]` and behind it, and whose options follow. @throws WireError */
export const readRange = (argv: readonly string[], low: number, form: RangeForm): RangeQuery => {
  const options = readOptions(argv, low + 2, form)
  const ranks = ranksFor(options, argument(argv, low), argument(argv, low + 1))
  const select = (set: SortedSetValue): ScoredMembers => {
    const { from, to } = ranks(set)
    const range = set.slice(from, to)
    return options.reverse ? reversed(range) : range
  }
  return { withScores: options.withScores, select }
}
