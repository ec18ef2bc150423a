import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { deletionEffect } from '../deletion-effect.js'
import { deadlineOf, type ExpiryChange, isExpiryOption, readExpiryOption } from './expiry-options.js'

export const get = defineCommand({
  name: 'get',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['string'],
  group: 'string',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Reads a string',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => context.db.getString(argument(argv, 1)) ?? null,
})

export const strlen = defineCommand({
  name: 'strlen',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO'], 1)],
  categories: ['string'],
  group: 'string',
  since: '2.2.0',
  complexity: 'O(1)',
  summary: 'Counts the bytes of a string',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: (context, argv) => context.db.getText(argument(argv, 1))?.length ?? 0,
})

export const getdel = defineCommand({
  name: 'getdel',
  arity: 2,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1)],
  categories: ['string'],
  group: 'string',
  since: '6.2.0',
  complexity: 'O(1)',
  summary: 'Reads a string and deletes the key',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run(context, argv) {
    const key = argument(argv, 1)
    const value = context.db.reading(() => context.db.getString(key))
    if (value === undefined) return null
    context.db.delete(key)
    context.db.changed(key, 'del')
    context.propagate(deletionEffect(context, 'lazyfree-lazy-user-del'), key)
    return value
  },
})

const readOptions = (argv: readonly string[]): ExpiryChange => {
  let expiry: ExpiryChange = { type: 'none' }
  for (let i = 2; i < argv.length; i++) {
    const word = optionAt(argv, i)
    if (word === 'PERSIST' && expiry.type !== 'at') expiry = { type: 'persist' }
    else if (isExpiryOption(word)) expiry = readExpiryOption(argv, i++, word, expiry)
    else throw SYNTAX_ERROR
  }
  return expiry
}

export const getex = defineCommand({
  name: 'getex',
  arity: -2,
  flags: ['write', 'fast'],
  keySpecs: [{ ...keyRange(['RW', 'access', 'update'], 1), notes: 'RW and UPDATE because it changes the TTL' }],
  categories: ['string'],
  group: 'string',
  since: '6.2.0',
  complexity: 'O(1)',
  summary: 'Reads a string and changes the deadline of its key',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'expiration',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'seconds', type: 'integer', token: 'EX' },
        { name: 'milliseconds', type: 'integer', token: 'PX' },
        { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT' },
        { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT' },
        { name: 'persist', type: 'pure-token', token: 'PERSIST' },
      ],
    },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const expiry = readOptions(argv)
    const value = context.db.reading(() => context.db.getString(key))
    if (value === undefined) return null
    if (expiry.type === 'at') {
      const deadline = deadlineOf(expiry.option, expiry.value, context.nowMs, 'getex')
      if (deadline <= context.nowMs && !context.client.isReplicationStream) {
        context.db.delete(key)
        context.db.changed(key, 'del')
        context.propagate(deletionEffect(context, 'lazyfree-lazy-expire'), key)
      } else {
        context.db.setDeadline(key, deadline)
        context.db.changed(key, 'expire')
        context.propagate('PEXPIREAT', key, String(deadline))
      }
    } else if (expiry.type === 'persist' && context.db.persist(key)) {
      context.db.changed(key, 'persist')
      context.propagate('PERSIST', key)
    }
    return value
  },
})
