import { HashValue } from '../../keyspace/hash-value.js'
import { OK } from '../../resp/reply.js'
import { wrongArity } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { hashLimits } from '../value-limits.js'

/** Sets the fields given by `argv` from its third word on. @returns how many are new */
const setFields = (context: CommandContext, argv: readonly string[], command: string): number => {
  if (argv.length % 2 === 1) throw wrongArity(command)
  const key = argument(argv, 1)
  const stored = context.db.getHash(key)
  const hash = stored ?? new HashValue()
  const created = hash.setAll(argv, 2, hashLimits(context.server.config))
  if (!stored) context.db.set(key, hash)
  context.db.changed(key, 'hset')
  return created
}

export const hset = defineCommand({
  name: 'hset',
  arity: -4,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(N) in the number of fields',
  summary: 'Writes fields of a hash',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'field_value',
      type: 'block',
      multiple: true,
      arguments: [
        { name: 'field', type: 'string' },
        { name: 'value', type: 'string' },
      ],
    },
  ],
  run: (context, argv) => setFields(context, argv, 'hset'),
})

export const hmset = defineCommand({
  name: 'hmset',
  arity: -4,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(N) in the number of fields',
  summary: 'Writes several fields of a hash',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'field_value',
      type: 'block',
      multiple: true,
      arguments: [
        { name: 'field', type: 'string' },
        { name: 'value', type: 'string' },
      ],
    },
  ],
  docFlags: ['deprecated'],
  deprecatedSince: '4.0.0',
  replacedBy: '`HSET` with multiple field-value pairs',
  run(context, argv) {
    setFields(context, argv, 'hmset')
    return OK
  },
})

export const hsetnx = defineCommand({
  name: 'hsetnx',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'insert'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(1)',
  summary: 'Writes a field of a hash unless it exists',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'field', type: 'string' },
    { name: 'value', type: 'string' },
  ],
  run: (context, argv) =>
    context.db.getHash(argument(argv, 1))?.has(argument(argv, 2)) ? 0 : setFields(context, argv, 'hsetnx'),
})

export const hdel = defineCommand({
  name: 'hdel',
  arity: -3,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['hash'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(N) in the number of fields removed',
  summary: 'Removes fields of a hash',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'field', type: 'string', multiple: true },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const hash = context.db.getHash(key)
    if (!hash) return 0
    let removed = 0
    for (let i = 2; i < argv.length && hash.size > 0; i++) if (hash.delete(argument(argv, i))) removed++
    if (removed > 0) {
      context.db.changed(key, 'hdel')
      context.db.removeIfEmpty(key, hash)
    }
    return removed
  },
})
