import type { KnownNode } from '../../cluster/known-node.js'
import type { SlotSet } from '../../cluster/slot-set.js'
import type { BusParts } from './bus-parts.js'

/** Makes this node follow a primary. */
export type Follow = (primary: KnownNode) => void

/** What becomes of the slots that a primary claims: the greatest epoch decides who owns one. */
export class SlotClaims {
  readonly #parts: BusParts
  readonly #follow: Follow

  constructor(parts: BusParts, follow: Follow) {
    this.#parts = parts
    this.#follow = follow
  }

  /**
   * Takes over what `claimant` claims under an epoch, as far as nobody claims it under a greater one. When this node, or
   * its primary, loses its last slot to it, this node becomes its replica; keys of other slots that are lost are deleted.
   */
  take(claimant: KnownNode, epoch: number, claimed: SlotSet): void {
    const { host, table, settings, todo } = this.#parts
    const { myself } = table
    if (claimant === myself) {
      host.log('notice', 'Discarding UPDATE message about myself.')
      return
    }
    const shardPrimary = myself.shardPrimary
    const abandoned: number[] = []
    let lostByShard = 0
    for (const slot of table.unclaimed.size === 0 ? [] : [...table.unclaimed]) {
      if (claimed.has(slot) && table.ownerOf(slot) === claimant) table.unclaimed.remove(slot)
    }
    for (const slot of claimed.without(claimant.slots)) {
      const owner = table.ownerOf(slot)
      // Whoever moves a slot here ends the move, too.
      if (table.importing.has(slot)) continue
      if (!table.isFree(slot) && owner !== undefined && owner.configEpoch >= epoch) continue
      if (owner === myself && host.data.count(slot) > 0) abandoned.push(slot)
      if (owner !== undefined && owner === shardPrimary) lostByShard++
      table.removeSlot(slot)
      table.addSlot(claimant, slot)
      // Not to the disk at once, for each of thousands of slots that are moved: whoever owns them tells it again.
      todo.add('saveSoon', 'state')
    }
    // They stay bound to it, so that clients find somebody, but nobody is told so any more.
    for (const slot of claimant.slots.without(claimed)) table.unclaimed.add(slot)

    const isReplaced = lostByShard > 0 && shardPrimary?.slots.size === 0
    if (isReplaced && (settings.movesReplicas || claimed.size === lostByShard)) {
      host.log('notice', `Configuration change detected. Reconfiguring myself as a replica of ${claimant.id}`)
      this.#follow(claimant)
      todo.add('save', 'synced', 'state')
    } else if (!this.#leavesReplica(myself)) {
      for (const slot of abandoned) host.data.remove(slot)
    }
  }

  /** A replica never follows a replica, unless they follow each other. */
  #leavesReplica(myself: KnownNode): boolean {
    const grandPrimary = myself.primary?.primary ?? null
    if (grandPrimary === null || grandPrimary === myself) return false
    const { host, todo } = this.#parts
    host.log('notice', `I'm a sub-replica! Reconfiguring myself as a replica of grandmaster ${grandPrimary.id}`)
    this.#follow(grandPrimary)
    todo.add('save', 'synced', 'state')
    return true
  }

  /** Tells a node that claims slots under an epoch that is too old who owns one of them. */
  correct(sender: KnownNode, epoch: number, claimed: SlotSet): void {
    const { host, table, sender: messages } = this.#parts
    for (const slot of claimed.without(sender.slots)) {
      const owner = table.ownerOf(slot)
      if (owner === undefined || table.isFree(slot) || owner.configEpoch <= epoch) continue
      host.log('verbose', `Node ${sender.id} has old slots configuration, sending an UPDATE message about ${owner.id}`)
      messages.update(sender, owner)
      return
    }
  }
}
