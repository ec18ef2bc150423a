import { OK, Status } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, boundedArgument } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import { describeClient } from '../connection/client-line.js'

const FAILING_OVER = wireError('ERR REPLICAOF not allowed while failing over.')
const ASKED_BY_REPLICA = wireError('ERR Command is not valid when client is a replica.')
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
  run: ({ server, client }, argv) => {
    if (server.cluster !== null) throw IN_CLUSTER
    const { replication } = server
    if (replication.failoverState !== 'no-failover') throw FAILING_OVER
    const asker = (): string => describeClient(client, server, { client, argv })
    const host = argument(argv, 1)
    if (host.toLowerCase() === 'no' && argument(argv, 2).toLowerCase() === 'one') {
      if (replication.role === 'primary') return OK
      replication.becomePrimary()
      server.log('notice', `MASTER MODE enabled (user request from '${asker()}')`)
      return OK
    }
    // It would have to drop itself.
    if (client.isReplica) throw ASKED_BY_REPLICA
    const port = boundedArgument(argument(argv, 2), 0, 65535, INVALID_PORT)
    const { primary } = replication
    if (primary !== null && primary.host.toLowerCase() === host.toLowerCase() && primary.port === port) {
      server.log(
        'notice',
        'REPLICAOF would result into synchronization with the master we are already connected with. No operation performed.',
      )
      return ALREADY_CONNECTED
    }
    replication.follow(host, port)
    server.log('notice', `REPLICAOF ${host}:${port} enabled (user request from '${asker()}')`)
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
