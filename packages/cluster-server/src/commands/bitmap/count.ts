import type { ReadableText } from '../../keyspace/long-text.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { type BitRange, bitAt, bitRange, isBitUnit } from './bit-range.js'
import { firstOther, onesBetween } from './byte-scan.js'

const NOT_A_BIT = wireError('ERR The bit argument must be 1 or 0.')

const countOnes = (text: ReadableText, { first, last }: BitRange): number => {
  let count = 0
  let position = first
  for (; position <= last && position % 8 !== 0; position++) count += bitAt(text, position)
  if (position + 7 <= last) {
    const end = Math.floor((last + 1) / 8)
    count += onesBetween(text, position / 8, end)
    position = end * 8
  }
  for (; position <= last; position++) count += bitAt(text, position)
  return count
}

const findBit = (text: ReadableText, bit: 0 | 1, { first, last }: BitRange): number => {
  const without = bit === 1 ? 0 : 255
  for (let position = first; position <= last; ) {
    if (position % 8 === 0 && position + 7 <= last && text.charCodeAt(position / 8) === without) {
      position = firstOther(text, without, position / 8, Math.floor((last + 1) / 8)) * 8
    } else if (bitAt(text, position) === bit) return position
    else position++
  }
  return -1
}

export const bitcount = defineCommand({
  name: 'bitcount',
  arity: -2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['bitmap'],
  group: 'bitmap',
  since: '2.6.0',
  complexity: 'O(N) in the length of the range',
  summary: 'Counts the bits of a string that are set',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'index',
      type: 'block',
      optional: true,
      arguments: [
        { name: 'start', type: 'integer' },
        { name: 'end', type: 'integer' },
        {
          name: 'index_unit',
          type: 'oneof',
          optional: true,
          since: '7.0.0',
          arguments: [
            { name: 'byte', type: 'pure-token', token: 'BYTE' },
            { name: 'bit', type: 'pure-token', token: 'BIT' },
          ],
        },
      ],
    },
  ],
  run(context, argv) {
    const text = context.db.getText(argument(argv, 1))
    if (text === undefined) return 0
    if (argv.length === 2) return countOnes(text, bitRange(0, -1, text.length, false))
    if (argv.length !== 4 && argv.length !== 5) throw SYNTAX_ERROR
    const start = integerArgument(argument(argv, 2))
    const end = integerArgument(argument(argv, 3))
    if (start < 0 && end < 0 && start > end) return 0
    return countOnes(text, bitRange(start, end, text.length, isBitUnit(argv, 4)))
  },
})

export const bitpos = defineCommand({
  name: 'bitpos',
  arity: -3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['bitmap'],
  group: 'bitmap',
  since: '2.8.7',
  complexity: 'O(N) in the length of the range',
  summary: 'Finds the first bit of a string that is set or clear',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'bit', type: 'integer' },
    {
      name: 'index',
      type: 'block',
      optional: true,
      arguments: [
        { name: 'start', type: 'integer' },
        {
          name: 'end_index',
          type: 'block',
          optional: true,
          arguments: [
            { name: 'end', type: 'integer' },
            {
              name: 'index_unit',
              type: 'oneof',
              optional: true,
              since: '7.0.0',
              arguments: [
                { name: 'byte', type: 'pure-token', token: 'BYTE' },
                { name: 'bit', type: 'pure-token', token: 'BIT' },
              ],
            },
          ],
        },
      ],
    },
  ],
  run(context, argv) {
    const wanted = integerArgument(argument(argv, 2))
    if (wanted !== 0 && wanted !== 1) throw NOT_A_BIT
    const text = context.db.getText(argument(argv, 1))
    if (text === undefined) return wanted === 1 ? -1 : 0
    if (argv.length > 6) throw SYNTAX_ERROR
    const start = argv.length > 3 ? integerArgument(argument(argv, 3)) : 0
    const inBits = isBitUnit(argv, 5)
    const hasEnd = argv.length > 4
    const range = bitRange(start, hasEnd ? integerArgument(argument(argv, 4)) : -1, text.length, inBits)
    if (range.first > range.last) return -1
    const position = findBit(text, wanted, range)
    // Without an end, the string is followed by zeros.
    return position === -1 && wanted === 0 && !hasEnd ? text.length * 8 : position
  },
})
