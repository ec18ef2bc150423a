import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { indexRange } from '../index-range.js'

const RANK_ZERO = wireError(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
)
const NEGATIVE_COUNT = wireError("ERR COUNT can't be negative")
const NEGATIVE_MAXLEN = wireError("ERR MAXLEN can't be negative")

export const llen = defineCommand({
  name: 'llen',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1)],
  categories: ['list'],
  group: 'list',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Counts the elements of a list',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => context.db.getList(argument(argv, 1))?.size ?? 0,
})

export const lindex = defineCommand({
  name: 'lindex',
  arity: 3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['list'],
  group: 'list',
  since: '1.0.0',
  complexity: 'O(log N)',
  summary: 'Reads an element by its index',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'index', type: 'integer' },
  ],
  run(context, argv) {
    const list = context.db.getList(argument(argv, 1))
    if (!list) return null
    const index = integerArgument(argument(argv, 2))
    return list.at(index < 0 ? list.size + index : index) ?? null
  },
})

export const lrange = defineCommand({
  name: 'lrange',
  arity: 4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['list'],
  group: 'list',
  since: '1.0.0',
  complexity: 'O(log N + M) with M elements read',
  summary: 'Reads a range of elements',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'start', type: 'integer' },
    { name: 'stop', type: 'integer' },
  ],
  run(context, argv) {
    const first = integerArgument(argument(argv, 2))
    const last = integerArgument(argument(argv, 3))
    const list = context.db.getList(argument(argv, 1))
    if (!list) return []
    const { from, to } = indexRange(first, last, list.size)
    return list.slice(from, to)
  },
})

interface PositionOptions {
  rank: number
  /** Undefined without COUNT: the answer is then one position instead of an array. */
  count: number | undefined
  maxCompared: number
}

const readOptions = (argv: readonly string[]): PositionOptions => {
  const options: PositionOptions = { rank: 1, count: undefined, maxCompared: 0 }
  for (let i = 3; i < argv.length; i += 2) {
    const word = optionAt(argv, i)
    if (i + 1 >= argv.length) throw SYNTAX_ERROR
    const value = argument(argv, i + 1)
    if (word === 'RANK') {
      options.rank = integerArgument(value)
      if (options.rank === 0) throw RANK_ZERO
    } else if (word === 'COUNT') {
      options.count = integerArgument(value, NEGATIVE_COUNT)
      if (options.count < 0) throw NEGATIVE_COUNT
    } else if (word === 'MAXLEN') {
      options.maxCompared = integerArgument(value, NEGATIVE_MAXLEN)
      if (options.maxCompared < 0) throw NEGATIVE_MAXLEN
    } else throw SYNTAX_ERROR
  }
  return options
}

export const lpos = defineCommand({
  name: 'lpos',
  arity: -3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['list'],
  group: 'list',
  since: '6.0.6',
  complexity: 'O(N) in the length of the list',
  summary: 'Finds the indexes of equal elements',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'element', type: 'string' },
    { name: 'rank', type: 'integer', token: 'RANK', optional: true },
    { name: 'num-matches', type: 'integer', token: 'COUNT', optional: true },
    { name: 'len', type: 'integer', token: 'MAXLEN', optional: true },
  ],
  run(context, argv) {
    const { rank, count, maxCompared } = readOptions(argv)
    const list = context.db.getList(argument(argv, 1))
    if (!list) return count === undefined ? null : []
    // The least integer has no counterpart, and Redis 7.0 then passes over none.
    const skip = rank === -(2 ** 63) ? 0 : Math.abs(rank) - 1
    const positions = list.find(argument(argv, 2), {
      fromEnd: rank < 0,
      skip,
      limit: count === undefined ? 1 : count || Infinity,
      maxCompared: maxCompared || Infinity,
    })
    return count === undefined ? (positions[0] ?? null) : positions
  },
})
