import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import type { Connection, Request, Script } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { hashSlot } from '../../src/schema/hash-slot.js'
import { openTarget } from '../support/open-target.js'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { disconnectReplicas, reconnectReplicas } from '../support/replication-control.js'
import { describeTargets } from '../support/targets.js'
import { TcpProxy } from '../support/tcp-proxy.js'
import { until } from '../support/until.js'

const command = (name: string, keys: readonly string[], ...args: (string | number)[]): Request => ({
  type: 'command',
  name,
  keys,
  args,
})

const readingScript = (source: string): Script => ({
  name: 'read',
  source,
  sha1: createHash('sha1').update(source).digest('hex'),
  isReadOnly: true,
})

/** A cluster names a replica among the owners of slots once it has received something. */
const namesItsReplicas = async (connection: Connection): Promise<void> => {
  const keys = Array.from({ length: 40 }, (_, index) => `{${index}}first`)
  await connection.execute(keys.map((key) => command('SET', [key], 1)))
  await until(async () => {
    const reads = connection.replicaReads({ readYourWrites: true, maxWaitMs: 1000 })
    await reads.execute(keys.map((key) => command('GET', [key])))
    return reads.served().every(({ role }) => role === 'replica')
  }, 30_000)
}

/** Roles of those who answered. */
const rolesOf = async (connection: Connection, requests: readonly Request[], readYourWrites = false) => {
  const reads = connection.replicaReads({ readYourWrites })
  const outcomes = await reads.execute(requests)
  const values = outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error))
  return { values, served: reads.served(), roles: [...new Set(reads.served().map(({ role }) => role))] }
}

describeTargets(['embedded-cluster', 'redis-cluster'], (target) => {
  let connection: Connection
  beforeAll(async () => {
    connection = await openTarget(target)
    await namesItsReplicas(connection)
  }, 30_000)
  afterAll(() => connection.close())

  test('replicas answer reads, and the primaries everything else', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `{${index}}replicated`)
    const reads = connection.replicaReads({ readYourWrites: true, maxWaitMs: 10_000 })
    await reads.execute(keys.map((key) => command('SET', [key], key)))
    expect(reads.served()).toEqual([])
    const outcomes = await reads.execute(keys.map((key) => command('GET', [key])))
    expect(outcomes).toEqual(keys.map((value) => ({ ok: true, value })))
    expect(reads.served().every(({ role, reason }) => role === 'replica' && reason === null)).toBe(true)
    expect(reads.served().length).toBeGreaterThanOrEqual(3)
  })

  test('a script that the replicas do not know is brought to them', async () => {
    const script = readingScript(`return redis.call('GET', KEYS[1]) -- ${target.keyPrefix}`)
    await connection.send(command('SET', ['{script}r'], 'here'))
    const reads = connection.replicaReads({ readYourWrites: true, maxWaitMs: 10_000 })
    const request: Request = { type: 'script', script, keys: ['{script}r'], args: [] }
    const outcomes = await reads.execute(Array.from({ length: 10 }, () => request))
    expect(outcomes).toEqual(Array.from({ length: 10 }, () => ({ ok: true, value: 'here' })))
    expect(reads.served().map(({ role }) => role)).toEqual(['replica'])
  })

  test('every read sees the write before it', async () => {
    for (let round = 0; round < 100; round += 1) {
      await connection.send(command('SET', ['{mine}n'], round))
      const reads = connection.replicaReads({ readYourWrites: true })
      expect(await reads.send(command('GET', ['{mine}n']))).toBe(String(round))
    }
  })

  test('errors are those of the primary', async () => {
    await connection.send(command('SET', ['{wrong}t'], 1))
    const reads = connection.replicaReads({ readYourWrites: true })
    await expect(reads.send(command('HGETALL', ['{wrong}t']))).rejects.toMatchObject({ replyCode: 'WRONGTYPE' })
    await expect(reads.execute([command('MGET', ['a', 'b'])])).rejects.toMatchObject({ code: 'CROSS_SLOT' })
  })
})

describeTargets(['redis-cluster', 'redis-server'], (target) => {
  test('numbers out of range are refused with their value', async () => {
    const connection = await openTarget(target)
    expect(() => connection.replicaReads({ maxWaitMs: -1 })).toThrow('maxWaitMs is -1')
    expect(() => connection.replicaReads({ readYourWrites: 'yes' as never })).toThrow("readYourWrites is 'yes'")
    await connection.close()
  })
})

// Servers of their own, not the shared ones: links are cut, roles and slots change.
describeTargets(['redis-cluster'], () => {
  describe('while replicas fall behind and slots move', () => {
    let cluster: RedisCluster
    let connection: Connection
    const key = '{behind}value'
    const clients: Redis[] = []
    /**
     * Waits until all nodes name both: a node names a replica only once that has told it that it has received something, and
     * the connection may ask any node.
     */
    const ownerOf = async (slot: number): Promise<{ primary: Redis; replica: Redis }> => {
      let ports: readonly (number | string)[] = []
      await until(async () => {
        const named = await Promise.all(
          clients.map(async (client) => {
            const ranges = await client.cluster('SLOTS')
            const [, , ...nodes] = ranges.find(([from, to]) => from <= slot && slot <= to)!
            return nodes.map(([, port]) => port)
          }),
        )
        ports = named[0]!
        return ports.length === 2 && named.every((other) => other.join() === ports.join())
      }, 30_000)
      const [primary, replica] = ports.map((port) => clients.find(({ options }) => options.port === port))
      return { primary: primary!, replica: replica! }
    }

    beforeAll(async () => {
      cluster = await startRedisCluster({ nodeTimeoutMs: 3000 })
      clients.push(...cluster.nodes.map((node) => node.client()))
      connection = await openConnection('reader', cluster.url)
      await namesItsReplicas(connection)
    }, 60_000)
    afterAll(async () => {
      await connection.close()
      for (const client of clients) client.disconnect()
      await cluster.stop()
    })

    test('a replica that is cut off answers plain reads with what it has, and none that must show our writes', async () => {
      const { primary } = await ownerOf(hashSlot(key))
      await connection.send(command('SET', [key], 'old'))
      const warm = connection.replicaReads({ readYourWrites: true, maxWaitMs: 10_000 })
      expect(await warm.send(command('GET', [key]))).toBe('old')
      await disconnectReplicas(primary)
      await connection.send(command('SET', [key], 'new'))
      const plain = await rolesOf(connection, [command('GET', [key])])
      expect(plain).toMatchObject({ values: ['old'], roles: ['replica'] })
      const own = await rolesOf(connection, [command('GET', [key])], true)
      expect(own).toMatchObject({ values: ['new'], roles: ['primary'] })
      expect(own.served[0]!.reason).toMatch(/^replica 127\.0\.0\.1:\d+ is behind$/)
      // Somebody else writes to the slot while it is found out how far a replica must have come.
      for (let round = 0; round < 20; round += 1) {
        await connection.send(command('SET', [key], round))
        const reads = connection.replicaReads({ readYourWrites: true, maxWaitMs: 0 })
        const [value] = await Promise.all([
          reads.send(command('GET', [key])),
          connection.send(command('SET', ['{behind}other'], round)),
        ])
        expect(value).toBe(String(round))
      }
      await connection.send(command('SET', [key], 'new'))
      await reconnectReplicas(primary, 1)
      await until(async () => {
        const after = await rolesOf(connection, [command('GET', [key])], true)
        expect(after.values).toEqual(['new'])
        return after.roles.includes('replica')
      })
    }, 60_000)

    test('a key that has left its primary for another one is never missing, whatever the replica says', async () => {
      const slot = hashSlot('{leaving}')
      const keys = ['{leaving}a', '{leaving}b', '{leaving}c']
      await connection.execute(keys.map((name) => command('SET', [name], name)))
      const warm = connection.replicaReads({ readYourWrites: true, maxWaitMs: 10_000 })
      expect(await warm.execute(keys.map((name) => command('GET', [name])))).toHaveLength(3)
      const { primary: from, replica } = await ownerOf(slot)
      const to = (await ownerOf((slot + 8000) % 16_384)).primary
      const id = async (client: Redis) => String(await client.cluster('MYID'))
      await to.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', await id(from))
      await from.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', await id(to))
      await from.call('MIGRATE', '127.0.0.1', String(to.options.port), '', '0', '5000', 'KEYS', ...keys.slice(0, 2))
      // The replica holds one of the three by now, and says so.
      const reader = replica.duplicate({ readOnly: true })
      await until(async () => (await reader.get('{leaving}a')) === null)
      reader.disconnect()
      for (const readYourWrites of [false, true]) {
        const { values, served } = await rolesOf(
          connection,
          keys.map((name) => command('GET', [name])),
          readYourWrites,
        )
        expect(values).toEqual(keys)
        expect(served).toContainEqual({
          address: `127.0.0.1:${from.options.port}`,
          role: 'primary',
          reason: `slot ${slot} is on the move`,
        })
      }
      await from.call('MIGRATE', '127.0.0.1', String(to.options.port), '', '0', '5000', 'KEYS', ...keys.slice(2))
      for (const client of [to, from]) await client.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', await id(to))
      for (const readYourWrites of [false, true]) {
        expect(
          (
            await rolesOf(
              connection,
              keys.map((name) => command('GET', [name])),
              readYourWrites,
            )
          ).values,
        ).toEqual(keys)
      }
    }, 60_000)

    test('a primary that only we cannot reach may be moving a slot: its replica is not believed', async () => {
      const slot = hashSlot('{cut off}')
      const names = ['{cut off}a', '{cut off}b']
      const { primary: from, replica } = await ownerOf(slot)
      const to = (await ownerOf((slot + 8000) % 16_384)).primary
      const proxies = await Promise.all(cluster.nodes.map((node) => TcpProxy.open(node)))
      const proxyOf = (client: Redis): TcpProxy =>
        proxies[cluster.nodes.findIndex(({ port }) => port === client.options.port)]!
      const address = ({ port }: TcpProxy) => ({ host: '127.0.0.1', port })
      const proxied = await openConnection('proxied', {
        kind: 'cluster',
        nodes: proxies.map(address),
        natMap: Object.fromEntries(
          cluster.nodes.map(({ host, port }, index) => [`${host}:${port}`, address(proxies[index]!)]),
        ),
        retryForMs: 200,
      })
      try {
        await proxied.execute(names.map((name) => command('SET', [name], name)))
        const id = async (client: Redis) => String(await client.cluster('MYID'))
        await to.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', await id(from))
        await from.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', await id(to))
        await from.call('MIGRATE', '127.0.0.1', String(to.options.port), names[0]!, '0', '5000')
        const reader = replica.duplicate({ readOnly: true })
        await until(async () => (await reader.get(names[0]!)) === null)
        reader.disconnect()
        proxyOf(from).refuse()
        proxyOf(from).cut()
        for (const readYourWrites of [false, true]) {
          const reads = proxied.replicaReads({ readYourWrites })
          const outcomes = await reads.execute(names.map((name) => command('GET', [name])))
          // Nobody can tell: an error, and no half of the slot.
          expect(outcomes.map(({ ok }) => ok)).toEqual([false, false])
        }
        proxyOf(from).accept()
        const { values } = await rolesOf(
          proxied,
          names.map((name) => command('GET', [name])),
        )
        expect(values).toEqual(names)
      } finally {
        await from.call('MIGRATE', '127.0.0.1', String(to.options.port), names[1]!, '0', '5000')
        for (const client of [to, from])
          await client.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', (await to.cluster('MYID')) as string)
        await proxied.close()
        await Promise.all(proxies.map((proxy) => proxy.close()))
      }
    }, 60_000)

    test('after a failover reads that must show our writes show those made before and after it', async () => {
      const slot = hashSlot(key)
      const { primary, replica } = await ownerOf(slot)
      await connection.send(command('SET', [key], 'before'))
      await replica.call('CLUSTER', 'FAILOVER')
      await until(async () => (await ownerOf(slot)).primary === replica, 20_000)
      const reads = connection.replicaReads({ readYourWrites: true, maxWaitMs: 20 })
      expect(await reads.send(command('GET', [key]))).toBe('before')
      await connection.send(command('SET', [key], 'after'))
      expect(await reads.send(command('GET', [key]))).toBe('after')
      await cluster.settled()
      await until(async () => {
        const later = connection.replicaReads({ readYourWrites: true, maxWaitMs: 1000 })
        expect(await later.send(command('GET', [key]))).toBe('after')
        return later
          .served()
          .some(({ role, address }) => role === 'replica' && address?.endsWith(`:${primary.options.port}`))
      })
    }, 60_000)

    test('without its replica the primary answers and says why; without its primary the replica answers', async () => {
      await cluster.settled()
      const { primary, replica } = await ownerOf(hashSlot(key))
      await connection.send(command('SET', [key], 'last'))
      await until(async () => {
        const warm = await rolesOf(connection, [command('GET', [key])], true)
        expect(warm.values).toEqual(['last'])
        return warm.roles.includes('replica')
      })
      const serverOf = (client: Redis): RedisServer => cluster.nodes.find(({ port }) => port === client.options.port)!
      const other = await ownerOf((hashSlot(key) + 8000) % 16_384)
      await serverOf(other.replica).stop()
      await cluster.settled()
      const otherKey = Array.from({ length: 200 }, (_, index) => `{${index}}other`).find((name) => {
        const slot = hashSlot(name)
        return Math.floor(slot / 5461) === Math.floor(((hashSlot(key) + 8000) % 16_384) / 5461)
      })!
      const lonely = await rolesOf(connection, [command('GET', [otherKey])])
      expect(lonely).toMatchObject({ values: [null], roles: ['primary'] })
      expect(lonely.served[0]!.reason).not.toBeNull()
      const [stopped] = [serverOf(primary).stop()]
      await stopped
      const orphaned = await rolesOf(connection, [command('GET', [key])], true)
      expect(orphaned.values).toEqual(['last'])
      expect(orphaned.served).toContainEqual({
        address: `127.0.0.1:${replica.options.port}`,
        role: 'replica',
        reason: null,
      })
    }, 60_000)
  })

  test('one server with replicas of its own has them answer', async () => {
    const primary = await startRedisServer()
    const replica = await startRedisServer({ args: ['--replicaof', `127.0.0.1 ${primary.port}`] })
    const admin = primary.client()
    await until(async () => String(await admin.info('replication')).includes('state=online'), 30_000)
    const connection = await openConnection('one', `${primary.url}?replicas=127.0.0.1:${replica.port}`)
    await connection.send(command('SET', ['a'], 1))
    const reads = connection.replicaReads({ readYourWrites: true, maxWaitMs: 10_000 })
    expect(await reads.send(command('GET', ['a']))).toBe('1')
    expect(reads.served()).toEqual([{ address: `127.0.0.1:${replica.port}`, role: 'replica', reason: null }])
    await disconnectReplicas(admin)
    await connection.send(command('SET', ['a'], 2))
    expect((await rolesOf(connection, [command('GET', ['a'])])).values).toEqual(['1'])
    expect((await rolesOf(connection, [command('GET', ['a'])], true)).values).toEqual(['2'])
    expect(await connection.health()).toMatchObject({
      ok: true,
      nodes: [
        { role: 'primary', problem: null },
        { role: 'replica', problem: 'its link to the primary is down' },
      ],
    })
    await reconnectReplicas(admin, 1)
    admin.disconnect()
    await connection.close()
    await replica.stop()
    await primary.stop()
  }, 60_000)
})
