import type { StoredValue } from '../keyspace/value.js'
import type { WireError } from '../wire-errors.js'
import type { AppendLogState } from './append-log-state.js'

/** What DEBUG RELOAD does besides loading the file. */
export interface ReloadOptions {
  /** Writes the file first. */
  readonly saves: boolean
  /** Removes all data before loading. */
  readonly flushes: boolean
  /** Lets keys of the file replace those that are there. */
  readonly replaces: boolean
}

/** Why the data cannot change, as commands and as scripts that declare what they do are told. */
export interface WriteFault {
  readonly refusal: WireError
  readonly scriptRefusal: WireError
}

/** What the handlers and the gates see of the node's files. */
export interface PersistenceState {
  /** Whether the gates have to look at the next two at all. */
  readonly restricts: boolean
  /** A file is being loaded. */
  readonly isLoading: boolean
  /** A copy of a primary is being loaded, while the old data can be read. */
  readonly isLoadingAsync: boolean
  /** Why writes are refused: a save in the background or the append-only file has failed; null when they are not. */
  readonly writeFault: WriteFault | null
  /** A save in the background is under way. */
  readonly isSaving: boolean
  readonly appendLog: AppendLogState
  /** Unix time in seconds of the last save that succeeded; of the start before the first. */
  readonly lastSavedAt: number
  /** `INFO persistence`. */
  info(): readonly (readonly [name: string, value: string | number])[]
  /** Writes the file before it returns. @returns false when that failed */
  save(): boolean
  /** Begins to write the data as they are now. @returns false when that is not possible */
  saveInBackground(): boolean
  /** Begins a save in the background as soon as possible. */
  scheduleSave(): void
  /** All data were removed by a command: a save that is under way is pointless, and the file out of date. */
  dataCleared(): void
  /** @returns why the file could not be written or loaded, or null */
  reload(options: ReloadOptions): WireError | null
  /** Removes all data and loads the append-only file. @returns why that is not possible, or null */
  reloadLog(): WireError | null
  /** Whether checksums of payloads are compared; DEBUG SET-SKIP-CHECKSUM-VALIDATION. */
  comparesChecksums: boolean
  /** A value as DUMP answers it. */
  dump(value: StoredValue): string
  /**
   * The value in what DUMP answered.
   * @returns `wrongFooter` when version or checksum are wrong, `badFormat` when it is corrupt
   */
  restore(payload: string): { readonly value: StoredValue } | 'wrongFooter' | 'badFormat'
}
