import type { KnownNode } from '../../cluster/known-node.js'
import type { NodeTable } from '../../cluster/node-table.js'
import type { CommandContext } from '../context.js'
import { requireCluster } from './require-cluster.js'

/** The cluster as one client is shown it. */
export interface ViewedCluster {
  readonly table: NodeTable
  /** `cluster-preferred-endpoint-type` */
  readonly endpointType: string
  /** Of a node that does not know its own address, the one at which the client reached it. */
  ipOf(node: KnownNode): string
  /** How far a node is in its stream, as far as this node knows. */
  offsetOf(node: KnownNode): number
}

/** The address by which the client reached this node; empty for a path. */
const reachedAt = ({ client }: CommandContext): string =>
  /^\[?([0-9a-f.:]+?)\]?:\d+$/.exec(client.localAddress)?.[1] ?? ''

/** @throws WireError on a node without `cluster-enabled yes` */
export const viewCluster = (context: CommandContext): ViewedCluster => {
  const { table } = requireCluster(context)
  const { config, replication } = context.server
  return {
    table,
    endpointType: config.text('cluster-preferred-endpoint-type'),
    ipOf: (node) => (node.ip === '' && node.isMyself ? reachedAt(context) : node.ip),
    offsetOf: (node) => {
      if (!node.isMyself) return node.replicationOffset
      return node.isReplica ? (replication.primary?.copyOffset ?? 0) : replication.offset
    },
  }
}
