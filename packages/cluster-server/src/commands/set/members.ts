import { SetValue } from '../../keyspace/set-value.js'
import { SetReply } from '../../resp/reply.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { EMPTY_SCAN, scanCursor, scanOptions } from '../scan-arguments.js'
import { setLimits } from '../value-limits.js'

export const sadd = defineCommand({
  name: 'sadd',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'insert'], 1)],
  categories: ['set'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N) in the number of members',
  summary: 'Adds members to a set',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string', multiple: true },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const stored = context.db.getSet(key)
    const set = stored ?? new SetValue()
    const limits = setLimits(context.server.config)
    let added = 0
    for (let i = 2; i < argv.length; i++) if (set.add(argument(argv, i), limits)) added++
    if (!stored) context.db.set(key, set)
    if (added > 0) context.db.changed(key, 'sadd')
    return added
  },
})

export const srem = defineCommand({
  name: 'srem',
  arity: -3,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['set'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N) in the number of members',
  summary: 'Removes members of a set',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string', multiple: true },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const set = context.db.getSet(key)
    if (!set) return 0
    let removed = 0
    for (let i = 2; i < argv.length && set.size > 0; i++) if (set.delete(argument(argv, i))) removed++
    if (removed > 0) {
      context.db.changed(key, 'srem')
      context.db.removeIfEmpty(key, set)
    }
    return removed
  },
})

export const smove = defineCommand({
  name: 'smove',
  arity: 4,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1), keyRange(['RW', 'insert'], 2)],
  categories: ['set'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Moves a member to another set',
  arguments: [
    { name: 'source', type: 'key', keySpecIndex: 0 },
    { name: 'destination', type: 'key', keySpecIndex: 1 },
    { name: 'member', type: 'string' },
  ],
  run(context, argv) {
    const sourceKey = argument(argv, 1)
    const destinationKey = argument(argv, 2)
    const member = argument(argv, 3)
    if (!context.db.has(sourceKey)) return 0
    const source = context.db.getSet(sourceKey)
    const stored = context.db.getSet(destinationKey)
    if (source === stored) return source?.has(member) ? 1 : 0
    if (!source?.delete(member)) return 0
    context.db.changed(sourceKey, 'srem')
    context.db.removeIfEmpty(sourceKey, source)
    const destination = stored ?? new SetValue()
    const added = destination.add(member, setLimits(context.server.config))
    if (!stored) context.db.set(destinationKey, destination)
    if (added) context.db.changed(destinationKey, 'sadd')
    return 1
  },
})

export const scard = defineCommand({
  name: 'scard',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1)],
  categories: ['set'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Counts the members of a set',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => context.db.getSet(argument(argv, 1))?.size ?? 0,
})

export const sismember = defineCommand({
  name: 'sismember',
  arity: 3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1)],
  categories: ['set'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Tells whether a set has a member',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string' },
  ],
  run: (context, argv) => (context.db.getSet(argument(argv, 1))?.has(argument(argv, 2)) ? 1 : 0),
})

export const smismember = defineCommand({
  name: 'smismember',
  arity: -3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['set'],
  group: 'set',
  since: '6.2.0',
  complexity: 'O(N) in the number of members asked for',
  summary: 'Tells which of several members a set has',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string', multiple: true },
  ],
  run(context, argv) {
    const set = context.db.getSet(argument(argv, 1))
    return argv.slice(2).map((member) => (set?.has(member) ? 1 : 0))
  },
})

export const smembers = defineCommand({
  name: 'smembers',
  arity: 2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['set'],
  tips: ['nondeterministic_output_order'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N) in the size of the set',
  summary: 'Reads all members of a set',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => new SetReply(context.db.getSet(argument(argv, 1))?.members() ?? []),
})

export const sscan = defineCommand({
  name: 'sscan',
  arity: -3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['set'],
  tips: ['nondeterministic_output'],
  group: 'set',
  since: '2.8.0',
  complexity: 'O(1) for a step, O(N) for a whole walk',
  summary: 'Walks over the members of a set in steps',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'cursor', type: 'integer' },
    { name: 'pattern', type: 'pattern', token: 'MATCH', optional: true },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  ],
  run(context, argv) {
    const cursor = scanCursor(argument(argv, 2))
    const set = context.db.getSet(argument(argv, 1))
    if (!set) return EMPTY_SCAN
    const { count, matches } = scanOptions(argv)
    const step = set.scan(cursor, count)
    return [String(step.cursor), step.members.filter(matches)]
  },
})
