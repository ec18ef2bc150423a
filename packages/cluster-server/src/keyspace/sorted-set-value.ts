import { CountedTree } from './counted-tree.js'
import { detach } from './detach.js'
import { ARRAY_SLOT_BYTES, OBJECT_BYTES, TREE_ENTRY_BYTES } from './memory-cost.js'
import { fillHole, NameTable, openHole } from './name-table.js'
import { type Before, comesBefore, type OrderedEntries, type ScoredMembers } from './ordered-entries.js'
import { SortedArrays } from './sorted-arrays.js'
import { type Undoable, undoLog } from './undo-log.js'

/** Up to which size `OBJECT ENCODING` says listpack: `zset-max-listpack-entries` and `zset-max-listpack-value`. */
export interface SortedSetLimits {
  readonly maxPackedMembers: number
  readonly maxPackedBytes: number
}

/** Some members of a scan, and where to go on: 0 when the scan is complete. */
export interface ScoredScan extends ScoredMembers {
  readonly cursor: number
}

/** Up to this size two sorted arrays are faster, and much smaller, than a table and a tree. */
const LARGEST_ARRAYS = 64

/** Scores by member, for a set that has outgrown the arrays; `scores` has the positions of `members`. */
interface ScoreTable {
  readonly members: NameTable
  readonly scores: number[]
}

type SortedSetChange = 'encoded' | 'converted' | 'added' | 'moved' | 'deleted'

/** A sorted set: parallel sorted arrays while it is small, a table and a counted tree above. Copies what it keeps. */
export class SortedSetValue implements Undoable<SortedSetChange> {
  #arrays: SortedArrays | undefined
  #entries: OrderedEntries
  #table: ScoreTable | undefined
  #encoding: 'listpack' | 'skiplist' = 'listpack'

  constructor() {
    this.#arrays = new SortedArrays()
    this.#entries = this.#arrays
    undoLog.made(this)
  }

  get type(): 'zset' {
    return 'zset'
  }

  get size(): number {
    return this.#entries.size
  }

  /** The answer of `OBJECT ENCODING`. */
  get encoding(): 'listpack' | 'skiplist' {
    return this.#encoding
  }

  /** What the sorted set costs in the heap. */
  get bytes(): number {
    if (this.#arrays) return 2 * OBJECT_BYTES + this.#arrays.bytes
    const table = this.#table?.members.bytes ?? 0
    return 2 * OBJECT_BYTES + table + this.size * (ARRAY_SLOT_BYTES + TREE_ENTRY_BYTES)
  }

  /** The score of a member, or undefined. */
  score(member: string): number | undefined {
    if (this.#arrays) return this.#arrays.score(member)
    const position = this.#table?.members.find(member)
    return position === undefined ? undefined : this.#table?.scores[position]
  }

  /** Sets the score of a member, which may not be NaN; true when the member is new. */
  set(member: string, score: number, limits: SortedSetLimits): boolean {
    // Whoever sets a score has mostly looked at it before.
    const old = this.#scoreAgain(member)
    if (old !== undefined) {
      if (old !== score) {
        this.#move(member, old, this.#kept(score))
        if (undoLog.concerns(this)) undoLog.note(this, 'moved', member, null, old)
      }
      return false
    }
    if (this.size >= limits.maxPackedMembers || member.length > limits.maxPackedBytes) this.unpack()
    if (this.#arrays && this.size >= LARGEST_ARRAYS) this.#convert(this.#arrays)
    this.#insert(member, this.#kept(score))
    if (undoLog.concerns(this)) undoLog.note(this, 'added', member)
    return true
  }

  /** Removes a member; true when it was there. */
  delete(member: string): boolean {
    const score = this.score(member)
    if (score === undefined) return false
    this.#entries.remove(score, member)
    const hole = this.#table?.members.remove(member)
    if (hole !== undefined && this.#table) fillHole(this.#table.scores, hole)
    if (undoLog.concerns(this)) undoLog.note(this, 'deleted', member, hole, score)
    return true
  }

  /** Number of members before this one in ascending order; undefined when it is no member. */
  rank(member: string): number | undefined {
    const score = this.score(member)
    if (score === undefined) return undefined
    return this.#entries.countBefore((otherScore, other) => comesBefore(otherScore, other, score, member))
  }

  /** Number of members for which `before` holds; it must hold for a prefix of the order. */
  countBefore(before: Before): number {
    return this.#entries.countBefore(before)
  }

  /** The members of rank `from` to before `to`, ascending. */
  slice(from: number, to: number): ScoredMembers {
    return this.#entries.slice(from, to)
  }

  /** One step of a scan of about `count` members, `cursor` 0 begins. A small set answers at once. */
  scan(cursor: number, count: number): ScoredScan {
    if (!this.#table) return { cursor: 0, ...this.slice(0, this.size) }
    const { members, scores } = this.#table
    const step = members.scan(cursor, count)
    return {
      cursor: step.cursor,
      members: members.names.slice(step.from, step.to),
      scores: scores.slice(step.from, step.to),
    }
  }

  /** `OBJECT ENCODING` says skiplist from now on, as after SORT. */
  unpack(): void {
    if (this.#encoding === 'skiplist') return
    if (undoLog.concerns(this)) undoLog.note(this, 'encoded')
    this.#encoding = 'skiplist'
  }

  /** An independent copy, with the same encoding. */
  copy(): SortedSetValue {
    const copy = new SortedSetValue()
    // Before the first member: the encoding decides whether -0 keeps its sign.
    copy.#encoding = this.#encoding
    const { members, scores } = this.slice(0, this.size)
    const limits: SortedSetLimits = { maxPackedMembers: Infinity, maxPackedBytes: Infinity }
    members.forEach((member, index) => {
      copy.set(member, scores[index] as number, limits)
    })
    return copy
  }

  undo(change: SortedSetChange, first: unknown, second: unknown, number: number): void {
    const member = first as string
    switch (change) {
      case 'encoded':
        this.#encoding = 'listpack'
        break
      case 'converted':
        this.#arrays = first as SortedArrays
        this.#entries = this.#arrays
        this.#table = undefined
        break
      case 'added':
        this.delete(member)
        break
      case 'moved':
        this.#move(member, this.score(member) as number, number)
        break
      case 'deleted':
        this.#putBack(member, second as number | undefined, number)
        break
      default:
        change satisfies never
    }
  }

  #putBack(member: string, hole: number | undefined, score: number): void {
    if (this.#table && hole !== undefined) {
      this.#table.members.putBack(member, hole)
      openHole(this.#table.scores, hole, score)
      this.#entries.insert(score, this.#table.members.at(hole))
    } else this.#insert(member, score)
  }

  /** The score of a member whose score was looked at last, most likely. */
  #scoreAgain(member: string): number | undefined {
    if (!this.#table) return this.score(member)
    const position = this.#table.members.findAgain(member)
    return position === undefined ? undefined : this.#table.scores[position]
  }

  /** Redis packs -0 as the integer 0; in a skiplist it keeps the sign. */
  #kept(score: number): number {
    return score === 0 && this.#encoding === 'listpack' ? 0 : score
  }

  #insert(member: string, score: number): void {
    if (this.#table) {
      this.#table.members.add(member)
      this.#table.scores.push(score)
      this.#entries.insert(score, this.#table.members.at(this.#table.scores.length - 1))
    } else this.#entries.insert(score, detach(member))
  }

  #move(member: string, old: number, score: number): void {
    this.#entries.remove(old, member)
    const position = this.#table?.members.findAgain(member)
    if (!this.#table || position === undefined) this.#entries.insert(score, detach(member))
    else {
      this.#table.scores[position] = score
      this.#entries.insert(score, this.#table.members.at(position))
    }
  }

  #convert(arrays: SortedArrays): void {
    const table: ScoreTable = { members: new NameTable(), scores: [] }
    const tree = new CountedTree()
    const { members, scores } = arrays.slice(0, arrays.size)
    members.forEach((member, index) => {
      table.members.add(member)
      table.scores.push(scores[index] as number)
      tree.insert(scores[index] as number, table.members.at(index))
    })
    if (undoLog.concerns(this)) undoLog.note(this, 'converted', arrays)
    this.#arrays = undefined
    this.#entries = tree
    this.#table = table
  }
}
