import { parseInt64 } from '../../int64.js'
import { NO_REPLY, OK } from '../../resp/reply.js'
import { NOT_AN_INTEGER, SYNTAX_ERROR, WireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'

/** REPLCONF: how a replica introduces itself, and acknowledges what it applied. */
export const replconf: Command = defineCommand({
  name: 'replconf',
  arity: -1,
  flags: ['admin', 'noscript', 'loading', 'stale', 'allow_busy'],
  categories: [],
  group: 'server',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Settles details of a replication stream between nodes',
  docFlags: ['syscmd'],
  run: ({ server: { replication }, client }, argv) => {
    if (argv.length % 2 === 0) throw SYNTAX_ERROR
    for (let index = 1; index < argv.length; index += 2) {
      const option = argument(argv, index)
      const value = argument(argv, index + 1)
      const word = option.toLowerCase()
      if (word === 'ack') {
        const offset = parseInt64(value)
        if (offset !== undefined) replication.acknowledge(client, Number(offset))
        return NO_REPLY
      }
      if (word === 'getack') return NO_REPLY
      const answer = replication.configureReplica(client, option, value)
      if (answer instanceof WireError) return answer
    }
    return OK
  },
})

/** PSYNC: the connection becomes the stream of effects to a replica. */
export const psync: Command = defineCommand({
  name: 'psync',
  arity: -3,
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  categories: [],
  group: 'server',
  since: '2.8.0',
  complexity: 'O(N) for N keys when all of them are sent',
  summary: 'Starts a replication stream between nodes',
  arguments: [
    { name: 'replicationid', type: 'string' },
    { name: 'offset', type: 'integer' },
  ],
  run: ({ server, client }, argv) => {
    const { replication } = server
    const offset = parseInt64(argument(argv, 2))
    if (offset === undefined) {
      const name = replication.nameOf(client)
      server.log('warning', `Replica ${name} asks for synchronization but with a wrong offset`)
      throw NOT_AN_INTEGER
    }
    return replication.attachReplica(client, {
      type: 'psync',
      replicationId: argument(argv, 1),
      offset: Number(offset),
      takesOver: argv[3]?.toLowerCase() === 'failover',
    })
  },
})

/** SYNC: as PSYNC, for readers that know no offsets. */
export const sync: Command = defineCommand({
  name: 'sync',
  arity: 1,
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  categories: [],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(N) for N keys',
  summary: 'Starts a replication stream without offsets',
  run: ({ server: { replication }, client }) => replication.attachReplica(client, { type: 'sync' }),
})
