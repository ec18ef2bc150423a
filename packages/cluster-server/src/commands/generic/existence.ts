import { matchesGlob } from '../../glob.js'
import { typeOf } from '../../keyspace/value.js'
import { Status } from '../../resp/reply.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'

const NONE = new Status('none')

/** Deletes the keys and answers how many there were; only those that were are replicated. */
const remove = ({ db }: CommandContext, argv: readonly string[], lazily: boolean): number => {
  let removed = 0
  for (let i = 1; i < argv.length; i++) {
    const key = argument(argv, i)
    if (!db.delete(key, lazily)) continue
    db.changed(key, 'del')
    removed++
  }
  return removed
}

export const del = defineCommand({
  name: 'del',
  arity: -2,
  flags: ['write'],
  keySpecs: [keyRange(['RM', 'delete'], 1, -1)],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(N) where N is the number of keys',
  summary: 'Deletes keys',
  arguments: [{ name: 'key', type: 'key', multiple: true, keySpecIndex: 0 }],
  run: (context, argv) => remove(context, argv, context.server.config.flag('lazyfree-lazy-user-del')),
})

export const unlink = defineCommand({
  name: 'unlink',
  arity: -2,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RM', 'delete'], 1, -1)],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  group: 'generic',
  since: '4.0.0',
  complexity: 'O(N) where N is the number of keys',
  summary: 'Deletes keys; their memory is freed later',
  arguments: [{ name: 'key', type: 'key', multiple: true, keySpecIndex: 0 }],
  run: (context, argv) => remove(context, argv, true),
})

/** Counts the live keys among the arguments, each as often as it is named. */
const count = (argv: readonly string[], isThere: (key: string) => boolean): number => {
  let found = 0
  for (let i = 1; i < argv.length; i++) if (isThere(argument(argv, i))) found++
  return found
}

export const exists = defineCommand({
  name: 'exists',
  arity: -2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1, -1)],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(N) where N is the number of keys',
  summary: 'Counts those keys that exist',
  arguments: [{ name: 'key', type: 'key', multiple: true, keySpecIndex: 0 }],
  run: ({ db }, argv) => count(argv, (key) => db.look(key) !== undefined),
})

export const touch = defineCommand({
  name: 'touch',
  arity: -2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1, -1)],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  group: 'generic',
  since: '3.2.1',
  complexity: 'O(N) where N is the number of keys',
  summary: 'Counts those keys that exist, and marks them as used',
  arguments: [{ name: 'key', type: 'key', multiple: true, keySpecIndex: 0 }],
  run: ({ db }, argv) => count(argv, (key) => db.get(key) !== undefined),
})

export const type = defineCommand({
  name: 'type',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1)],
  categories: ['keyspace'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Names the type of a value',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run({ db }, argv) {
    const value = db.look(argument(argv, 1))
    return value === undefined ? NONE : new Status(typeOf(value))
  },
})

export const keys = defineCommand({
  name: 'keys',
  arity: 2,
  flags: ['readonly'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'nondeterministic_output_order'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(N) where N is the number of keys in the database',
  summary: 'Lists the keys that match a pattern',
  arguments: [{ name: 'pattern', type: 'pattern' }],
  run({ db }, argv) {
    const pattern = argument(argv, 1)
    return Array.from(db.keys()).filter((key) => pattern === '*' || matchesGlob(pattern, key))
  },
})

export const randomkey = defineCommand({
  name: 'randomkey',
  traits: ['touchesArbitraryKeys'],
  arity: 1,
  flags: ['readonly'],
  categories: ['keyspace'],
  tips: ['request_policy:all_shards', 'nondeterministic_output'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Answers any key',
  run: ({ db, server }) => db.randomKey(server.random) ?? null,
})
