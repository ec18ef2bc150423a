import { afterAll, beforeAll, expect } from '@jest/globals'
import type { Connection, PrimaryNode } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { ActiveRedisError, Attribute, Entity, Model, Searchable } from '../../src/index.js'
import { hashSlot } from '../../src/schema/hash-slot.js'
import { keysUnder } from '../repositories/index-auditor.js'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js'
import type { RedisServer } from '../support/redis-server.js'
import { describeTargets } from '../support/targets.js'
import { until } from '../support/until.js'
import { describePlainItems } from './support/describe-items.js'

@Entity({ timestamps: false, prefix: 'visits' })
class Visit extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
}

const ids = Array.from({ length: 90 }, (_, number) => `v${String(number).padStart(2, '0')}`)
const rows = ids.map((id, number) => ({ id, ip: `ip${number % 5}` }))

// A cluster of its own: slots move here, and nodes die.
describeTargets(['redis-cluster'], () => {
  describePlainItems((item, defect) => {
    let cluster: RedisCluster
    let connection: Connection
    /** What is done once, before a node is walked. */
    let beforeWalkOf: { address: string; work: () => Promise<void> } | null = null

    /** Nodes that have been walked. */
    const ended = new Set<string>()

    beforeAll(async () => {
      cluster = await startRedisCluster({ replicas: 0 })
      connection = await openConnection('nodes', `${cluster.url}?retryForMs=1500`)
      const walked = (node: PrimaryNode): PrimaryNode => ({
        address: node.address,
        execute: async (requests) => {
          const isWalk = requests.some((request) => request.type === 'command' && request.name === 'SCAN')
          if (isWalk && beforeWalkOf?.address === node.address) {
            const { work } = beforeWalkOf
            beforeWalkOf = null
            await work()
          }
          const outcomes = await node.execute(requests)
          if (isWalk) ended.add(node.address)
          return outcomes
        },
      })
      const proxy = new Proxy(connection, {
        get(target, name) {
          if (name === 'primaries') return async () => (await target.primaries()).map(walked)
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
      Model.useConnections({ connection: async () => proxy })
    }, 60_000)
    afterAll(async () => {
      await connection?.close()
      await cluster?.stop()
    })

    /** Moves all keys of a slot from the last primary to the first, and the slot, as a resharding does. */
    const moveSlot = async (slot: number, { isFinished }: { isFinished: boolean } = { isFinished: true }) => {
      const [target, , source] = cluster.nodes as readonly RedisServer[] as readonly [
        RedisServer,
        RedisServer,
        RedisServer,
      ]
      const [sourceClient, targetClient] = [source.client(), target.client()]
      try {
        const [sourceId, targetId] = [
          String(await sourceClient.cluster('MYID')),
          String(await targetClient.cluster('MYID')),
        ]
        await targetClient.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', sourceId)
        await sourceClient.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', targetId)
        const keys = (await sourceClient.call('CLUSTER', 'GETKEYSINSLOT', String(slot), '1000')) as string[]
        if (keys.length > 0) {
          await sourceClient.call('MIGRATE', target.host, String(target.port), '', '0', '5000', 'KEYS', ...keys)
        }
        if (!isFinished) return
        for (const client of [targetClient, sourceClient]) {
          await client.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', targetId)
        }
      } finally {
        sourceClient.disconnect()
        targetClient.disconnect()
      }
    }

    const moved = new Set<number>()
    /** A slot of the last primary in which a record lies. */
    const lastSlot = async (): Promise<number> => {
      const slots = (await keysUnder(connection, 'visits:')).map((key) => hashSlot(connection.keyPrefix + key))
      const last = Math.max(...slots.filter((slot) => !moved.has(slot)))
      moved.add(last)
      return last
    }

    defect('D42', { on: ['cluster'] }, async () => {
      Visit.setRepository('cluster')
      await Visit.insertMany(rows)
      const address = `${cluster.nodes[2]!.host}:${cluster.nodes[2]!.port}`
      for (const isFinished of [true, false]) {
        const slot = await lastSlot()
        ended.clear()
        // The keys leave the last node before it is walked, for one that has been walked by then.
        beforeWalkOf = {
          address,
          work: async () => {
            await until(() => ended.size === 2)
            await moveSlot(slot, { isFinished })
          },
        }
        expect((await Visit.query().ids()).sort()).toEqual(ids)
        expect([beforeWalkOf, ended.size]).toEqual([null, 3])
        // Also while the slot stays open.
        expect(await Visit.where('ip', 'ip3').count()).toBe(18)
        if (!isFinished) await moveSlot(slot)
        expect((await Visit.query().ids()).sort()).toEqual(ids)
      }
      expect(await Visit.truncate()).toBe(ids.length)
    })

    defect('D42', { on: ['indexed'] }, async () => {
      Visit.setRepository('indexed')
      await Visit.insertMany(rows)
      let isMoving = true
      const moving = moveSlot(await lastSlot()).finally(() => {
        isMoving = false
      })
      do {
        expect((await Visit.query().ids()).sort()).toEqual(ids)
        expect(await Visit.where('ip', 'ip3').count()).toBe(18)
      } while (isMoving)
      await moving
      expect(await Visit.truncate()).toBe(ids.length)
    })

    item(
      'Y10',
      {
        promise: 'A query during the loss of a node or the move of a slot is complete, or an error.',
        verdict: 'same',
        defects: ['D39', 'D42'],
        on: ['cluster', 'indexed'],
      },
      async () => {
        for (const repository of ['cluster', 'indexed'] as const) {
          Visit.setRepository(repository)
          await Visit.insertMany(rows)
        }
        await cluster.nodes[1]!.stop()
        for (const repository of ['cluster', 'indexed'] as const) {
          Visit.setRepository(repository)
          const asked = [Visit.query().ids(), Visit.count(), Visit.where('ip', 'ip1').get()]
          for (const outcome of await Promise.allSettled(asked)) {
            expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(ActiveRedisError)
          }
        }
      },
    )
  })
})
