import { wireError } from '../../wire-errors.js'
import { argument, int64Argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { deletionEffect } from '../deletion-effect.js'
import { permits, readExpiryCondition } from './expiry-condition.js'

const LARGEST = 9223372036854775807n
const SMALLEST = -9223372036854775808n

/** How a command gives a time: its unit, and whether it counts from now. */
interface TimeForm {
  readonly unitMs: 1 | 1000
  readonly relative: boolean
}

/** The deadline in Unix milliseconds, rounded beyond what a double holds exactly. @throws WireError on overflow */
const readDeadline = (text: string, form: TimeForm, nowMs: number, command: string): number => {
  const given = BigInt(int64Argument(text)) * BigInt(form.unitMs)
  const deadline = form.relative ? given + BigInt(nowMs) : given
  if (given > LARGEST || given < SMALLEST || deadline > LARGEST) {
    throw wireError(`ERR invalid expire time in '${command}' command`)
  }
  return Number(deadline)
}

const setDeadline =
  (name: string, form: TimeForm) =>
  (context: CommandContext, argv: readonly string[]): number => {
    const { db, nowMs, server } = context
    const key = argument(argv, 1)
    const condition = readExpiryCondition(argv)
    const deadline = readDeadline(argument(argv, 2), form, nowMs, name)
    if (!db.has(key) || !permits(condition, db.deadline(key), deadline)) return 0
    // A replica stores a deadline that has passed, and waits for its primary to delete the key.
    if (deadline <= nowMs && server.replication.role === 'primary') {
      db.delete(key)
      db.changed(key, 'del')
      context.propagate(deletionEffect(context, 'lazyfree-lazy-expire'), key)
    } else {
      db.setDeadline(key, deadline)
      db.changed(key, 'expire')
      // An absolute time in milliseconds goes out as it was spelt, and conditions are repeated.
      if (name === 'pexpireat') context.propagate(...argv)
      else context.propagate('PEXPIREAT', key, String(deadline), ...argv.slice(3))
    }
    return 1
  }

export const expire = defineCommand({
  name: 'expire',
  arity: -3,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['keyspace'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Sets the time to live of a key in seconds',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'seconds', type: 'integer' },
    {
      name: 'condition',
      type: 'oneof',
      optional: true,
      since: '7.0.0',
      arguments: [
        { name: 'nx', type: 'pure-token', token: 'NX' },
        { name: 'xx', type: 'pure-token', token: 'XX' },
        { name: 'gt', type: 'pure-token', token: 'GT' },
        { name: 'lt', type: 'pure-token', token: 'LT' },
      ],
    },
  ],
  run: setDeadline('expire', { unitMs: 1000, relative: true }),
})

export const pexpire = defineCommand({
  name: 'pexpire',
  arity: -3,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['keyspace'],
  group: 'generic',
  since: '2.6.0',
  complexity: 'O(1)',
  summary: 'Sets the time to live of a key in milliseconds',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'milliseconds', type: 'integer' },
    {
      name: 'condition',
      type: 'oneof',
      optional: true,
      since: '7.0.0',
      arguments: [
        { name: 'nx', type: 'pure-token', token: 'NX' },
        { name: 'xx', type: 'pure-token', token: 'XX' },
        { name: 'gt', type: 'pure-token', token: 'GT' },
        { name: 'lt', type: 'pure-token', token: 'LT' },
      ],
    },
  ],
  run: setDeadline('pexpire', { unitMs: 1, relative: true }),
})

export const expireat = defineCommand({
  name: 'expireat',
  arity: -3,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['keyspace'],
  group: 'generic',
  since: '1.2.0',
  complexity: 'O(1)',
  summary: 'Sets when a key expires, in Unix seconds',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'unix-time-seconds', type: 'unix-time' },
    {
      name: 'condition',
      type: 'oneof',
      optional: true,
      since: '7.0.0',
      arguments: [
        { name: 'nx', type: 'pure-token', token: 'NX' },
        { name: 'xx', type: 'pure-token', token: 'XX' },
        { name: 'gt', type: 'pure-token', token: 'GT' },
        { name: 'lt', type: 'pure-token', token: 'LT' },
      ],
    },
  ],
  run: setDeadline('expireat', { unitMs: 1000, relative: false }),
})

export const pexpireat = defineCommand({
  name: 'pexpireat',
  arity: -3,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['keyspace'],
  group: 'generic',
  since: '2.6.0',
  complexity: 'O(1)',
  summary: 'Sets when a key expires, in Unix milliseconds',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'unix-time-milliseconds', type: 'unix-time' },
    {
      name: 'condition',
      type: 'oneof',
      optional: true,
      since: '7.0.0',
      arguments: [
        { name: 'nx', type: 'pure-token', token: 'NX' },
        { name: 'xx', type: 'pure-token', token: 'XX' },
        { name: 'gt', type: 'pure-token', token: 'GT' },
        { name: 'lt', type: 'pure-token', token: 'LT' },
      ],
    },
  ],
  run: setDeadline('pexpireat', { unitMs: 1, relative: false }),
})

export const persist = defineCommand({
  name: 'persist',
  arity: 2,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['keyspace'],
  group: 'generic',
  since: '2.2.0',
  complexity: 'O(1)',
  summary: 'Removes the deadline of a key',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run({ db }, argv) {
    const key = argument(argv, 1)
    if (!db.persist(key)) return 0
    db.changed(key, 'persist')
    return 1
  },
})
