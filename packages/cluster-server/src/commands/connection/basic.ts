import { OK, PONG, type Reply, Status } from '../../resp/reply.js'
import { wireError, wrongArity } from '../../wire-errors.js'
import { argument, int32Argument } from '../arguments.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'

const PING_ARITY = wrongArity('ping')
const DATABASE_RANGE = wireError('ERR DB index is out of range')
const CLUSTER_HAS_ONE = wireError('ERR SELECT is not allowed in cluster mode')
const NO_CLUSTER = wireError('ERR This instance has cluster support disabled')
const RESET = new Status('RESET')

export const ping = defineCommand({
  name: 'ping',
  arity: -1,
  flags: ['fast'],
  categories: ['connection'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  group: 'connection',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Answers PONG, or the message that it was given',
  arguments: [{ name: 'message', type: 'string', optional: true }],
  traits: ['anyContext', 'failsWithSaving'],
  run({ client }, argv) {
    if (argv.length > 2) throw PING_ARITY
    const message = argument(argv, 1)
    const isSubscribed = client.channels.size + client.patterns.size + client.shardChannels.size > 0
    if (isSubscribed && client.protocol === 2) return ['pong', message]
    return argv.length === 1 ? PONG : message
  },
})

export const echo = defineCommand({
  name: 'echo',
  arity: 2,
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  group: 'connection',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Answers the message',
  arguments: [{ name: 'message', type: 'string' }],
  run: (_context, argv) => argument(argv, 1),
})

export const select = defineCommand({
  name: 'select',
  arity: 2,
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  group: 'connection',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Chooses the database of the connection',
  arguments: [{ name: 'index', type: 'integer' }],
  run({ client, server }, argv) {
    const index = int32Argument(argument(argv, 1))
    if (server.config.flag('cluster-enabled') && index !== 0) throw CLUSTER_HAS_ONE
    if (index < 0 || index >= server.databases.length) throw DATABASE_RANGE
    client.databaseIndex = index
    return OK
  },
})

export const quit = defineCommand({
  name: 'quit',
  arity: -1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  group: 'connection',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Closes the connection',
  traits: ['anyContext', 'unqueued'],
  run({ client }) {
    client.closeAfterReply()
    return OK
  },
})

export const reset = defineCommand({
  name: 'reset',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  group: 'connection',
  since: '6.2.0',
  complexity: 'O(1)',
  summary: 'Brings the connection back to its first state',
  traits: ['anyContext', 'unqueued'],
  run({ client, server }) {
    if (client.inTransaction) server.transactions.discard(client)
    else server.transactions.unwatch(client)
    server.pubsub.remove(client)
    server.clients.endMonitor(client)
    server.tracking.disable(client)
    client.reset()
    return RESET
  },
})

const inCluster =
  (change: (context: CommandContext) => void) =>
  (context: CommandContext): Reply => {
    if (context.server.cluster === null) throw NO_CLUSTER
    change(context)
    return OK
  }

export const readonly = defineCommand({
  name: 'readonly',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Lets the connection read from a replica of a cluster',
  run: inCluster(({ client }) => {
    client.readsReplicas = true
  }),
})

export const readwrite = defineCommand({
  name: 'readwrite',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Ends READONLY',
  run: inCluster(({ client }) => {
    client.readsReplicas = false
  }),
})

export const asking = defineCommand({
  name: 'asking',
  arity: 1,
  flags: ['fast'],
  categories: ['connection'],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Lets the next command use a slot that is being imported',
  run: inCluster(({ client }) => {
    client.asking = true
  }),
})
