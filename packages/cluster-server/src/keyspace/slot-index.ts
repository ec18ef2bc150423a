import { keySlot, SLOT_COUNT } from '../slot.js'
import type { Entry } from './entry.js'

/** The entries of each hash slot, so that counting and listing a slot does not walk the database. */
export class SlotIndex {
  readonly #slots: (Entry[] | undefined)[] = new Array(SLOT_COUNT)

  add(entry: Entry): void {
    const slot = keySlot(entry.key)
    let entries = this.#slots[slot]
    if (entries === undefined) {
      entries = []
      this.#slots[slot] = entries
    }
    entry.slotPosition = entries.length
    entries.push(entry)
  }

  remove(entry: Entry): void {
    const slot = keySlot(entry.key)
    const entries = this.#slots[slot]
    const last = entries?.pop()
    if (entries === undefined || last === undefined) return
    if (last !== entry) {
      entries[entry.slotPosition] = last
      last.slotPosition = entry.slotPosition
    }
    if (entries.length === 0) this.#slots[slot] = undefined
  }

  /** Number of keys in `slot`; expired ones count until they are removed, as in Redis. */
  count(slot: number): number {
    return this.#slots[slot]?.length ?? 0
  }

  /** Up to `limit` keys of `slot`, in no particular order. */
  keys(slot: number, limit: number): string[] {
    const entries = this.#slots[slot] ?? []
    return entries.slice(0, Math.max(0, limit)).map((entry) => entry.key)
  }
}
