import { addInt64, parseInt64 } from '../../int64.js'
import { HashValue } from '../../keyspace/hash-value.js'
import { addLongDoubles, formatLongDouble, parseLongDouble } from '../../long-double.js'
import { NOT_A_FLOAT, wireError } from '../../wire-errors.js'
import { argument, int64Argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { hashLimits } from '../value-limits.js'

const FIELD_NOT_AN_INTEGER = wireError('ERR hash value is not an integer')
const FIELD_NOT_A_FLOAT = wireError('ERR hash value is not a float')
const OVERFLOW = wireError('ERR increment or decrement would overflow')
const NOT_FINITE = wireError('ERR increment would produce NaN or Infinity')
const INCREMENT_NOT_FINITE = wireError('ERR value is NaN or Infinity')

const storeField = (context: CommandContext, key: string, field: string, value: string, event: string): void => {
  const stored = context.db.getHash(key)
  const hash = stored ?? new HashValue()
  hash.set(field, value, hashLimits(context.server.config))
  if (!stored) context.db.set(key, hash)
  context.db.changed(key, event)
}

export const hincrby = defineCommand({
  name: 'hincrby',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(1)',
  summary: 'Adds a number to an integer field of a hash',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'field', type: 'string' },
    { name: 'increment', type: 'integer' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const field = argument(argv, 2)
    const increment = int64Argument(argument(argv, 3))
    const old = parseInt64(context.db.getHash(key)?.get(field) ?? '0')
    if (old === undefined) throw FIELD_NOT_AN_INTEGER
    const sum = addInt64(old, increment)
    if (sum === undefined) throw OVERFLOW
    storeField(context, key, field, String(sum), 'hincrby')
    return sum
  },
})

export const hincrbyfloat = defineCommand({
  name: 'hincrbyfloat',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '2.6.0',
  complexity: 'O(1)',
  summary: 'Adds a number to a decimal field of a hash',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'field', type: 'string' },
    { name: 'increment', type: 'double' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const field = argument(argv, 2)
    const increment = parseLongDouble(argument(argv, 3))
    if (!increment) throw NOT_A_FLOAT
    if ('infinity' in increment) throw INCREMENT_NOT_FINITE
    const old = parseLongDouble(context.db.getHash(key)?.get(field) ?? '0')
    if (!old) throw FIELD_NOT_A_FLOAT
    const sum = addLongDoubles(old, increment)
    if (!sum) throw NOT_FINITE
    const text = formatLongDouble(sum)
    storeField(context, key, field, text, 'hincrbyfloat')
    context.propagate('HSET', key, field, text)
    return text
  },
})
