import type { SortedSetValue } from '../../keyspace/sorted-set-value.js'
import type { Reply } from '../../resp/reply.js'
import { argument, integerArgument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { type IndexRange, indexRange } from '../index-range.js'
import { type Cuts, scoreCuts, textCuts } from './limits.js'

const removeRange = (
  context: CommandContext,
  key: string,
  ranks: (set: SortedSetValue) => IndexRange,
  event: string,
): Reply => {
  const set = context.db.getSortedSet(key)
  if (!set) return 0
  const { from, to } = ranks(set)
  const { members } = set.slice(from, to)
  for (const member of members) set.delete(member)
  if (members.length > 0) {
    context.db.changed(key, event)
    context.db.removeIfEmpty(key, set)
  }
  return members.length
}

const between =
  ({ start, end }: Cuts) =>
  (set: SortedSetValue): IndexRange => ({ from: set.countBefore(start), to: set.countBefore(end) })

export const zremrangebyrank = defineCommand({
  name: 'zremrangebyrank',
  arity: 4,
  flags: ['write'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.0.0',
  complexity: 'O(log N + M) with M members removed',
  summary: 'Removes the members within a range of ranks',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'start', type: 'integer' },
    { name: 'stop', type: 'integer' },
  ],
  run(context, argv) {
    const first = integerArgument(argument(argv, 2))
    const last = integerArgument(argument(argv, 3))
    return removeRange(context, argument(argv, 1), ({ size }) => indexRange(first, last, size), 'zremrangebyrank')
  },
})

export const zremrangebyscore = defineCommand({
  name: 'zremrangebyscore',
  arity: 4,
  flags: ['write'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '1.2.0',
  complexity: 'O(log N + M) with M members removed',
  summary: 'Removes the members within a range of scores',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'min', type: 'double' },
    { name: 'max', type: 'double' },
  ],
  run(context, argv) {
    const cuts = scoreCuts(argument(argv, 2), argument(argv, 3))
    return removeRange(context, argument(argv, 1), between(cuts), 'zremrangebyscore')
  },
})

export const zremrangebylex = defineCommand({
  name: 'zremrangebylex',
  arity: 4,
  flags: ['write'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.8.9',
  complexity: 'O(log N + M) with M members removed',
  summary: 'Removes the members within a range of texts',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'min', type: 'string' },
    { name: 'max', type: 'string' },
  ],
  run(context, argv) {
    const cuts = textCuts(argument(argv, 2), argument(argv, 3))
    return removeRange(context, argument(argv, 1), between(cuts), 'zremrangebylex')
  },
})
