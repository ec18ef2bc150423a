import type { ListValue } from '../../keyspace/list-value.js'
import { NULL_ARRAY, type Reply } from '../../resp/reply.js'
import { WireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { Blocked } from '../blocked.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { waitUntil } from '../timeout-argument.js'
import { type ListEnd, listEnd, popUpTo, pushAll } from './ends.js'

interface Move {
  readonly source: string
  readonly destination: string
  readonly from: ListEnd
  readonly to: ListEnd
}

const moveBetween = (argv: readonly string[]): Move => ({
  source: argument(argv, 1),
  destination: argument(argv, 2),
  from: listEnd(argument(argv, 3)),
  to: listEnd(argument(argv, 4)),
})

const moveLastToHead = (argv: readonly string[]): Move => ({
  source: argument(argv, 1),
  destination: argument(argv, 2),
  from: 'RIGHT',
  to: 'LEFT',
})

const carryOut = (context: CommandContext, move: Move, source: ListValue): string => {
  const destination = context.db.getList(move.destination)
  const end = move.from === 'LEFT' ? 0 : source.size - 1
  const element = source.at(end) ?? ''
  // One list as source and destination must not disappear in between.
  if (destination === source) {
    if (move.from === 'LEFT') source.popLeft()
    else source.popRight()
  }
  pushAll(context, move.destination, [element], move.to)
  if (destination === source) context.db.changed(move.source, move.from === 'LEFT' ? 'lpop' : 'rpop')
  else popUpTo(context, move.source, source, 1, move.from)
  return element
}

const move = (context: CommandContext, wanted: Move): Reply => {
  const source = context.db.getList(wanted.source)
  return source ? carryOut(context, wanted, source) : null
}

/** What replicas are told; Redis spells the ends as the client did, or in lower case once the client has waited. */
interface MoveEffect {
  readonly atOnce: readonly string[]
  readonly afterWait: readonly string[]
}

const moveOrWait = (context: CommandContext, wanted: Move, untilMs: number, effect: MoveEffect): Reply | Blocked => {
  const source = context.db.getList(wanted.source)
  if (source) {
    const element = carryOut(context, wanted, source)
    context.propagate(...effect.atOnce)
    return element
  }
  const retry = (): Reply | undefined => {
    const value = context.db.get(wanted.source)
    if (value === undefined || typeof value === 'string' || value.type !== 'list') return undefined
    try {
      const element = carryOut(context, wanted, value)
      context.propagate(...effect.afterWait)
      return element
    } catch (error) {
      // The destination may hold another type by now: that ends the wait.
      if (error instanceof WireError) return error
      throw error
    }
  }
  return new Blocked([wanted.source], untilMs, NULL_ARRAY, retry, null)
}

export const lmove = defineCommand({
  name: 'lmove',
  arity: 5,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1), keyRange(['RW', 'insert'], 2)],
  categories: ['list'],
  group: 'list',
  since: '6.2.0',
  complexity: 'O(1)',
  summary: 'Moves an element between lists',
  arguments: [
    { name: 'source', type: 'key', keySpecIndex: 0 },
    { name: 'destination', type: 'key', keySpecIndex: 1 },
    {
      name: 'wherefrom',
      type: 'oneof',
      arguments: [
        { name: 'left', type: 'pure-token', token: 'LEFT' },
        { name: 'right', type: 'pure-token', token: 'RIGHT' },
      ],
    },
    {
      name: 'whereto',
      type: 'oneof',
      arguments: [
        { name: 'left', type: 'pure-token', token: 'LEFT' },
        { name: 'right', type: 'pure-token', token: 'RIGHT' },
      ],
    },
  ],
  run: (context, argv) => move(context, moveBetween(argv)),
})

export const rpoplpush = defineCommand({
  name: 'rpoplpush',
  arity: 3,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1), keyRange(['RW', 'insert'], 2)],
  categories: ['list'],
  group: 'list',
  since: '1.2.0',
  complexity: 'O(1)',
  summary: 'Moves the last element of a list to the head of another',
  arguments: [
    { name: 'source', type: 'key', keySpecIndex: 0 },
    { name: 'destination', type: 'key', keySpecIndex: 1 },
  ],
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`LMOVE` with the `RIGHT` and `LEFT` arguments',
  run: (context, argv) => move(context, moveLastToHead(argv)),
})

export const blmove = defineCommand({
  name: 'blmove',
  arity: 6,
  flags: ['write', 'denyoom', 'noscript', 'blocking'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1), keyRange(['RW', 'insert'], 2)],
  categories: ['list'],
  group: 'list',
  since: '6.2.0',
  complexity: 'O(1)',
  summary: 'Moves an element between lists, waiting for one',
  arguments: [
    { name: 'source', type: 'key', keySpecIndex: 0 },
    { name: 'destination', type: 'key', keySpecIndex: 1 },
    {
      name: 'wherefrom',
      type: 'oneof',
      arguments: [
        { name: 'left', type: 'pure-token', token: 'LEFT' },
        { name: 'right', type: 'pure-token', token: 'RIGHT' },
      ],
    },
    {
      name: 'whereto',
      type: 'oneof',
      arguments: [
        { name: 'left', type: 'pure-token', token: 'LEFT' },
        { name: 'right', type: 'pure-token', token: 'RIGHT' },
      ],
    },
    { name: 'timeout', type: 'double' },
  ],
  run(context, argv) {
    const wanted = moveBetween(argv)
    const untilMs = waitUntil(argument(argv, 5), context.nowMs)
    const { source, destination, from, to } = wanted
    return moveOrWait(context, wanted, untilMs, {
      atOnce: ['LMOVE', ...argv.slice(1, 5)],
      afterWait: ['LMOVE', source, destination, from.toLowerCase(), to.toLowerCase()],
    })
  },
})

export const brpoplpush = defineCommand({
  name: 'brpoplpush',
  arity: 4,
  flags: ['write', 'denyoom', 'noscript', 'blocking'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1), keyRange(['RW', 'insert'], 2)],
  categories: ['list'],
  group: 'list',
  since: '2.2.0',
  complexity: 'O(1)',
  summary: 'Moves the last element of a list to the head of another, waiting for one',
  arguments: [
    { name: 'source', type: 'key', keySpecIndex: 0 },
    { name: 'destination', type: 'key', keySpecIndex: 1 },
    { name: 'timeout', type: 'double' },
  ],
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`BLMOVE` with the `RIGHT` and `LEFT` arguments',
  run(context, argv) {
    const wanted = moveLastToHead(argv)
    const untilMs = waitUntil(argument(argv, 3), context.nowMs)
    const effect = ['RPOPLPUSH', wanted.source, wanted.destination]
    return moveOrWait(context, wanted, untilMs, { atOnce: effect, afterWait: effect })
  },
})
