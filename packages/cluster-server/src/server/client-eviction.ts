import { memoryOfClient } from '../commands/connection/client-memory.js'
import type { Client } from '../dispatch/client.js'
import type { Config } from './config.js'

/** What eviction needs of the node. */
export interface ClientEvictionParts {
  readonly config: Config
  readonly nowMs: () => number
  readonly clients: () => Iterable<Client>
  /** Closes a client that takes too much. */
  readonly evict: (client: Client) => void
  readonly warn: (message: string) => void
}

/** A smaller limit would leave nobody who could raise it. */
const LEAST_LIMIT = 128 * 1024
/** Clients are evicted by the power of two of their size; all smaller and all larger ones count as one. */
const SMALLEST_BUCKET = 15
const LARGEST_BUCKET = 33

interface Share {
  readonly bytes: number
  readonly bucket: number
}

/**
 * `maxmemory-clients`: when the buffers of all clients together are too large, the largest clients are closed until they
 * are not. Source of the order: `evictClients` of Redis 7.0.15.
 */
export class ClientEviction {
  readonly #parts: ClientEvictionParts
  /** In each bucket, those who came first are first. */
  readonly #shares = new Map<Client, Share>()
  #totalBytes = 0
  #limitBytes = 0
  #isScheduled = false

  constructor(parts: ClientEvictionParts) {
    this.#parts = parts
    this.#readLimit()
    parts.config.onChange((names) => {
      if (names.includes('maxmemory-clients') || names.includes('maxmemory')) this.#readLimit()
    })
  }

  /** Whether there is a limit; nothing has to be told otherwise. */
  get isActive(): boolean {
    return this.#limitBytes > 0
  }

  /** The buffers of a client have changed. */
  note(client: Client): void {
    if (!this.isActive) return
    this.#measure(client)
    if (this.#totalBytes >= this.#limitBytes) this.#schedule()
  }

  /** Measures all clients anew; what is sent and idle buffers free memory without a word. */
  refresh(): void {
    if (!this.isActive) return
    for (const client of this.#parts.clients()) this.note(client)
  }

  forget(client: Client): void {
    const share = this.#shares.get(client)
    if (share === undefined) return
    this.#shares.delete(client)
    this.#totalBytes -= share.bytes
  }

  /** Closes clients, the largest first, until the others are below the limit. */
  enforce(): void {
    if (!this.isActive || this.#totalBytes < this.#limitBytes) return
    const inOrder = [...this.#shares].sort(([, a], [, b]) => b.bucket - a.bucket)
    for (const [client] of inOrder) {
      this.#parts.evict(client)
      this.forget(client)
      if (this.#totalBytes < this.#limitBytes) return
    }
    this.#parts.warn('Over client maxmemory after evicting all evictable clients')
  }

  #measure(client: Client): void {
    const before = this.#shares.get(client)
    if (client.noEvict || client.isReplica || client.isReplicationStream || client.connection === null) {
      this.forget(client)
      return
    }
    const bytes = memoryOfClient(client, this.#parts.nowMs(), [])
    const bucket = Math.min(LARGEST_BUCKET, Math.max(SMALLEST_BUCKET, Math.floor(Math.log2(bytes))))
    if (before !== undefined && before.bucket !== bucket) this.#shares.delete(client)
    this.#shares.set(client, { bytes, bucket })
    this.#totalBytes += bytes - (before?.bytes ?? 0)
  }

  /** After what is answered so far has been sent. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.enforce()
    })
  }

  #readLimit(): void {
    const text = this.#parts.config.text('maxmemory-clients')
    const bytes = text.endsWith('%')
      ? Math.floor((this.#parts.config.number('maxmemory') * Number.parseInt(text, 10)) / 100)
      : Number(text)
    this.#limitBytes = bytes === 0 ? 0 : Math.max(LEAST_LIMIT, bytes)
    this.#shares.clear()
    this.#totalBytes = 0
    this.refresh()
  }
}
