import { SLOT_COUNT } from '../slot.js'
import { isNodeId } from './node-id.js'
import type { ClusterNode, SlotRange, Topology } from './topology.js'

/** A topology as plain data: it can be sent to another thread, and compared. */
export interface TopologyData {
  readonly currentEpoch: number
  readonly nodes: readonly ClusterNode[]
  /** The slots of each primary by its id; a primary without slots may be left out. */
  readonly slots: Readonly<Record<string, readonly SlotRange[]>>
}

const NOBODY = 0

/** Owners are stored as one number for each slot, so that a look-up costs one array access and a copy 32 KiB. */
class SlotTopology implements Topology {
  readonly nodes: ReadonlyMap<string, ClusterNode>
  readonly #ordered: readonly (ClusterNode | undefined)[]
  readonly #owners: Uint16Array
  readonly #ranges = new Map<string, SlotRange[]>()
  readonly #replicas = new Map<string, ClusterNode[]>()

  constructor(
    readonly currentEpoch: number,
    nodes: readonly ClusterNode[],
    owners: Uint16Array,
  ) {
    this.nodes = new Map(nodes.map((node) => [node.id, node]))
    this.#ordered = [undefined, ...nodes]
    this.#owners = owners
    for (const node of nodes) {
      if (node.primaryId === null) continue
      const siblings = this.#replicas.get(node.primaryId)
      if (siblings) siblings.push(node)
      else this.#replicas.set(node.primaryId, [node])
    }
    this.#collectRanges()
  }

  ownerOf(slot: number): ClusterNode | undefined {
    return this.#ordered[this.#owners[slot] ?? NOBODY]
  }

  rangesOf(nodeId: string): readonly SlotRange[] {
    return this.#ranges.get(nodeId) ?? []
  }

  replicasOf(primaryId: string): readonly ClusterNode[] {
    return this.#replicas.get(primaryId) ?? []
  }

  #collectRanges(): void {
    let start = 0
    for (let slot = 1; slot <= SLOT_COUNT; slot++) {
      if (slot < SLOT_COUNT && this.#owners[slot] === this.#owners[start]) continue
      const owner = this.ownerOf(start)
      if (owner) {
        const ranges = this.#ranges.get(owner.id)
        const range = { start, end: slot - 1 }
        if (ranges) ranges.push(range)
        else this.#ranges.set(owner.id, [range])
      }
      start = slot
    }
  }
}

const checkNodes = (nodes: readonly ClusterNode[]): Map<string, ClusterNode> => {
  const byId = new Map<string, ClusterNode>()
  for (const node of nodes) {
    if (!isNodeId(node.id)) {
      throw new RangeError(`a node id has 40 lower-case hexadecimal digits, not "${node.id}"`)
    }
    if (byId.has(node.id)) throw new RangeError(`two nodes of the topology have the id ${node.id}`)
    if ((node.role === 'replica') !== (node.primaryId !== null)) {
      throw new RangeError(`node ${node.id} is a ${node.role}, but its primary is ${node.primaryId ?? 'not given'}`)
    }
    byId.set(node.id, node)
  }
  for (const node of nodes) {
    if (node.primaryId !== null && !byId.has(node.primaryId)) {
      throw new RangeError(`node ${node.id} follows ${node.primaryId}, which is not in the topology`)
    }
  }
  return byId
}

/**
 * Builds a topology.
 * @param data the nodes in the order in which they are listed to clients, and the slot ranges of each primary
 * @returns the topology; slots that no range names have no owner
 * @throws RangeError for a malformed or doubled node id, a replica without its primary, a slot outside 0–16383, a slot
 *   with two owners, slots of an unknown node or of a replica
 */
export const createTopology = (data: TopologyData): Topology => {
  const byId = checkNodes(data.nodes)
  const position = new Map(data.nodes.map((node, index) => [node.id, index + 1]))
  const owners = new Uint16Array(SLOT_COUNT)
  for (const [id, ranges] of Object.entries(data.slots)) {
    const index = position.get(id)
    if (index === undefined) throw new RangeError(`slots are given to ${id}, which is not in the topology`)
    if (byId.get(id)?.role === 'replica') throw new RangeError(`slots are given to ${id}, which is a replica`)
    for (const { start, end } of ranges) {
      if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end >= SLOT_COUNT || start > end) {
        throw new RangeError(`${start}-${end} is no range of slots between 0 and ${SLOT_COUNT - 1}`)
      }
      for (let slot = start; slot <= end; slot++) {
        if (owners[slot] !== NOBODY) throw new RangeError(`slot ${slot} is given to two nodes`)
        owners[slot] = index
      }
    }
  }
  return new SlotTopology(data.currentEpoch, data.nodes, owners)
}

/** The inverse of `createTopology`. */
export const topologyData = (topology: Topology): TopologyData => {
  const slots: Record<string, readonly SlotRange[]> = {}
  for (const id of topology.nodes.keys()) {
    const ranges = topology.rangesOf(id)
    if (ranges.length > 0) slots[id] = ranges
  }
  return { currentEpoch: topology.currentEpoch, nodes: [...topology.nodes.values()], slots }
}
