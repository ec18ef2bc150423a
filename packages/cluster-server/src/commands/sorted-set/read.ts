import { formatDouble } from '../../double-text.js'
import type { SortedSetValue } from '../../keyspace/sorted-set-value.js'
import { DoubleReply, type Reply } from '../../resp/reply.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { EMPTY_SCAN, scanCursor, scanOptions } from '../scan-arguments.js'
import { scoreCuts, textCuts } from './limits.js'

/** Where the integers end that Redis packs as such. */
const PACKED_INTEGERS = 2 ** 62

/** A scan prints scores as text in both protocol versions, and a large integer by how the set is stored. */
const scannedScore = (score: number, encoding: SortedSetValue['encoding']): string =>
  encoding === 'listpack' && Number.isInteger(score) && Math.abs(score) < PACKED_INTEGERS
    ? String(BigInt(score))
    : formatDouble(score)

const scoreReply = (score: number | undefined): Reply => (score === undefined ? null : new DoubleReply(score))

export const zcard = defineCommand({
  name: 'zcard',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '1.2.0',
  complexity: 'O(1)',
  summary: 'Counts the members of a sorted set',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => context.db.getSortedSet(argument(argv, 1))?.size ?? 0,
})

export const zscore = defineCommand({
  name: 'zscore',
  arity: 3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '1.2.0',
  complexity: 'O(1)',
  summary: 'Reads the score of a member',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string' },
  ],
  run: (context, argv) => scoreReply(context.db.getSortedSet(argument(argv, 1))?.score(argument(argv, 2))),
})

export const zmscore = defineCommand({
  name: 'zmscore',
  arity: -3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '6.2.0',
  complexity: 'O(N) in the number of members asked for',
  summary: 'Reads the scores of several members',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string', multiple: true },
  ],
  run(context, argv) {
    const set = context.db.getSortedSet(argument(argv, 1))
    return argv.slice(2).map((member) => scoreReply(set?.score(member)))
  },
})

export const zrank = defineCommand({
  name: 'zrank',
  arity: 3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.0.0',
  complexity: 'O(log N)',
  summary: 'Tells how many members come before a member',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string' },
  ],
  run: (context, argv) => context.db.getSortedSet(argument(argv, 1))?.rank(argument(argv, 2)) ?? null,
})

export const zrevrank = defineCommand({
  name: 'zrevrank',
  arity: 3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.0.0',
  complexity: 'O(log N)',
  summary: 'Tells how many members come after a member',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string' },
  ],
  run(context, argv) {
    const set = context.db.getSortedSet(argument(argv, 1))
    const rank = set?.rank(argument(argv, 2))
    return set && rank !== undefined ? set.size - 1 - rank : null
  },
})

export const zcount = defineCommand({
  name: 'zcount',
  arity: 4,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.0.0',
  complexity: 'O(log N)',
  summary: 'Counts the members within a range of scores',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'min', type: 'double' },
    { name: 'max', type: 'double' },
  ],
  run(context, argv) {
    const { start, end } = scoreCuts(argument(argv, 2), argument(argv, 3))
    const set = context.db.getSortedSet(argument(argv, 1))
    return set ? Math.max(0, set.countBefore(end) - set.countBefore(start)) : 0
  },
})

export const zlexcount = defineCommand({
  name: 'zlexcount',
  arity: 4,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.8.9',
  complexity: 'O(log N)',
  summary: 'Counts the members within a range of texts',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'min', type: 'string' },
    { name: 'max', type: 'string' },
  ],
  run(context, argv) {
    const { start, end } = textCuts(argument(argv, 2), argument(argv, 3))
    const set = context.db.getSortedSet(argument(argv, 1))
    return set ? Math.max(0, set.countBefore(end) - set.countBefore(start)) : 0
  },
})

export const zscan = defineCommand({
  name: 'zscan',
  arity: -3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  tips: ['nondeterministic_output'],
  group: 'sorted-set',
  since: '2.8.0',
  complexity: 'O(1) for a step, O(N) for a whole walk',
  summary: 'Walks over the members of a sorted set in steps',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'cursor', type: 'integer' },
    { name: 'pattern', type: 'pattern', token: 'MATCH', optional: true },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  ],
  run(context, argv) {
    const cursor = scanCursor(argument(argv, 2))
    const set = context.db.getSortedSet(argument(argv, 1))
    if (!set) return EMPTY_SCAN
    const { count, matches } = scanOptions(argv)
    const step = set.scan(cursor, count)
    const found: string[] = []
    step.members.forEach((member, index) => {
      if (matches(member)) found.push(member, scannedScore(step.scores[index] ?? 0, set.encoding))
    })
    return [String(step.cursor), found]
  },
})
