import { ARRAY_SLOT_BYTES, textBytes } from './memory-cost.js'
import { type Before, countBeforeIn, type OrderedEntries, positionIn, type ScoredMembers } from './ordered-entries.js'

/** The entries of a small sorted set in two parallel arrays: a member is found by looking at all of them. */
export class SortedArrays implements OrderedEntries {
  readonly #scores: number[] = []
  readonly #members: string[] = []
  #textBytes = 0

  /** What the entries cost in the heap. */
  get bytes(): number {
    return this.#textBytes + this.#members.length * 2 * ARRAY_SLOT_BYTES
  }

  get size(): number {
    return this.#members.length
  }

  /** The score of a member, or undefined. */
  score(member: string): number | undefined {
    const at = this.#members.indexOf(member)
    return at === -1 ? undefined : this.#scores[at]
  }

  insert(score: number, member: string): void {
    const at = positionIn(this.#scores, this.#members, score, member)
    this.#scores.splice(at, 0, score)
    this.#members.splice(at, 0, member)
    this.#textBytes += textBytes(member)
  }

  remove(_score: number, member: string): void {
    const at = this.#members.indexOf(member)
    if (at === -1) return
    this.#scores.splice(at, 1)
    this.#members.splice(at, 1)
    this.#textBytes -= textBytes(member)
  }

  countBefore(before: Before): number {
    return countBeforeIn(this.#scores, this.#members, before)
  }

  slice(from: number, to: number): ScoredMembers {
    return { members: this.#members.slice(from, to), scores: this.#scores.slice(from, to) }
  }
}
