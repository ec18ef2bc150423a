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
  /** Unix time in seconds of the last access, for `OBJECT IDLETIME`. */
  accessedAt = 0

  constructor(
    readonly key: string,
    public value: StoredValue,
  ) {}
}
