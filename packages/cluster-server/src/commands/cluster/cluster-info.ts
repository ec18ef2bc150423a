import { BUS_MESSAGE_TYPES, BUS_MESSAGE_WORDS } from '../../cluster/bus-message.js'
import type { NodeTable } from '../../cluster/node-table.js'
import { SLOT_COUNT } from '../../slot.js'
import type { ClusterControl } from '../cluster-control.js'

/** Slots by what is known of their owners. */
export interface SlotStates {
  readonly assigned: number
  readonly ok: number
  /** Of an owner that this node suspects to be dead. */
  readonly suspected: number
  /** Of an owner that most primaries hold for dead. */
  readonly failed: number
}

export const slotStates = (table: NodeTable): SlotStates => {
  let [assigned, failed, suspected] = [0, 0, 0]
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const owner = table.ownerOf(slot)
    if (owner === undefined) continue
    assigned++
    if (owner.hasFailed) failed++
    else if (owner.isSuspected) suspected++
  }
  return { assigned, ok: assigned - failed - suspected, suspected, failed }
}

/** One line for each type of message of which there were any, and one for all of them. */
const messageLines = (counts: readonly number[], direction: 'sent' | 'received'): string[] => {
  const lines = BUS_MESSAGE_TYPES.flatMap((type, number) => {
    const count = counts[number] ?? 0
    return count === 0 ? [] : [`cluster_stats_messages_${BUS_MESSAGE_WORDS[type]}_${direction}:${count}`]
  })
  const total = counts.reduce((sum, count) => sum + count, 0)
  return [...lines, `cluster_stats_messages_${direction}:${total}`]
}

/** The text of CLUSTER INFO, line by line as in Redis 7.0.15. */
export const clusterInfoText = ({ table, health, statistics }: ClusterControl): string => {
  const slots = slotStates(table)
  return [
    `cluster_state:${health}`,
    `cluster_slots_assigned:${slots.assigned}`,
    `cluster_slots_ok:${slots.ok}`,
    `cluster_slots_pfail:${slots.suspected}`,
    `cluster_slots_fail:${slots.failed}`,
    `cluster_known_nodes:${table.size}`,
    `cluster_size:${table.voters}`,
    `cluster_current_epoch:${table.currentEpoch}`,
    `cluster_my_epoch:${table.myself.claimEpoch}`,
    ...messageLines(statistics.sent, 'sent'),
    ...messageLines(statistics.received, 'received'),
    `total_cluster_links_buffer_limit_exceeded:${statistics.linksOverLimit}`,
    '',
  ].join('\r\n')
}
