import { OK } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, boundedArgument, optionAt } from '../arguments.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'

const BAD_FIRST = wireError('ERR invalid first DB index')
const BAD_SECOND = wireError('ERR invalid second DB index')
const DATABASE_RANGE = wireError('ERR DB index is out of range')
const NO_SWAP = wireError('ERR SWAPDB is not allowed in cluster mode')
const MAX_INDEX = 2 ** 31 - 1

export const time = defineCommand({
  name: 'time',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  categories: [],
  tips: ['nondeterministic_output'],
  group: 'server',
  since: '2.6.0',
  complexity: 'O(1)',
  summary: 'Answers the time in Unix seconds and microseconds',
  run({ server }) {
    const microseconds = server.clock.nowMicroseconds()
    return [String(Math.floor(microseconds / 1e6)), String(microseconds % 1e6)]
  },
})

export const dbsize = defineCommand({
  name: 'dbsize',
  arity: 1,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  tips: ['request_policy:all_shards', 'response_policy:agg_sum'],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Counts the keys of the database',
  run: ({ db }) => db.size,
})

/** ASYNC and SYNC differ in what is counted only: the garbage collector frees what is dropped either way. */
const flushesLazily = ({ server }: CommandContext, argv: readonly string[]): boolean => {
  if (argv.length === 1) return server.config.flag('lazyfree-lazy-user-flush')
  const mode = optionAt(argv, 1)
  if (argv.length > 2 || (mode !== 'ASYNC' && mode !== 'SYNC')) throw SYNTAX_ERROR
  return mode === 'ASYNC'
}

export const flushdb = defineCommand({
  name: 'flushdb',
  arity: -1,
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(N) where N is the number of keys',
  summary: 'Removes every key of the database',
  arguments: [
    {
      name: 'async',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'async', type: 'pure-token', token: 'ASYNC', since: '4.0.0' },
        { name: 'sync', type: 'pure-token', token: 'SYNC', since: '6.2.0' },
      ],
    },
  ],
  run(context, argv) {
    context.db.dirty += context.db.clear(flushesLazily(context, argv))
    context.server.tracking.invalidateAll()
    return OK
  },
})

export const flushall = defineCommand({
  name: 'flushall',
  arity: -1,
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(N) where N is the number of keys',
  summary: 'Removes every key of every database',
  arguments: [
    {
      name: 'async',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'async', type: 'pure-token', token: 'ASYNC', since: '4.0.0' },
        { name: 'sync', type: 'pure-token', token: 'SYNC', since: '6.2.0' },
      ],
    },
  ],
  run(context, argv) {
    const lazily = flushesLazily(context, argv)
    for (const database of context.server.databases) database.dirty += database.clear(lazily)
    context.server.tracking.invalidateAll()
    context.server.persistence.dataCleared()
    return OK
  },
})

export const swapdb = defineCommand({
  name: 'swapdb',
  arity: 3,
  flags: ['write', 'fast'],
  categories: ['keyspace', 'dangerous'],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(N) where N is the number of clients that watch or wait for keys in them',
  summary: 'Exchanges two databases',
  arguments: [
    { name: 'index1', type: 'integer' },
    { name: 'index2', type: 'integer' },
  ],
  run({ server }, argv) {
    if (server.config.flag('cluster-enabled')) throw NO_SWAP
    const one = server.databases[boundedArgument(argument(argv, 1), -MAX_INDEX, MAX_INDEX, BAD_FIRST)]
    const other = server.databases[boundedArgument(argument(argv, 2), -MAX_INDEX, MAX_INDEX, BAD_SECOND)]
    if (one === undefined || other === undefined) throw DATABASE_RANGE
    one.swap(other)
    return OK
  },
})

export const monitor = defineCommand({
  name: 'monitor',
  arity: 1,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(1) for every command',
  summary: 'Sends every command that runs to the connection',
  run({ client, server }) {
    if (client.link === null || client.inTransaction)
      throw wireError("ERR MONITOR isn't allowed for DENY BLOCKING client")
    server.clients.monitor(client)
    return OK
  },
})
