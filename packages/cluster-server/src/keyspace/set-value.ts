import { parseInt64 } from '../int64.js'
import { ARRAY_SLOT_BYTES, OBJECT_BYTES } from './memory-cost.js'
import { NameTable } from './name-table.js'
import { type Undoable, undoLog } from './undo-log.js'

/** `set-max-intset-entries`: up to how many members a set of integers is reported, and kept, as such. */
export interface SetLimits {
  readonly maxIntegers: number
}

/** Some members of a scan, and where to go on: 0 when the scan is complete. */
export interface MemberScan {
  readonly cursor: number
  readonly members: readonly string[]
}

type SetChange = 'integerAdded' | 'integerDeleted' | 'converted' | 'encoded' | 'added' | 'deleted'

/**
 * A set: sorted integers while all members are integers and few, a table above; never the reverse. Copies what it keeps.
 * A 64-bit integer that a `number` cannot hold moves the set to the table early, which `encoding` does not show.
 */
export class SetValue implements Undoable<SetChange> {
  #integers: number[] | undefined = []
  #table: NameTable | undefined
  #encoding: 'intset' | 'hashtable' = 'intset'

  constructor() {
    undoLog.made(this)
  }

  get type(): 'set' {
    return 'set'
  }

  get size(): number {
    return this.#integers ? this.#integers.length : (this.#table?.size ?? 0)
  }

  /** The answer of `OBJECT ENCODING`. */
  get encoding(): 'intset' | 'hashtable' {
    return this.#encoding
  }

  /** What the set costs in the heap. */
  get bytes(): number {
    return OBJECT_BYTES + (this.#integers ? this.#integers.length * ARRAY_SLOT_BYTES : (this.#table?.bytes ?? 0))
  }

  has(member: string): boolean {
    if (!this.#integers) return this.#table?.find(member) !== undefined
    const value = parseInt64(member)
    return typeof value === 'number' && this.#integers[lowerBound(this.#integers, value)] === value
  }

  /** Adds a member; true when it is new. */
  add(member: string, limits: SetLimits): boolean {
    if (this.#integers) {
      const value = parseInt64(member)
      if (typeof value === 'number') {
        const at = lowerBound(this.#integers, value)
        if (this.#integers[at] === value) return false
        this.#integers.splice(at, 0, value)
        if (undoLog.concerns(this)) undoLog.note(this, 'integerAdded', null, null, value)
        if (this.#integers.length > limits.maxIntegers) {
          this.#convert()
          this.#encoding = 'hashtable'
        }
        return true
      }
    }
    const table = this.#table ?? this.#convert()
    if (table.find(member) !== undefined) return false
    table.add(member)
    if (undoLog.concerns(this)) undoLog.note(this, 'added', member)
    if (this.#encoding === 'intset' && (table.size > limits.maxIntegers || parseInt64(member) === undefined)) {
      if (undoLog.concerns(this)) undoLog.note(this, 'encoded')
      this.#encoding = 'hashtable'
    }
    return true
  }

  /** Removes a member; true when it was there. */
  delete(member: string): boolean {
    if (!this.#integers) {
      const hole = this.#table?.remove(member)
      if (hole !== undefined && undoLog.concerns(this)) undoLog.note(this, 'deleted', member, null, hole)
      return hole !== undefined
    }
    const value = parseInt64(member)
    if (typeof value !== 'number') return false
    const at = lowerBound(this.#integers, value)
    if (this.#integers[at] !== value) return false
    this.#integers.splice(at, 1)
    if (undoLog.concerns(this)) undoLog.note(this, 'integerDeleted', null, null, value)
    return true
  }

  /** All members, in an array that later changes leave as it is. */
  members(): string[] {
    return this.#integers ? this.#integers.map(String) : [...(this.#table?.names ?? [])]
  }

  /** The member at a position below `size`; positions change with every change of the set. */
  at(position: number): string {
    if (this.#integers) return String(this.#integers[position])
    return this.#table?.at(position) ?? ''
  }

  /** One step of a scan of about `count` members, `cursor` 0 begins. A set of integers answers at once. */
  scan(cursor: number, count: number): MemberScan {
    if (!this.#table) return { cursor: 0, members: this.members() }
    const step = this.#table.scan(cursor, count)
    return { cursor: step.cursor, members: this.#table.names.slice(step.from, step.to) }
  }

  /** An independent copy, with the same encoding. */
  copy(): SetValue {
    const copy = new SetValue()
    copy.#encoding = this.#encoding
    copy.#integers = this.#integers && [...this.#integers]
    if (this.#table) {
      copy.#table = new NameTable()
      for (const member of this.#table.names) copy.#table.add(member)
    }
    return copy
  }

  undo(change: SetChange, first: unknown, _second: unknown, number: number): void {
    const integers = this.#integers ?? []
    switch (change) {
      case 'integerAdded':
        integers.splice(lowerBound(integers, number), 1)
        break
      case 'integerDeleted':
        integers.splice(lowerBound(integers, number), 0, number)
        break
      case 'converted':
        this.#integers = first as number[]
        this.#table = undefined
        this.#encoding = 'intset'
        break
      case 'encoded':
        this.#encoding = 'intset'
        break
      case 'added':
        this.#table?.remove(first as string)
        break
      case 'deleted':
        this.#table?.putBack(first as string, number)
        break
      default:
        change satisfies never
    }
  }

  #convert(): NameTable {
    const table = new NameTable()
    for (const member of this.members()) table.add(member)
    if (undoLog.concerns(this)) undoLog.note(this, 'converted', this.#integers)
    this.#integers = undefined
    this.#table = table
    return table
  }
}

const lowerBound = (sorted: readonly number[], value: number): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}
