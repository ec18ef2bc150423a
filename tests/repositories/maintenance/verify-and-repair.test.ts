import { describe, expect, jest, test } from '@jest/globals'
import type { IndexReport } from '../../../src/repositories/indexed/maintenance/index-report.js'
import { describeTargets, serverKinds } from '../../support/targets.js'
import { auditIndexes } from '../index-auditor.js'
import { MaintainedModel } from './maintained-model.js'

jest.setTimeout(120_000)

describeTargets(serverKinds, (target) => {
  describe.each([1, 3])('verify and repair over %d partitions', (partitions) => {
    const model = new MaintainedModel(target, partitions)
    const found = (report: IndexReport) =>
      Object.fromEntries(
        report.indexes.map(({ index, missing, stale, orphaned }) => [index, { missing, stale, orphaned }]),
      )
    const none = { missing: 0, stale: 0, orphaned: 0 }

    const expectMended = async (batchSize = 250) => {
      const repaired = await model.maintenance.repair(model.schema, { batchSize })
      expect(repaired.mended).toBeGreaterThan(0)
      expect(await model.maintenance.verify(model.schema)).toMatchObject({ isClean: true, indexes: [], mended: 0 })
      expect(await auditIndexes(model.connection, model.schema)).toEqual([])
    }

    test('a model without records, and one whose entries are right, have no findings', async () => {
      expect(await model.maintenance.verify(model.schema)).toMatchObject({ records: 0, isClean: true })
      await model.fill(60)
      await model.define()
      for (const batchSize of [1, 7, 250]) {
        const report = await model.maintenance.verify(model.schema, { batchSize })
        expect(report).toMatchObject({ records: 60, partitions, isClean: true, indexes: [], notReady: [], unknown: [] })
      }
      expect(await model.maintenance.repair(model.schema)).toMatchObject({ mended: 0, isClean: true })
    })

    test('entries that somebody removed are missing, each in its index', async () => {
      await model.fill(60)
      await model.define()
      const stamp = await model.stampOf('id7')
      await model.send('ZREM', model.index('id7', ':ip:10.0.0.0'), 'id7')
      await model.send('ZREM', model.index('id7', ':userId'), `${stamp}id7`)
      await model.send('ZREM', model.index('id7', ':name'), `name 2\0${stamp}id7`)
      await model.send('ZREM', model.index('id3', ':name:%null'), 'id3')
      await model.send('ZREM', model.index('id10', ':%expiry'), 'id10')
      await model.send('HDEL', model.index('id15', ':%terms'), 'id15')
      const report = await model.maintenance.verify(model.schema)
      expect(report).toMatchObject({ missing: 6, stale: 1, orphaned: 0, isClean: false })
      expect(found(report)).toEqual({
        ip: { ...none, missing: 1 },
        'userId (range)': { ...none, missing: 1 },
        'name (range)': { ...none, missing: 1 },
        name: { ...none, missing: 1 },
        '(deadlines)': { ...none, missing: 1 },
        '(terms)': { ...none, missing: 1, stale: 1 },
      })
      const ip = report.indexes.find(({ index }) => index === 'ip')!
      expect(ip.examples).toEqual([{ finding: 'missing', id: 'id7', key: model.record('id7') }])
      await expectMended()
    })

    test('entries with another score are stale', async () => {
      await model.fill(60)
      await model.define()
      const stamp = await model.stampOf('id7')
      await model.send('ZADD', model.index('id7'), 5, 'id7')
      await model.send('ZADD', model.index('id8', ':ip:10.0.0.1'), 5, 'id8')
      await model.send('ZADD', model.index('id7', ':userId'), 5, `${stamp}id7`)
      await model.send('ZADD', model.index('id10', ':%expiry'), 4e12, 'id10')
      expect(found(await model.maintenance.verify(model.schema))).toEqual({
        '(all records)': { ...none, stale: 1 },
        ip: { ...none, stale: 1 },
        'userId (range)': { ...none, stale: 1 },
        '(deadlines)': { ...none, stale: 1 },
      })
      await expectMended()
    })

    test('entries of a record that somebody deleted are orphaned', async () => {
      await model.fill(60)
      await model.define()
      await model.send('DEL', model.record('id16'))
      const report = await model.maintenance.verify(model.schema)
      expect(found(report)).toEqual({
        '(all records)': { ...none, orphaned: 1 },
        active: { ...none, orphaned: 1 },
        ip: { ...none, orphaned: 1 },
        name: { ...none, orphaned: 1 },
        'name (range)': { ...none, orphaned: 1 },
        seenAt: { ...none, orphaned: 1 },
        'seenAt (range)': { ...none, orphaned: 1 },
        userId: { ...none, orphaned: 1 },
        'userId (range)': { ...none, orphaned: 1 },
        weight: { ...none, orphaned: 1 },
        'weight (range)': { ...none, orphaned: 1 },
      })
      await expectMended()
    })

    test('fields that somebody changed leave stale entries and missing ones', async () => {
      await model.fill(60)
      await model.define()
      await model.send('HSET', model.record('id7'), 'userId', '9999', 'name', 'other', 'ip', '10.0.0.3')
      expect(found(await model.maintenance.verify(model.schema))).toEqual({
        ip: { ...none, missing: 1, stale: 1 },
        name: { ...none, missing: 1, stale: 1 },
        'name (range)': { ...none, missing: 1, stale: 1 },
        userId: { ...none, missing: 1, stale: 1 },
        'userId (range)': { ...none, stale: 1 },
      })
      await expectMended(3)
      expect(
        (await model.repository.count(model.schema, { type: 'equals', attribute: 'ip', value: '10.0.0.3' })).count,
      ).toBe(10)
    })

    test('entries that somebody added are orphaned or stale', async () => {
      await model.fill(60)
      await model.define()
      await model.send('ZADD', model.index('id1', ':ip:10.0.0.1'), 1, 'nobody', 2, 'id2')
      await model.send('ZADD', model.index('id1', ':weight'), 1, '0000000000001nobody')
      await model.send('ZADD', model.index('id1'), 1, 'nothing')
      const { orphaned, stale, missing } = await model.maintenance.verify(model.schema)
      const isBeside = model.index('id1') === model.index('id2')
      expect({ orphaned, stale, missing }).toEqual({ orphaned: isBeside ? 3 : 4, stale: isBeside ? 1 : 0, missing: 0 })
      await expectMended()
    })

    test('a record that left the index of all records is found through its other entries', async () => {
      await model.fill(60)
      await model.define()
      await model.send('ZREM', model.index('id7'), 'id7')
      expect(found(await model.maintenance.verify(model.schema))).toEqual({ '(all records)': { ...none, missing: 1 } })
      await expectMended()
    })

    test('a deadline that somebody took from the record, or gave it, counts', async () => {
      await model.fill(60)
      await model.define()
      await model.send('PERSIST', model.record('id10'))
      await model.send('PEXPIREAT', model.record('id11'), Date.now() + 1_000_000)
      expect(found(await model.maintenance.verify(model.schema))).toEqual({
        '(deadlines)': { ...none, missing: 1, stale: 1 },
        '(terms)': { ...none, missing: 1 },
      })
      await expectMended()
      expect(await model.repository.expiry(model.schema, 'id10')).toBeNull()
      expect(await model.repository.expiry(model.schema, 'id11')).toBeGreaterThan(Date.now())
    })

    test('a hash that was deleted and written anew by others becomes a record again', async () => {
      await model.fill(20)
      await model.define()
      await model.send('DEL', model.record('id7'))
      await model.send('HSET', model.record('id7'), 'ip', '10.9.9.9', 'userId', '3')
      expect((await model.maintenance.verify(model.schema)).isClean).toBe(false)
      await expectMended()
      const [record] = await model.repository.fetch(model.schema, ['id7'])
      expect(record?.fields).toEqual(expect.arrayContaining(['ip', '10.9.9.9']))
    })
  })
})
