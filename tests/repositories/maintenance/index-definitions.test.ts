import { describe, expect, jest, test } from '@jest/globals'
import { IndexNotReadyError } from '../../../src/errors/index-errors.js'
import type { Criterion } from '../../../src/repositories/criteria.js'
import { partitionsOf } from '../../../src/repositories/indexed/layout.js'
import { datetimeCast } from '../../../src/schema/casts/date-casts.js'
import { floatCast, integerCast } from '../../../src/schema/casts/number-casts.js'
import { textCast } from '../../../src/schema/casts/text-cast.js'
import type { ModelSchema } from '../../../src/schema/model-schema.js'
import { describeTargets, serverKinds } from '../../support/targets.js'
import { auditIndexes, keysUnder } from '../index-auditor.js'
import { schemaOf } from '../sample-schema.js'
import { MaintainedModel } from './maintained-model.js'

jest.setTimeout(120_000)

describeTargets(serverKinds, (target) => {
  describe('releases with different indexes of one model', () => {
    const model = new MaintainedModel(target, 3)
    const older = (): ModelSchema =>
      schemaOf(model.schema.prefix, 3, {
        ip: [textCast, 'equality'],
        userId: [integerCast, 'range'],
        name: [textCast, 'none'],
        seenAt: [datetimeCast, 'none'],
        weight: [floatCast, 'none'],
      })
    const newer = (): ModelSchema => {
      const schema = schemaOf(model.schema.prefix, 3, {
        ip: [textCast, 'equality'],
        userId: [integerCast, 'range'],
        name: [textCast, 'range'],
        seenAt: [datetimeCast, 'range'],
        weight: [floatCast, 'none'],
      })
      const pair = [schema.attributes.get('ip')!, schema.attributes.get('name')!]
      return { ...schema, composites: [{ attributes: pair }] }
    }
    const equals = (attribute: string, value: string | null): Criterion => ({ type: 'equals', attribute, value })
    const record = (at: number, expiresAtMs: number | null = null) => ({
      id: `id${at}`,
      fields: [
        ...['ip', `10.0.0.${at % 3}`, 'userId', String(at % 5), 'seenAt', `2024-01-0${1 + (at % 9)}T00:00:00.000Z`],
        ...(at % 4 === 0 ? [] : ['name', `name ${at % 6}`]),
      ],
      expiresAtMs,
    })
    const fill = async (schema: ModelSchema, count: number) => {
      const records = Array.from({ length: count }, (_, at) => record(at, at % 7 === 0 ? Date.now() + 3_600_000 : null))
      await model.repository.insertMany(schema, records)
    }
    const count = async (schema: ModelSchema, where: Criterion) => (await model.repository.count(schema, where)).count
    const expectExact = async (schema: ModelSchema) => {
      const report = await model.maintenance.verify(schema, { scanKeys: true })
      expect(report).toMatchObject({ isClean: true, notReady: [], indexes: [] })
      expect(await auditIndexes(model.connection, schema)).toEqual([])
    }

    test('a new model is ready at once, and nothing is left of it when its records are gone', async () => {
      await fill(older(), 20)
      expect(await model.maintenance.status(older())).toMatchObject({ records: 20, isReady: true })
      await model.repository.delete(
        older(),
        Array.from({ length: 20 }, (_, at) => `id${at}`),
      )
      expect(await keysUnder(model.connection, `idx:${model.schema.prefix}:`)).toEqual([])
    })

    test('an attribute that became searchable answers when its index is built, and not before', async () => {
      await fill(older(), 60)
      await model.repository.insert(newer(), record(100), { replace: false })
      const error = await count(newer(), equals('name', 'name 1')).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(IndexNotReadyError)
      expect(error).toMatchObject({ attributes: ['name'] })
      await expect(
        model.repository.select(newer(), {
          where: { type: 'all', of: [] },
          order: [{ attribute: 'seenAt', direction: 'asc' }],
          limit: 5,
          offset: 0,
          after: null,
        }),
      ).rejects.toThrow('seenAt')
      expect(await count(newer(), equals('ip', '10.0.0.1'))).toBe(21)
      expect((await model.maintenance.status(newer())).isReady).toBe(false)

      expect(await model.maintenance.build(newer(), { batchSize: 7 })).toMatchObject({ partitions: 3 })
      expect(await count(newer(), equals('name', 'name 1'))).toBe(10)
      expect(await model.maintenance.status(newer())).toMatchObject({ isReady: true })
      await expectExact(newer())
    })

    test('queries alone change nothing: the older release stays in charge until the newer one writes', async () => {
      await fill(older(), 30)
      await expect(count(newer(), equals('name', 'name 1'))).rejects.toThrow(IndexNotReadyError)
      expect(await model.maintenance.status(older())).toMatchObject({ isReady: true })
      expect(await count(older(), equals('ip', '10.0.0.1'))).toBe(10)
    })

    test('a write of the older release takes a built index out of service until it is completed, and leaves nothing wrong', async () => {
      await fill(older(), 40)
      await model.maintenance.build(newer())
      expect(await count(newer(), equals('name', 'name 2'))).toBe(4)
      const { repository } = model
      await repository.update(older(), { id: 'id2', set: ['name', 'name 1'], unset: [] })
      await repository.update(older(), { id: 'id8', set: [], unset: ['name'] })
      await repository.delete(older(), ['id14'])
      await repository.insert(older(), record(200), { replace: false })
      await repository.insert(older(), { ...record(26), fields: ['ip', 'x'] }, { replace: true })
      await repository.expire(older(), 'id20', Date.now() + 3_000_000)
      await repository.update(older(), { id: 'id3', newId: 'moved', set: [], unset: [] })
      await expect(count(newer(), equals('name', 'name 2'))).rejects.toThrow(IndexNotReadyError)
      await model.maintenance.build(newer())
      expect(await count(newer(), equals('name', 'name 2'))).toBe(1)
      expect(await count(newer(), equals('name', 'name 1'))).toBe(8)
      await expectExact(newer())
    })

    test('an attribute that is searchable no longer keeps no entries once it is pruned', async () => {
      await fill(newer(), 40)
      await model.repository.update(older(), { id: 'id1', set: ['name', 'other'], unset: [] })
      expect(await model.maintenance.verify(older())).toMatchObject({
        isClean: true,
        unknown: ['ip', 'name', 'seenAt'],
      })
      const report = await model.maintenance.prune(older(), { batchSize: 6 })
      expect(report).toMatchObject({ inUse: 0 })
      expect(report.partitions).toBe(3)
      expect((await keysUnder(model.connection, `idx:${model.schema.prefix}:`)).join()).not.toMatch(/name|seenAt/)
      expect(await model.maintenance.status(older())).toMatchObject({ isReady: true })
      await expectExact(older())
    })

    test('an index that is being dropped comes back when a release that declares it writes', async () => {
      await fill(newer(), 40)
      const pruning = model.maintenance.prune(older(), {
        batchSize: 1,
        onProgress: () => {
          void model.repository.update(newer(), { id: 'id1', set: ['name', 'again'], unset: [] })
        },
      })
      await pruning
      await model.repository.update(newer(), { id: 'id1', set: ['name', 'at last'], unset: [] })
      await model.maintenance.build(newer())
      expect(await count(newer(), equals('name', 'at last'))).toBe(1)
      await expectExact(newer())
    })

    test('an index that is ordered in another way is built anew', async () => {
      await fill(newer(), 30)
      const base = newer()
      const changed = (attribute: string, cast: typeof textCast): ModelSchema => {
        const other = { ...base.attributes.get(attribute)!, cast }
        const attributes = new Map(base.attributes).set(attribute, other)
        const searchable = base.searchable.map((known) => (known.name === attribute ? other : known))
        return { ...base, attributes, searchable }
      }
      const asText = changed('userId', textCast)
      await model.repository.update(asText, { id: 'id1', set: ['userId', '7'], unset: [] })
      const range: Criterion = { type: 'range', attribute: 'userId', min: { value: '4', inclusive: true } }
      await expect(count(asText, range)).rejects.toThrow(IndexNotReadyError)
      expect(await count(asText, equals('userId', '7'))).toBe(1)
      await model.maintenance.build(asText)
      expect(await count(asText, range)).toBe(7)
      await expectExact(asText)
    })

    test('a composite index that is not built is done without', async () => {
      await fill(older(), 60)
      const paired = (): ModelSchema => {
        const schema = older()
        return {
          ...schema,
          composites: [{ attributes: [schema.attributes.get('ip')!, schema.attributes.get('userId')!] }],
        }
      }
      const both: Criterion = { type: 'all', of: [equals('ip', '10.0.0.1'), equals('userId', '2')] }
      await model.repository.insert(paired(), record(61), { replace: false })
      for (const schema of [paired(), older()]) expect(await count(schema, both)).toBe(4)
      await model.repository.update(older(), { id: 'id7', set: ['ip', '10.0.0.2'], unset: [] })
      for (const schema of [paired(), older()]) expect(await count(schema, both)).toBe(3)
      await model.maintenance.build(paired())
      for (const schema of [paired(), older()]) expect(await count(schema, both)).toBe(3)
      await expectExact(paired())
    })

    test('a partition that lost its definition answers nothing from indexes until they are built', async () => {
      await fill(older(), 30)
      for (const { keys } of partitionsOf(older())) await model.send('DEL', `${keys[0]}:%schema`)
      await expect(count(older(), equals('ip', '10.0.0.1'))).rejects.toThrow(IndexNotReadyError)
      expect(await model.maintenance.verify(older())).toMatchObject({ isClean: false, notReady: ['ip', 'userId'] })
      await model.maintenance.build(older())
      expect(await count(older(), equals('ip', '10.0.0.1'))).toBe(10)
    })

    test('a build that is interrupted at any step goes on there, and misses no write in between', async () => {
      await fill(older(), 60)
      for (let round = 0; round < 200; round++) {
        const controller = new AbortController()
        const building = model.maintenance.build(newer(), {
          batchSize: 3,
          signal: controller.signal,
          onProgress: () => controller.abort(new Error('interrupted')),
        })
        const isDone = await building.then(
          () => true,
          () => false,
        )
        if (isDone) break
        const at = (round * 7) % 60
        await model.repository.update(round % 2 === 0 ? older() : newer(), {
          id: `id${at}`,
          set: ['name', `changed ${round % 3}`, 'seenAt', '2030-01-01T00:00:00.000Z'],
          unset: [],
        })
        if (round === 20) await model.repository.delete(older(), ['id30', 'id31'])
      }
      await model.maintenance.build(newer())
      await expectExact(newer())
    })

    test('queries of the newer release are right or refused while both releases write and the index is built', async () => {
      await fill(older(), 50)
      const writes = async (schema: ModelSchema, seed: number) => {
        for (let at = 0; at < 60; at++) {
          const id = `id${(at * 13 + seed) % 50}`
          const value = `name ${(at + seed) % 4}`
          await model.repository.update(schema, { id, set: ['name', value], unset: [] })
        }
      }
      const answers: string[] = []
      let isWriting = true
      const reads = async () => {
        while (isWriting) {
          try {
            const page = await model.repository.select(newer(), {
              where: equals('name', 'name 1'),
              order: [],
              limit: null,
              offset: 0,
              after: null,
            })
            for (const { fields } of page.records) answers.push(fields[fields.indexOf('name') + 1]!)
          } catch (error) {
            if (!(error instanceof IndexNotReadyError)) throw error
          }
        }
      }
      const reading = reads()
      const builds = async () => {
        for (let round = 0; round < 5; round++) await model.maintenance.build(newer(), { batchSize: 5 })
      }
      await Promise.all([writes(older(), 1), writes(newer(), 2), writes(newer(), 3), builds()])
      isWriting = false
      await reading
      expect(new Set(answers)).toEqual(answers.length === 0 ? new Set() : new Set(['name 1']))
      await model.maintenance.build(newer())
      await expectExact(newer())
    })
  })
})
