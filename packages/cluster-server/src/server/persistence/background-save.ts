import type { DatasetSnapshot } from '../../persistence/dataset-snapshot.js'
import { writeDatasetInSlices } from './dataset-file.js'
import type { OpenSink, SaveSink, SaveTarget } from './save-sink.js'
import { WriterKilled } from './writer-process.js'

/** How a save in the background ended. */
export type SaveOutcome =
  | { readonly type: 'saved' }
  | { readonly type: 'aborted' }
  /** The process that wrote was ended by somebody else. */
  | { readonly type: 'killed'; readonly signalNumber: number }
  | { readonly type: 'failed'; readonly error: unknown }

/** What a save in the background is made of. */
export interface BackgroundSaveOptions {
  readonly snapshot: DatasetSnapshot
  readonly target: SaveTarget
  readonly openSink: OpenSink
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
  readonly #sink: SaveSink | null = null

  constructor(options: BackgroundSaveOptions) {
    const { snapshot, target, openSink, keyDelayUs, changes, totalKeys, startedAt, onEnd } = options
    this.#snapshot = snapshot
    this.changes = changes
    this.totalKeys = totalKeys
    this.startedAt = startedAt
    let written: Promise<boolean>
    try {
      this.#sink = openSink(target)
      written = writeDatasetInSlices(snapshot, this.#sink, keyDelayUs, this.#controller.signal)
    } catch (error) {
      snapshot.close()
      written = Promise.reject(error)
    }
    this.ended = written.then(
      (isComplete) => onEnd({ type: isComplete ? 'saved' : 'aborted' }),
      (error: unknown) => onEnd(outcomeOf(error)),
    )
  }

  /** The process that writes. */
  get pid(): number {
    return this.#sink?.pid ?? process.pid
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
    this.#sink?.discard()
  }
}

const outcomeOf = (error: unknown): SaveOutcome =>
  error instanceof WriterKilled ? { type: 'killed', signalNumber: error.signalNumber } : { type: 'failed', error }
