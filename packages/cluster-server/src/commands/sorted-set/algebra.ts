import type { ScoredMembers } from '../../keyspace/ordered-entries.js'
import type { Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR, WRONG_TYPE, wireError } from '../../wire-errors.js'
import { argument, boundedArgument, doubleArgument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { type Aggregate, differenceOf, intersectionOf, unionOf, type WeightedSet } from './aggregate.js'
import { scoredReply } from './scored-reply.js'
import { storeResult } from './store-result.js'

const WEIGHT_NOT_A_FLOAT = wireError('ERR weight value is not a float')
const NEGATIVE_LIMIT = wireError("ERR LIMIT can't be negative")

/** Which options a command of this family knows. */
interface Form {
  readonly name: string
  /** WEIGHTS and AGGREGATE. */
  readonly weighs: boolean
  readonly withScores: boolean
  readonly limit: boolean
}

interface AlgebraArguments {
  readonly inputs: readonly WeightedSet[]
  readonly aggregate: Aggregate
  readonly withScores: boolean
  /** 0: no limit. */
  readonly limit: number
}

const inputAt = (context: CommandContext, key: string): WeightedSet['set'] => {
  const value = context.db.reading(() => context.db.get(key))
  if (value === undefined) return undefined
  if (typeof value === 'string' || (value.type !== 'set' && value.type !== 'zset')) throw WRONG_TYPE
  return value
}

const isAggregate = (word: string): word is Aggregate => word === 'SUM' || word === 'MIN' || word === 'MAX'

/** Reads the arguments from the number of keys, at `first`, on. @throws WireError */
const readAlgebra = (context: CommandContext, argv: readonly string[], first: number, form: Form): AlgebraArguments => {
  const keyCount = integerArgument(argument(argv, first))
  if (keyCount < 1) throw wireError(`ERR at least 1 input key is needed for '${form.name}' command`)
  if (keyCount > argv.length - first - 1) throw SYNTAX_ERROR
  const sets = argv.slice(first + 1, first + 1 + keyCount).map((key) => inputAt(context, key))
  let weights: number[] = []
  let aggregate: Aggregate = 'SUM'
  let withScores = false
  let limit = 0
  for (let i = first + 1 + keyCount; i < argv.length; i++) {
    const word = optionAt(argv, i)
    const following = argv.length - i - 1
    if (form.weighs && word === 'WEIGHTS' && following >= keyCount) {
      weights = argv.slice(i + 1, i + 1 + keyCount).map((text) => doubleArgument(text, WEIGHT_NOT_A_FLOAT))
      i += keyCount
    } else if (form.weighs && word === 'AGGREGATE' && following >= 1) {
      const wanted = optionAt(argv, ++i)
      if (!isAggregate(wanted)) throw SYNTAX_ERROR
      aggregate = wanted
    } else if (form.withScores && word === 'WITHSCORES') withScores = true
    else if (form.limit && word === 'LIMIT' && following >= 1) {
      limit = boundedArgument(argument(argv, ++i), 0, Infinity, NEGATIVE_LIMIT)
    } else throw SYNTAX_ERROR
  }
  return { inputs: sets.map((set, index) => ({ set, weight: weights[index] ?? 1 })), aggregate, withScores, limit }
}

type Algebra = (inputs: readonly WeightedSet[], aggregate: Aggregate) => ScoredMembers

const answer = (context: CommandContext, argv: readonly string[], name: string, algebra: Algebra): Reply => {
  const form: Form = { name, weighs: algebra !== differenceOf, withScores: true, limit: false }
  const { inputs, aggregate, withScores } = readAlgebra(context, argv, 1, form)
  return scoredReply(algebra(inputs, aggregate), withScores, context.client.protocol)
}

const store = (context: CommandContext, argv: readonly string[], name: string, algebra: Algebra): Reply => {
  const form: Form = { name, weighs: algebra !== differenceOf, withScores: false, limit: false }
  const { inputs, aggregate } = readAlgebra(context, argv, 2, form)
  return storeResult(context, argument(argv, 1), algebra(inputs, aggregate), name)
}

export const zunion = defineCommand({
  name: 'zunion',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  keySpecs: [
    { flags: ['RO', 'access'], begin: { index: 1 }, find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } } },
  ],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '6.2.0',
  complexity: 'O(N + M*log M) with N members in all and M in the result',
  summary: 'Members that any of the sorted sets has',
  arguments: [
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    { name: 'weight', type: 'integer', token: 'WEIGHTS', optional: true, multiple: true },
    {
      name: 'aggregate',
      type: 'oneof',
      token: 'AGGREGATE',
      optional: true,
      arguments: [
        { name: 'sum', type: 'pure-token', token: 'SUM' },
        { name: 'min', type: 'pure-token', token: 'MIN' },
        { name: 'max', type: 'pure-token', token: 'MAX' },
      ],
    },
    { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true },
  ],
  run: (context, argv) => answer(context, argv, 'zunion', unionOf),
})

export const zinter = defineCommand({
  name: 'zinter',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  keySpecs: [
    { flags: ['RO', 'access'], begin: { index: 1 }, find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } } },
  ],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '6.2.0',
  complexity: 'O(N*K + M*log M) with N members in the smallest of K sets and M in the result',
  summary: 'Members that all sorted sets have',
  arguments: [
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    { name: 'weight', type: 'integer', token: 'WEIGHTS', optional: true, multiple: true },
    {
      name: 'aggregate',
      type: 'oneof',
      token: 'AGGREGATE',
      optional: true,
      arguments: [
        { name: 'sum', type: 'pure-token', token: 'SUM' },
        { name: 'min', type: 'pure-token', token: 'MIN' },
        { name: 'max', type: 'pure-token', token: 'MAX' },
      ],
    },
    { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true },
  ],
  run: (context, argv) => answer(context, argv, 'zinter', intersectionOf),
})

export const zdiff = defineCommand({
  name: 'zdiff',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  keySpecs: [
    { flags: ['RO', 'access'], begin: { index: 1 }, find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } } },
  ],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '6.2.0',
  complexity: 'O(L + (N-K)*log N) with L members in all and K in the result',
  summary: 'Members of the first sorted set that no other has',
  arguments: [
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true },
  ],
  run: (context, argv) => answer(context, argv, 'zdiff', differenceOf),
})

export const zunionstore = defineCommand({
  name: 'zunionstore',
  arity: -4,
  flags: ['write', 'denyoom', 'movablekeys'],
  keySpecs: [
    keyRange(['OW', 'update'], 1),
    { flags: ['RO', 'access'], begin: { index: 2 }, find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } } },
  ],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.0.0',
  complexity: 'O(N + M*log M) with N members in all and M in the result',
  summary: 'Stores the members that any of the sorted sets has',
  arguments: [
    { name: 'destination', type: 'key', keySpecIndex: 0 },
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 1 },
    { name: 'weight', type: 'integer', token: 'WEIGHTS', optional: true, multiple: true },
    {
      name: 'aggregate',
      type: 'oneof',
      token: 'AGGREGATE',
      optional: true,
      arguments: [
        { name: 'sum', type: 'pure-token', token: 'SUM' },
        { name: 'min', type: 'pure-token', token: 'MIN' },
        { name: 'max', type: 'pure-token', token: 'MAX' },
      ],
    },
  ],
  run: (context, argv) => store(context, argv, 'zunionstore', unionOf),
})

export const zinterstore = defineCommand({
  name: 'zinterstore',
  arity: -4,
  flags: ['write', 'denyoom', 'movablekeys'],
  keySpecs: [
    keyRange(['OW', 'update'], 1),
    { flags: ['RO', 'access'], begin: { index: 2 }, find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } } },
  ],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.0.0',
  complexity: 'O(N*K + M*log M) with N members in the smallest of K sets and M in the result',
  summary: 'Stores the members that all sorted sets have',
  arguments: [
    { name: 'destination', type: 'key', keySpecIndex: 0 },
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 1 },
    { name: 'weight', type: 'integer', token: 'WEIGHTS', optional: true, multiple: true },
    {
      name: 'aggregate',
      type: 'oneof',
      token: 'AGGREGATE',
      optional: true,
      arguments: [
        { name: 'sum', type: 'pure-token', token: 'SUM' },
        { name: 'min', type: 'pure-token', token: 'MIN' },
        { name: 'max', type: 'pure-token', token: 'MAX' },
      ],
    },
  ],
  run: (context, argv) => store(context, argv, 'zinterstore', intersectionOf),
})

export const zdiffstore = defineCommand({
  name: 'zdiffstore',
  arity: -4,
  flags: ['write', 'denyoom', 'movablekeys'],
  keySpecs: [
    keyRange(['OW', 'update'], 1),
    { flags: ['RO', 'access'], begin: { index: 2 }, find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } } },
  ],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '6.2.0',
  complexity: 'O(L + (N-K)*log N) with L members in all and K in the result',
  summary: 'Stores the members of the first sorted set that no other has',
  arguments: [
    { name: 'destination', type: 'key', keySpecIndex: 0 },
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 1 },
  ],
  run: (context, argv) => store(context, argv, 'zdiffstore', differenceOf),
})

export const zintercard = defineCommand({
  name: 'zintercard',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  keySpecs: [
    { flags: ['RO', 'access'], begin: { index: 1 }, find: { keyNum: { keyNumIndex: 0, firstKey: 1, step: 1 } } },
  ],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '7.0.0',
  complexity: 'O(N*K) with N members in the smallest of K sets',
  summary: 'Counts the members that all sorted sets have',
  arguments: [
    { name: 'numkeys', type: 'integer' },
    { name: 'key', type: 'key', multiple: true, keySpecIndex: 0 },
    { name: 'limit', type: 'integer', token: 'LIMIT', optional: true },
  ],
  run(context, argv) {
    const form: Form = { name: 'zintercard', weighs: false, withScores: false, limit: true }
    const { inputs, limit } = readAlgebra(context, argv, 1, form)
    return intersectionOf(inputs, 'SUM', limit || Infinity).members.length
  },
})
