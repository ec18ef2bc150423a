import { type StoredValue, textOf } from '../../keyspace/value.js'
import { MapReply, type Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { commonRanges, longestCommon } from './longest-common.js'

const NOT_STRINGS = wireError('ERR The specified keys must contain string values')
const LENGTH_AND_INDEX = wireError('ERR If you want both the length and indexes, please just use IDX.')
const TOO_LARGE = wireError('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len')

interface LcsOptions {
  answer: 'text' | 'length' | 'ranges'
  minimumLength: number
  withLengths: boolean
}

const readOptions = (argv: readonly string[]): LcsOptions => {
  const options: LcsOptions = { answer: 'text', minimumLength: 0, withLengths: false }
  let ambiguous = false
  for (let i = 3; i < argv.length; i++) {
    const word = optionAt(argv, i)
    if (word === 'IDX' || word === 'LEN') {
      const answer = word === 'IDX' ? 'ranges' : 'length'
      ambiguous ||= options.answer !== 'text' && options.answer !== answer
      options.answer = answer
    } else if (word === 'WITHMATCHLEN') options.withLengths = true
    else if (word === 'MINMATCHLEN' && i + 1 < argv.length) {
      options.minimumLength = integerArgument(argument(argv, ++i))
    } else throw SYNTAX_ERROR
  }
  if (ambiguous) throw LENGTH_AND_INDEX
  return options
}

const textToCompare = (value: StoredValue | undefined): string => {
  if (value === undefined) return ''
  const text = textOf(value)
  if (text === undefined) throw NOT_STRINGS
  return text
}

export const lcs = defineCommand({
  name: 'lcs',
  arity: -3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1, 2)],
  categories: ['string'],
  group: 'string',
  since: '7.0.0',
  complexity: 'O(N*M) in the lengths of the strings',
  summary: 'Finds the longest common subsequence of two strings',
  arguments: [
    { name: 'key1', type: 'key', keySpecIndex: 0 },
    { name: 'key2', type: 'key', keySpecIndex: 0 },
    { name: 'len', type: 'pure-token', token: 'LEN', optional: true },
    { name: 'idx', type: 'pure-token', token: 'IDX', optional: true },
    { name: 'len', type: 'integer', token: 'MINMATCHLEN', optional: true },
    { name: 'withmatchlen', type: 'pure-token', token: 'WITHMATCHLEN', optional: true },
  ],
  run(context, argv) {
    // Both are looked up, and so a hit or a miss each, before the first of them is judged.
    const values = [context.db.get(argument(argv, 1)), context.db.get(argument(argv, 2))]
    const [a = '', b = ''] = values.map(textToCompare)
    const options = readOptions(argv)
    const tableBytes = (a.length + 1) * (b.length + 1) * Uint32Array.BYTES_PER_ELEMENT
    if (tableBytes > context.server.config.number('proto-max-bulk-len')) throw TOO_LARGE
    const common = longestCommon(a, b)
    if (options.answer === 'length') return common.length
    if (options.answer === 'text') return common.pairs.map(({ indexA }) => a.charAt(indexA)).join('')
    const ranges = commonRanges(common.pairs).filter((range) => range.length >= options.minimumLength)
    const matches = ranges.map(({ startA, startB, length }): Reply => {
      const range = [
        [startA, startA + length - 1],
        [startB, startB + length - 1],
      ]
      return options.withLengths ? [...range, length] : range
    })
    return new MapReply(['matches', matches, 'len', common.length])
  },
})
