import { createRequire } from 'node:module'
import { startNode } from '@activeredis/cluster-server'
import { Redis } from 'ioredis-5'
import { TEN_CALLS } from './scripts.js'

// A program of its own: ioredis with a node in the same process over a socket, or ioredis-mock; prints requests per second.
// Arguments: the side, the work, how many members or calls.

const BATCH = 100
const WARM_UP = 1000

/** A client of one side, and what ends it. */
interface Side {
  readonly client: Redis
  close(): Promise<void>
}

const require = createRequire(import.meta.url)

/** ioredis-mock needs parts of ioredis 5, wherever `ioredis` is a later one. */
const loadMock = (): (new () => Redis) => {
  for (const part of ['ioredis', 'ioredis/built/Command', 'ioredis/built/utils/index']) {
    const older = part.replace('ioredis', 'ioredis-5')
    require(older)
    require.cache[require.resolve(part)] = require.cache[require.resolve(older)]
  }
  return require('ioredis-mock')
}

const sides: Readonly<Record<string, () => Promise<Side>>> = {
  node: async () => {
    const node = await startNode({ port: 0 })
    const client = new Redis({ host: '127.0.0.1', port: node.port, enableAutoPipelining: true })
    return {
      client,
      async close() {
        client.disconnect()
        await node.close()
      },
    }
  },
  mock: async () => {
    const client = new (loadMock())()
    return { client, close: async () => client.disconnect() }
  },
}

/** Fractions that look random, the same with each run. */
const scattered = (index: number): number => (index * 0.618_033_988_749_894_9) % 1

/** Sends the requests 0 to `count`, a hundred at once. */
const inBatches = async (count: number, send: (index: number) => Promise<unknown>): Promise<void> => {
  for (let from = 0; from < count; from += BATCH) {
    await Promise.all(Array.from({ length: BATCH }, (_, offset) => send(from + offset)))
  }
}

const works: Readonly<Record<string, (client: Redis, key: string, count: number) => Promise<void>>> = {
  zadd: async (client, key, count) => {
    await inBatches(count, (i) => client.zadd(key, Math.floor(scattered(i) * count), `member:${i}`))
    if ((await client.zcard(key)) !== count) throw new Error(`the sorted set has not the ${count} members it was given`)
  },
  eval: async (client, key, count) => {
    await inBatches(count, (i) => client.eval(TEN_CALLS, 2, `h:${key}{${i}}`, `z:${key}{${i}}`, 'v'))
    const field = await client.hget(`h:${key}{${count - 1}}`, 'f3')
    if (field !== 'v3') throw new Error('a script did not write what it is meant to')
  },
}

const [sideName = '', workName = '', count] = process.argv.slice(2)
const work = works[workName]
const side = await sides[sideName]?.()
if (side === undefined || work === undefined) throw new Error(`There is no "${sideName} ${workName}"`)
await work(side.client, 'first', WARM_UP)
const startedAt = performance.now()
await work(side.client, 'second', Number(count))
const seconds = (performance.now() - startedAt) / 1000
await side.close()
console.log(Number(count) / seconds)
