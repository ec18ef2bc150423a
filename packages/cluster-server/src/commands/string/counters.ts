import { addInt64 } from '../../int64.js'
import { addLongDoubles, formatLongDouble, parseLongDouble } from '../../long-double.js'
import type { Reply } from '../../resp/reply.js'
import { NOT_A_FLOAT, wireError } from '../../wire-errors.js'
import { argument, int64Argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'

const OVERFLOW = wireError('ERR increment or decrement would overflow')
const NEGATION_OVERFLOW = wireError('ERR decrement would overflow')
const NOT_FINITE = wireError('ERR increment would produce NaN or Infinity')

const add = (context: CommandContext, key: string, increment: number | bigint): Reply => {
  const old = context.db.getString(key)
  const sum = addInt64(old === undefined ? 0 : int64Argument(old), increment)
  if (sum === undefined) throw OVERFLOW
  context.db.replace(key, String(sum))
  context.db.changed(key, 'incrby')
  return sum
}

export const incr = defineCommand({
  name: 'incr',
  arity: 2,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['string'],
  group: 'string',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Adds one to an integer',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => add(context, argument(argv, 1), 1),
})

export const decr = defineCommand({
  name: 'decr',
  arity: 2,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['string'],
  group: 'string',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Subtracts one from an integer',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => add(context, argument(argv, 1), -1),
})

export const incrby = defineCommand({
  name: 'incrby',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['string'],
  group: 'string',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Adds a number to an integer',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'increment', type: 'integer' },
  ],
  run: (context, argv) => add(context, argument(argv, 1), int64Argument(argument(argv, 2))),
})

export const decrby = defineCommand({
  name: 'decrby',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['string'],
  group: 'string',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Subtracts a number from an integer',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'decrement', type: 'integer' },
  ],
  run(context, argv) {
    const decrement = int64Argument(argument(argv, 2))
    // The least 64-bit integer has no counterpart.
    if (decrement === -9223372036854775808n) throw NEGATION_OVERFLOW
    return add(context, argument(argv, 1), -decrement)
  },
})

export const incrbyfloat = defineCommand({
  name: 'incrbyfloat',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['string'],
  group: 'string',
  since: '2.6.0',
  complexity: 'O(1)',
  summary: 'Adds a number to a decimal number',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'increment', type: 'double' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const value = parseLongDouble(context.db.getString(key) ?? '0')
    const increment = value && parseLongDouble(argument(argv, 2))
    if (!increment) throw NOT_A_FLOAT
    const sum = addLongDoubles(value, increment)
    if (!sum) throw NOT_FINITE
    const text = formatLongDouble(sum)
    context.db.replace(key, text, 'embstr')
    context.db.changed(key, 'incrbyfloat')
    context.propagate('SET', key, text, 'KEEPTTL')
    return text
  },
})
