import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import type { Connection, Request, Script } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { openTarget } from '../support/open-target.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { disconnectReplicas, reconnectReplicas } from '../support/replication-control.js'
import { ScriptedServer } from '../support/scripted-server.js'
import { describeTargets } from '../support/targets.js'
import { until } from '../support/until.js'

const command = (name: string, keys: readonly string[], ...args: (string | number)[]): Request => ({
  type: 'command',
  name,
  keys,
  args,
})

const scriptOf = (source: string): Script => ({
  name: 'write',
  source,
  sha1: createHash('sha1').update(source).digest('hex'),
})

describeTargets(['embedded-cluster', 'redis-cluster'], (target) => {
  let connection: Connection
  beforeAll(async () => {
    connection = await openTarget(target)
  })
  afterAll(() => connection.close())

  test('writes are answered when a replica has them', async () => {
    const writes = connection.confirmedWrites({ replicas: 1, timeoutMs: 10_000 })
    const script = scriptOf(`return redis.call('INCRBY', KEYS[1], ARGV[1]) -- ${target.keyPrefix}`)
    expect(await writes.send({ type: 'script', script, keys: ['{one}n'], args: [5] })).toBe(5)
    const requests = Array.from({ length: 600 }, (_, index): Request => {
      return index % 2 === 0
        ? { type: 'script', script, keys: [`{${index}}n`], args: [index] }
        : command('GET', [`{${index}}none`])
    })
    const outcomes = await writes.execute(requests)
    expect(outcomes).toEqual(requests.map((_, value) => ({ ok: true, value: value % 2 === 0 ? value : null })))
    expect(writes.shortfall()).toBeNull()
  })

  test('a write that only too few replicas can have is done, and said to be unconfirmed', async () => {
    const writes = connection.confirmedWrites({ replicas: 5, timeoutMs: 20 })
    expect(await writes.send(command('SET', ['{two}n'], 'stored'))).toBe('OK')
    expect(writes.shortfall()).toMatchObject({ code: 'REPLICATION', wanted: 5, acknowledged: 1 })
    expect(writes.shortfall()?.message).toMatch(
      /is stored on 127.+ not confirmed by 5 replicas: 1 of them did within 20 ms/,
    )
    expect(await connection.send(command('GET', ['{two}n']))).toBe('stored')
  })

  test('a write that failed is not said to be stored', async () => {
    await connection.send(command('SET', ['{three}n'], 'text'))
    const writes = connection.confirmedWrites({ replicas: 5, timeoutMs: 20 })
    await expect(writes.send(command('INCR', ['{three}n']))).rejects.toMatchObject({ code: 'SERVER' })
    expect(writes.shortfall()).toBeNull()
  })

  test('numbers out of range are refused with their value', () => {
    expect(() => connection.confirmedWrites({ replicas: 0, timeoutMs: 20 })).toThrow('waitReplicas is 0')
    expect(() => connection.confirmedWrites({ replicas: 1, timeoutMs: 0 })).toThrow('timeoutMs is 0')
    expect(() => connection.confirmedWrites({ replicas: 1, timeoutMs: 30_001 })).toThrow('to 30000')
  })
})

describeTargets(['redis-server'], () => {
  describe('on a primary with a replica', () => {
    let primary: RedisServer
    let replica: RedisServer
    let admin: Redis
    let connection: Connection
    beforeAll(async () => {
      primary = await startRedisServer()
      replica = await startRedisServer({ args: ['--replicaof', `127.0.0.1 ${primary.port}`] })
      admin = primary.client()
      await until(async () => String(await admin.info('replication')).includes('state=online'), 30_000)
      connection = await openConnection('confirmed', primary.url)
    }, 60_000)
    afterAll(async () => {
      admin.disconnect()
      await connection.close()
      await replica.stop()
      await primary.stop()
    })

    test('a write that waits for its replica holds nothing else up', async () => {
      await disconnectReplicas(admin)
      const writes = connection.confirmedWrites({ replicas: 1, timeoutMs: 20_000 })
      let isConfirmed = false
      const waiting = writes.send(command('SET', ['slow'], 1)).then(() => {
        isConfirmed = true
      })
      await until(async () => (await connection.send(command('GET', ['slow']))) === '1')
      expect(await connection.send(command('SET', ['quick'], 2))).toBe('OK')
      expect(await writes.send(command('GET', ['quick']))).toBe('2')
      expect(isConfirmed).toBe(false)
      await reconnectReplicas(admin, 1)
      await waiting
      expect(writes.shortfall()).toBeNull()
    }, 60_000)

    test('many at the same time share a few sockets', async () => {
      const before = Number(/connected_clients:(\d+)/.exec(await admin.info('clients'))![1])
      const views = Array.from({ length: 100 }, () => connection.confirmedWrites({ replicas: 1, timeoutMs: 10_000 }))
      await Promise.all(views.map((view, index) => view.send(command('SET', [`many${index}`], index))))
      const after = Number(/connected_clients:(\d+)/.exec(await admin.info('clients'))![1])
      expect(views.map((view) => view.shortfall())).toEqual(views.map(() => null))
      expect(after - before).toBeLessThanOrEqual(4)
    }, 60_000)
  })
})

test('a primary that goes away before it says how many have a write leaves it unconfirmed', async () => {
  const server = await ScriptedServer.open(([name]) => {
    if (name === 'PING') return '+PONG\r\n'
    if (name === 'SET') return '+OK\r\n'
    return null
  })
  const connection = await openConnection('gone', `redis://${server.address}?requestTimeoutMs=300`)
  const writes = connection.confirmedWrites({ replicas: 1, timeoutMs: 100 })
  expect(await writes.send(command('SET', ['a'], 1))).toBe('OK')
  expect(writes.shortfall()).toMatchObject({ code: 'REPLICATION', acknowledged: null })
  await connection.close()
  await server.close()
})
