import { preferredEndpoint } from '../../cluster/endpoint.js'
import type { KnownNode } from '../../cluster/known-node.js'
import { MapReply, type Reply } from '../../resp/reply.js'
import type { ViewedCluster } from './viewed-cluster.js'

const details = (node: KnownNode, view: ViewedCluster): Reply => {
  const ip = view.ipOf(node)
  const offset = view.offsetOf(node)
  const health = node.hasFailed ? 'fail' : node.isReplica && offset === 0 ? 'loading' : 'online'
  return new MapReply([
    ...['id', node.id],
    ...(node.port === 0 ? [] : ['port', node.port]),
    ...['ip', ip],
    ...['endpoint', preferredEndpoint({ ip, hostname: node.hostname }, view.endpointType)],
    ...(node.hostname === '' ? [] : ['hostname', node.hostname]),
    ...['role', node.isReplica ? 'replica' : 'master'],
    ...['replication-offset', offset],
    ...['health', health],
  ])
}

/**
 * The reply of CLUSTER SHARDS: one entry for each primary, its own details before those of its replicas.
 * Source: `clusterReplyShards` in cluster.c of Redis 7.0.15.
 */
export const shardsReply = (view: ViewedCluster): Reply =>
  [...view.table.nodes]
    .filter((node) => node.isPrimary)
    .map(
      (primary) =>
        new MapReply([
          'slots',
          primary.slots.ranges().flatMap(({ start, end }) => [start, end]),
          'nodes',
          [primary, ...primary.replicas].map((node) => details(node, view)),
        ]),
    )
