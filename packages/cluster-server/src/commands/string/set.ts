import { detach } from '../../keyspace/detach.js'
import { OK, type Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import { defineCommand, type KeyReference, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { deadlineOf, type ExpiryChange, type ExpiryOption, isExpiryOption, readExpiryOption } from './expiry-options.js'

interface SetOptions {
  condition: 'always' | 'absent' | 'present'
  answersOld: boolean
  expiry: ExpiryChange
}

const readOptions = (argv: readonly string[]): SetOptions => {
  const options: SetOptions = { condition: 'always', answersOld: false, expiry: { type: 'none' } }
  for (let i = 3; i < argv.length; i++) {
    const word = optionAt(argv, i)
    if (word === 'NX' && options.condition !== 'present') options.condition = 'absent'
    else if (word === 'XX' && options.condition !== 'absent') options.condition = 'present'
    else if (word === 'GET') options.answersOld = true
    else if (word === 'KEEPTTL' && options.expiry.type !== 'at') options.expiry = { type: 'keep' }
    else if (isExpiryOption(word)) options.expiry = readExpiryOption(argv, i++, word, options.expiry)
    else throw SYNTAX_ERROR
  }
  return options
}

const store = (context: CommandContext, key: string, value: string, keepDeadline = false): void => {
  const kept = detach(value)
  if (keepDeadline) context.db.replace(key, kept)
  else context.db.set(key, kept)
  context.db.changed(key, 'set')
}

const storeUntil = (context: CommandContext, key: string, value: string, deadline: number): void => {
  store(context, key, value)
  context.db.setDeadline(key, deadline)
  context.db.changed(key, 'expire')
  context.propagate('SET', key, value, 'PXAT', String(deadline))
}

const PLAIN_KEY: readonly KeyReference[] = [{ index: 1, flags: ['OW', 'update'] }]

export const set = defineCommand({
  name: 'set',
  arity: -3,
  flags: ['write', 'denyoom'],
  keySpecs: [
    {
      ...keyRange(['RW', 'access', 'update', 'variable_flags'], 1),
      notes: 'RW and ACCESS due to the optional `GET` argument',
    },
  ],
  categories: ['string'],
  group: 'string',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Writes a string, with conditions and a deadline',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'value', type: 'string' },
    {
      name: 'condition',
      type: 'oneof',
      optional: true,
      since: '2.6.12',
      arguments: [
        { name: 'nx', type: 'pure-token', token: 'NX' },
        { name: 'xx', type: 'pure-token', token: 'XX' },
      ],
    },
    { name: 'get', type: 'pure-token', token: 'GET', optional: true, since: '6.2.0' },
    {
      name: 'expiration',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'seconds', type: 'integer', token: 'EX', since: '2.6.12' },
        { name: 'milliseconds', type: 'integer', token: 'PX', since: '2.6.12' },
        { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT', since: '6.2.0' },
        { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT', since: '6.2.0' },
        { name: 'keepttl', type: 'pure-token', token: 'KEEPTTL', since: '6.0.0' },
      ],
    },
  ],
  findKeys: (argv) => {
    if (argv.length <= 3) return PLAIN_KEY
    const answersOld = argv.some((_, index) => index > 2 && optionAt(argv, index) === 'GET')
    return answersOld ? [{ index: 1, flags: ['RW', 'access', 'update'] }] : PLAIN_KEY
  },
  run(context, argv) {
    const key = argument(argv, 1)
    const value = argument(argv, 2)
    if (argv.length === 3) {
      store(context, key, value)
      return OK
    }
    const { condition, answersOld, expiry } = readOptions(argv)
    const deadline = expiry.type === 'at' ? deadlineOf(expiry.option, expiry.value, context.nowMs, 'set') : undefined
    const old = answersOld ? (context.db.reading(() => context.db.getString(key)) ?? null) : null
    if (condition !== 'always' && context.db.has(key) !== (condition === 'present')) return old
    if (deadline !== undefined) storeUntil(context, key, value, deadline)
    else {
      store(context, key, value, expiry.type === 'keep')
      if (answersOld) context.propagate(...argv.filter((_, index) => index < 3 || optionAt(argv, index) !== 'GET'))
    }
    return answersOld ? old : OK
  },
})

export const setnx = defineCommand({
  name: 'setnx',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['OW', 'insert'], 1)],
  categories: ['string'],
  group: 'string',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Writes a string unless the key exists',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'value', type: 'string' },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    if (context.db.has(key)) return 0
    store(context, key, argument(argv, 2))
    return 1
  },
})

const setFor = (context: CommandContext, argv: readonly string[], option: ExpiryOption, command: string): Reply => {
  const deadline = deadlineOf(option, argument(argv, 2), context.nowMs, command)
  storeUntil(context, argument(argv, 1), argument(argv, 3), deadline)
  return OK
}

export const setex = defineCommand({
  name: 'setex',
  arity: 4,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['OW', 'update'], 1)],
  categories: ['string'],
  group: 'string',
  since: '2.0.0',
  complexity: 'O(1)',
  summary: 'Writes a string that expires, in seconds',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'seconds', type: 'integer' },
    { name: 'value', type: 'string' },
  ],
  run: (context, argv) => setFor(context, argv, 'EX', 'setex'),
})

export const psetex = defineCommand({
  name: 'psetex',
  arity: 4,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['OW', 'update'], 1)],
  categories: ['string'],
  group: 'string',
  since: '2.6.0',
  complexity: 'O(1)',
  summary: 'Writes a string that expires, in milliseconds',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'milliseconds', type: 'integer' },
    { name: 'value', type: 'string' },
  ],
  run: (context, argv) => setFor(context, argv, 'PX', 'psetex'),
})

export const getset = defineCommand({
  name: 'getset',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['string'],
  group: 'string',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Replaces a string and answers the old one',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'value', type: 'string' },
  ],
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`SET` with the `!GET` argument',
  run(context, argv) {
    const key = argument(argv, 1)
    const value = argument(argv, 2)
    const old = context.db.reading(() => context.db.getString(key)) ?? null
    store(context, key, value)
    context.propagate('SET', key, value)
    return old
  },
})
