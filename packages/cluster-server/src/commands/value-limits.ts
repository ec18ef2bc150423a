import type { HashLimits } from '../keyspace/hash-value.js'
import type { SetLimits } from '../keyspace/set-value.js'
import type { SortedSetLimits } from '../keyspace/sorted-set-value.js'
import type { StreamLimits } from '../keyspace/stream-value.js'
import type { ConfigReader } from './context.js'

/** Reads a setting only when a value asks: one that has left its small form never does. */
class ConfiguredLimits implements HashLimits, SetLimits, SortedSetLimits, StreamLimits {
  readonly #config: ConfigReader
  readonly #entries: string
  readonly #bytes: string

  constructor(config: ConfigReader, entries: string, bytes: string) {
    this.#config = config
    this.#entries = entries
    this.#bytes = bytes
  }

  get maxPackedFields(): number {
    return this.#config.number(this.#entries)
  }

  get maxPackedMembers(): number {
    return this.#config.number(this.#entries)
  }

  get maxIntegers(): number {
    return this.#config.number(this.#entries)
  }

  get maxPackedBytes(): number {
    return this.#config.number(this.#bytes)
  }

  get maxNodeEntries(): number {
    return this.#config.number(this.#entries)
  }

  get maxNodeBytes(): number {
    return this.#config.number(this.#bytes)
  }
}

/** Up to which size hashes are packed, by the configuration of this moment. */
export const hashLimits = (config: ConfigReader): HashLimits =>
  new ConfiguredLimits(config, 'hash-max-listpack-entries', 'hash-max-listpack-value')

/** Up to which size sets of integers are kept as such, by the configuration of this moment. */
export const setLimits = (config: ConfigReader): SetLimits => new ConfiguredLimits(config, 'set-max-intset-entries', '')

/** Up to which size sorted sets report themselves packed, by the configuration of this moment. */
export const sortedSetLimits = (config: ConfigReader): SortedSetLimits =>
  new ConfiguredLimits(config, 'zset-max-listpack-entries', 'zset-max-listpack-value')

/** Where the nodes of streams are cut, by the configuration of this moment. */
export const streamLimits = (config: ConfigReader): StreamLimits =>
  new ConfiguredLimits(config, 'stream-node-max-entries', 'stream-node-max-bytes')
