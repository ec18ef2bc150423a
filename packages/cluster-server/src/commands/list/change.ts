import { OK } from '../../resp/reply.js'
import { NO_SUCH_KEY, OUT_OF_RANGE, SYNTAX_ERROR } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { indexRange } from '../index-range.js'

export const lset = defineCommand({
  name: 'lset',
  arity: 4,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['list'],
  group: 'list',
  since: '1.0.0',
  complexity: 'O(log N)',
  summary: 'Replaces an element by its index',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'index', type: 'integer' },
    { name: 'element', type: 'string' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const list = context.db.getList(key)
    if (!list) throw NO_SUCH_KEY
    const index = integerArgument(argument(argv, 2))
    const position = index < 0 ? list.size + index : index
    if (position < 0 || position >= list.size) throw OUT_OF_RANGE
    list.setAt(position, argument(argv, 3))
    context.db.changed(key, 'lset')
    return OK
  },
})

export const linsert = defineCommand({
  name: 'linsert',
  arity: 5,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['RW', 'insert'], 1)],
  categories: ['list'],
  group: 'list',
  since: '2.2.0',
  complexity: 'O(N) in the distance to the pivot',
  summary: 'Inserts an element before or after another',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'where',
      type: 'oneof',
      arguments: [
        { name: 'before', type: 'pure-token', token: 'BEFORE' },
        { name: 'after', type: 'pure-token', token: 'AFTER' },
      ],
    },
    { name: 'pivot', type: 'string' },
    { name: 'element', type: 'string' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const where = optionAt(argv, 2)
    if (where !== 'BEFORE' && where !== 'AFTER') throw SYNTAX_ERROR
    const list = context.db.getList(key)
    if (!list) return 0
    const [pivot] = list.find(argument(argv, 3), { fromEnd: false, skip: 0, limit: 1, maxCompared: Infinity })
    if (pivot === undefined) return -1
    list.insertAt(where === 'BEFORE' ? pivot : pivot + 1, argument(argv, 4))
    context.db.changed(key, 'linsert')
    return list.size
  },
})

export const lrem = defineCommand({
  name: 'lrem',
  arity: 4,
  flags: ['write'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['list'],
  group: 'list',
  since: '1.0.0',
  complexity: 'O(N) in the length of the list',
  summary: 'Removes equal elements',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'count', type: 'integer' },
    { name: 'element', type: 'string' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const count = integerArgument(argument(argv, 2))
    const list = context.db.getList(key)
    if (!list) return 0
    const removed = list.remove(argument(argv, 3), Math.abs(count) || Infinity, count < 0)
    if (removed > 0) {
      context.db.changed(key, 'lrem')
      context.db.removeIfEmpty(key, list)
    }
    return removed
  },
})

export const ltrim = defineCommand({
  name: 'ltrim',
  arity: 4,
  flags: ['write'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['list'],
  group: 'list',
  since: '1.0.0',
  complexity: 'O(N) in the number of elements removed',
  summary: 'Keeps a range of elements',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'start', type: 'integer' },
    { name: 'stop', type: 'integer' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const first = integerArgument(argument(argv, 2))
    const last = integerArgument(argument(argv, 3))
    const list = context.db.getList(key)
    if (!list) return OK
    const { from, to } = indexRange(first, last, list.size)
    const sizeBefore = list.size
    list.trim(from, to)
    context.db.changed(key, 'ltrim')
    // Watched keys and subscribers hear of it all the same.
    if (list.size === sizeBefore) context.propagateNothing()
    context.db.removeIfEmpty(key, list)
    return OK
  },
})
