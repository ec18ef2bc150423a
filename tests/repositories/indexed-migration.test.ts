import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { partitionsOf } from '../../src/repositories/indexed/layout.js'
import { hashSlot } from '../../src/schema/hash-slot.js'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js'
import { describeTargets } from '../support/targets.js'
import { auditIndexes } from './index-auditor.js'
import { sampleSchema } from './sample-schema.js'

jest.setTimeout(120_000)

describeTargets(['redis-cluster'], () => {
  describe('indexed repository while the slot of a partition migrates', () => {
    let cluster: RedisCluster
    let connection: Connection
    let repository: IndexedRepository
    let admins: ReturnType<RedisCluster['nodes'][number]['client']>[]
    beforeAll(async () => {
      cluster = await startRedisCluster({ primaries: 3, replicas: 0 })
      admins = cluster.nodes.map((node) => node.client())
      connection = await openConnection('migration', cluster.url)
      repository = new IndexedRepository(async () => connection)
    })
    afterAll(async () => {
      await connection?.close()
      for (const admin of admins ?? []) admin.disconnect()
      await cluster?.stop()
    })

    test.each(['first', 'last'] as const)('runs no script on a half: the index of all ids moves %s', async (place) => {
      const schema = sampleSchema(1, `moving${place}`)
      const index = partitionsOf(schema)[0]!.keys[0]
      const slot = hashSlot(index)
      const record = (id: string) => ({ id, fields: ['ip', 'a', 'userId', '1', 'name', id], expiresAtMs: null })
      const ids = Array.from({ length: 60 }, (_, at) => `id${at}`)
      await repository.insertMany(schema, ids.map(record))

      const counts = await Promise.all(admins.map((admin) => admin.call('CLUSTER', 'COUNTKEYSINSLOT', slot)))
      const from = counts.findIndex((count) => Number(count) > 0)
      const to = (from + 1) % admins.length
      const [source, target] = [admins[from]!, admins[to]!]
      const [sourceId, targetId] = await Promise.all([source.call('CLUSTER', 'MYID'), target.call('CLUSTER', 'MYID')])
      await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(sourceId))
      await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(targetId))
      const all = (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[]
      const others = all.filter((key) => key !== index)
      const order = place === 'first' ? [index, ...others] : [...others, index]
      const move = (keys: string[]) =>
        source.call('MIGRATE', '127.0.0.1', cluster.nodes[to]!.port, '', 0, 5_000, 'KEYS', ...keys)
      await move(order.slice(0, 30))

      const before = (await refusals(source)) + (await refusals(target))
      const work = Promise.all([
        ...ids.map((id) => repository.update(schema, { id, set: ['ip', 'b', 'userId', '2'], unset: ['name'] })),
        repository.insert(schema, record('id3'), { replace: false }),
        repository.insert(schema, record('new'), { replace: false }),
        repository.delete(schema, ['none']),
        repository.fetch(schema, ids),
      ])
      while ((await refusals(source)) + (await refusals(target)) === before)
        await new Promise((resolve) => setImmediate(resolve))
      await move(order.slice(30))
      for (const admin of [target, source, ...admins])
        await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(targetId))

      const answers = await work
      const fetched = answers.pop() as ({ id: string } | null)[]
      expect(fetched.map((found) => found?.id)).toEqual(ids)
      expect(answers).toEqual([...ids.map(() => 'updated'), 'duplicate', 'inserted', [false]])
      const where = { type: 'equals', attribute: 'ip', value: 'b' } as const
      expect((await repository.count(schema, where)).count).toBe(60)
      expect(await auditIndexes(connection, schema)).toEqual([])
      expect(await repository.clear(schema)).toBe(61)
    })

    test('a claim whose writer is gone is judged when the slot of its record has arrived', async () => {
      const schema = sampleSchema(1, 'judged')
      const slot = hashSlot(partitionsOf(schema)[0]!.keys[0])
      await repository.insert(schema, { id: 'a', fields: ['ip', 'x'], expiresAtMs: null }, { replace: false })
      const counts = await Promise.all(admins.map((admin) => admin.call('CLUSTER', 'COUNTKEYSINSLOT', slot)))
      const from = counts.findIndex((count) => Number(count) > 0)
      const to = (from + 1) % admins.length
      const [source, target] = [admins[from]!, admins[to]!]
      const [sourceId, targetId] = await Promise.all([source.call('CLUSTER', 'MYID'), target.call('CLUSTER', 'MYID')])
      await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(sourceId))
      await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(targetId))

      const before = await refusals(source)
      let isSettled = false
      const judged = repository.unique.fence(schema, 'a', 'token').finally(() => {
        isSettled = true
      })
      judged.catch(() => {})
      while (!isSettled && (await refusals(source)) === before) await new Promise((resolve) => setImmediate(resolve))
      const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[]
      await source.call('MIGRATE', '127.0.0.1', cluster.nodes[to]!.port, '', 0, 5_000, 'KEYS', ...keys)
      for (const admin of [target, source, ...admins])
        await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(targetId))
      expect(await judged).toMatchObject({ id: 'a' })
    })

    const refusals = async (admin: (typeof admins)[number]): Promise<number> => {
      const info = String(await admin.call('INFO', 'errorstats'))
      return Number(/errorstat_TRYAGAIN:count=(\d+)/.exec(info)?.[1] ?? 0)
    }
  })
})
