import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import type { Connection, Request, Script } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { hashSlot } from '../../src/schema/hash-slot.js'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js'
import { describeTargets } from '../support/targets.js'
import { until } from '../support/until.js'

const command = (name: string, keys: readonly string[], ...args: (string | number)[]): Request => ({
  type: 'command',
  name,
  keys,
  args,
})

// A cluster of its own, not the shared one: slots and roles change here.
describeTargets(['redis-cluster'], () => {
  describe('while slots and roles change', () => {
    let cluster: RedisCluster
    let connection: Connection
    const admins = new Map<string, Redis>()

    beforeAll(async () => {
      cluster = await startRedisCluster()
      connection = await openConnection('moving', cluster.url)
      for (const node of cluster.nodes) {
        const client = node.client()
        admins.set(String(await client.cluster('MYID')), client)
      }
    }, 60_000)
    afterAll(async () => {
      await connection.close()
      for (const client of admins.values()) client.disconnect()
      await cluster.stop()
    })

    interface ClusterNode {
      readonly id: string
      readonly port: number
      readonly client: Redis
      readonly primaryId: string | null
    }
    const nodes = async (): Promise<readonly ClusterNode[]> => {
      const [any] = admins.values()
      return String(await any!.cluster('NODES'))
        .trim()
        .split('\n')
        .map((line) => {
          const [id, address, flags, primary] = line.split(' ')
          const port = Number(/:(\d+)@/.exec(address!)![1])
          return { id: id!, port, client: admins.get(id!)!, primaryId: flags!.includes('slave') ? primary! : null }
        })
    }
    const ownerOf = async (slot: number): Promise<ClusterNode> => {
      // Each is asked about itself: the others hear of a move some time later.
      for (const node of await nodes()) {
        const lines = String(await node.client.cluster('NODES')).split('\n')
        const [, , , , , , , , ...slots] = lines
          .find((line) => line.includes('myself'))!
          .trim()
          .split(' ')
        const ranges = slots.filter((range) => !range.startsWith('[')).map((range) => range.split('-').map(Number))
        if (ranges.some(([from, to = from]) => from! <= slot && slot <= to!)) return node
      }
      throw new Error(`no node has slot ${slot}`)
    }
    const others = async (node: ClusterNode): Promise<readonly ClusterNode[]> =>
      (await nodes()).filter((candidate) => candidate.primaryId === null && candidate.id !== node.id)

    /** Starts to move a slot; `finish` hands it over. Keys are moved by the caller. */
    const migrate = async (slot: number) => {
      const from = await ownerOf(slot)
      const [to] = await others(from)
      await to!.client.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', from.id)
      await from.client.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', to!.id)
      return {
        move: async (...keys: string[]) => {
          await from.client.call('MIGRATE', '127.0.0.1', String(to!.port), '', '0', '5000', 'KEYS', ...keys)
        },
        finish: async () => {
          for (const node of [to!, from]) await node.client.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', to!.id)
        },
      }
    }

    test('requests for keys on either side of a moving slot are answered', async () => {
      const keys = Array.from({ length: 50 }, (_, index) => `{moving}${index}`)
      await connection.execute(keys.map((key) => command('SET', [key], key)))
      const migration = await migrate(hashSlot('{moving}'))
      await migration.move(...keys.slice(0, 25))
      const read = await connection.execute(keys.map((key) => command('GET', [key])))
      expect(read).toEqual(keys.map((value) => ({ ok: true, value })))
      // A key that does not exist yet is created where the slot is going.
      expect(await connection.send(command('SET', ['{moving}new'], 'x'))).toBe('OK')
      await migration.move(...keys.slice(25))
      await migration.finish()
      const after = await connection.execute(keys.map((key) => command('GET', [key])))
      expect(after).toEqual(keys.map((value) => ({ ok: true, value })))
      expect(await connection.send(command('GET', ['{moving}new']))).toBe('x')
    })

    test('a request whose keys are on both sides waits until they are together', async () => {
      await connection.execute([command('SET', ['{split}a'], 1), command('SET', ['{split}b'], 2)])
      const migration = await migrate(hashSlot('{split}'))
      await migration.move('{split}a')
      const pending = connection.send(command('MGET', ['{split}a', '{split}b']))
      await new Promise((resolve) => setImmediate(resolve))
      await migration.move('{split}b')
      expect(await pending).toEqual(['1', '2'])
      await migration.finish()
    })

    test('scripts follow their slot, unknown as they are at its new owner', async () => {
      const source = "return redis.call('INCRBY', KEYS[1], ARGV[1])"
      const script: Script = { name: 'add', source, sha1: createHash('sha1').update(source).digest('hex') }
      const add = (): Request => ({ type: 'script', script, keys: ['{script}n'], args: [1] })
      expect(await connection.send(add())).toBe(1)
      const migration = await migrate(hashSlot('{script}'))
      await migration.move('{script}n')
      expect(await connection.send(add())).toBe(2)
      await migration.finish()
      expect(await connection.send(add())).toBe(3)
    })

    test('nothing is lost or doubled while 200 counters move back and forth', async () => {
      const tags = Array.from({ length: 4 }, (_, index) => `back${index}`)
      const counters = tags.flatMap((tag) => Array.from({ length: 50 }, (_, index) => `{${tag}}${index}`))
      const expected = new Map(counters.map((counter) => [counter, 0]))
      let isMoving = true
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        let round = 0
        while (isMoving || round < 20) {
          round += 1
          const chosen = counters.filter((_, index) => (index + round + writer) % 7 === 0)
          const outcomes = await connection.execute(chosen.map((counter) => command('INCR', [counter])))
          for (const [index, outcome] of outcomes.entries()) {
            if (!outcome.ok) throw outcome.error
            expected.set(chosen[index]!, expected.get(chosen[index]!)! + 1)
          }
        }
      })
      for (let turn = 0; turn < 2; turn += 1) {
        for (const tag of tags) {
          const migration = await migrate(hashSlot(`{${tag}}`))
          for (let index = 0; index < 50; index += 10) {
            await migration.move(...Array.from({ length: 10 }, (_, offset) => `{${tag}}${index + offset}`))
          }
          // Keys that were created at the target meanwhile are there already; the source has none left.
          await migration.finish()
        }
      }
      isMoving = false
      await Promise.all(writers)
      const values = await connection.execute(counters.map((counter) => command('GET', [counter])))
      const found = values.map((outcome) => (outcome.ok ? Number(outcome.value ?? 0) : outcome.error))
      expect(found).toEqual(counters.map((counter) => expected.get(counter)))
    })

    test('after a failover writes go to the new primary, and no acknowledged one is lost', async () => {
      const slot = hashSlot('{failover}')
      const before = await ownerOf(slot)
      const replica = (await nodes()).find((node) => node.primaryId === before.id)!
      let isRunning = true
      let acknowledged = 0
      const writer = (async () => {
        while (isRunning) {
          await connection.send(command('INCR', ['{failover}n']))
          acknowledged += 1
        }
      })()
      await until(() => acknowledged > 10)
      await replica.client.call('CLUSTER', 'FAILOVER')
      await until(async () => (await ownerOf(slot)).id === replica.id, 20_000)
      const reached = acknowledged
      await until(() => acknowledged > reached + 10)
      isRunning = false
      await writer
      expect(await connection.send(command('GET', ['{failover}n']))).toBe(String(acknowledged))
      await cluster.settled()
      const primaries = await connection.primaries()
      expect(primaries.map((node) => node.address)).toContain(`127.0.0.1:${replica.port}`)
      expect(primaries.map((node) => node.address)).not.toContain(`127.0.0.1:${before.port}`)
    }, 60_000)

    test('a primary that dies makes primaries() fail until its replica has taken over', async () => {
      const victim = await ownerOf(hashSlot('{victim}'))
      await Promise.all(
        [...admins.values()].map((client) => client.call('CONFIG', 'SET', 'cluster-node-timeout', '1000')),
      )
      const server = cluster.nodes.find((node) => node.port === victim.port)!
      admins.delete(victim.id)
      victim.client.disconnect()
      await server.stop()
      await expect(connection.primaries()).rejects.toMatchObject({ code: 'CONNECTION' })
      expect(await connection.send(command('SET', ['{victim}a'], 'survived'))).toBe('OK')
      await until(() =>
        connection.primaries().then(
          (primaries) => primaries.length === 3,
          () => false,
        ),
      )
    }, 60_000)
  })
})
