import type { ClientMemory, MemoryState } from '../commands/memory-state.js'
import type { Database } from '../keyspace/database.js'
import type { BufferGauge } from './buffer-gauge.js'

/** Commands, settings and tables of an empty node. */
const STARTUP_BYTES = 1024 * 1024

/** What `MemoryUse` adds up. */
export interface MemoryParts {
  readonly databases: readonly Database[]
  readonly buffers: BufferGauge
  readonly scriptBytes: () => number
  /** What is kept of the stream for replicas that lost their link, and for those that get their first copy. */
  readonly replication: () => { readonly backlogBytes: number; readonly keptBytes: number }
}

/** Adds up what is counted; nothing is measured, so that a change shows at once. */
export class MemoryUse implements MemoryState {
  readonly startupBytes = STARTUP_BYTES
  readonly #parts: MemoryParts
  #peakBytes = STARTUP_BYTES

  constructor(parts: MemoryParts) {
    this.#parts = parts
  }

  get usedBytes(): number {
    const { normalBytes, replicaBytes } = this.clients
    const bytes = STARTUP_BYTES + this.dataBytes + this.scriptBytes + normalBytes + replicaBytes + this.backlogBytes
    if (bytes > this.#peakBytes) this.#peakBytes = bytes
    return bytes
  }

  get peakBytes(): number {
    return Math.max(this.#peakBytes, this.usedBytes)
  }

  get uncountedBytes(): number {
    return this.clients.replicaBytes
  }

  /** What counts against `maxmemory`. */
  get countedBytes(): number {
    return this.usedBytes - this.uncountedBytes
  }

  get clients(): ClientMemory {
    const { normalBytes, replicaBytes } = this.#parts.buffers.memory
    return { normalBytes, replicaBytes: replicaBytes + this.#parts.replication().keptBytes }
  }

  get backlogBytes(): number {
    return this.#parts.replication().backlogBytes
  }

  get dataBytes(): number {
    let bytes = 0
    for (const database of this.#parts.databases) bytes += database.bytes
    return bytes
  }

  get scriptBytes(): number {
    return this.#parts.scriptBytes()
  }
}
