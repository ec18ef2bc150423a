import type { ScoredMembers } from '../../keyspace/ordered-entries.js'
import type { SortedSetValue } from '../../keyspace/sorted-set-value.js'
import { NULL_ARRAY, type Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { Blocked } from '../blocked.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { countArgument } from '../count-argument.js'
import { popArguments } from '../pop-arguments.js'
import { waitUntil } from '../timeout-argument.js'
import { flatScored, reversed, scoredReply } from './scored-reply.js'

type Extreme = 'MIN' | 'MAX'

const extreme = (text: string): Extreme => {
  const word = text.toUpperCase()
  if (word === 'MIN' || word === 'MAX') return word
  throw SYNTAX_ERROR
}

/** Removes up to `count` members of a set that is stored at `key`, the most extreme first. */
const popUpTo = (
  context: CommandContext,
  key: string,
  set: SortedSetValue,
  count: number,
  end: Extreme,
): ScoredMembers => {
  const taken = Math.min(count, set.size)
  const popped = end === 'MIN' ? set.slice(0, taken) : reversed(set.slice(set.size - taken, set.size))
  for (const member of popped.members) set.delete(member)
  context.db.changed(key, end === 'MIN' ? 'zpopmin' : 'zpopmax')
  context.db.removeIfEmpty(key, set)
  return popped
}

const pop = (context: CommandContext, argv: readonly string[], end: Extreme): Reply => {
  if (argv.length > 3) throw SYNTAX_ERROR
  const key = argument(argv, 1)
  const single = argv.length === 2
  const count = single ? 1 : countArgument(argument(argv, 2))
  const set = context.db.getSortedSet(key)
  if (!set || count === 0) return []
  return scoredReply(popUpTo(context, key, set, count, end), true, single ? 2 : context.client.protocol)
}

export const zpopmin = defineCommand({
  name: 'zpopmin',
  arity: -2,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '5.0.0',
  complexity: 'O(M*log N) with M members popped',
  summary: 'Pops the members with the lowest scores',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'count', type: 'integer', optional: true },
  ],
  run: (context, argv) => pop(context, argv, 'MIN'),
})

export const zpopmax = defineCommand({
  name: 'zpopmax',
  arity: -2,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '5.0.0',
  complexity: 'O(M*log N) with M members popped',
  summary: 'Pops the members with the highest scores',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'count', type: 'integer', optional: true },
  ],
  run: (context, argv) => pop(context, argv, 'MAX'),
})

/** `count` is undefined for BZPOPMIN and BZPOPMAX, which answer key, member and score in one array. */
interface Pop {
  readonly keys: readonly string[]
  readonly end: Extreme
  readonly count: number | undefined
}

const popFrom = (context: CommandContext, key: string, set: SortedSetValue, { end, count }: Pop): Reply => {
  const popped = popUpTo(context, key, set, count ?? 1, end)
  const size = count === undefined ? [] : [String(popped.members.length)]
  context.propagate(end === 'MIN' ? 'ZPOPMIN' : 'ZPOPMAX', key, ...size)
  return count === undefined ? [key, ...flatScored(popped)] : [key, scoredReply(popped, true, 3)]
}

/** Pops from the first sorted set that there is. @throws WRONG_TYPE when another type is met before it */
const popFirst = (context: CommandContext, wanted: Pop): Reply | undefined => {
  for (const key of wanted.keys) {
    const set = context.db.getSortedSet(key)
    if (set) return popFrom(context, key, set, wanted)
  }
  return undefined
}

const popOrWait = (context: CommandContext, wanted: Pop, untilMs: number): Reply | Blocked => {
  const retry = (readyKey?: string): Reply | undefined => {
    for (const key of readyKey === undefined ? wanted.keys : [readyKey]) {
      const value = context.db.get(key)
      if (value !== undefined && typeof value !== 'string' && value.type === 'zset') {
        return popFrom(context, key, value, wanted)
      }
    }
    return undefined
  }
  return popFirst(context, wanted) ?? new Blocked(wanted.keys, untilMs, NULL_ARRAY, retry)
}

const blockingPop = (context: CommandContext, argv: readonly string[], end: Extreme): Reply | Blocked => {
  const untilMs = waitUntil(argument(argv, argv.length - 1), context.nowMs)
  return popOrWait(context, { keys: argv.slice(1, -1), end, count: undefined }, untilMs)
}

export const bzpopmin = defineCommand({
  name: 'bzpopmin',
  arity: -3,
  flags: ['write', 'noscript', 'blocking', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1, -2)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '5.0.0',
  complexity: 'O(log N)',
  summary: 'Pops the member with the lowest score, waiting for one',
  arguments: [
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    { name: 'timeout', type: 'double' },
  ],
  run: (context, argv) => blockingPop(context, argv, 'MIN'),
})

export const bzpopmax = defineCommand({
  name: 'bzpopmax',
  arity: -3,
  flags: ['write', 'noscript', 'blocking', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1, -2)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '5.0.0',
  complexity: 'O(log N)',
  summary: 'Pops the member with the highest score, waiting for one',
  arguments: [
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    { name: 'timeout', type: 'double' },
  ],
  run: (context, argv) => blockingPop(context, argv, 'MAX'),
})

export const zmpop = defineCommand({
  name: 'zmpop',
  arity: -4,
  flags: ['write', 'movablekeys'],
  keySpecs: [
    {
      flags: ['RW', 'access', 'delete'],
      begin: { index: 1 },
      find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } },
    },
  ],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '7.0.0',
  complexity: 'O(K + M*log N) with K keys and M members popped',
  summary: 'Pops members from the first sorted set that has any',
  arguments: [
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    {
      name: 'where',
      type: 'oneof',
      arguments: [
        { name: 'min', type: 'pure-token', token: 'MIN' },
        { name: 'max', type: 'pure-token', token: 'MAX' },
      ],
    },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  ],
  run: (context, argv) => popFirst(context, popArguments(argv, 1, extreme)) ?? NULL_ARRAY,
})

export const bzmpop = defineCommand({
  name: 'bzmpop',
  arity: -5,
  flags: ['write', 'blocking', 'movablekeys'],
  keySpecs: [
    {
      flags: ['RW', 'access', 'delete'],
      begin: { index: 2 },
      find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } },
    },
  ],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '7.0.0',
  complexity: 'O(K + M*log N) with K keys and M members popped',
  summary: 'Pops members from the first sorted set that has any, waiting for one',
  arguments: [
    { name: 'timeout', type: 'double' },
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    {
      name: 'where',
      type: 'oneof',
      arguments: [
        { name: 'min', type: 'pure-token', token: 'MIN' },
        { name: 'max', type: 'pure-token', token: 'MAX' },
      ],
    },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  ],
  run(context, argv) {
    const wanted = popArguments(argv, 2, extreme)
    return popOrWait(context, wanted, waitUntil(argument(argv, 1), context.nowMs))
  },
})
