import type { ScoredMembers } from '../../keyspace/ordered-entries.js'
import type { SortedSetValue } from '../../keyspace/sorted-set-value.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { distinctPositions, repeatedPositions } from '../random-choice.js'
import { randomCount } from '../random-count.js'
import { scoredReply } from './scored-reply.js'

const choose = (set: SortedSetValue, count: number, context: CommandContext): ScoredMembers => {
  const { random } = context.server
  if (count >= set.size) return set.slice(0, set.size)
  const positions = count < 0 ? repeatedPositions(set.size, -count, random) : distinctPositions(set.size, count, random)
  const members: string[] = []
  const scores: number[] = []
  for (const position of positions) {
    const one = set.slice(position, position + 1)
    members.push(...one.members)
    scores.push(...one.scores)
  }
  return { members, scores }
}

export const zrandmember = defineCommand({
  name: 'zrandmember',
  arity: -2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  tips: ['nondeterministic_output'],
  group: 'sorted-set',
  since: '6.2.0',
  complexity: 'O(N) in the number of members picked',
  summary: 'Picks random members of a sorted set',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'options',
      type: 'block',
      optional: true,
      arguments: [
        { name: 'count', type: 'integer' },
        { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true },
      ],
    },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    if (argv.length === 2) {
      const set = context.db.getSortedSet(key)
      return set ? (choose(set, -1, context).members[0] ?? null) : null
    }
    const withScores = argv.length > 3
    const count = randomCount(argument(argv, 2), withScores, () => {
      if (argv.length > 4 || (withScores && optionAt(argv, 3) !== 'WITHSCORES')) throw SYNTAX_ERROR
    })
    const set = context.db.getSortedSet(key)
    return set ? scoredReply(choose(set, count, context), withScores, context.client.protocol) : []
  },
})
