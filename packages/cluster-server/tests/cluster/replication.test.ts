import { connect } from 'node:net'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { startRedisServer } from '../../../../tests/support/redis-server.js'
import { TcpProxy } from '../../../../tests/support/tcp-proxy.js'
import { until } from '../../../../tests/support/until.js'
import { Node } from '../../src/server/node.js'
import type { NodeOptions } from '../../src/server/node-options.js'
import { writeRandomly } from '../support/random-writes.js'
import { exchange } from '../support/raw-exchange.js'
import { describeBesideRedis } from '../support/server-pair.js'
import { contentsOf } from './keyspace-contents.js'

jest.setTimeout(60_000)

const cleanups: (() => unknown)[] = []
/** A replica that had to begin anew because an effect failed says so; a cut connection is no such thing. */
const warnings: string[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  expect(warnings.splice(0)).toEqual([])
})

const start = async (options: NodeOptions = {}): Promise<Node> => {
  const log: NodeOptions['log'] = (level, message) => {
    if (level === 'warning') warnings.push(message)
  }
  const node = new Node({ log, ...options, settings: { port: 0, ...options.settings } })
  cleanups.push(() => node.close())
  await node.listen()
  return node
}

const clientOf = (address: { port: number }): Redis => {
  const client = new Redis({ host: '127.0.0.1', port: address.port })
  client.on('error', () => {})
  cleanups.push(() => client.disconnect())
  return client
}

const proxyTo = async (node: Node): Promise<TcpProxy> => {
  const proxy = await TcpProxy.open(node.address)
  cleanups.push(() => proxy.close())
  return proxy
}

const follow = async (replica: Node, address: { port: number }): Promise<void> => {
  replica.replication.follow('127.0.0.1', address.port)
  await replica.replication.whenSynced()
}

/** Waits until the replicas have everything, and compares every key with the primary. */
const expectEqual = async (primary: Node, client: Redis, ...replicas: readonly Node[]): Promise<void> => {
  await until(
    async () => primary.replication.replicas.filter(({ state }) => state === 'online').length >= replicas.length,
  )
  expect(Object.keys(contentsOf(primary)[0] ?? {}).length).toBeGreaterThan(50)
  await client.set('last', 'write')
  expect(await client.wait(replicas.length, 10_000)).toBe(replicas.length)
  // Keys that expire in between are gone at the primary first; ask again then.
  await until(async () => {
    await client.wait(replicas.length, 10_000)
    const expected = JSON.stringify(contentsOf(primary))
    return replicas.every((replica) => JSON.stringify(contentsOf(replica)) === expected)
  })
}

describe('replicas', () => {
  test('hold what their primary holds after concurrent writers, also one that joined in between', async () => {
    const [primary, first, second] = await Promise.all([start(), start(), start()])
    await follow(first!, primary!.address)
    let joined: Promise<void> | null = null
    await Promise.all(
      [1, 2, 3, 4].map((seed) =>
        writeRandomly(clientOf(primary!.address), seed, 60, (round) => {
          if (round === 10) joined ??= follow(second!, primary!.address)
        }),
      ),
    )
    await joined
    await expectEqual(primary!, clientOf(primary!.address), first!, second!)
  })

  test('hold what their primary holds although their connection is cut again and again', async () => {
    const [primary, replica] = [await start(), await start()]
    const proxy = await proxyTo(primary)
    await follow(replica, proxy)
    await writeRandomly(clientOf(primary.address), 7, 80, async (round) => {
      if (round % 10 === 5) {
        await until(() => replica.replication.linkIsUp)
        const before = proxy.connectionCount
        proxy.cut()
        await until(() => proxy.connectionCount > before)
      }
    })
    expect(proxy.connectionCount).toBeGreaterThanOrEqual(8)
    await expectEqual(primary, clientOf(primary.address), replica)
  })

  test('that start anew in the middle of the stream get all data again', async () => {
    const [primary, before] = [await start(), await start()]
    await follow(before, primary.address)
    let after: Node | null = null
    await writeRandomly(clientOf(primary.address), 3, 40, async (round) => {
      if (round !== 20) return
      await before.close()
      after = await start()
      await follow(after, primary.address)
    })
    await expectEqual(primary, clientOf(primary.address), after!)
  })

  test('have clients wait while they load a small copy, and refuse nobody for it', async () => {
    const [primary, replica] = [await start(), await start()]
    await clientOf(primary.address).set('k', 'v')
    const reader = clientOf(replica.address)
    const answers = new Map<string, number>()
    let isOver = false
    const reading = (async () => {
      while (!isOver) {
        const answer = await reader.get('k').catch((error: Error) => error.message)
        answers.set(String(answer), (answers.get(String(answer)) ?? 0) + 1)
      }
    })()
    for (let round = 0; round < 5; round++) {
      await follow(replica, primary.address)
      await until(() => (answers.get('v') ?? 0) > round)
      replica.replication.becomePrimary()
      replica.applyEffects([{ databaseIndex: 0, argv: ['FLUSHALL'] }])
      // A history of its own: the next time it gets all data again.
      replica.replication.changeReplicationId()
    }
    isOver = true
    await reading
    expect([...answers.keys()].sort()).toEqual(['null', 'v'])
    expect(primary.server.statistics.fullResyncs).toBe(5)
  })

  test('copy values of every type and size byte by byte', async () => {
    const [primary, replica] = [await start(), await start()]
    const client = clientOf(primary.address)
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    await client.set(bytes, bytes)
    await client.set('deadline', '1', 'PXAT', Date.now() + 3_600_000)
    await client.hset('hash', bytes, bytes)
    await client.zadd('zset', '-inf', 'a', '0.1', bytes, '1e300', 'c', 'inf', 'd')
    await client.call('XADD', 'stream', '1-*', bytes, bytes, 'b', '12')
    await client.call('XADD', 'stream', '18446744073709551614-9007199254740993', 'b', bytes)
    await client.call('XGROUP', 'CREATE', 'stream', bytes, '0')
    await client.call('XREADGROUP', 'GROUP', bytes, bytes, 'STREAMS', 'stream', '>')
    await client.call('XGROUP', 'CREATE', 'empty', 'g', '5-5', 'MKSTREAM', 'ENTRIESREAD', '7')
    await client.call('SELECT', '5')
    for (let start = 0; start < 5000; start += 1000) {
      const members = Array.from({ length: 1000 }, (_, index) => `m${start + index}`)
      await client.sadd('set', ...members)
      await client.rpush('list', ...members)
      await client.hset('big', ...members.flatMap((member) => [member, member]))
      await client.zadd('scores', ...members.flatMap((member, index) => [start + index, member]))
    }
    await follow(replica, primary.address)
    expect(contentsOf(replica)).toEqual(contentsOf(primary))
    expect(contentsOf(replica)[5]).toMatchObject({ set: expect.anything(), scores: expect.anything() })
  })

  test('apply a transaction as a whole: no reader ever sees half of one', async () => {
    const [primary, replica] = [await start(), await start()]
    await follow(replica, primary.address)
    const client = clientOf(primary.address)
    const reader = clientOf(replica.address)
    await client.mset('a', '0', 'b', '0')
    await client.wait(1, 10_000)
    let writing = true
    const writes = (async () => {
      for (let round = 1; round <= 300; round++) {
        await client.multi().set('a', String(round)).incr('noise').set('b', String(round)).exec()
      }
      writing = false
    })()
    let reads = 0
    while (writing) {
      const [a, b] = await reader.mget('a', 'b')
      expect(a).toBe(b)
      reads++
    }
    await writes
    expect(reads).toBeGreaterThan(0)
  })

  test('refuse writes until REPLICAOF NO ONE, and keep the data then', async () => {
    const [primary, replica] = [await start(), await start()]
    await clientOf(primary.address).set('k', 'v')
    const client = clientOf(replica.address)
    expect(await client.call('REPLICAOF', '127.0.0.1', String(primary.address.port))).toBe('OK')
    await replica.replication.whenSynced()
    expect(await client.call('REPLICAOF', '127.0.0.1', String(primary.address.port))).toBe(
      'OK Already connected to specified master',
    )
    await expect(client.set('k', 'w')).rejects.toThrow("READONLY You can't write against a read only replica.")
    await expect(client.wait(1, 1)).rejects.toThrow('WAIT cannot be used with replica instances')
    expect(await client.get('k')).toBe('v')
    expect(await client.call('REPLICAOF', 'NO', 'ONE')).toBe('OK')
    expect(await client.set('k', 'w')).toBe('OK')
    expect(await clientOf(primary.address).get('k')).toBe('v')
    await until(() => primary.replication.replicas.length === 0)
  })

  test('hide an expired key, and delete it only when the primary does', async () => {
    let nowMs = Date.now()
    const clock = { nowMs: () => nowMs, nowMicroseconds: () => nowMs * 1000 }
    const [primary, replica] = [await start(), await start({ clock })]
    await follow(replica, primary.address)
    const client = clientOf(primary.address)
    await client.set('k', 'v', 'PX', 3_600_000)
    await client.wait(1, 10_000)
    nowMs += 7_200_000
    const reader = clientOf(replica.address)
    expect(await reader.get('k')).toBeNull()
    expect(await reader.exists('k')).toBe(0)
    expect(await reader.dbsize()).toBe(1)
    // The primary's clock has not moved: there the key lives, and PERSIST reaches the copy that the replica hides.
    await client.persist('k')
    await client.wait(1, 10_000)
    expect(await reader.get('k')).toBe('v')
    await client.set('k', 'v', 'PXAT', Date.now() + 1)
    await until(async () => (await client.exists('k')) === 0)
    await client.wait(1, 10_000)
    expect(await reader.dbsize()).toBe(0)
  })

  test('follow a replica as well, and get what its primary sends', async () => {
    const [primary, middle, last] = [await start(), await start(), await start()]
    const client = clientOf(primary.address)
    await client.set('before', '1')
    await follow(middle, primary.address)
    await follow(last, middle.address)
    await client.set('after', '2')
    await until(async () => (await clientOf(last.address).get('after')) === '2')
    expect(contentsOf(last)).toEqual(contentsOf(primary))
  })

  test('go on after a command that fails on their copy alone, and say so in the words of Redis', async () => {
    const primary = await start({ settings: { 'enable-debug-command': 'yes' } })
    const replica = await start({ settings: { 'replica-read-only': 'no' } })
    await follow(replica, primary.address)
    const [top, bottom] = [clientOf(primary.address), clientOf(replica.address)]
    await bottom.set('n', 'foo')
    await top.call('DEBUG', 'REPLICATE', 'fake-command')
    await top.incrby('n', 1)
    await top.set('after', '1')
    expect(await top.wait(1, 10_000)).toBe(1)
    expect(await bottom.mget('n', 'after')).toEqual(['foo', '1'])
    expect(await top.info('stats')).toContain('sync_full:1\r\n')
    expect(await bottom.info('stats')).toContain('unexpected_error_replies:2\r\n')
    expect(warnings.splice(0)).toEqual([
      "== CRITICAL == This replica is sending an error to its master: 'unknown command 'fake-command', with args beginning with: ' after processing the command '<unknown>'",
      "== CRITICAL == This replica is sending an error to its master: 'value is not an integer or out of range' after processing the command 'incrby'",
    ])
  })

  test('copy all data anew after a command that fails on their copy alone, if that is not tolerated', async () => {
    const primary = await start({ settings: { 'enable-debug-command': 'yes' } })
    const replica = await start({ settings: { 'propagation-error-behavior': 'panic' } })
    await follow(replica, primary.address)
    const client = clientOf(primary.address)
    await client.call('DEBUG', 'REPLICATE', 'fake-command')
    await until(async () => (await client.info('stats')).includes('sync_full:2\r\n'))
    await until(() => replica.replication.linkIsUp)
    expect(warnings.splice(0).join()).toContain('all data are copied anew')
  })

  test('get of a script what it lets through to replicas', async () => {
    const [primary, replica] = [await start(), await start()]
    await follow(replica, primary.address)
    const client = clientOf(primary.address)
    const script = ['NONE', 'AOF', 'REPLICA', 'ALL']
      .map((target) => `redis.set_repl(redis.REPL_${target}) redis.call('SET', '${target}', '1')`)
      .join(' ')
    await client.eval(script, 0)
    await client.set('after', '1')
    expect(await client.wait(1, 10_000)).toBe(1)
    expect((await clientOf(primary.address).keys('*')).sort()).toEqual(
      ['AOF', 'ALL', 'NONE', 'REPLICA', 'after'].sort(),
    )
    expect((await clientOf(replica.address).keys('*')).sort()).toEqual(['ALL', 'REPLICA', 'after'].sort())
  })

  test('that follow themselves, or each other, keep their data', async () => {
    const lines: string[] = []
    const log = (_level: string, message: string): void => void lines.push(message)
    const refusals = (): number => lines.filter((line) => line.includes('NOMASTERLINK')).length
    const [one, other] = [await start({ log }), await start({ log })]
    await clientOf(one.address).set('k', 'one')
    await clientOf(other.address).set('k', 'other')
    one.replication.follow('127.0.0.1', one.address.port)
    await until(() => refusals() === 1)
    one.replication.follow('127.0.0.1', other.address.port)
    other.replication.follow('127.0.0.1', one.address.port)
    await until(() => refusals() === 3)
    expect(await clientOf(one.address).get('k')).toBe('one')
    expect(await clientOf(other.address).get('k')).toBe('other')
  })

  test('log in with masterauth', async () => {
    const primary = await start({ settings: { requirepass: 'a b"c' } })
    const replica = await start({ settings: { masterauth: 'a b"c' } })
    await follow(replica, primary.address)
    expect(primary.replication.replicas).toMatchObject([{ host: '127.0.0.1', port: replica.address.port }])
  })
})

describe('WAIT', () => {
  test('answers as soon as enough replicas have it, and the number that has it when time is up', async () => {
    const [primary, replica] = [await start(), await start()]
    const proxy = await proxyTo(primary)
    await follow(replica, proxy)
    const client = clientOf(primary.address)
    await client.set('k', 'v')
    expect(await client.wait(1, 0)).toBe(1)
    expect(await client.wait(2, 30)).toBe(1)
    proxy.holdReplies()
    await client.set('k', 'w')
    expect(await client.wait(1, 30)).toBe(0)
    expect(await client.multi().set('k', 'x').wait(1, 0).exec()).toEqual([
      [null, 'OK'],
      [null, 0],
    ])
  })

  test('goes on when the replica that was missing comes back', async () => {
    const [primary, replica] = [await start(), await start()]
    const proxy = await proxyTo(primary)
    await follow(replica, proxy)
    proxy.refuse()
    proxy.cut()
    await until(() => primary.replication.replicas.length === 0)
    const client = clientOf(primary.address)
    await client.set('k', 'v')
    const waiting = client.wait(1, 0)
    await until(async () => (await clientOf(primary.address).info('clients')).includes('blocked_clients:1'))
    proxy.accept()
    expect(await waiting).toBe(1)
    expect(await clientOf(replica.address).get('k')).toBe('v')
  })
})

describe('a primary', () => {
  test('cuts off a replica that does not read, and goes on', async () => {
    const primary = await start({ settings: { 'client-output-buffer-limit': 'replica 1mb 0 0' } })
    const socket = connect(primary.address.port, '127.0.0.1')
    cleanups.push(() => socket.destroy())
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
    socket.write('PSYNC ? -1\r\n')
    socket.pause()
    await until(() => primary.replication.replicas.length === 1)
    const client = clientOf(primary.address)
    const value = 'x'.repeat(1024 * 1024)
    for (let round = 0; round < 40 && primary.replication.replicas.length > 0; round++) await client.set('k', value)
    await until(() => primary.replication.replicas.length === 0)
    socket.resume()
    await closed
    expect(await client.strlen('k')).toBe(value.length)
    expect(warnings.splice(0)).toEqual([expect.stringContaining('for overcoming of output buffer limits.')])
  })

  test('hands out the functions alone to whoever asks for them', async () => {
    const primary = await start()
    const client = clientOf(primary.address)
    await client.call('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
    await client.set('some key', 'v')
    const socket = connect(primary.address.port, '127.0.0.1').setEncoding('latin1')
    cleanups.push(() => socket.destroy())
    let text = ''
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.write('REPLCONF capa eof rdb-only 1 rdb-filter-only functions\r\n')
    await until(() => text === '+OK\r\n')
    socket.write('SYNC\r\n')
    await until(() => /EOF:(\w{40})[\s\S]+\1$/.test(text))
    expect(text).toContain('#!lua name=lib')
    expect(text).not.toContain('some key')
    const info = await client.info('clients')
    expect(info).toContain('connected_clients:1\r\n')
  })

  test.each([
    ['PING', "Replica generated a reply to command 'ping', disconnecting it: "],
    ['GET k', "sending an error to its replica: 'Replica can't interact with the keyspace' after processing"],
    ['XINFO HELP', "Replica generated a reply to command 'xinfo|help', disconnecting it: "],
  ])('ends when the replica sends %s, whose answer would be a part of it', async (command, complaint) => {
    const { port } = (await start()).address
    const socket = connect(port, '127.0.0.1').setEncoding('latin1')
    let text = ''
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.write('SYNC\r\n')
    await until(() => text.includes('REDIS'))
    socket.write(`${command}\r\n`)
    await closed
    expect(text).not.toMatch(/PONG|-ERR/)
    expect(warnings.splice(0).join()).toContain(complaint)
  })

  test('refuses to make a stream of a connection that it still owes answers', async () => {
    const { port } = (await start()).address
    const { text } = await exchange(port, ['PING\r\nSYNC\r\n'])
    expect(text).toBe('+PONG\r\n-ERR SYNC and PSYNC are invalid with pending output\r\n')
  })
})

describeBesideRedis('ROLE, REPLCONF and INFO replication', () => {
  const shape = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shape)
    if (typeof value === 'number') return 'number'
    return /^\d+$/.test(String(value)) ? 'digits' : value
  }
  const fields = (info: string): string[] => [...info.matchAll(/^(\w+):/gm)].map(([, name]) => name!)

  test('answer in the shapes of a real primary and its real replica', async () => {
    const [real, realReplica] = await Promise.all([startRedisServer(), startRedisServer()])
    cleanups.push(
      () => real.stop(),
      () => realReplica.stop(),
    )
    const [ours, ourReplica] = [await start(), await start()]
    const describeNodes = async (primary: { port: number }, replica: { port: number }) => {
      const [top, bottom] = [clientOf(primary), clientOf(replica)]
      await bottom.call('REPLICAOF', '127.0.0.1', String(primary.port))
      await until(async () => /master_link_status:up/.test(await bottom.info('replication')))
      await until(async () => /state=online/.test(await top.info('replication')))
      await top.set('k', 'v')
      await top.wait(1, 10_000)
      const answers = []
      for (const command of [
        'REPLCONF',
        'REPLCONF x',
        'REPLCONF foo bar',
        'REPLCONF listening-port x',
        'PSYNC ? x',
        'REPLCONF rdb-filter-only keys',
        'REPLCONF rdb-filter-only "x',
        'REPLCONF rdb-filter-only functions',
        'PSYNC ? -1',
        'REPLICAOF a x',
        'WAIT x 1',
        'WAIT 1 x',
        'WAIT 1 -1',
      ]) {
        const [name = '', ...words] = command.split(' ')
        answers.push(await top.call(name, ...words).catch((error: Error) => error.message))
      }
      return {
        answers,
        roles: [shape(await top.call('ROLE')), shape(await bottom.call('ROLE'))],
        info: [fields(await top.info('replication')), fields(await bottom.info('replication'))],
      }
    }
    expect(await describeNodes(ours.address, ourReplica.address)).toEqual(await describeNodes(real, realReplica))
    expect(warnings.splice(0)).toEqual([expect.stringContaining('asks for synchronization but with a wrong offset')])
  })
})
