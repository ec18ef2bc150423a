import { Deadlines } from './deadlines.js'
import { detach } from './detach.js'
import { Entry } from './entry.js'
import type { EntryWalk } from './entry-walk.js'
import { DEADLINE_BYTES, entryBytes, valueBytes } from './memory-cost.js'
import { SlotIndex } from './slot-index.js'
import { type TextForm, TextForms } from './text-forms.js'
import { type Undoable, undoLog } from './undo-log.js'
import type { StoredValue } from './value.js'

/** What an entry without a deadline is noted to have. */
const NO_DEADLINE = Number.POSITIVE_INFINITY

type ContentsChange = 'added' | 'removed' | 'stored' | 'counted' | 'form' | 'deadline'

/** The entries of a database and all that is kept of them, which FLUSHDB and SWAPDB replace as a whole. */
export class DatabaseContents implements Undoable<ContentsChange> {
  readonly entries = new Map<string, Entry>()
  /** The same entries without gaps, for RANDOMKEY and SCAN. An entry only ever moves to a lower position. */
  readonly list: Entry[] = []
  readonly deadlines = new Deadlines()
  readonly slots: SlotIndex | null
  /** The walks over these entries that are under way; null when there is none. */
  walks: readonly EntryWalk[] | null = null
  readonly #forms = new TextForms()
  /** Bytes of keys, values and entries; without the deadlines. */
  #bytes = 0
  /** The entry that was used last: most changes that are reported are changes of it. */
  #last: Entry | null = null
  /** The text by which it was asked for: mostly the very same one comes again, which is seen without reading it. */
  #lastKey = ''
  /** It was given out, and is likely to be replaced next. */
  #wasGiven = false

  constructor(slotIndex: boolean) {
    this.slots = slotIndex ? new SlotIndex() : null
  }

  get bytes(): number {
    return this.#bytes + this.deadlines.size * DEADLINE_BYTES
  }

  /** The entry of a key that was used last, most likely: it is found at once then. */
  findAgain(key: string): Entry | undefined {
    return this.#last !== null && this.#lastKey === key ? this.#last : this.entries.get(key)
  }

  /** The entry of a key that is to be stored, be it one that has just been given out. */
  findToStore(key: string): Entry | undefined {
    // Two different texts are not told apart as fast as the same one is seen to be the same.
    return this.#wasGiven ? this.findAgain(key) : this.entries.get(key)
  }

  /** `entry`, which was asked for by `key`, is used: given out, or stored. */
  used(entry: Entry, key: string, wasGiven: boolean): void {
    this.#last = entry
    this.#lastKey = key
    this.#wasGiven = wasGiven
  }

  formOf(entry: Entry): TextForm | undefined {
    return this.#forms.of(entry)
  }

  /** Adds an entry for a key that is not stored. */
  add(key: string, value: StoredValue, form: TextForm | undefined): Entry {
    const entry = new Entry(detach(key), value)
    entry.valueBytes = valueBytes(value)
    // First of all, as it fails when there are too many keys.
    this.entries.set(entry.key, entry)
    this.#bytes += entryBytes(entry) + entry.valueBytes
    entry.position = this.list.length
    this.list.push(entry)
    this.slots?.add(entry)
    if (form !== undefined) this.#forms.note(entry, value, form)
    if (undoLog.isOpen) undoLog.note(this, 'added', entry)
    return entry
  }

  /** Replaces the value of an entry. */
  store(entry: Entry, value: StoredValue, form: TextForm | undefined): void {
    if (undoLog.isOpen) {
      undoLog.note(this, 'stored', entry, entry.value, entry.valueBytes)
      if (form !== undefined || this.#forms.size > 0) undoLog.note(this, 'form', entry, this.#forms.of(entry))
    }
    entry.value = value
    this.#forms.note(entry, value, form)
    this.#count(entry, valueBytes(value))
  }

  remove(entry: Entry): void {
    const { position } = entry
    this.#beforeRemoval(entry)
    this.dropDeadline(entry)
    if (this.#forms.size > 0) {
      if (undoLog.isOpen) undoLog.note(this, 'form', entry, this.#forms.of(entry))
      this.#forms.forget(entry)
    }
    this.#takeOut(entry)
    if (undoLog.isOpen) undoLog.note(this, 'removed', entry, null, position)
  }

  setDeadline(entry: Entry, atMs: number): void {
    if (undoLog.isOpen) undoLog.note(this, 'deadline', entry, null, entry.deadline?.atMs ?? NO_DEADLINE)
    this.deadlines.set(entry, atMs)
  }

  /** @returns false when there was none. */
  dropDeadline(entry: Entry): boolean {
    if (entry.deadline === null) return false
    if (undoLog.isOpen) undoLog.note(this, 'deadline', entry, null, entry.deadline.atMs)
    return this.deadlines.remove(entry)
  }

  /** Counts a value anew that may have changed. */
  recount(entry: Entry): void {
    const bytes = valueBytes(entry.value)
    if (bytes === entry.valueBytes) return
    if (undoLog.isOpen) undoLog.note(this, 'counted', entry, null, entry.valueBytes)
    this.#count(entry, bytes)
  }

  /** To be called before the value or the deadline of `entry` changes. */
  beforeChange(entry: Entry): void {
    if (this.walks !== null) for (const walk of this.walks) walk.beforeChange(entry)
  }

  undo(change: ContentsChange, first: unknown, second: unknown, number: number): void {
    const entry = first as Entry
    if (change === 'removed') {
      this.#putBack(entry, number)
      return
    }
    // One that has expired meanwhile stays away.
    if (this.entries.get(entry.key) !== entry) return
    switch (change) {
      case 'added':
        this.#beforeRemoval(entry)
        this.deadlines.remove(entry)
        this.#forms.forget(entry)
        this.#takeOut(entry)
        break
      case 'stored':
        entry.value = second as StoredValue
        this.#count(entry, number)
        break
      case 'counted':
        this.#count(entry, number)
        break
      case 'form':
        this.#forms.restore(entry, second as TextForm | undefined)
        break
      case 'deadline':
        if (number === NO_DEADLINE) this.deadlines.remove(entry)
        else this.deadlines.set(entry, number)
        break
      default:
        change satisfies never
    }
  }

  #beforeRemoval(entry: Entry): void {
    if (this.walks === null) return
    const last = this.list[this.list.length - 1]
    for (const walk of this.walks) walk.beforeRemoval(entry, last)
  }

  #count(entry: Entry, bytes: number): void {
    this.#bytes += bytes - entry.valueBytes
    entry.valueBytes = bytes
  }

  #takeOut(entry: Entry): void {
    this.entries.delete(entry.key)
    this.#bytes -= entryBytes(entry) + entry.valueBytes
    if (this.#last === entry) this.#last = null
    const last = this.list.pop()
    if (last !== undefined && last !== entry) {
      this.list[entry.position] = last
      last.position = entry.position
    }
    this.slots?.remove(entry)
  }

  /** The reverse of `#takeOut`, down to the positions: whoever scans meets every key that was there all along. */
  #putBack(entry: Entry, position: number): void {
    const moved = this.list[position]
    if (this.walks !== null) for (const walk of this.walks) walk.beforeReturn(entry, position, moved)
    this.entries.set(entry.key, entry)
    this.#bytes += entryBytes(entry) + entry.valueBytes
    entry.position = this.list.length
    this.list.push(entry)
    if (moved !== undefined) {
      moved.position = entry.position
      this.list[moved.position] = moved
      entry.position = position
      this.list[position] = entry
    }
    this.slots?.add(entry)
  }
}
