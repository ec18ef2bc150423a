import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'

const ONE_SOURCE = wireError('ERR BITOP NOT must be called with a single source key.')

const OPERATIONS: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ['AND', (a: number, b: number) => a & b],
  ['OR', (a: number, b: number) => a | b],
  ['XOR', (a: number, b: number) => a ^ b],
])

/** Combines texts byte by byte; a shorter one is followed by zeros. */
const combine = (sources: readonly string[], operation: (a: number, b: number) => number): string => {
  const length = sources.reduce((longest, source) => Math.max(longest, source.length), 0)
  const [first = '', ...others] = sources
  const result = Buffer.alloc(length)
  result.write(first, 'latin1')
  for (const other of others) {
    for (let i = 0; i < length; i++) {
      result[i] = operation(result[i] ?? 0, i < other.length ? other.charCodeAt(i) : 0)
    }
  }
  return result.toString('latin1')
}

const invert = (text: string): string =>
  Buffer.from(Buffer.from(text, 'latin1').map((byte) => ~byte)).toString('latin1')

export const bitop = defineCommand({
  name: 'bitop',
  arity: -4,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['OW', 'update'], 2), keyRange(['RO', 'access'], 3, -1)],
  categories: ['bitmap'],
  group: 'bitmap',
  since: '2.6.0',
  complexity: 'O(N) in the length of the longest string',
  summary: 'Combines strings bit by bit and stores the result',
  arguments: [
    { name: 'operation', type: 'string' },
    { name: 'destkey', type: 'key', keySpecIndex: 0 },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 1 },
  ],
  run(context, argv) {
    const word = optionAt(argv, 1)
    const operation = OPERATIONS.get(word)
    if (!operation && word !== 'NOT') throw SYNTAX_ERROR
    const key = argument(argv, 2)
    if (!operation && argv.length !== 4) throw ONE_SOURCE
    const sources = context.db.reading(() => argv.slice(3).map((source) => context.db.getString(source) ?? ''))
    const result = operation ? combine(sources, operation) : invert(argument(sources, 0))
    if (result.length > 0) {
      context.db.set(key, result, 'raw')
      context.db.changed(key, 'set')
    } else if (context.db.discard(key)) context.db.changed(key, 'del')
    return result.length
  },
})
