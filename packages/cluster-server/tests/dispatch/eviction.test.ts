import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { Node } from '../../src/index.js'
import { Random } from '../differential/random.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'

const OOM = "-OOM command not allowed when used memory > 'maxmemory'."

let nowMs = 1_700_000_000_000
let node: Node
let client: WireClient
let units: string[]

/** A node with a policy that takes as much time to evict as it needs, with a fixed choice at random. */
const start = async (policy: string, settings: Record<string, string | number> = {}): Promise<void> => {
  const random = new Random(7)
  units = []
  node = new Node({
    settings: { port: 0, 'maxmemory-policy': policy, 'maxmemory-eviction-tenacity': 100, ...settings },
    clock: { nowMs: () => nowMs, nowMicroseconds: () => nowMs * 1000 },
    random: () => random.next(),
  })
  const { port } = await node.listen()
  node.onEffects((unit) => units.push(unit.map(({ argv }) => argv.join(' ')).join('; ')))
  client = await WireClient.connect(port)
}

afterEach(async () => {
  client.close()
  await node.close()
})

const send = async (...commands: string[]): Promise<string[]> =>
  (await client.send(commands.map((command) => command.split(' ')))).map(showReply)

const countedBytes = (): number => node.server.memory.usedBytes - node.server.memory.uncountedBytes

/** Lets the data grow by so many bytes from now on. */
const limit = async (moreBytes: number): Promise<number> => {
  const bytes = countedBytes() + moreBytes
  await send(`CONFIG SET maxmemory ${bytes}`)
  return bytes
}

const evicted = (): number => node.server.databases.reduce((total, { evictedKeys }) => total + evictedKeys, 0)

const present = async (keys: readonly string[]): Promise<number> =>
  (await send(...keys.map((key) => `OBJECT ENCODING ${key}`))).filter((answer) => !answer.includes('nil')).length

const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}:${i}`)

describe('maxmemory', () => {
  test.each([
    'allkeys-lru',
    'allkeys-lfu',
    'allkeys-random',
    'volatile-lru',
    'volatile-lfu',
    'volatile-random',
    'volatile-ttl',
  ])('%s keeps within the limit, evicts no more than that takes, and only keys that may go', async (policy) => {
    await start(policy)
    const random = new Random(3)
    const permanent = names('permanent', 40)
    await send(...permanent.map((key) => `SET ${key} x`))
    const bytes = await limit(60_000)
    for (let i = 0; i < 400; i++) {
      const value = 'x'.repeat(random.below(1000))
      await send(`SETEX v:${i} ${100 + random.below(1000)} ${value}`)
      const before = countedBytes()
      await send('PING')
      const after = countedBytes()
      expect(after).toBeLessThanOrEqual(bytes)
      // The last key that went was still necessary: the largest takes less than 1,300 bytes.
      if (before > bytes) expect(after).toBeGreaterThan(bytes - 1300)
    }
    expect(evicted()).toBeGreaterThan(100)
    if (policy.startsWith('volatile')) expect(await present(permanent)).toBe(permanent.length)
    expect(node.server.databases[0]?.size).toBe(440 - evicted())
  })

  test('volatile policies refuse what grows once nothing has a deadline; reads and deletions go on', async () => {
    await start('volatile-lru')
    await send('SET k v', 'CONFIG SET maxmemory 1')
    expect(await send('SET k w', 'GET k', 'DEL k', 'LPUSH l a', 'MULTI', 'GET k')).toEqual(
      [OOM, '$v', ':1', OOM, '+OK', OOM].map((line) => expect.stringContaining(line.slice(1))),
    )
  })

  test('noeviction removes nothing', async () => {
    await start('noeviction')
    await send('SETEX k 100 v')
    await send('CONFIG SET maxmemory 1')
    expect(await send('SET k w', 'GET k')).toEqual([OOM, 'v'].map((line) => expect.stringContaining(line.slice(1))))
    expect(evicted()).toBe(0)
  })

  test('the least recently used keys go first, nearly always', async () => {
    await start('allkeys-lru', { 'maxmemory-samples': 10 })
    const keys = names('key', 1000)
    await send(...keys.map((key) => `SET ${key} x`))
    const used = keys.filter((_, i) => i % 2 === 0)
    nowMs += 60_000
    await send(...used.map((key) => `GET ${key}`))
    const bytes = countedBytes()
    await send(`CONFIG SET maxmemory ${bytes - Math.floor((node.server.memory.dataBytes * 4) / 10)}`, 'PING')
    expect(evicted()).toBeGreaterThan(390)
    expect(await present(used)).toBeGreaterThan(480)
  })

  test('the least frequently used keys go first, nearly always', async () => {
    await start('allkeys-lfu', { 'maxmemory-samples': 10 })
    const keys = names('key', 1000)
    await send(...keys.map((key) => `SET ${key} x`))
    const used = keys.filter((_, i) => i % 2 === 0)
    for (let round = 0; round < 10; round++) await send(...used.map((key) => `GET ${key}`))
    const bytes = countedBytes()
    await send(`CONFIG SET maxmemory ${bytes - Math.floor((node.server.memory.dataBytes * 4) / 10)}`, 'PING')
    expect(evicted()).toBeGreaterThan(390)
    expect(await present(used)).toBeGreaterThan(480)
  })

  test('volatile-ttl removes what would expire first, nearly always', async () => {
    await start('volatile-ttl', { 'maxmemory-samples': 10 })
    const keys = names('key', 1000)
    await send(...keys.map((key, i) => `SETEX ${key} ${1000 + i} x`))
    const bytes = countedBytes()
    await send(`CONFIG SET maxmemory ${bytes - Math.floor((node.server.memory.dataBytes * 4) / 10)}`, 'PING')
    expect(await present(keys.slice(500))).toBeGreaterThan(480)
  })

  test('LFU counters grow with use, the slower the larger they are, and decay by the minute', async () => {
    await start('allkeys-lfu')
    expect(await send('SET k v', 'OBJECT FREQ k')).toContainEqual(':5')
    await client.send(Array.from({ length: 1000 }, () => ['GET', 'k']))
    const [frequent = ''] = await send('OBJECT FREQ k')
    expect(Number(frequent.slice(1))).toBeGreaterThan(10)
    expect(Number(frequent.slice(1))).toBeLessThan(40)
    nowMs += 3 * 60_000
    expect(await send('OBJECT FREQ k')).toEqual([`:${Number(frequent.slice(1)) - 3}`])
    await send('CONFIG SET lfu-decay-time 0')
    expect(await send('OBJECT FREQ k')).toEqual([frequent])
  })

  test.each([
    ['no', 'DEL'],
    ['yes', 'UNLINK'],
  ])('each key is gone for replicas by a unit of its own (lazyfree-lazy-eviction %s: %s)', async (lazily, name) => {
    await start('allkeys-random', { 'lazyfree-lazy-eviction': lazily })
    await send('SET a 1', 'SET b 2', 'MULTI', 'SET c 3', 'CONFIG SET maxmemory 1', 'INCR c', 'EXEC')
    // A command of its own, as those that wait would be served before the eviction that the limit asks for.
    await send('PING')
    expect(units.slice(0, 3)).toEqual(['SET a 1', 'SET b 2', 'SET c 3; INCR c'])
    expect(units.slice(3).sort()).toEqual(['a', 'b', 'c'].map((key) => `${name} ${key}`))
    expect(evicted()).toBe(3)
  })

  test('tells subscribers of what was evicted', async () => {
    await start('allkeys-lru', { 'notify-keyspace-events': 'Ee' })
    const subscriber = await WireClient.connect(node.address.port)
    await subscriber.send([
      ['HELLO', '3'],
      ['SUBSCRIBE', '__keyevent@0__:evicted'],
    ])
    await send('SET a 1', 'CONFIG SET maxmemory 1', 'PING')
    const [message] = await subscriber.send([['PING', 'x']])
    subscriber.close()
    expect(showReply(message!)).toContain('a')
  })
})

describe('maxmemory-clients', () => {
  /** A client that has sent a part of a long command, once that has arrived. */
  const sendPart = async (bytes: number): Promise<Socket> => {
    const { normalBytes } = node.server.memory.clients
    const socket = createConnection(node.address.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${bytes + 10}\r\n${'x'.repeat(bytes)}`)
    for (let i = 0; i < 10_000 && node.server.memory.clients.normalBytes < normalBytes + bytes; i++) await send('PING')
    return socket
  }

  test('closes the largest clients until the others fit, and no key goes', async () => {
    await start('allkeys-lru')
    await send('SET a 1')
    const small = await sendPart(100_000)
    const large = await sendPart(300_000)
    const closed = once(large, 'close')
    await send('CONFIG SET maxmemory-clients 350000', 'PING')
    await closed
    expect(node.server.statistics.evictedClients).toBe(1)
    expect(node.server.memory.clients.normalBytes).toBeGreaterThan(100_000)
    expect(evicted()).toBe(0)
    small.destroy()
  })

  test('counts the words of a command that is not complete', async () => {
    await start('allkeys-lru')
    const socket = createConnection(node.address.port, '127.0.0.1')
    await once(socket, 'connect')
    // Closed while it still sends, it may see a reset.
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await send('CONFIG SET maxmemory-clients 150000', 'PING')
    socket.write(`*250\r\n${`$1000\r\n${'x'.repeat(1000)}\r\n`.repeat(249)}`)
    await closed
    expect(node.server.statistics.evictedClients).toBe(1)
  })

  test('spares a client that may not be evicted', async () => {
    await start('allkeys-lru')
    const part = await sendPart(300_000)
    const [id] = await send('CLIENT ID')
    for (const each of node.server.clients.all()) if (each.id !== Number(id?.slice(1))) each.noEvict = true
    await send('CONFIG SET maxmemory-clients 150000', 'PING')
    expect(node.server.statistics.evictedClients).toBe(0)
    part.destroy()
  })
})
