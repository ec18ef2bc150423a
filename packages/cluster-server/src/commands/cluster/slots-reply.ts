import type { ClusterNode, ClusterState, SlotRange } from '../../cluster/topology.js'
import { MapReply, type Reply } from '../../resp/reply.js'

const NO_METADATA = new MapReply([])

/**
 * The reply of CLUSTER SLOTS: ranges in ascending order, each with its primary and the replicas that answer.
 * @param reachedAt the address by which the client reached this node, for a node that does not know its own
 */
export const slotsReply = (state: ClusterState, reachedAt: string): Reply => {
  const { topology } = state
  const address = ({ host, port, id }: ClusterNode): Reply => [host || reachedAt, port, id, NO_METADATA]
  const entries: { range: SlotRange; reply: Reply }[] = []
  for (const node of topology.nodes.values()) {
    for (const range of topology.rangesOf(node.id)) {
      const replicas = topology.replicasOf(node.id).filter((replica) => !replica.failed)
      entries.push({ range, reply: [range.start, range.end, address(node), ...replicas.map(address)] })
    }
  }
  return entries.sort((one, other) => one.range.start - other.range.start).map(({ reply }) => reply)
}
