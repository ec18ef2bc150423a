import { describe, expect, jest, test } from '@jest/globals'
import { partitionsOf, recordKey } from '../../../src/repositories/indexed/layout.js'
import { migrateRecords } from '../../../src/repositories/migration/migrate-records.js'
import { MigratingRepository } from '../../../src/repositories/migration/migrating-repository.js'
import type { ModelSchema } from '../../../src/schema/model-schema.js'
import { describeTargets } from '../../support/targets.js'
import { auditIndexes, keysUnder } from '../index-auditor.js'
import { createRandom } from '../random.js'
import { MaintainedModel } from './maintained-model.js'

jest.setTimeout(120_000)

describeTargets(['redis-server', 'redis-cluster', 'embedded-node'], (target) => {
  describe('whatever was done to the keys of a model', () => {
    const model = new MaintainedModel(target, 2)

    test.each([1, 2, 3, 4, 5, 6])(
      'verify finds it, repair mends it, and all is found as it is stored (seed %d)',
      async (seed) => {
        const random = createRandom(seed)
        await model.fill(60)
        const { schema } = model
        const indexKeys = (await keysUnder(model.connection, `idx:${schema.prefix}:`)).filter(
          (key) => !/:%[a-z]/.test(key),
        )
        const fields = ['ip', 'name', 'userId', 'weight', 'seenAt', 'active']
        const values: Record<string, readonly string[]> = {
          ip: ['10.0.0.1', 'elsewhere', ''],
          name: ['name 1', 'n\u0000\u0001x', 'ü'],
          userId: ['5', '-77', '100000000000'],
          weight: ['0.25', '-1e300', 'Infinity'],
          seenAt: ['2024-02-29T12:00:00.000Z', '1999-01-01T00:00:00.000Z'],
          active: ['0', '1'],
        }
        for (let at = 0; at < 25; at++) {
          const id = `id${random.below(60)}`
          const key = random.of(indexKeys)
          switch (random.below(9)) {
            case 0:
              await model.send('DEL', model.record(id))
              break
            case 1: {
              const field = random.of(fields)
              const exists = await model.send('EXISTS', model.record(id))
              if (exists) await model.send('HSET', model.record(id), field, random.of(values[field]!))
              break
            }
            case 2:
              await model.send('HDEL', model.record(id), random.of(fields))
              break
            case 3: {
              const members = (await model.send('ZRANGE', key, 0, -1)) as string[]
              if (members.length > 0) await model.send('ZREM', key, random.of(members))
              break
            }
            case 4: {
              const members = (await model.send('ZRANGE', key, 0, -1)) as string[]
              if (members.length > 0) await model.send('ZADD', key, random.below(1_000_000_000), random.of(members))
              break
            }
            case 5:
              await model.send('ZADD', key, 7, random.of([`${id}`, `0000000000001${id}`, `x\u00001700000000000${id}`]))
              break
            case 6:
              if (random.below(2) === 0) await model.send('PERSIST', model.record(id))
              else await model.send('PEXPIRE', model.record(id), 5_000_000)
              break
            case 7:
              await model.send('DEL', key)
              break
            default:
              await model.send('HDEL', model.index(id, ':%terms'), id)
          }
        }
        expect((await model.maintenance.verify(schema, { scanKeys: true })).isClean).toBe(false)
        await model.maintenance.repair(schema, { scanKeys: true, batchSize: 1 + random.below(30) })
        expect(await model.maintenance.verify(schema, { scanKeys: true })).toMatchObject({ indexes: [], isClean: true })
        expect(await auditIndexes(model.connection, schema)).toEqual([])
        const count = await model.repository.count(schema, { type: 'all', of: [] })
        expect(count.count).toBe((await keysUnder(model.connection, `${schema.prefix}:`)).length)
      },
    )
  })

  describe('a model with a hash tag', () => {
    const model = new MaintainedModel(target, 3)
    const tagged = (partitions = 3): ModelSchema => ({
      ...model.schema,
      partitions,
      hashTag: model.schema.attributes.get('ip')!,
    })

    test('is verified and repaired where its records are, and moves to other partitions by its tag', async () => {
      const schema = tagged()
      const records = Array.from({ length: 30 }, (_, at) => ({
        id: `id${at}`,
        fields: ['ip', `t${at % 4}`, 'userId', String(at)],
        expiresAtMs: null,
      }))
      await model.repository.insertMany(schema, records)
      expect(await model.maintenance.verify(schema, { scanKeys: true })).toMatchObject({ records: 30, isClean: true })
      for (const partition of partitionsOf(schema)) await model.send('DEL', recordKey(partition, 'id3'))
      expect((await model.maintenance.repair(schema)).orphaned).toBeGreaterThan(0)
      expect(await auditIndexes(model.connection, schema)).toEqual([])

      const source = async () => model.connection
      const next = tagged(5)
      const migrating = new MigratingRepository(source, { partitions: 3 })
      const report = migrateRecords(source, next, { from: { partitions: 3 }, batchSize: 4 })
      const updates = Promise.all(
        [5, 9, 13].map((at) =>
          migrating.update(next, { id: `id${at}`, tag: `t${at % 4}`, set: ['userId', '77'], unset: [] }),
        ),
      )
      expect(await updates).toEqual(['updated', 'updated', 'updated'])
      expect(await report).toMatchObject({ left: 0 })
      await migrateRecords(source, next, { from: { partitions: 3 } })
      expect((await model.repository.count(next, { type: 'equals', attribute: 'userId', value: '77' })).count).toBe(3)
      expect((await model.repository.count(next, { type: 'all', of: [] })).count).toBe(29)
      expect(await model.maintenance.verify(next, { scanKeys: true })).toMatchObject({ isClean: true })
    })
  })
})
