import type { StoredValue } from './value.js'

/** From how many allocations on Redis frees a value in the background. */
const LARGEST_FREED_AT_ONCE = 64
/** What one node of a quicklist holds with the default `list-max-listpack-size`. */
const QUICKLIST_NODE_BYTES = 8192

/** About how many allocations Redis would have to free, as `lazyfreeGetFreeEffort` counts them. */
const freeEffort = (value: StoredValue): number => {
  if (typeof value === 'string') return 1
  switch (value.type) {
    case 'string':
      return 1
    case 'list':
      return Math.ceil(value.bytes / QUICKLIST_NODE_BYTES)
    case 'stream': {
      const [group] = value.groups()
      return value.nodeCount + (group === undefined ? 0 : value.groupCount * (1 + group.pending.size))
    }
    case 'hash':
    case 'set':
    case 'zset':
      return value.encoding === 'hashtable' || value.encoding === 'skiplist' ? value.size : 1
    default:
      return value satisfies never
  }
}

/** Whether Redis leaves it to its background thread to free a value: it counts in `lazyfreed_objects` then. */
export const isFreedLazily = (value: StoredValue): boolean => freeEffort(value) > LARGEST_FREED_AT_ONCE
