import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'

const NO_KEY = -2
const NO_DEADLINE = -1

/** Answers what `present` makes of the deadline, -1 without one and -2 without the key. */
const ofDeadline =
  (present: (deadline: number, nowMs: number) => number) =>
  ({ db, nowMs }: CommandContext, argv: readonly string[]): number => {
    const key = argument(argv, 1)
    if (db.look(key) === undefined) return NO_KEY
    const deadline = db.deadline(key)
    return deadline === undefined ? NO_DEADLINE : present(deadline, nowMs)
  }

const roundToSeconds = (milliseconds: number): number => Math.floor((milliseconds + 500) / 1000)

export const ttl = defineCommand({
  name: 'ttl',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Answers the time to live of a key in seconds',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: ofDeadline((deadline, nowMs) => roundToSeconds(Math.max(0, deadline - nowMs))),
})

export const pttl = defineCommand({
  name: 'pttl',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  group: 'generic',
  since: '2.6.0',
  complexity: 'O(1)',
  summary: 'Answers the time to live of a key in milliseconds',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: ofDeadline((deadline, nowMs) => Math.max(0, deadline - nowMs)),
})

export const expiretime = defineCommand({
  name: 'expiretime',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['keyspace'],
  group: 'generic',
  since: '7.0.0',
  complexity: 'O(1)',
  summary: 'Answers when a key expires, in Unix seconds',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: ofDeadline(roundToSeconds),
})

export const pexpiretime = defineCommand({
  name: 'pexpiretime',
  arity: 2,
  flags: ['readonly', 'fast'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['keyspace'],
  group: 'generic',
  since: '7.0.0',
  complexity: 'O(1)',
  summary: 'Answers when a key expires, in Unix milliseconds',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }],
  run: ofDeadline((deadline) => deadline),
})
