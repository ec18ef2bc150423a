import type { StoredValue } from './value.js'

/** One step of a scan. */
export interface ScanStep {
  /** 0 when the scan is complete. */
  readonly cursor: number
  readonly keys: readonly string[]
}

/** A key as a file has it. */
export interface LoadedEntry {
  readonly key: string
  readonly value: StoredValue
  /** Unix time in milliseconds; null for a key that does not expire. */
  readonly deadlineMs: number | null
  /** The note of its use, as `AccessTracking.restored` makes it. */
  readonly access: number
}

/** What the active expiry cycle did. */
export interface ExpiryCycle {
  readonly sampled: number
  readonly removed: number
}
