import type { ClusterNode, ClusterState, SlotRange } from '../../cluster/topology.js'
import { MapReply, type Reply } from '../../resp/reply.js'

const NO_METADATA = new MapReply([])

const address = (node: ClusterNode): Reply => [node.host, node.port, node.id, NO_METADATA]

/** The reply of CLUSTER SLOTS: ranges in ascending order, each with its primary and the replicas that answer. */
export const slotsReply = (state: ClusterState): Reply => {
  const { topology } = state
  const entries: { range: SlotRange; reply: Reply }[] = []
  for (const node of topology.nodes.values()) {
    for (const range of topology.rangesOf(node.id)) {
      const replicas = topology.replicasOf(node.id).filter((replica) => !replica.failed)
      entries.push({ range, reply: [range.start, range.end, address(node), ...replicas.map(address)] })
    }
  }
  return entries.sort((one, other) => one.range.start - other.range.start).map(({ reply }) => reply)
}
