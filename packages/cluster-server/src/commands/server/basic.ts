import { NO_REPLY, OK } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, boundedArgument, optionAt } from '../arguments.js'
import { busyError } from '../busy.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'

const BAD_FIRST = wireError('ERR invalid first DB index')
const BAD_SECOND = wireError('ERR invalid second DB index')
const DATABASE_RANGE = wireError('ERR DB index is out of range')
const NO_SWAP = wireError('ERR SWAPDB is not allowed in cluster mode')
const NO_SNAPSHOTS = wireError('ERR This server keeps its data in memory only: there is nothing to save to')
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
    context.db.clear(flushesLazily(context, argv))
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
    for (const database of context.server.databases) database.clear(lazily)
    context.server.tracking.invalidateAll()
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

const SHUTDOWN_OPTIONS = new Set(['NOSAVE', 'SAVE', 'NOW', 'FORCE', 'ABORT'])

export const shutdown = defineCommand({
  name: 'shutdown',
  arity: -1,
  flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
  categories: [],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(N) where N is the number of connections',
  summary: 'Closes the server',
  arguments: [
    {
      name: 'nosave_save',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'nosave', type: 'pure-token', token: 'NOSAVE' },
        { name: 'save', type: 'pure-token', token: 'SAVE' },
      ],
    },
    { name: 'now', type: 'pure-token', token: 'NOW', optional: true, since: '7.0.0' },
    { name: 'force', type: 'pure-token', token: 'FORCE', optional: true, since: '7.0.0' },
    { name: 'abort', type: 'pure-token', token: 'ABORT', optional: true, since: '7.0.0' },
  ],
  run({ client, server }, argv) {
    const options = argv.slice(1).map((word) => word.toUpperCase())
    if (options.some((option) => !SHUTDOWN_OPTIONS.has(option))) throw SYNTAX_ERROR
    if (options.includes('NOSAVE') && options.includes('SAVE')) throw SYNTAX_ERROR
    if (options.includes('ABORT')) {
      if (options.length > 1) throw SYNTAX_ERROR
      throw wireError('ERR No shutdown in progress.')
    }
    const { runningScript } = server
    if (runningScript?.isTimedOut && !options.includes('NOSAVE')) throw busyError(runningScript)
    if (options.includes('SAVE')) throw NO_SNAPSHOTS
    client.closeAfterReply()
    server.shutdown()
    return NO_REPLY
  },
})

export const lastsave = defineCommand({
  name: 'lastsave',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  tips: ['nondeterministic_output'],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Answers when the data was last saved: at the start, as this server does not save',
  run: ({ server }: CommandContext) => Math.floor(server.identity.startedAtMs / 1000),
})
