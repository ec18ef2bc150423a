import { matchesGlob } from '../../glob.js'
import { typeOf } from '../../keyspace/value.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand } from '../command.js'
import { scanCursor } from '../scan-arguments.js'

const DEFAULT_COUNT = 10

interface KeyScanOptions {
  readonly count: number
  readonly pattern: string | null
  readonly type: string | null
}

const readOptions = (argv: readonly string[]): KeyScanOptions => {
  let count = DEFAULT_COUNT
  let pattern: string | null = null
  let type: string | null = null
  for (let i = 2; i < argv.length; i += 2) {
    const option = optionAt(argv, i)
    if (i + 1 >= argv.length) throw SYNTAX_ERROR
    const value = argument(argv, i + 1)
    if (option === 'COUNT') {
      count = integerArgument(value)
      if (count < 1) throw SYNTAX_ERROR
    } else if (option === 'MATCH') pattern = value === '*' ? null : value
    else if (option === 'TYPE') type = value.toLowerCase()
    else throw SYNTAX_ERROR
  }
  return { count, pattern, type }
}

export const scan = defineCommand({
  name: 'scan',
  traits: ['touchesArbitraryKeys'],
  arity: -2,
  flags: ['readonly'],
  categories: ['keyspace'],
  tips: ['nondeterministic_output', 'request_policy:special'],
  group: 'generic',
  since: '2.8.0',
  complexity: 'O(1) for every call, O(N) for all keys',
  summary: 'Visits the keys of the database step by step',
  arguments: [
    { name: 'cursor', type: 'integer' },
    { name: 'pattern', type: 'pattern', token: 'MATCH', optional: true },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
    { name: 'type', type: 'string', token: 'TYPE', optional: true, since: '6.0.0' },
  ],
  run({ db }, argv) {
    const cursor = scanCursor(argument(argv, 1))
    const { count, pattern, type } = readOptions(argv)
    const step = db.scan(cursor, count)
    const wanted = step.keys.filter((key) => {
      if (pattern !== null && !matchesGlob(pattern, key)) return false
      if (type !== null) {
        const value = db.look(key)
        if ((value === undefined ? 'none' : typeOf(value)) !== type) return false
      }
      // As in Redis, a key that the look-up removed for its age is not missed here: with TYPE none it is listed.
      return !db.isStored(key) || db.has(key)
    })
    return [String(step.cursor), wanted]
  },
})
