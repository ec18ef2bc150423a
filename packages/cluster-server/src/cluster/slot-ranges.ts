import { SLOT_COUNT } from '../slot.js'
import type { KnownNode } from './known-node.js'
import type { NodeTable } from './node-table.js'

/** Slots in a row, inclusive at both ends. */
export interface SlotRange {
  readonly start: number
  readonly end: number
}

/** Slots in a row with the same owner. */
export interface OwnedRange extends SlotRange {
  readonly owner: KnownNode
}

/** All slots with an owner, merged to ranges, ascending. */
export const ownedRanges = (table: NodeTable): readonly OwnedRange[] => {
  const ranges: OwnedRange[] = []
  let owner: KnownNode | undefined
  let start = 0
  for (let slot = 0; slot <= SLOT_COUNT; slot++) {
    const next = slot < SLOT_COUNT ? table.ownerOf(slot) : undefined
    if (next === owner) continue
    if (owner !== undefined) ranges.push({ owner, start, end: slot - 1 })
    owner = next
    start = slot
  }
  return ranges
}

/** The slots of each node that has any: one walk over all slots, however many nodes there are. */
export const slotRanges = (table: NodeTable): ReadonlyMap<KnownNode, readonly SlotRange[]> => {
  const byOwner = new Map<KnownNode, SlotRange[]>()
  for (const { owner, start, end } of ownedRanges(table)) {
    const ranges = byOwner.get(owner)
    if (ranges === undefined) byOwner.set(owner, [{ start, end }])
    else ranges.push({ start, end })
  }
  return byOwner
}
