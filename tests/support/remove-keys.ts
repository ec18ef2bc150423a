import { Redis } from 'ioredis'

const BATCH = 1000

/** The text as a pattern that matches it alone. */
const literally = (text: string): string => text.replace(/[\\*?[\]]/g, '\\$&')

/** Removes all keys with a prefix from those of the nodes that are primaries. */
export const removeKeys = async (
  addresses: readonly { readonly host: string; readonly port: number }[],
  prefix: string,
): Promise<void> => {
  await Promise.all(addresses.map((address) => removeFrom(address, prefix)))
}

const removeFrom = async (address: { readonly host: string; readonly port: number }, prefix: string): Promise<void> => {
  const redis = new Redis({ ...address, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  try {
    await redis.connect()
    const [role] = await redis.role()
    if (role !== 'master') return
    let cursor = '0'
    do {
      const [next, keys] = await redis.scanBuffer(cursor, 'MATCH', `${literally(prefix)}*`, 'COUNT', BATCH)
      // One by one: the keys of a node of a cluster belong to many slots.
      const pipeline = redis.pipeline()
      for (const key of keys) pipeline.unlink(key)
      await pipeline.exec()
      cursor = String(next)
    } while (cursor !== '0')
  } finally {
    redis.disconnect()
  }
}
