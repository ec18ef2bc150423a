import { MapReply, type Reply, VerbatimReply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { clusterInfoText } from './cluster-info.js'
import { describeNodes } from './node-description.js'
import { requireCluster, requireNode } from './require-cluster.js'
import { shardsReply } from './shards-reply.js'
import { slotsReply } from './slots-reply.js'
import { viewCluster } from './viewed-cluster.js'

const NOT_A_PRIMARY = wireError('ERR The specified node is not a master')

const listReplicas = (context: CommandContext, argv: readonly string[]): Reply => {
  const cluster = requireCluster(context)
  const node = requireNode(cluster, argument(argv, 2))
  if (node.isReplica) throw NOT_A_PRIMARY
  return describeNodes(node.replicas, cluster.table)
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
    const { table } = requireCluster(context)
    const lines = describeNodes(table.nodes, table)
    return new VerbatimReply('txt', lines.map((line) => `${line}\n`).join(''))
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
  run: (context) => slotsReply(viewCluster(context)),
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
  run: (context) => shardsReply(viewCluster(context)),
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
  run: (context) => requireCluster(context).table.myself.id,
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
  run: (context) =>
    requireCluster(context)
      .links()
      .map(
        (link) =>
          new MapReply([
            ...['direction', link.direction],
            ...['node', link.nodeId],
            ...['create-time', link.createdAtMs],
            ...['events', link.events],
            ...['send-buffer-allocated', link.sendBufferAllocatedBytes],
            ...['send-buffer-used', link.sendBufferUsedBytes],
          ]),
      ),
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
    const cluster = requireCluster(context)
    return cluster.failureReports(requireNode(cluster, argument(argv, 2)))
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
