import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type RunningCluster, startCluster } from '@activeredis/cluster-server'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { Cluster, Redis } from 'ioredis'
import { createCluster } from 'redis'
import { until } from '../../../../tests/support/until.js'
import { splitSlots } from '../../src/cluster/slot-split.js'
import { keySlot } from '../../src/slot.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(30_000)

let cluster: RunningCluster
const closers: (() => unknown)[] = []

beforeAll(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 1 })
})

afterAll(async () => {
  for (const close of closers.splice(0)) await close()
  await cluster?.close()
})

const seeds = () => cluster.nodes.map(({ host, port }) => ({ host, port }))

const connectTo = (index: number): Redis => {
  const client = new Redis(cluster.nodes[index]!.port, '127.0.0.1')
  closers.push(() => client.disconnect())
  return client
}

/** Waits until the replica of a primary has all that anybody has written; WAIT knows of its own connection's writes alone. */
const replicated = async (index: number): Promise<void> => {
  const primary = connectTo(index)
  const offset = Number(/master_repl_offset:(\d+)/.exec(await primary.info('replication'))?.[1])
  await until(async () => {
    const acknowledged = /state=online,offset=(\d+)/.exec(await primary.info('replication'))?.[1]
    return Number(acknowledged) >= offset
  })
}

const cli = async (...words: string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)('redis-cli', words, { timeout: 20_000 })
  return stdout
}

describe('ioredis', () => {
  let client: Cluster

  beforeAll(async () => {
    client = new Cluster(seeds().slice(0, 1), { enableAutoPipelining: true })
    closers.push(() => client.disconnect())
    await new Promise((resolve) => client.once('ready', resolve))
  })

  test('finds 10,000 keys, each on the node that its slot says, and on its replica', async () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `spread:${index}`)
    await Promise.all(keys.map((key) => client.set(key, key)))
    expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys)
    const ranges = splitSlots(3)
    for (const [index, { start, end }] of ranges.entries()) {
      const primary = connectTo(index)
      await replicated(index)
      const mine = keys.filter((key) => keySlot(key) >= start && keySlot(key) <= end)
      expect((await primary.keys('spread:*')).sort()).toEqual(mine.sort())
      expect((await connectTo(index + 3).keys('spread:*')).sort()).toEqual(mine)
      const slot = keySlot(mine[0]!)
      expect(await primary.cluster('COUNTKEYSINSLOT', slot)).toBe(mine.filter((key) => keySlot(key) === slot).length)
    }
  })

  test('is redirected in a transaction, a pipeline and a script by hash tag', async () => {
    expect(await client.multi().set('{t}a', '1').incr('{t}a').get('{t}a').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
      [null, '2'],
    ])
    expect(await client.eval("return redis.call('GET', KEYS[1])", 1, '{t}a')).toBe('2')
    const plain = new Cluster(seeds())
    closers.push(() => plain.disconnect())
    await expect(plain.mget('a', 'b')).rejects.toThrow("CROSSSLOT Keys in request don't hash to the same slot")
    await expect(client.eval("return redis.call('GET', 'elsewhere')", 1, '{t}a')).rejects.toThrow(
      'Script attempted to access a non local key in a cluster node',
    )
  })

  test('reads from replicas', async () => {
    const reader = new Cluster(seeds(), { scaleReads: 'slave' })
    closers.push(() => reader.disconnect())
    await client.set('read', 'me')
    await replicated(splitSlots(3).findIndex(({ end }) => keySlot('read') <= end))
    expect(await reader.get('read')).toBe('me')
  })
})

describe('node-redis', () => {
  test('stores, reads, counts and follows redirections', async () => {
    const client = createCluster({
      rootNodes: [{ url: `redis://127.0.0.1:${cluster.nodes[1]!.port}` }],
      useReplicas: true,
    })
    await client.connect()
    try {
      for (let index = 0; index < 50; index++) expect(await client.set(`node:${index}`, String(index))).toBe('OK')
      expect(await Promise.all(Array.from({ length: 50 }, (_, index) => client.get(`node:${index}`)))).toHaveLength(50)
      await client.hSet('node:hash', { a: '1', b: '2' })
      expect({ ...(await client.hGetAll('node:hash')) }).toEqual({ a: '1', b: '2' })
      expect(await client.multi().incr('node:{x}').incr('node:{x}').exec()).toEqual([1, 2])
      expect(client.masters).toHaveLength(3)
      expect(client.replicas).toHaveLength(3)
    } finally {
      client.destroy()
    }
  })
})

describeBesideRedis('redis-cli', () => {
  test('-c follows redirections', async () => {
    const port = String(cluster.nodes[0]!.port)
    expect(await cli('-c', '-p', port, 'SET', '{a}cli', 'v')).toContain('OK')
    expect(await cli('-c', '-p', port, 'GET', '{a}cli')).toContain('v')
    expect(await cli('-p', port, 'GET', '{a}cli')).toContain(`MOVED 15495 127.0.0.1:${cluster.nodes[2]!.port}`)
  })

  test('--cluster check finds every slot covered and all nodes of one mind', async () => {
    for (const node of [cluster.nodes[0]!, cluster.nodes[4]!]) {
      const report = await cli('--cluster', 'check', `127.0.0.1:${node.port}`)
      expect(report).toContain('[OK] All nodes agree about slots configuration.')
      expect(report).toContain('[OK] All 16384 slots covered.')
      expect(report).not.toMatch(/ERR|WARNING/)
    }
  })

  test('--cluster info and --cluster call reach every node', async () => {
    const info = await cli('--cluster', 'info', `127.0.0.1:${cluster.nodes[0]!.port}`)
    expect(info).toMatch(/keys in 3 masters/)
    expect(info.match(/1 slaves/g)).toHaveLength(3)
    const answers = await cli('--cluster', 'call', `127.0.0.1:${cluster.nodes[0]!.port}`, 'PING')
    expect(answers.match(/PONG/g)).toHaveLength(6)
  })
})
