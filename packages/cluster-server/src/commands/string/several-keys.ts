import { detach } from '../../keyspace/detach.js'
import { textOf } from '../../keyspace/value.js'
import { OK, type Reply } from '../../resp/reply.js'
import { wrongArity } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'

export const mget = defineCommand({
  name: 'mget',
  arity: -2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1, -1)],
  categories: ['string'],
  tips: ['request_policy:multi_shard'],
  group: 'string',
  since: '1.0.0',
  complexity: 'O(N) in the number of keys',
  summary: 'Reads several strings',
  arguments: [{ name: 'key', type: 'key', multiple: true, keySpecIndex: 0 }],
  run(context, argv) {
    const values: Reply[] = []
    for (let i = 1; i < argv.length; i++) {
      const value = context.db.get(argument(argv, i))
      values.push((value && textOf(value)) ?? null)
    }
    return values
  },
})

const storeAll = (context: CommandContext, argv: readonly string[]): void => {
  for (let i = 1; i < argv.length; i += 2) {
    context.db.set(argument(argv, i), detach(argument(argv, i + 1)))
    context.db.changed(argument(argv, i), 'set')
  }
}

export const mset = defineCommand({
  name: 'mset',
  arity: -3,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['OW', 'update'], 1, -1, 2)],
  categories: ['string'],
  tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
  group: 'string',
  since: '1.0.1',
  complexity: 'O(N) in the number of keys',
  summary: 'Writes several strings',
  arguments: [
    {
      name: 'key_value',
      type: 'block',
      multiple: true,
      arguments: [
        { name: 'key', type: 'key', keySpecIndex: 0 },
        { name: 'value', type: 'string' },
      ],
    },
  ],
  run(context, argv) {
    if (argv.length % 2 === 0) throw wrongArity('mset')
    storeAll(context, argv)
    return OK
  },
})

export const msetnx = defineCommand({
  name: 'msetnx',
  arity: -3,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['OW', 'insert'], 1, -1, 2)],
  categories: ['string'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_min'],
  group: 'string',
  since: '1.0.1',
  complexity: 'O(N) in the number of keys',
  summary: 'Writes several strings unless one of the keys exists',
  arguments: [
    {
      name: 'key_value',
      type: 'block',
      multiple: true,
      arguments: [
        { name: 'key', type: 'key', keySpecIndex: 0 },
        { name: 'value', type: 'string' },
      ],
    },
  ],
  run(context, argv) {
    if (argv.length % 2 === 0) throw wrongArity('msetnx')
    for (let i = 1; i < argv.length; i += 2) if (context.db.has(argument(argv, i))) return 0
    storeAll(context, argv)
    return 1
  },
})
