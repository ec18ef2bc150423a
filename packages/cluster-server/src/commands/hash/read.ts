import { MapReply, type Reply } from '../../resp/reply.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { EMPTY_SCAN, scanCursor, scanOptions } from '../scan-arguments.js'

export const hget = defineCommand({
  name: 'hget',
  arity: 3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(1)',
  summary: 'Reads a field of a hash',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'field', type: 'string' },
  ],
  run: (context, argv) => context.db.getHash(argument(argv, 1))?.get(argument(argv, 2)) ?? null,
})

export const hmget = defineCommand({
  name: 'hmget',
  arity: -3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(N) in the number of fields asked for',
  summary: 'Reads several fields of a hash',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'field', type: 'string', multiple: true },
  ],
  run(context, argv) {
    const hash = context.db.getHash(argument(argv, 1))
    const values: Reply[] = []
    for (let i = 2; i < argv.length; i++) values.push(hash?.get(argument(argv, i)) ?? null)
    return values
  },
})

export const hgetall = defineCommand({
  name: 'hgetall',
  arity: 2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['hash'],
  tips: ['nondeterministic_output_order'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(N) in the size of the hash',
  summary: 'Reads all fields and values of a hash',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => new MapReply(context.db.getHash(argument(argv, 1))?.pairs() ?? []),
})

export const hkeys = defineCommand({
  name: 'hkeys',
  arity: 2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['hash'],
  tips: ['nondeterministic_output_order'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(N) in the size of the hash',
  summary: 'Reads all field names of a hash',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => context.db.getHash(argument(argv, 1))?.fields() ?? [],
})

export const hvals = defineCommand({
  name: 'hvals',
  arity: 2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['hash'],
  tips: ['nondeterministic_output_order'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(N) in the size of the hash',
  summary: 'Reads all values of a hash',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => context.db.getHash(argument(argv, 1))?.values() ?? [],
})

export const hlen = defineCommand({
  name: 'hlen',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(1)',
  summary: 'Counts the fields of a hash',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => context.db.getHash(argument(argv, 1))?.size ?? 0,
})

export const hexists = defineCommand({
  name: 'hexists',
  arity: 3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(1)',
  summary: 'Tells whether a hash has a field',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'field', type: 'string' },
  ],
  run: (context, argv) => (context.db.getHash(argument(argv, 1))?.has(argument(argv, 2)) ? 1 : 0),
})

export const hstrlen = defineCommand({
  name: 'hstrlen',
  arity: 3,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '3.2.0',
  complexity: 'O(1)',
  summary: 'Counts the bytes of a value in a hash',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'field', type: 'string' },
  ],
  run: (context, argv) => context.db.getHash(argument(argv, 1))?.get(argument(argv, 2))?.length ?? 0,
})

export const hscan = defineCommand({
  name: 'hscan',
  arity: -3,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['hash'],
  tips: ['nondeterministic_output'],
  group: 'hash',
  since: '2.8.0',
  complexity: 'O(1) for a step, O(N) for a whole walk',
  summary: 'Walks over the fields of a hash in steps',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'cursor', type: 'integer' },
    { name: 'pattern', type: 'pattern', token: 'MATCH', optional: true },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  ],
  run(context, argv) {
    const cursor = scanCursor(argument(argv, 2))
    const hash = context.db.getHash(argument(argv, 1))
    if (!hash) return EMPTY_SCAN
    const { count, matches } = scanOptions(argv)
    const step = hash.scan(cursor, count)
    const found: string[] = []
    for (let i = 0; i < step.pairs.length; i += 2) {
      const field = argument(step.pairs, i)
      if (matches(field)) found.push(field, argument(step.pairs, i + 1))
    }
    return [String(step.cursor), found]
  },
})
