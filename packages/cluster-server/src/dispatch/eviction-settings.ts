import type { ConfigReader } from '../commands/settings.js'

/** How a key is chosen: by its use (`lru`, `lfu`), by its deadline (`ttl`), at random; or none is, and writes fail. */
export type EvictionOrder = 'lru' | 'lfu' | 'ttl' | 'random' | 'none'

/** The settings of `maxmemory`, as one value that is replaced when they change. */
export interface EvictionSettings {
  /** 0: no limit. */
  readonly maxBytes: number
  readonly order: EvictionOrder
  /** Only keys with a deadline may be evicted. */
  readonly onlyExpiring: boolean
  readonly samples: number
  /** How long one attempt may take; Infinity under a tenacity of 100. */
  readonly limitMicroseconds: number
  readonly lazily: boolean
  readonly replicaIgnores: boolean
}

const ORDERS: Readonly<Record<string, EvictionOrder>> = { lru: 'lru', lfu: 'lfu', ttl: 'ttl', random: 'random' }

/** As `evictionTimeLimitUs` of Redis: up to a tenacity of 10 by 50 microseconds a step, from there by 15 % a step. */
const limitOf = (tenacity: number): number => {
  if (tenacity <= 10) return 50 * tenacity
  return tenacity < 100 ? Math.floor(500 * 1.15 ** (tenacity - 10)) : Infinity
}

/** Reads the settings of `maxmemory`. */
export const readEvictionSettings = (config: ConfigReader): EvictionSettings => {
  const policy = config.text('maxmemory-policy')
  return {
    maxBytes: config.number('maxmemory'),
    order: ORDERS[policy.slice(policy.indexOf('-') + 1)] ?? 'none',
    onlyExpiring: policy.startsWith('volatile-'),
    samples: config.number('maxmemory-samples'),
    limitMicroseconds: limitOf(config.number('maxmemory-eviction-tenacity')),
    lazily: config.flag('lazyfree-lazy-eviction'),
    replicaIgnores: config.flag('replica-ignore-maxmemory'),
  }
}
