import type { ClusterState } from '../../cluster/topology.js'
import { SLOT_COUNT } from '../../slot.js'
import { claimEpoch } from './node-description.js'

/** The text of CLUSTER INFO, line by line as in Redis 7.0.15; bus messages are none. */
export const clusterInfoText = (state: ClusterState): string => {
  const { topology } = state
  let assigned = 0
  let failed = 0
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const owner = topology.ownerOf(slot)
    if (owner === undefined) continue
    assigned++
    if (owner.failed) failed++
  }
  const myself = topology.nodes.get(state.myId)
  const size = [...topology.nodes.keys()].filter((id) => topology.rangesOf(id).length > 0).length
  return [
    `cluster_state:${state.health}`,
    `cluster_slots_assigned:${assigned}`,
    `cluster_slots_ok:${assigned - failed}`,
    'cluster_slots_pfail:0',
    `cluster_slots_fail:${failed}`,
    `cluster_known_nodes:${topology.nodes.size}`,
    `cluster_size:${size}`,
    `cluster_current_epoch:${topology.currentEpoch}`,
    `cluster_my_epoch:${myself ? claimEpoch(myself, state) : 0}`,
    'cluster_stats_messages_sent:0',
    'cluster_stats_messages_received:0',
    'total_cluster_links_buffer_limit_exceeded:0',
    '',
  ].join('\r\n')
}
