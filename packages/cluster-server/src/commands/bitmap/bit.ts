import { overwritten } from '../../keyspace/long-text.js'
import { wireError } from '../../wire-errors.js'
import { argument, boundedArgument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { checkLength } from '../string-length.js'
import { bitOffset } from './bit-offset.js'
import { bitAt } from './bit-range.js'

const BAD_BIT = wireError('ERR bit is not an integer or out of range')

export const getbit = defineCommand({
  name: 'getbit',
  arity: 3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['bitmap'],
  group: 'bitmap',
  since: '2.2.0',
  complexity: 'O(1)',
  summary: 'Reads one bit of a string',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'offset', type: 'integer' },
  ],
  run(context, argv) {
    const offset = bitOffset(context, argument(argv, 2))
    return bitAt(context.db.getText(argument(argv, 1)) ?? '', offset)
  },
})

export const setbit = defineCommand({
  name: 'setbit',
  arity: 4,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['bitmap'],
  group: 'bitmap',
  since: '2.2.0',
  complexity: 'O(1)',
  summary: 'Sets one bit of a string',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'offset', type: 'integer' },
    { name: 'value', type: 'integer' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const offset = bitOffset(context, argument(argv, 2))
    const bit = boundedArgument(argument(argv, 3), 0, 1, BAD_BIT)
    const old = context.db.getText(key) ?? ''
    const byte = Math.floor(offset / 8)
    const before = bitAt(old, offset)
    if (byte < old.length && before === bit) {
      context.db.replace(key, old, 'raw')
      return before
    }
    checkLength(context, byte + 1)
    const mask = 128 >> (offset % 8)
    const was = byte < old.length ? old.charCodeAt(byte) : 0
    const code = bit === 1 ? was | mask : was & ~mask
    context.db.replace(key, overwritten(old, byte, String.fromCharCode(code)), 'raw')
    context.db.changed(key, 'setbit')
    return before
  },
})
