import { OK, Status } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, boundedArgument } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'

const IN_CLUSTER = wireError('ERR REPLICAOF not allowed in cluster mode.')
const INVALID_PORT = wireError('ERR Invalid master port')
const ALREADY_CONNECTED = new Status('OK Already connected to specified master')

/** REPLICAOF. */
export const replicaof: Command = defineCommand({
  name: 'replicaof',
  arity: 3,
  flags: ['admin', 'noscript', 'stale', 'no_async_loading'],
  categories: [],
  group: 'server',
  since: '5.0.0',
  complexity: 'O(1)',
  summary: 'Makes this node follow another one, or a primary again',
  arguments: [
    {
      name: 'args',
      type: 'oneof',
      arguments: [
        {
          name: 'host-port',
          type: 'block',
          arguments: [
            { name: 'host', type: 'string' },
            { name: 'port', type: 'integer' },
          ],
        },
        {
          name: 'no-one',
          type: 'block',
          arguments: [
            { name: 'no', type: 'pure-token', token: 'NO' },
            { name: 'one', type: 'pure-token', token: 'ONE' },
          ],
        },
      ],
    },
  ],
  run: ({ server }, argv) => {
    if (server.cluster !== null) throw IN_CLUSTER
    const { replication } = server
    const host = argument(argv, 1)
    if (host.toLowerCase() === 'no' && argument(argv, 2).toLowerCase() === 'one') {
      replication.becomePrimary()
      return OK
    }
    const port = boundedArgument(argument(argv, 2), 0, 65535, INVALID_PORT)
    const { primary } = replication
    if (primary !== null && primary.host.toLowerCase() === host.toLowerCase() && primary.port === port) {
      return ALREADY_CONNECTED
    }
    replication.follow(host, port)
    return OK
  },
})

/** SLAVEOF, the old name. */
export const slaveof: Command = defineCommand({
  ...replicaof,
  name: 'slaveof',
  since: '1.0.0',
  docFlags: ['deprecated'],
  deprecatedSince: '5.0.0',
  replacedBy: '`REPLICAOF`',
})
