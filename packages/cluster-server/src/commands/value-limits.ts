import type { HashLimits } from '../keyspace/hash-value.js'
import type { SetLimits } from '../keyspace/set-value.js'
import type { SortedSetLimits } from '../keyspace/sorted-set-value.js'
import type { ConfigReader } from './context.js'

/** Up to which size hashes are packed, by the configuration of this moment. */
export const hashLimits = (config: ConfigReader): HashLimits => ({
  maxPackedFields: config.number('hash-max-listpack-entries'),
  maxPackedBytes: config.number('hash-max-listpack-value'),
})

/** Up to which size sets of integers are kept as such, by the configuration of this moment. */
export const setLimits = (config: ConfigReader): SetLimits => ({ maxIntegers: config.number('set-max-intset-entries') })

/** Up to which size sorted sets report themselves packed, by the configuration of this moment. */
export const sortedSetLimits = (config: ConfigReader): SortedSetLimits => ({
  maxPackedMembers: config.number('zset-max-listpack-entries'),
  maxPackedBytes: config.number('zset-max-listpack-value'),
})
