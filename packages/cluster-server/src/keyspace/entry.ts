import type { StoredValue } from './value.js'

/** When an entry expires, and where it stands in the list of entries that do. */
export interface Deadline {
  readonly entry: Entry
  /** Unix time in milliseconds. */
  atMs: number
  position: number
}

/** One key of a database. */
export class Entry {
  deadline: Deadline | null = null
  /** Index in the database's list of entries. */
  position = -1
  /** Index in the slot's list of entries; unused without a slot index. */
  slotPosition = -1
  /** When or how often the key was used; `AccessTracking` knows how to read it. */
  access = 0
  /** What the database counts for the value; a collection that was changed is counted anew when that is reported. */
  valueBytes = 0

  constructor(
    readonly key: string,
    public value: StoredValue,
  ) {}
}
