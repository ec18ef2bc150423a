import { SLOT_COUNT } from '../slot.js'
import type { SlotRange } from './slot-ranges.js'

/**
 * Splits all slots between primaries as `redis-cli --cluster create` does: 0-5460, 5461-10922, 10923-16383 for three.
 * @param primaries 1 to 16384
 */
export const splitSlots = (primaries: number): SlotRange[] => {
  const perNode = SLOT_COUNT / primaries
  const ranges: SlotRange[] = []
  let start = 0
  for (let index = 0; index < primaries; index++) {
    const rounded = index === primaries - 1 ? SLOT_COUNT - 1 : Math.round(index * perNode + perNode - 1)
    const end = Math.min(SLOT_COUNT - 1, Math.max(start, rounded))
    ranges.push({ start, end })
    start = end + 1
  }
  return ranges
}
