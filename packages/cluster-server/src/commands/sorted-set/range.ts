import type { Reply } from '../../resp/reply.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { type RangeForm, readRange } from './range-query.js'
import { scoredReply } from './scored-reply.js'
import { storeResult } from './store-result.js'

const answerRange = (context: CommandContext, argv: readonly string[], form: RangeForm): Reply => {
  const query = readRange(argv, 2, form)
  const set = context.db.getSortedSet(argument(argv, 1))
  return set ? scoredReply(query.select(set), query.withScores, context.client.protocol) : []
}

export const zrange = defineCommand({
  name: 'zrange',
  arity: -4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '1.2.0',
  complexity: 'O(log N + M) with M members read',
  summary: 'Reads a range of members by rank, score or text',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'start', type: 'string' },
    { name: 'stop', type: 'string' },
    {
      name: 'sortby',
      type: 'oneof',
      optional: true,
      since: '6.2.0',
      arguments: [
        { name: 'byscore', type: 'pure-token', token: 'BYSCORE' },
        { name: 'bylex', type: 'pure-token', token: 'BYLEX' },
      ],
    },
    { name: 'rev', type: 'pure-token', token: 'REV', optional: true, since: '6.2.0' },
    {
      name: 'offset_count',
      type: 'block',
      token: 'LIMIT',
      optional: true,
      since: '6.2.0',
      arguments: [
        { name: 'offset', type: 'integer' },
        { name: 'count', type: 'integer' },
      ],
    },
    { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true },
  ],
  run: (context, argv) => answerRange(context, argv, {}),
})

export const zrevrange = defineCommand({
  name: 'zrevrange',
  arity: -4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '1.2.0',
  complexity: 'O(log N + M) with M members read',
  summary: 'Reads a range of members by rank, from the highest score down',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'start', type: 'integer' },
    { name: 'stop', type: 'integer' },
    { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true },
  ],
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `REV` argument',
  run: (context, argv) => answerRange(context, argv, { by: 'rank', reverse: true }),
})

export const zrangebyscore = defineCommand({
  name: 'zrangebyscore',
  arity: -4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '1.0.5',
  complexity: 'O(log N + M) with M members read',
  summary: 'Reads a range of members by score',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'min', type: 'double' },
    { name: 'max', type: 'double' },
    { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true, since: '2.0.0' },
    {
      name: 'offset_count',
      type: 'block',
      token: 'LIMIT',
      optional: true,
      arguments: [
        { name: 'offset', type: 'integer' },
        { name: 'count', type: 'integer' },
      ],
    },
  ],
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `BYSCORE` argument',
  run: (context, argv) => answerRange(context, argv, { by: 'score', reverse: false }),
})

export const zrevrangebyscore = defineCommand({
  name: 'zrevrangebyscore',
  arity: -4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.2.0',
  complexity: 'O(log N + M) with M members read',
  summary: 'Reads a range of members by score, from the highest down',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'max', type: 'double' },
    { name: 'min', type: 'double' },
    { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true },
    {
      name: 'offset_count',
      type: 'block',
      token: 'LIMIT',
      optional: true,
      arguments: [
        { name: 'offset', type: 'integer' },
        { name: 'count', type: 'integer' },
      ],
    },
  ],
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `REV` and `BYSCORE` arguments',
  run: (context, argv) => answerRange(context, argv, { by: 'score', reverse: true }),
})

export const zrangebylex = defineCommand({
  name: 'zrangebylex',
  arity: -4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.8.9',
  complexity: 'O(log N + M) with M members read',
  summary: 'Reads a range of members by text',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'min', type: 'string' },
    { name: 'max', type: 'string' },
    {
      name: 'offset_count',
      type: 'block',
      token: 'LIMIT',
      optional: true,
      arguments: [
        { name: 'offset', type: 'integer' },
        { name: 'count', type: 'integer' },
      ],
    },
  ],
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `BYLEX` argument',
  run: (context, argv) => answerRange(context, argv, { by: 'text', reverse: false }),
})

export const zrevrangebylex = defineCommand({
  name: 'zrevrangebylex',
  arity: -4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '2.8.9',
  complexity: 'O(log N + M) with M members read',
  summary: 'Reads a range of members by text, from the greatest down',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'max', type: 'string' },
    { name: 'min', type: 'string' },
    {
      name: 'offset_count',
      type: 'block',
      token: 'LIMIT',
      optional: true,
      arguments: [
        { name: 'offset', type: 'integer' },
        { name: 'count', type: 'integer' },
      ],
    },
  ],
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `REV` and `BYLEX` arguments',
  run: (context, argv) => answerRange(context, argv, { by: 'text', reverse: true }),
})

export const zrangestore = defineCommand({
  name: 'zrangestore',
  arity: -5,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['OW', 'update'], 1), keyRange(['RO', 'access'], 2)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '6.2.0',
  complexity: 'O(log N + M) with M members stored',
  summary: 'Stores a range of members by rank, score or text',
  arguments: [
    { name: 'dst', type: 'key', keySpecIndex: 0 },
    { name: 'src', type: 'key', keySpecIndex: 1 },
    { name: 'min', type: 'string' },
    { name: 'max', type: 'string' },
    {
      name: 'sortby',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'byscore', type: 'pure-token', token: 'BYSCORE' },
        { name: 'bylex', type: 'pure-token', token: 'BYLEX' },
      ],
    },
    { name: 'rev', type: 'pure-token', token: 'REV', optional: true },
    {
      name: 'offset_count',
      type: 'block',
      token: 'LIMIT',
      optional: true,
      arguments: [
        { name: 'offset', type: 'integer' },
        { name: 'count', type: 'integer' },
      ],
    },
  ],
  run(context, argv) {
    const query = readRange(argv, 3, { store: true })
    const set = context.db.reading(() => context.db.getSortedSet(argument(argv, 2)))
    const result = set ? query.select(set) : { members: [], scores: [] }
    return storeResult(context, argument(argv, 1), result, 'zrangestore')
  },
})
