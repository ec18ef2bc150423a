import type { DatasetSnapshot } from '../../persistence/dataset-snapshot.js'
import { type SavePaths, writeDatasetInSlices } from './dataset-file.js'

/** How a save in the background ended. */
export type SaveOutcome =
  | { readonly type: 'saved' }
  | { readonly type: 'aborted' }
  | { readonly type: 'failed'; readonly error: unknown }

/** What a save in the background is made of. */
export interface BackgroundSaveOptions {
  readonly snapshot: DatasetSnapshot
  readonly paths: SavePaths
  /** Microseconds to wait after each key, by the configuration of the moment: `rdb-key-save-delay`. */
  readonly keyDelayUs: () => number
  /** Changes before it, which it saves. */
  readonly changes: number
  readonly totalKeys: number
  /** Unix time in seconds. */
  readonly startedAt: number
  readonly onEnd: (outcome: SaveOutcome) => void
}

/** A save that is under way while the node serves clients. */
export class BackgroundSave {
  readonly changes: number
  readonly totalKeys: number
  readonly startedAt: number
  /** Resolves when the file is in its place, or the temporary one is gone. */
  readonly ended: Promise<void>
  readonly #snapshot: DatasetSnapshot
  readonly #controller = new AbortController()

  constructor({ snapshot, paths, keyDelayUs, changes, totalKeys, startedAt, onEnd }: BackgroundSaveOptions) {
    this.#snapshot = snapshot
    this.changes = changes
    this.totalKeys = totalKeys
    this.startedAt = startedAt
    this.ended = writeDatasetInSlices(snapshot, paths, keyDelayUs, this.#controller.signal).then(
      (isComplete) => onEnd({ type: isComplete ? 'saved' : 'aborted' }),
      (error: unknown) => onEnd({ type: 'failed', error }),
    )
  }

  get savedKeys(): number {
    return this.#snapshot.keys
  }

  /** Bytes of keys that had to be written before their turn. */
  get preservedBytes(): number {
    return this.#snapshot.preservedBytes
  }

  abort(): void {
    this.#controller.abort()
    this.#snapshot.close()
  }
}
