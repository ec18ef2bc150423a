import type { SetValue } from '../../keyspace/set-value.js'
import { type Reply, SetReply } from '../../resp/reply.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { countArgument } from '../count-argument.js'
import { distinctPositions, repeatedPositions } from '../random-choice.js'
import { randomCount } from '../random-count.js'

const randomMember = (set: SetValue, context: CommandContext): string =>
  set.at(Math.floor(context.server.random() * set.size))

const popAll = (context: CommandContext, key: string, set: SetValue): Reply => {
  const members = [...set.members()]
  context.db.changed(key, 'spop')
  context.db.delete(key)
  context.db.changed(key, 'del')
  context.propagate('DEL', key)
  return new SetReply(members)
}

const popSome = (context: CommandContext, key: string, set: SetValue, count: number): string[] => {
  const members: string[] = []
  while (members.length < count && set.size > 0) {
    const member = randomMember(set, context)
    set.delete(member)
    members.push(member)
  }
  context.db.changed(key, 'spop')
  context.db.removeIfEmpty(key, set)
  for (const member of members) context.propagate('SREM', key, member)
  return members
}

export const spop = defineCommand({
  name: 'spop',
  arity: -2,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1)],
  categories: ['set'],
  tips: ['nondeterministic_output'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N) in the number of members removed',
  summary: 'Removes random members of a set',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'count', type: 'integer', optional: true, since: '3.2.0' },
  ],
  run(context, argv) {
    if (argv.length > 3) throw SYNTAX_ERROR
    const key = argument(argv, 1)
    if (argv.length === 2) {
      const set = context.db.getSet(key)
      return set ? (popSome(context, key, set, 1)[0] ?? null) : null
    }
    const count = countArgument(argument(argv, 2))
    const set = context.db.getSet(key)
    if (!set || count === 0) return new SetReply([])
    return count >= set.size ? popAll(context, key, set) : new SetReply(popSome(context, key, set, count))
  },
})

export const srandmember = defineCommand({
  name: 'srandmember',
  arity: -2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['set'],
  tips: ['nondeterministic_output'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N) in the number of members picked',
  summary: 'Picks random members of a set',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'count', type: 'integer', optional: true, since: '2.6.0' },
  ],
  run(context, argv) {
    if (argv.length > 3) throw SYNTAX_ERROR
    const key = argument(argv, 1)
    if (argv.length === 2) {
      const set = context.db.getSet(key)
      return set ? randomMember(set, context) : null
    }
    const count = randomCount(argument(argv, 2), false, () => {})
    const set = context.db.getSet(key)
    if (!set) return []
    if (count >= set.size) return set.members()
    const { random } = context.server
    const positions =
      count < 0 ? repeatedPositions(set.size, -count, random) : distinctPositions(set.size, count, random)
    return positions.map((position) => set.at(position))
  },
})
