import type { SlotProgress } from '../../commands/migration-state.js'
import { keySlot } from '../../slot.js'

interface Move {
  readonly sinceMs: number
  keys: number
}

/** Counts the keys that leave, for each slot that is on its way to another node. */
export class SlotMoves {
  readonly #nowMs: () => number
  readonly #moves = new Map<number, Move>()
  /** Since the start. */
  movedKeys = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Keys that have left. */
  note(keys: readonly string[]): void {
    this.movedKeys += keys.length
    for (const key of keys) {
      const slot = keySlot(key)
      const move = this.#moves.get(slot)
      if (move === undefined) this.#moves.set(slot, { sinceMs: this.#nowMs(), keys: 1 })
      else move.keys++
    }
  }

  progressOf(slot: number): SlotProgress | undefined {
    const move = this.#moves.get(slot)
    if (move === undefined) return undefined
    const seconds = Math.max(1, this.#nowMs() - move.sinceMs) / 1000
    return { movedKeys: move.keys, keysPerSecond: Math.round(move.keys / seconds) }
  }

  /** The counts of other slots are over. */
  forgetUnless(isMoving: (slot: number) => boolean): void {
    for (const slot of this.#moves.keys()) if (!isMoving(slot)) this.#moves.delete(slot)
  }
}
