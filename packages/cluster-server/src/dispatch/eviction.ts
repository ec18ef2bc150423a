import type { Database } from '../keyspace/database.js'
import { EvictionPool } from './eviction-pool.js'
import type { EvictionSettings } from './eviction-settings.js'

/** How memory stands: within its limit; above it, and being freed; above it, with nothing left to evict. */
export type MemoryLevel = 'within' | 'freeing' | 'full'

/** What eviction needs of its node. */
export interface EvictionHost {
  readonly databases: readonly Database[]
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Bytes in use that count against `maxmemory`. */
  countedBytes(): number
  nowMicroseconds(): number
  /** Calls `Eviction.free` again soon, as a unit of its own. */
  continueLater(): void
}

/** How many keys are evicted between two looks at the clock. */
const BATCH = 16

/** Keeps the data within `maxmemory`: before a command runs, it removes keys until enough is freed or time is up. */
export class Eviction {
  readonly #host: EvictionHost
  readonly #pool = new EvictionPool()
  #settings: EvictionSettings
  #nextDatabase = 0
  #continues = false

  constructor(host: EvictionHost, settings: EvictionSettings) {
    this.#host = host
    this.#settings = settings
  }

  get settings(): EvictionSettings {
    return this.#settings
  }

  configure(settings: EvictionSettings): void {
    if (settings.order !== this.#settings.order || settings.onlyExpiring !== this.#settings.onlyExpiring) {
      this.#pool.clear()
    }
    this.#settings = settings
  }

  /** Begins to evict without a command, such as after `maxmemory` was lowered. */
  begin(): void {
    if (this.#continues) return
    this.#continues = true
    this.#host.continueLater()
  }

  /** Takes `begin` back. */
  cancel(): void {
    this.#continues = false
  }

  /** What `begin` promised. */
  resume(): void {
    this.#continues = false
    this.free()
  }

  /**
   * Frees memory as far as necessary. Only what the keys took counts as freed: that their removal makes output buffers
   * grow must not lead to the removal of more keys.
   */
  free(): MemoryLevel {
    const { maxBytes, order, limitMicroseconds, lazily } = this.#settings
    const excess = maxBytes === 0 ? 0 : this.#host.countedBytes() - maxBytes
    if (excess <= 0) return 'within'
    if (order === 'none') return 'full'
    const startedAt = this.#host.nowMicroseconds()
    let freed = 0
    for (let count = 1; freed < excess; count++) {
      const choice =
        order === 'random'
          ? this.#randomKey()
          : this.#pool.take(this.#host.databases, this.#settings, this.#host.random)
      if (choice === undefined) return 'full'
      const { database, key } = choice
      const before = database.bytes
      database.evict(key, lazily)
      freed += before - database.bytes
      if (count % BATCH === 0 && this.#host.nowMicroseconds() - startedAt > limitMicroseconds) {
        this.begin()
        break
      }
    }
    return this.#continues ? 'freeing' : 'within'
  }

  /** A key of the next database that has any: each database gives one in turn. */
  #randomKey(): { readonly database: Database; readonly key: string } | undefined {
    const { databases, random } = this.#host
    for (let i = 0; i < databases.length; i++) {
      this.#nextDatabase = (this.#nextDatabase + 1) % databases.length
      const database = databases[this.#nextDatabase]
      const entry = database?.sample(random, this.#settings.onlyExpiring)
      if (database !== undefined && entry !== undefined) return { database, key: entry.key }
    }
    return undefined
  }
}
