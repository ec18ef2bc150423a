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

const texts = new WeakMap<readonly SlotRange[], string>()

/** Ranges as a node's line shows them, with a space before each. A list that does not change is written once. */
export const rangesText = (ranges: readonly SlotRange[]): string => {
  let text = texts.get(ranges)
  if (text === undefined) {
    text = ranges.map(({ start, end }) => (start === end ? ` ${start}` : ` ${start}-${end}`)).join('')
    texts.set(ranges, text)
  }
  return text
}
