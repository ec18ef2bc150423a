import type { ClusterNode, ClusterState } from '../../cluster/topology.js'
import { MapReply, type Reply } from '../../resp/reply.js'
import type { ReplicationState } from '../replication-state.js'

/** How far a node is in its stream, as far as this node can know: itself, its replicas, its primary; else 0. */
const offsetOf = (node: ClusterNode, state: ClusterState, replication: ReplicationState): number => {
  if (node.id === state.myId) return replication.primary?.offset ?? replication.offset
  const { primary } = replication
  if (primary?.host === node.host && primary.port === node.port) return primary.offset
  return replication.replicas.find((replica) => replica.port === node.port)?.offset ?? 0
}

const health = (node: ClusterNode, state: ClusterState, replication: ReplicationState): string => {
  if (node.failed) return 'fail'
  const isLoading = node.id === state.myId && replication.primary !== null && replication.primary.state !== 'connected'
  return isLoading ? 'loading' : 'online'
}

/**
 * The reply of CLUSTER SHARDS: one entry for each primary, its own details before those of its replicas.
 * @param reachedAt the address by which the client reached this node, for a node that does not know its own
 */
export const shardsReply = (state: ClusterState, replication: ReplicationState, reachedAt: string): Reply => {
  const { topology } = state
  const details = (node: ClusterNode): Reply =>
    new MapReply([
      'id',
      node.id,
      'port',
      node.port,
      'ip',
      node.host || reachedAt,
      'endpoint',
      node.host || reachedAt,
      'role',
      node.role === 'primary' ? 'master' : 'replica',
      'replication-offset',
      offsetOf(node, state, replication),
      'health',
      health(node, state, replication),
    ])
  return [...topology.nodes.values()]
    .filter((node) => node.role === 'primary')
    .map(
      (primary) =>
        new MapReply([
          'slots',
          topology.rangesOf(primary.id).flatMap(({ start, end }) => [start, end]),
          'nodes',
          [primary, ...topology.replicasOf(primary.id)].map(details),
        ]),
    )
}
