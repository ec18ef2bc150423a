import { SetValue } from '../../keyspace/set-value.js'
import { type Reply, SetReply } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, boundedArgument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { setLimits } from '../value-limits.js'

const NO_KEYS = wireError('ERR numkeys should be greater than 0')
const TOO_MANY_KEYS = wireError("ERR Number of keys can't be greater than number of args")
const NEGATIVE_LIMIT = wireError("ERR LIMIT can't be negative")

type Algebra = (sets: readonly (SetValue | undefined)[], limit?: number) => string[]

const intersection: Algebra = (sets, limit = Infinity) => {
  const present = sets.filter((set) => set !== undefined)
  if (present.length < sets.length) return []
  const [smallest, ...others] = present.sort((a, b) => a.size - b.size)
  const members: string[] = []
  for (const member of smallest?.members() ?? []) {
    if (members.length >= limit) break
    if (others.every((set) => set.has(member))) members.push(member)
  }
  return members
}

const union: Algebra = (sets) => {
  const members = new Set<string>()
  for (const set of sets) for (const member of set?.members() ?? []) members.add(member)
  return [...members]
}

const difference: Algebra = ([first, ...others]) =>
  (first?.members() ?? []).filter((member) => !others.some((set) => set?.has(member)))

const inputs = (context: CommandContext, keys: readonly string[]): (SetValue | undefined)[] =>
  context.db.reading(() => keys.map((key) => context.db.getSet(key)))

const store = (context: CommandContext, argv: readonly string[], algebra: Algebra, event: string): Reply => {
  const key = argument(argv, 1)
  const members = algebra(inputs(context, argv.slice(2)))
  if (members.length === 0) {
    if (context.db.discard(key)) context.db.changed(key, 'del')
    return 0
  }
  const result = new SetValue()
  const limits = setLimits(context.server.config)
  for (const member of members) result.add(member, limits)
  context.db.set(key, result)
  context.db.changed(key, event)
  return result.size
}

export const sinter = defineCommand({
  name: 'sinter',
  arity: -2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1, -1)],
  categories: ['set'],
  tips: ['nondeterministic_output_order'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N*M) with N members of the smallest of M sets',
  summary: 'Members that all sets have',
  arguments: [{ name: 'key', type: 'key', multiple: true, keySpecIndex: 0 }],
  run: (context, argv) => new SetReply(intersection(inputs(context, argv.slice(1)))),
})

export const sunion = defineCommand({
  name: 'sunion',
  arity: -2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1, -1)],
  categories: ['set'],
  tips: ['nondeterministic_output_order'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N) in the size of all sets',
  summary: 'Members that any of the sets has',
  arguments: [{ name: 'key', type: 'key', multiple: true, keySpecIndex: 0 }],
  run: (context, argv) => new SetReply(union(inputs(context, argv.slice(1)))),
})

export const sdiff = defineCommand({
  name: 'sdiff',
  arity: -2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1, -1)],
  categories: ['set'],
  tips: ['nondeterministic_output_order'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N) in the size of all sets',
  summary: 'Members of the first set that no other set has',
  arguments: [{ name: 'key', type: 'key', multiple: true, keySpecIndex: 0 }],
  run: (context, argv) => new SetReply(difference(inputs(context, argv.slice(1)))),
})

export const sinterstore = defineCommand({
  name: 'sinterstore',
  arity: -3,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['RW', 'update'], 1), keyRange(['RO', 'access'], 2, -1)],
  categories: ['set'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N*M) with N members of the smallest of M sets',
  summary: 'Stores the members that all sets have',
  arguments: [
    { name: 'destination', type: 'key', keySpecIndex: 0 },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 1 },
  ],
  run: (context, argv) => store(context, argv, intersection, 'sinterstore'),
})

export const sunionstore = defineCommand({
  name: 'sunionstore',
  arity: -3,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['OW', 'update'], 1), keyRange(['RO', 'access'], 2, -1)],
  categories: ['set'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N) in the size of all sets',
  summary: 'Stores the members that any of the sets has',
  arguments: [
    { name: 'destination', type: 'key', keySpecIndex: 0 },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 1 },
  ],
  run: (context, argv) => store(context, argv, union, 'sunionstore'),
})

export const sdiffstore = defineCommand({
  name: 'sdiffstore',
  arity: -3,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['OW', 'update'], 1), keyRange(['RO', 'access'], 2, -1)],
  categories: ['set'],
  group: 'set',
  since: '1.0.0',
  complexity: 'O(N) in the size of all sets',
  summary: 'Stores the members of the first set that no other set has',
  arguments: [
    { name: 'destination', type: 'key', keySpecIndex: 0 },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 1 },
  ],
  run: (context, argv) => store(context, argv, difference, 'sdiffstore'),
})

export const sintercard = defineCommand({
  name: 'sintercard',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  keySpecs: [
    { flags: ['RO', 'access'], begin: { index: 1 }, find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } } },
  ],
  categories: ['set'],
  group: 'set',
  since: '7.0.0',
  complexity: 'O(N*M) with N members of the smallest of M sets',
  summary: 'Counts the members that all sets have',
  arguments: [
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    { name: 'limit', type: 'integer', token: 'LIMIT', optional: true },
  ],
  run(context, argv) {
    const keyCount = boundedArgument(argument(argv, 1), 1, Infinity, NO_KEYS)
    if (keyCount > argv.length - 2) throw TOO_MANY_KEYS
    let limit = 0
    for (let i = 2 + keyCount; i < argv.length; i += 2) {
      if (optionAt(argv, i) !== 'LIMIT' || i + 1 >= argv.length) throw SYNTAX_ERROR
      limit = boundedArgument(argument(argv, i + 1), 0, Infinity, NEGATIVE_LIMIT)
    }
    return intersection(inputs(context, argv.slice(2, 2 + keyCount)), limit || Infinity).length
  },
})
