import { NULL_ARRAY, type Reply } from '../../resp/reply.js'
import { wrongArity } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { countArgument } from '../count-argument.js'
import { type ListEnd, popUpTo, pushAll } from './ends.js'

export const lpush = defineCommand({
  name: 'lpush',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'insert'], 1)],
  categories: ['list'],
  group: 'list',
  since: '1.0.0',
  complexity: 'O(N) in the number of elements',
  summary: 'Adds elements to the head of a list',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'element', type: 'string', multiple: true },
  ],
  run: (context, argv) => pushAll(context, argument(argv, 1), argv.slice(2), 'LEFT'),
})

export const rpush = defineCommand({
  name: 'rpush',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'insert'], 1)],
  categories: ['list'],
  group: 'list',
  since: '1.0.0',
  complexity: 'O(N) in the number of elements',
  summary: 'Adds elements to the tail of a list',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'element', type: 'string', multiple: true },
  ],
  run: (context, argv) => pushAll(context, argument(argv, 1), argv.slice(2), 'RIGHT'),
})

const pushIfPresent = (context: CommandContext, argv: readonly string[], end: ListEnd): Reply =>
  context.db.getList(argument(argv, 1)) ? pushAll(context, argument(argv, 1), argv.slice(2), end) : 0

export const lpushx = defineCommand({
  name: 'lpushx',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'insert'], 1)],
  categories: ['list'],
  group: 'list',
  since: '2.2.0',
  complexity: 'O(N) in the number of elements',
  summary: 'Adds elements to the head of a list that exists',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'element', type: 'string', multiple: true },
  ],
  run: (context, argv) => pushIfPresent(context, argv, 'LEFT'),
})

export const rpushx = defineCommand({
  name: 'rpushx',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'insert'], 1)],
  categories: ['list'],
  group: 'list',
  since: '2.2.0',
  complexity: 'O(N) in the number of elements',
  summary: 'Adds elements to the tail of a list that exists',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'element', type: 'string', multiple: true },
  ],
  run: (context, argv) => pushIfPresent(context, argv, 'RIGHT'),
})

const pop = (context: CommandContext, argv: readonly string[], end: ListEnd, command: string): Reply => {
  if (argv.length > 3) throw wrongArity(command)
  const key = argument(argv, 1)
  const single = argv.length === 2
  const count = single ? 1 : countArgument(argument(argv, 2))
  const list = context.db.getList(key)
  if (!list) return single ? null : NULL_ARRAY
  if (count === 0) return []
  const elements = popUpTo(context, key, list, count, end)
  return single ? (elements[0] ?? null) : elements
}

export const lpop = defineCommand({
  name: 'lpop',
  arity: -2,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1)],
  categories: ['list'],
  group: 'list',
  since: '1.0.0',
  complexity: 'O(N) in the number of elements popped',
  summary: 'Pops elements from the head of a list',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'count', type: 'integer', optional: true, since: '6.2.0' },
  ],
  run: (context, argv) => pop(context, argv, 'LEFT', 'lpop'),
})

export const rpop = defineCommand({
  name: 'rpop',
  arity: -2,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1)],
  categories: ['list'],
  group: 'list',
  since: '1.0.0',
  complexity: 'O(N) in the number of elements popped',
  summary: 'Pops elements from the tail of a list',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'count', type: 'integer', optional: true, since: '6.2.0' },
  ],
  run: (context, argv) => pop(context, argv, 'RIGHT', 'rpop'),
})
