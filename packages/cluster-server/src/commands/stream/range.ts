import { NULL_ARRAY, type Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { entriesReply } from './entry-reply.js'
import { intervalEnd, intervalStart } from './id-arguments.js'

/** The count of XRANGE; `Infinity` without one. @throws WireError */
const countOf = (argv: readonly string[]): number => {
  let count = Number.POSITIVE_INFINITY
  for (let i = 4; i < argv.length; i += 2) {
    if (optionAt(argv, i) !== 'COUNT' || i + 1 >= argv.length) throw SYNTAX_ERROR
    count = Math.max(0, integerArgument(argument(argv, i + 1)))
  }
  return count
}

const range = ({ db }: CommandContext, argv: readonly string[], backwards: boolean): Reply => {
  const from = intervalStart(argument(argv, backwards ? 3 : 2))
  const to = intervalEnd(argument(argv, backwards ? 2 : 3))
  const count = countOf(argv)
  const stream = db.getStream(argument(argv, 1))
  if (stream === undefined) return []
  if (count === 0) return NULL_ARRAY
  return entriesReply(backwards ? stream.rangeBackwards(from, to, count) : stream.range(from, to, count))
}

export const xlen = defineCommand({
  name: 'xlen',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1)],
  categories: ['stream'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(1)',
  summary: 'Counts the entries of a stream',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: ({ db }, argv) => db.getStream(argument(argv, 1))?.size ?? 0,
})

export const xrange = defineCommand({
  name: 'xrange',
  arity: -4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['stream'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(log N + M) with M entries returned',
  summary: 'Reads the entries between two ids',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'start', type: 'string' },
    { name: 'end', type: 'string' },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  ],
  run: (context, argv) => range(context, argv, false),
})

export const xrevrange = defineCommand({
  name: 'xrevrange',
  arity: -4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['stream'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(log N + M) with M entries returned',
  summary: 'Reads the entries between two ids, the last one first',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'end', type: 'string' },
    { name: 'start', type: 'string' },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  ],
  run: (context, argv) => range(context, argv, true),
})
