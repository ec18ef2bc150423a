import { parseInt64 } from '../../int64.js'
import { OK } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import { unknownForm } from '../unknown-form.js'
import { requireCluster, requireNode } from './require-cluster.js'

const FORGET_MYSELF = wireError("ERR I tried hard but I can't forget myself...")
const FORGET_PRIMARY = wireError("ERR Can't forget my master!")
const FOLLOW_MYSELF = wireError("ERR Can't replicate myself")
const FOLLOW_REPLICA = wireError('ERR I can only replicate a master, not a replica.')
const NOT_EMPTY = wireError('ERR To set a master the node must be empty and without assigned slots.')
const RESET_WITH_KEYS = wireError("ERR CLUSTER RESET can't be called with master nodes containing keys")

/** What a bus port is above the port of the clients, unless it is named. */
const BUS_PORT_DISTANCE = 10_000

const portArgument = (text: string, kind: 'base' | 'bus'): number => {
  const port = parseInt64(text)
  if (port === undefined) throw wireError(`ERR Invalid TCP ${kind} port specified: ${text}`)
  return Number(port)
}

const meet = defineCommand({
  name: 'meet',
  arity: -4,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Introduces another node to this one',
  arguments: [
    { name: 'ip', type: 'string' },
    { name: 'port', type: 'integer' },
    { name: 'cluster_bus_port', type: 'integer', optional: true, since: '4.0.0' },
  ],
  run: (context, argv) => {
    const cluster = requireCluster(context)
    if (argv.length > 5) throw unknownForm(argv)
    const ip = argument(argv, 2)
    const port = portArgument(argument(argv, 3), 'base')
    const busPort = argv[4] === undefined ? port + BUS_PORT_DISTANCE : portArgument(argv[4], 'bus')
    if (cluster.meet(ip, port, busPort) === 'invalid') {
      throw wireError(`ERR Invalid node address specified: ${ip}:${argument(argv, 3)}`)
    }
    return OK
  },
})

const forget = defineCommand({
  name: 'forget',
  arity: 3,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Removes a node from those that this node knows',
  arguments: [{ name: 'node-id', type: 'string' }],
  run: (context, argv) => {
    const cluster = requireCluster(context)
    const node = requireNode(cluster, argument(argv, 2))
    const { myself } = cluster.table
    if (node === myself) throw FORGET_MYSELF
    if (myself.isReplica && myself.primary === node) throw FORGET_PRIMARY
    cluster.forget(node)
    cluster.changed('state', 'save')
    return OK
  },
})

const replicate = defineCommand({
  name: 'replicate',
  arity: 3,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Makes this node a replica of a primary',
  arguments: [{ name: 'node-id', type: 'string' }],
  run: (context, argv) => {
    const cluster = requireCluster(context)
    const node = requireNode(cluster, argument(argv, 2))
    const { myself } = cluster.table
    if (node === myself) throw FOLLOW_MYSELF
    if (node.isReplica) throw FOLLOW_REPLICA
    const isEmpty = myself.slots.size === 0 && context.server.databases[0]?.size === 0
    if (myself.isPrimary && !isEmpty) throw NOT_EMPTY
    cluster.follow(node)
    cluster.changed('state', 'save')
    return OK
  },
})

const reset = defineCommand({
  name: 'reset',
  arity: -2,
  flags: ['admin', 'noscript', 'stale'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(N) for N nodes; may delete all keys',
  summary: 'Makes this node forget the cluster',
  arguments: [
    {
      name: 'hard_soft',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'hard', type: 'pure-token', token: 'HARD' },
        { name: 'soft', type: 'pure-token', token: 'SOFT' },
      ],
    },
  ],
  run: (context, argv) => {
    const cluster = requireCluster(context)
    if (argv.length > 3) throw unknownForm(argv)
    const kind = argv.length === 2 ? 'SOFT' : optionAt(argv, 2)
    if (kind !== 'HARD' && kind !== 'SOFT') throw SYNTAX_ERROR
    if (cluster.table.myself.isPrimary && context.db.size > 0) throw RESET_WITH_KEYS
    cluster.reset(kind === 'HARD')
    return OK
  },
})

/** The subcommands of CLUSTER that change which nodes there are, and who follows whom. */
export const membershipCommands: readonly Command[] = [forget, meet, replicate, reset]
