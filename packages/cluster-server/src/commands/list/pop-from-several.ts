import type { ListValue } from '../../keyspace/list-value.js'
import { NULL_ARRAY, type Reply } from '../../resp/reply.js'
import { argument } from '../arguments.js'
import { Blocked } from '../blocked.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { type PopArguments, popArguments } from '../pop-arguments.js'
import { waitUntil } from '../timeout-argument.js'
import { type ListEnd, listEnd, popUpTo } from './ends.js'

/** `count` is undefined for BLPOP and BRPOP, which answer one element instead of an array. */
interface Pop {
  readonly keys: readonly string[]
  readonly end: ListEnd
  readonly count: number | undefined
}

const popFrom = (context: CommandContext, key: string, list: ListValue, { end, count }: Pop): Reply => {
  const elements = popUpTo(context, key, list, count ?? 1, end)
  const size = count === undefined ? [] : [String(elements.length)]
  context.propagate(end === 'LEFT' ? 'LPOP' : 'RPOP', key, ...size)
  return [key, count === undefined ? (elements[0] ?? null) : elements]
}

/** Pops from the first list that there is. @throws WRONG_TYPE when another type is met before it */
const popFirst = (context: CommandContext, pop: Pop): Reply | undefined => {
  for (const key of pop.keys) {
    const list = context.db.getList(key)
    if (list) return popFrom(context, key, list, pop)
  }
  return undefined
}

const popOrWait = (context: CommandContext, pop: Pop, untilMs: number): Reply | Blocked => {
  const retry = (readyKey?: string): Reply | undefined => {
    for (const key of readyKey === undefined ? pop.keys : [readyKey]) {
      const value = context.db.get(key)
      if (value !== undefined && typeof value !== 'string' && value.type === 'list')
        return popFrom(context, key, value, pop)
    }
    return undefined
  }
  return popFirst(context, pop) ?? new Blocked(pop.keys, untilMs, NULL_ARRAY, retry)
}

const blockingPop = (context: CommandContext, argv: readonly string[], end: ListEnd): Reply | Blocked => {
  const untilMs = waitUntil(argument(argv, argv.length - 1), context.nowMs)
  return popOrWait(context, { keys: argv.slice(1, -1), end, count: undefined }, untilMs)
}

export const blpop = defineCommand({
  name: 'blpop',
  arity: -3,
  flags: ['write', 'noscript', 'blocking'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1, -2)],
  categories: ['list'],
  group: 'list',
  since: '2.0.0',
  complexity: 'O(N) in the number of keys',
  summary: 'Pops the first element of a list, waiting for one',
  arguments: [
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    { name: 'timeout', type: 'double' },
  ],
  run: (context, argv) => blockingPop(context, argv, 'LEFT'),
})

export const brpop = defineCommand({
  name: 'brpop',
  arity: -3,
  flags: ['write', 'noscript', 'blocking'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1, -2)],
  categories: ['list'],
  group: 'list',
  since: '2.0.0',
  complexity: 'O(N) in the number of keys',
  summary: 'Pops the last element of a list, waiting for one',
  arguments: [
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    { name: 'timeout', type: 'double' },
  ],
  run: (context, argv) => blockingPop(context, argv, 'RIGHT'),
})

export const lmpop = defineCommand({
  name: 'lmpop',
  arity: -4,
  flags: ['write', 'movablekeys'],
  keySpecs: [
    {
      flags: ['RW', 'access', 'delete'],
      begin: { index: 1 },
      find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } },
    },
  ],
  categories: ['list'],
  group: 'list',
  since: '7.0.0',
  complexity: 'O(N+M) in the number of keys and of elements popped',
  summary: 'Pops elements from the first list that has any',
  arguments: [
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    {
      name: 'where',
      type: 'oneof',
      arguments: [
        { name: 'left', type: 'pure-token', token: 'LEFT' },
        { name: 'right', type: 'pure-token', token: 'RIGHT' },
      ],
    },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  ],
  run(context, argv) {
    const pop: PopArguments<ListEnd> = popArguments(argv, 1, listEnd)
    return popFirst(context, pop) ?? NULL_ARRAY
  },
})

export const blmpop = defineCommand({
  name: 'blmpop',
  arity: -5,
  flags: ['write', 'blocking', 'movablekeys'],
  keySpecs: [
    {
      flags: ['RW', 'access', 'delete'],
      begin: { index: 2 },
      find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } },
    },
  ],
  categories: ['list'],
  group: 'list',
  since: '7.0.0',
  complexity: 'O(N+M) in the number of keys and of elements popped',
  summary: 'Pops elements from the first list that has any, waiting for one',
  arguments: [
    { name: 'timeout', type: 'double' },
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    {
      name: 'where',
      type: 'oneof',
      arguments: [
        { name: 'left', type: 'pure-token', token: 'LEFT' },
        { name: 'right', type: 'pure-token', token: 'RIGHT' },
      ],
    },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  ],
  run(context, argv) {
    const pop: PopArguments<ListEnd> = popArguments(argv, 2, listEnd)
    return popOrWait(context, pop, waitUntil(argument(argv, 1), context.nowMs))
  },
})
