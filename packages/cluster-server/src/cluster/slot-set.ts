import { SLOT_COUNT } from '../slot.js'
import type { SlotRange } from './slot-ranges.js'

/** Bytes of a set of slots on the wire. */
export const SLOT_BITMAP_BYTES = SLOT_COUNT / 8

/** So many bytes are compared in one call. */
const BLOCK_BYTES = 128
const ALL_SLOTS_OF_WORD = 0xffff_ffff

const bitsOf = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

/** A set of slots, kept as it travels on the cluster bus: slot `n` is bit `n % 8` of byte `n / 8`. */
export class SlotSet {
  readonly #bytes = new Uint8Array(SLOT_BITMAP_BYTES)
  readonly #buffer = Buffer.from(this.#bytes.buffer)
  readonly #words = new Uint32Array(this.#bytes.buffer)
  /** Null for what came from the wire, until somebody asks. */
  #size: number | null = 0
  /** Null after a change. */
  #ranges: readonly SlotRange[] | null = null

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
    copy.#size = slots instanceof SlotSet ? slots.#size : null
    return copy
  }

  /** How many slots are in the set. */
  get size(): number {
    if (this.#size === null) {
      this.#size = 0
      for (const byte of this.#bytes) this.#size += bitsOf[byte] as number
    }
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
    this.#size = this.size + 1
    this.#bytes[slot >> 3] = (this.#bytes[slot >> 3] as number) | (1 << (slot & 7))
    this.#ranges = null
    return true
  }

  /** @returns whether the slot was in the set before */
  remove(slot: number): boolean {
    if (!this.has(slot)) return false
    this.#size = this.size - 1
    this.#bytes[slot >> 3] = (this.#bytes[slot >> 3] as number) & ~(1 << (slot & 7))
    this.#ranges = null
    return true
  }

  clear(): void {
    this.#bytes.fill(0)
    this.#size = 0
    this.#ranges = null
  }

  /** Whether the same slots are in another set, or in a bitmap from the wire. */
  equals(other: SlotSet | Uint8Array): boolean {
    return Buffer.compare(this.#bytes, other instanceof SlotSet ? other.#bytes : other) === 0
  }

  /** The slots merged to ranges, ascending: the same list until the set changes. */
  ranges(): readonly SlotRange[] {
    this.#ranges ??= this.#merge()
    return this.#ranges
  }

  /** The slots that are not in another set, ascending. Where both are the same they are passed over. */
  without(other: SlotSet): number[] {
    const slots: number[] = []
    for (let start = 0; start < SLOT_BITMAP_BYTES; start += BLOCK_BYTES) {
      const end = start + BLOCK_BYTES
      if (this.#buffer.compare(other.#bytes, start, end, start, end) === 0) continue
      for (let index = start; index < end; index++) {
        const rest = (this.#bytes[index] as number) & ~(other.#bytes[index] as number)
        for (let byte = rest; byte !== 0; byte &= byte - 1) slots.push(index * 8 + (31 - Math.clz32(byte & -byte)))
      }
    }
    return slots
  }

  /** The slots, ascending. */
  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (let word = 0; word < this.#words.length; word++) {
      if (this.#words[word] === 0) continue
      for (let index = word * 4; index < word * 4 + 4; index++) {
        for (let byte = this.#bytes[index] as number; byte !== 0; byte &= byte - 1) {
          yield index * 8 + (31 - Math.clz32(byte & -byte))
        }
      }
    }
  }

  #merge(): SlotRange[] {
    const ranges: SlotRange[] = []
    let start = -1
    for (let word = 0; word < this.#words.length; word++) {
      // Within a range, or between two, 32 slots at a time are passed over.
      if (this.#words[word] === (start < 0 ? 0 : ALL_SLOTS_OF_WORD)) continue
      for (let slot = word * 32; slot < word * 32 + 32; slot++) {
        if (this.has(slot) === start >= 0) continue
        if (start >= 0) ranges.push({ start, end: slot - 1 })
        start = start < 0 ? slot : -1
      }
    }
    if (start >= 0) ranges.push({ start, end: SLOT_COUNT - 1 })
    return ranges
  }
}
