import { SLOT_COUNT } from '../slot.js'
import type { SlotRange } from './slot-ranges.js'

/** Bytes of a set of slots on the wire. */
export const SLOT_BITMAP_BYTES = SLOT_COUNT / 8

const bitsOf = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

/** A set of slots, kept as it travels on the cluster bus: slot `n` is bit `n % 8` of byte `n / 8`. */
export class SlotSet {
  readonly #bytes = new Uint8Array(SLOT_BITMAP_BYTES)
  readonly #view = new DataView(this.#bytes.buffer)
  #size = 0

  /**
   * A set of its own with the slots of another set or of a bitmap from the wire.
   * @throws RangeError when the bitmap has not 2048 bytes
   */
  static copyOf(slots: SlotSet | Uint8Array): SlotSet {
    const bytes = slots instanceof SlotSet ? slots.#bytes : slots
    if (bytes.length !== SLOT_BITMAP_BYTES)
      throw new RangeError(`a bitmap of slots has 2048 bytes, not ${bytes.length}`)
    const copy = new SlotSet()
    copy.#bytes.set(bytes)
    for (const byte of bytes) copy.#size += bitsOf[byte] as number
    return copy
  }

  /** How many slots are in the set. */
  get size(): number {
    return this.#size
  }

  /** The bitmap itself, not a copy: it changes with the set, and is not to be written to. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** The lowest slot; undefined for an empty set. */
  get first(): number | undefined {
    for (const slot of this) return slot
    return undefined
  }

  has(slot: number): boolean {
    return ((this.#bytes[slot >> 3] ?? 0) & (1 << (slot & 7))) !== 0
  }

  /** @returns whether the slot was not in the set before */
  add(slot: number): boolean {
    if (slot < 0 || slot >= SLOT_COUNT || this.has(slot)) return false
    this.#bytes[slot >> 3] = (this.#bytes[slot >> 3] as number) | (1 << (slot & 7))
    this.#size++
    return true
  }

  /** @returns whether the slot was in the set before */
  remove(slot: number): boolean {
    if (!this.has(slot)) return false
    this.#bytes[slot >> 3] = (this.#bytes[slot >> 3] as number) & ~(1 << (slot & 7))
    this.#size--
    return true
  }

  clear(): void {
    this.#bytes.fill(0)
    this.#size = 0
  }

  /** Whether the same slots are in another set, or in a bitmap from the wire. */
  equals(other: SlotSet | Uint8Array): boolean {
    if (other instanceof SlotSet && other.#size !== this.#size) return false
    return Buffer.compare(this.#bytes, other instanceof SlotSet ? other.#bytes : other) === 0
  }

  /** The slots merged to ranges, ascending. */
  ranges(): SlotRange[] {
    const ranges: SlotRange[] = []
    let start = -1
    for (let index = 0; index < SLOT_BITMAP_BYTES; index++) {
      const byte = this.#bytes[index] as number
      // Within a range, or between two, eight slots at a time are passed over.
      if (byte === (start < 0 ? 0 : 0xff)) continue
      for (let bit = 0; bit < 8; bit++) {
        const slot = index * 8 + bit
        if (((byte >> bit) & 1) === (start < 0 ? 0 : 1)) continue
        if (start >= 0) ranges.push({ start, end: slot - 1 })
        start = start < 0 ? slot : -1
      }
    }
    if (start >= 0) ranges.push({ start, end: SLOT_COUNT - 1 })
    return ranges
  }

  /** The slots that are not in another set, ascending. Where both are the same, 32 slots at a time are passed over. */
  without(other: SlotSet): number[] {
    const slots: number[] = []
    for (let word = 0; word < SLOT_BITMAP_BYTES; word += 4) {
      if (this.#view.getUint32(word) === other.#view.getUint32(word)) continue
      for (let index = word; index < word + 4; index++) {
        const rest = (this.#bytes[index] as number) & ~(other.#bytes[index] as number)
        for (let byte = rest; byte !== 0; byte &= byte - 1) slots.push(index * 8 + (31 - Math.clz32(byte & -byte)))
      }
    }
    return slots
  }

  /** The slots, ascending. */
  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (let index = 0; index < SLOT_BITMAP_BYTES; index++) {
      for (let byte = this.#bytes[index] as number; byte !== 0; byte &= byte - 1) {
        yield index * 8 + (31 - Math.clz32(byte & -byte))
      }
    }
  }
}
