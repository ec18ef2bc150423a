import type { KnownNode } from '../../cluster/known-node.js'
import { flagNames } from '../../cluster/node-flags.js'
import type { NodeTable } from '../../cluster/node-table.js'
import { type SlotRange, slotRanges } from '../../cluster/slot-ranges.js'

const rangesText = (ranges: readonly SlotRange[]): string =>
  ranges.map(({ start, end }) => (start === end ? ` ${start}` : ` ${start}-${end}`)).join('')

const movingSlots = ({ migrating, importing }: NodeTable): string => {
  const slots = new Set([...migrating.keys(), ...importing.keys()])
  return [...slots]
    .sort((one, other) => one - other)
    .map((slot) => {
      const target = migrating.get(slot)
      return target === undefined ? ` [${slot}-<-${importing.get(slot)?.id}]` : ` [${slot}->-${target.id}]`
    })
    .join('')
}

/**
 * The line of CLUSTER NODES and CLUSTER REPLICAS for one node, without a line break.
 * Source of the format: `clusterGenNodeDescription` in cluster.c of Redis 7.0.15.
 */
const describe = (node: KnownNode, table: NodeTable, ranges: readonly SlotRange[]): string => {
  const hostname = node.hostname === '' ? '' : `,${node.hostname}`
  const linkState = node.isConnected || node.isMyself ? 'connected' : 'disconnected'
  return (
    `${node.id} ${node.ip}:${node.port}@${node.busPort}${hostname} ${flagNames(node.flags)} ${node.primary?.id ?? '-'} ` +
    `${node.pingSentMs} ${node.pongReceivedMs} ${node.claimEpoch} ${linkState}` +
    rangesText(ranges) +
    (node.isMyself ? movingSlots(table) : '')
  )
}

/** The lines of some nodes. */
export const describeNodes = (nodes: Iterable<KnownNode>, table: NodeTable): string[] => {
  const ranges = slotRanges(table)
  return Array.from(nodes, (node) => describe(node, table, ranges.get(node) ?? []))
}
