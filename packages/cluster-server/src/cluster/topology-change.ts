import { createTopology, type TopologyData, topologyData } from './create-topology.js'
import type { ClusterNode, SlotRange, Topology } from './topology.js'

const rangesOfSlots = (slots: readonly number[]): SlotRange[] => {
  const ranges: { start: number; end: number }[] = []
  for (const slot of [...slots].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && slot === last.end + 1) last.end = slot
    else ranges.push({ start: slot, end: slot })
  }
  return ranges
}

const slotsOfRanges = (ranges: readonly SlotRange[]): number[] =>
  ranges.flatMap(({ start, end }) => Array.from({ length: end - start + 1 }, (_, offset) => start + offset))

const withoutSlots = (data: TopologyData, slots: ReadonlySet<number>): TopologyData['slots'] =>
  Object.fromEntries(
    Object.entries(data.slots).map(([id, ranges]) => [
      id,
      rangesOfSlots(slotsOfRanges(ranges).filter((slot) => !slots.has(slot))),
    ]),
  )

/** The next epoch, and the same epoch on the node whose claim on slots it decides. */
const bumped = (data: TopologyData, claimantId: string): TopologyData => {
  const currentEpoch = Math.max(data.currentEpoch, ...data.nodes.map((node) => node.configEpoch)) + 1
  return {
    ...data,
    currentEpoch,
    nodes: data.nodes.map((node) => (node.id === claimantId ? { ...node, configEpoch: currentEpoch } : node)),
  }
}

const known = (topology: Topology, id: string): ClusterNode => {
  const node = topology.nodes.get(id)
  if (!node) throw new RangeError(`node ${id} is not in the topology`)
  return node
}

/**
 * Gives slots that nobody owns to a primary. The epochs stay, as with CLUSTER ADDSLOTS.
 * @throws RangeError when a slot has an owner, or `nodeId` is unknown or a replica
 */
export const assignSlots = (topology: Topology, nodeId: string, slots: readonly number[]): Topology => {
  known(topology, nodeId)
  const data = topologyData(topology)
  const own = [...slotsOfRanges(data.slots[nodeId] ?? []), ...slots]
  if (new Set(own).size < own.length) throw new RangeError(`a slot is given to ${nodeId} twice`)
  return createTopology({ ...data, slots: { ...data.slots, [nodeId]: rangesOfSlots(own) } })
}

/** Takes slots from whoever owns them; those that nobody owns are passed over. The epochs stay, as with CLUSTER DELSLOTS. */
export const unassignSlots = (topology: Topology, slots: readonly number[]): Topology => {
  const data = topologyData(topology)
  return createTopology({ ...data, slots: withoutSlots(data, new Set(slots)) })
}

/**
 * Hands slots over to another primary, under a new epoch.
 * @throws RangeError when `nodeId` is unknown or a replica
 */
export const moveSlots = (topology: Topology, nodeId: string, slots: readonly number[]): Topology => {
  known(topology, nodeId)
  const data = topologyData(unassignSlots(topology, slots))
  const own = rangesOfSlots([...slotsOfRanges(data.slots[nodeId] ?? []), ...new Set(slots)])
  return createTopology(bumped({ ...data, slots: { ...data.slots, [nodeId]: own } }, nodeId))
}

/**
 * Puts what is known now of a node (address, link, failure) in the place of what was known. Who owns what stays.
 * @throws RangeError when no node has this id
 */
export const replaceNode = (topology: Topology, node: ClusterNode): Topology => {
  known(topology, node.id)
  const data = topologyData(topology)
  return createTopology({ ...data, nodes: data.nodes.map((old) => (old.id === node.id ? node : old)) })
}

/**
 * Makes a replica the primary of its shard under a new epoch; the old primary and its other replicas follow it.
 * @throws RangeError when the node is unknown or no replica
 */
export const promoteReplica = (topology: Topology, replicaId: string): Topology => {
  const { primaryId } = known(topology, replicaId)
  if (primaryId === null) throw new RangeError(`node ${replicaId} is a primary already`)
  const data = topologyData(topology)
  const { [primaryId]: inherited = [], ...others } = data.slots
  const nodes = data.nodes.map((node): ClusterNode => {
    if (node.id === replicaId) return { ...node, role: 'primary', primaryId: null }
    if (node.id === primaryId || node.primaryId === primaryId) return { ...node, role: 'replica', primaryId: replicaId }
    return node
  })
  return createTopology(bumped({ ...data, nodes, slots: { ...others, [replicaId]: inherited } }, replicaId))
}
