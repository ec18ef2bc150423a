import type { HashValue } from '../../keyspace/hash-value.js'
import type { Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { distinctPositions, repeatedPositions } from '../random-choice.js'
import { randomCount } from '../random-count.js'

const choose = (hash: HashValue, count: number, context: CommandContext): string[] => {
  const { random } = context.server
  if (count < 0) return hash.pairsAt(repeatedPositions(hash.size, -count, random))
  if (count >= hash.size) return hash.pairs()
  return hash.pairsAt(distinctPositions(hash.size, count, random))
}

export const hrandfield = defineCommand({
  name: 'hrandfield',
  arity: -2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['hash'],
  tips: ['nondeterministic_output'],
  group: 'hash',
  since: '6.2.0',
  complexity: 'O(N) in the number of fields picked',
  summary: 'Picks random fields of a hash',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'options',
      type: 'block',
      optional: true,
      arguments: [
        { name: 'count', type: 'integer' },
        { name: 'withvalues', type: 'pure-token', token: 'WITHVALUES', optional: true },
      ],
    },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    if (argv.length === 2) {
      const hash = context.db.getHash(key)
      return hash ? (choose(hash, -1, context)[0] ?? null) : null
    }
    const withValues = argv.length > 3
    const count = randomCount(argument(argv, 2), withValues, () => {
      if (argv.length > 4 || (withValues && optionAt(argv, 3) !== 'WITHVALUES')) throw SYNTAX_ERROR
    })
    const hash = context.db.getHash(key)
    if (!hash) return []
    const pairs = choose(hash, count, context)
    if (withValues && context.client.protocol === 2) return pairs
    const chosen: Reply[] = []
    for (let i = 0; i < pairs.length; i += 2) {
      const field = argument(pairs, i)
      chosen.push(withValues ? [field, argument(pairs, i + 1)] : field)
    }
    return chosen
  },
})
