import type { Reply } from '../../resp/reply.js'
import { VerbatimReply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { clusterInfoText } from './cluster-info.js'
import { describeNode } from './node-description.js'
import { requireCluster, requireNode } from './require-cluster.js'
import { shardsReply } from './shards-reply.js'
import { slotsReply } from './slots-reply.js'

const NOT_A_PRIMARY = wireError('ERR The specified node is not a master')

/** The address by which the client reached this node; empty for a path. */
const reachedAt = ({ client }: CommandContext): string =>
  /^\[?([0-9a-f.:]+?)\]?:\d+$/.exec(client.localAddress)?.[1] ?? ''

const listReplicas = (context: CommandContext, argv: readonly string[]): Reply => {
  const state = requireCluster(context)
  const node = requireNode(state, argument(argv, 2))
  if (node.role === 'replica') throw NOT_A_PRIMARY
  return state.topology.replicasOf(node.id).map((replica) => describeNode(replica, state, context.nowMs))
}

const nodes = defineCommand({
  name: 'nodes',
  arity: 2,
  flags: ['stale'],
  categories: [],
  tips: ['nondeterministic_output'],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(N) for N nodes',
  summary: 'Lists the nodes of the cluster as this node knows them',
  run: (context) => {
    const state = requireCluster(context)
    const lines = [...state.topology.nodes.values()].map((node) => `${describeNode(node, state, context.nowMs)}\n`)
    return new VerbatimReply('txt', lines.join(''))
  },
})

const slots = defineCommand({
  name: 'slots',
  arity: 2,
  flags: ['stale'],
  categories: [],
  tips: ['nondeterministic_output'],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(N) for N nodes',
  summary: 'Tells which nodes serve which slots',
  docFlags: ['deprecated'],
  deprecatedSince: '7.0.0',
  replacedBy: '`CLUSTER SHARDS`',
  run: (context) => slotsReply(requireCluster(context), reachedAt(context)),
})

const shards = defineCommand({
  name: 'shards',
  arity: 2,
  flags: ['stale'],
  categories: [],
  tips: ['nondeterministic_output'],
  group: 'cluster',
  since: '7.0.0',
  complexity: 'O(N) for N nodes',
  summary: 'Lists the shards: their slots and their nodes',
  run: (context) => shardsReply(requireCluster(context), context.server.replication, reachedAt(context)),
})

const info = defineCommand({
  name: 'info',
  arity: 2,
  flags: ['stale'],
  categories: [],
  tips: ['nondeterministic_output'],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Tells in which state the cluster is',
  run: (context) => new VerbatimReply('txt', clusterInfoText(requireCluster(context))),
})

const myid = defineCommand({
  name: 'myid',
  arity: 2,
  flags: ['stale'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Returns the id of this node',
  run: (context) => requireCluster(context).myId,
})

const links = defineCommand({
  name: 'links',
  arity: 2,
  flags: ['stale'],
  categories: [],
  tips: ['nondeterministic_output'],
  group: 'cluster',
  since: '7.0.0',
  complexity: 'O(N) for N nodes',
  summary: 'Lists the bus connections between this node and others',
  run: (context) => {
    // Nodes whose topology is handed to them have no bus.
    requireCluster(context)
    return []
  },
})

const replicas = defineCommand({
  name: 'replicas',
  arity: 3,
  flags: ['admin', 'stale'],
  categories: [],
  tips: ['nondeterministic_output'],
  group: 'cluster',
  since: '5.0.0',
  complexity: 'O(N) for N replicas',
  summary: 'Lists the replicas of a primary',
  arguments: [{ name: 'node-id', type: 'string' }],
  run: listReplicas,
})

const slaves = defineCommand({
  ...replicas,
  name: 'slaves',
  since: '3.0.0',
  docFlags: ['deprecated'],
  deprecatedSince: '5.0.0',
  replacedBy: '`CLUSTER REPLICAS`',
})

const countFailureReports = defineCommand({
  name: 'count-failure-reports',
  arity: 3,
  flags: ['admin', 'stale'],
  categories: [],
  tips: ['nondeterministic_output'],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(N) for N failure reports',
  summary: 'Counts the nodes that hold a node for dead',
  arguments: [{ name: 'node-id', type: 'string' }],
  run: (context, argv) => {
    requireNode(requireCluster(context), argument(argv, 2))
    return 0
  },
})

/** The subcommands of CLUSTER that show what this node knows of the others. */
export const clusterViews: readonly Command[] = [
  countFailureReports,
  info,
  links,
  myid,
  nodes,
  replicas,
  shards,
  slaves,
  slots,
]
