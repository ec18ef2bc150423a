import { preferredEndpoint } from '../../cluster/endpoint.js'
import type { KnownNode } from '../../cluster/known-node.js'
import { ownedRanges } from '../../cluster/slot-ranges.js'
import { MapReply, type Reply } from '../../resp/reply.js'
import type { ViewedCluster } from './viewed-cluster.js'

/**
 * The reply of CLUSTER SLOTS: ranges in ascending order, each with its primary and the replicas that answer and have data.
 * Source: `clusterReplyMultiBulkSlots` in cluster.c of Redis 7.0.15.
 */
export const slotsReply = (view: ViewedCluster): Reply => {
  const { endpointType } = view
  const address = (node: KnownNode): Reply => {
    const ip = view.ipOf(node)
    const more: Reply[] = []
    if (endpointType !== 'ip') more.push('ip', ip)
    if (endpointType !== 'hostname' && node.hostname !== '') more.push('hostname', node.hostname)
    const endpoint =
      endpointType === 'unknown-endpoint' ? null : preferredEndpoint({ ip, hostname: node.hostname }, endpointType)
    return [endpoint, node.port, node.id, new MapReply(more)]
  }
  const hasData = (replica: KnownNode): boolean => !replica.hasFailed && view.offsetOf(replica) !== 0
  return ownedRanges(view.table).map(({ start, end, owner }) => [
    start,
    end,
    address(owner),
    ...owner.replicas.filter(hasData).map(address),
  ])
}
