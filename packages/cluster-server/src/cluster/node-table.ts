import { SLOT_COUNT } from '../slot.js'
import type { KnownNode } from './known-node.js'
import { NODE_FLAGS } from './node-flags.js'
import { SlotSet } from './slot-set.js'

/**
 * All nodes that a node knows, itself among them, and who owns which slot. It is changed in place, and always within one
 * turn of the event loop: nobody sees half of a change.
 */
export class NodeTable {
  readonly #nodes = new Map<string, KnownNode>()
  readonly #owners: (KnownNode | undefined)[] = new Array(SLOT_COUNT)
  /** Slots on their way in: from which node. */
  readonly importing = new Map<number, KnownNode>()
  /** Slots on their way out: to which node. */
  readonly migrating = new Map<number, KnownNode>()
  /** Slots whose owner does not claim them any more, while nobody else does: others are not told of it as their owner. */
  readonly unclaimed = new SlotSet()
  /** The ids that are not learned again from others, and until when. */
  readonly #forgotten = new Map<string, number>()
  #myself: KnownNode
  #assigned = 0
  currentEpoch = 0
  /** The epoch of the last vote that this node gave. */
  lastVoteEpoch = 0
  /** Calls back when this node, or the primary that it follows, loses a slot. */
  onSlotLost: (slot: number) => void = () => {}

  constructor(myself: KnownNode) {
    this.#myself = myself
    this.#nodes.set(myself.id, myself)
  }

  get myself(): KnownNode {
    return this.#myself
  }

  get nodes(): Iterable<KnownNode> {
    return this.#nodes.values()
  }

  /** Number of known nodes, with this one. */
  get size(): number {
    return this.#nodes.size
  }

  node(id: string): KnownNode | undefined {
    return this.#nodes.get(id)
  }

  add(node: KnownNode): KnownNode {
    this.#nodes.set(node.id, node)
    return node
  }

  /** Forgets a node, its slots, and what it said of others. */
  remove(node: KnownNode): void {
    for (const slot of [...node.slots]) this.removeSlot(slot)
    for (const moving of [this.importing, this.migrating]) {
      for (const [slot, other] of moving) if (other === node) moving.delete(slot)
    }
    for (const other of this.#nodes.values()) other.failureReports.delete(node)
    for (const replica of node.replicas) replica.primary = null
    this.#detach(node)
    this.#nodes.delete(node.id)
  }

  /** Gives a node its true id, or another one. */
  rename(node: KnownNode, id: string): void {
    this.#nodes.delete(node.id)
    node.id = id
    this.#nodes.set(id, node)
  }

  /** Number of slots that have an owner. */
  get assignedSlots(): number {
    return this.#assigned
  }

  /** The node that owns `slot`; undefined while nobody does. */
  ownerOf(slot: number): KnownNode | undefined {
    return this.#owners[slot]
  }

  /** Gives a slot to a node. @returns false when it has an owner already */
  addSlot(node: KnownNode, slot: number): boolean {
    if (this.#owners[slot] !== undefined) return false
    this.#owners[slot] = node
    this.#assigned++
    this.unclaimed.remove(slot)
    // A primary with its first slot takes replicas of others in, where primaries have any.
    if (node.slots.add(slot) && node.slots.size === 1 && this.#somePrimaryHasReplicas()) {
      node.mark(NODE_FLAGS.migrateTo, true)
    }
    return true
  }

  /** Leaves a slot without an owner. @returns false when it has none */
  removeSlot(slot: number): boolean {
    const owner = this.#owners[slot]
    if (owner === undefined) return false
    owner.slots.remove(slot)
    this.#owners[slot] = undefined
    this.#assigned--
    this.unclaimed.remove(slot)
    if (owner === this.#myself || owner === this.#myself.primary) this.onSlotLost(slot)
    return true
  }

  /** Whether nobody owns the slot, or its owner does not say so any more. */
  isFree(slot: number): boolean {
    return this.#owners[slot] === undefined || this.unclaimed.has(slot)
  }

  /** Ends the move of every slot. */
  closeSlots(): void {
    this.importing.clear()
    this.migrating.clear()
  }

  /** Makes a replica, or a node whose role is not known, a primary. @returns false when it is one */
  makePrimary(node: KnownNode): boolean {
    if (node.isPrimary) return false
    if (node.primary !== null) {
      this.#detach(node)
      if (!node.isMyself) node.mark(NODE_FLAGS.migrateTo, true)
    }
    node.mark(NODE_FLAGS.replica, false)
    node.mark(NODE_FLAGS.primary, true)
    return true
  }

  /** Marks a primary as replica of a node that is not known yet: it loses its slots. */
  makeReplica(node: KnownNode): void {
    for (const slot of [...node.slots]) this.removeSlot(slot)
    node.mark(NODE_FLAGS.primary | NODE_FLAGS.migrateTo, false)
    node.mark(NODE_FLAGS.replica, true)
  }

  /** Ties a replica to its primary. */
  follow(replica: KnownNode, primary: KnownNode): void {
    this.#detach(replica)
    replica.primary = primary
    primary.replicas.push(replica)
    primary.mark(NODE_FLAGS.migrateTo, true)
  }

  /** The greatest epoch that is known. */
  get greatestEpoch(): number {
    let greatest = this.currentEpoch
    for (const node of this.#nodes.values()) greatest = Math.max(greatest, node.configEpoch)
    return greatest
  }

  /** Number of primaries with slots: those that vote. */
  get voters(): number {
    let count = 0
    for (const node of this.#nodes.values()) if (node.isPrimary && node.slots.size > 0) count++
    return count
  }

  /** Keeps a node from being learned of again until `untilMs`. */
  banUntil(id: string, untilMs: number): void {
    this.#forgotten.set(id, untilMs)
  }

  isBanned(id: string, nowMs: number): boolean {
    for (const [known, untilMs] of this.#forgotten) if (untilMs < nowMs) this.#forgotten.delete(known)
    return this.#forgotten.has(id)
  }

  #detach(replica: KnownNode): void {
    const { primary } = replica
    if (primary === null) return
    const at = primary.replicas.indexOf(replica)
    if (at !== -1) primary.replicas.splice(at, 1)
    if (primary.replicas.length === 0) primary.mark(NODE_FLAGS.migrateTo, false)
    replica.primary = null
  }

  #somePrimaryHasReplicas(): boolean {
    for (const node of this.#nodes.values()) if (!node.isReplica && node.replicas.length > 0) return true
    return false
  }
}
