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
        '(lifetimes)': { ...none, stale: 1 },
      })
      await expectMended()
      expect(await model.repository.expiry(model.schema, 'id10')).toBeNull()
      expect(await model.repository.expiry(model.schema, 'id11')).toBeGreaterThan(Date.now())
    })

    test('a record that ends a moment beside its entry, as MIGRATE leaves it, is right, and stays as it is', async () => {
      await model.fill(60)
      await model.define()
      for (const [id, driftMs] of [
        ['id10', 400],
        ['id15', -3],
      ] as const) {
        const deadline = Number(await model.send('ZSCORE', model.index(id, ':%expiry'), id))
        await model.send('PEXPIREAT', model.record(id), deadline + driftMs)
      }
      expect(await model.maintenance.verify(model.schema)).toMatchObject({ isClean: true })
      expect(await model.maintenance.repair(model.schema)).toMatchObject({ isClean: true, mended: 0 })
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

    test('a scan of the keys finds records and entries to which no index leads, and keys of no index', async () => {
      await model.fill(30)
      await model.define()
      await model.send('HSET', model.record('alone'), '', '1700000000000', 'ip', '10.0.0.1')
      await model.send('HSET', model.record('bare'), 'ip', '10.0.0.2')
      await model.send('ZADD', model.index('id1', ':ip:1.1.1.1'), 1, 'id1', 2, 'nobody')
      await model.send('ZADD', model.index('id1', ':gone:x'), 1, 'id1')
      expect((await model.maintenance.verify(model.schema)).isClean).toBe(true)
      const report = await model.maintenance.verify(model.schema, { scanKeys: true })
      expect(found(report)).toEqual({
        '(all records)': { ...none, missing: 2 },
        ip: { ...none, stale: 1, orphaned: 1 },
        '(unknown keys)': { ...none, orphaned: 1 },
      })
      await model.maintenance.repair(model.schema, { scanKeys: true })
      expect(await model.maintenance.verify(model.schema, { scanKeys: true })).toMatchObject({ isClean: true })
      expect(await auditIndexes(model.connection, model.schema)).toEqual([])
      const fetched = await model.repository.fetch(model.schema, ['alone', 'bare'])
      expect(fetched.map((record) => record?.id)).toEqual(['alone', 'bare'])
    })

    test('a run goes on where an earlier one was interrupted, whatever the step', async () => {
      await model.fill(40)
      await model.define()
      for (const id of ['id3', 'id17', 'id31']) {
        const stamp = await model.stampOf(id)
        await model.send('DEL', model.record(id))
        await model.send('ZADD', model.index(id, ':userId'), 1, `${stamp}nobody`)
      }
      for (const id of ['id4', 'id20']) await model.send('HSET', model.record(id), 'ip', '10.0.0.6', 'weight', '77')
      let token: string | undefined
      let steps = 0
      for (;;) {
        const controller = new AbortController()
        const run = model.maintenance.repair(model.schema, {
          batchSize: 4,
          signal: controller.signal,
          ...(token !== undefined && { resume: token }),
          onProgress: (progress) => {
            token = progress.token
            controller.abort(new Error('interrupted'))
          },
        })
        steps++
        if (
          await run.then(
            () => true,
            () => false,
          )
        )
          break
      }
      expect(steps).toBeGreaterThan(10)
      expect(await model.maintenance.verify(model.schema)).toMatchObject({ isClean: true })
      expect(await auditIndexes(model.connection, model.schema)).toEqual([])
    })

    test('a token of another model, and text that is none, are refused', async () => {
      await model.fill(3)
      let token = ''
      await model.maintenance.verify(model.schema, { onProgress: (progress) => (token = progress.token) })
      for (const other of [
        { ...model.schema, prefix: 'other' },
        { ...model.schema, partitions: 9 },
      ]) {
        await expect(model.maintenance.verify(other, { resume: token })).rejects.toThrow('place to resume')
      }
      await expect(model.maintenance.verify(model.schema, { resume: 'abc' })).rejects.toThrow(
        "'abc' is no place to resume at.",
      )
      await expect(model.maintenance.verify(model.schema, { batchSize: 0 })).rejects.toThrow('batchSize is 0')
    })

    test('repair and rebuild beside writers find no fault in what these write, and spoil nothing', async () => {
      await model.fill(60)
      let isWriting = true
      const write = async (seed: number) => {
        for (let at = 0; at < 150; at++) {
          const id = `id${(at * 17 + seed * 5) % 80}`
          const fields = ['ip', `10.0.0.${(at + seed) % 4}`, 'userId', String((at * seed) % 9), 'name', `n${at % 3}`]
          if (at % 11 === 0) await model.repository.delete(model.schema, [id])
          else if (at % 7 === 0)
            await model.repository.insert(
              model.schema,
              { id, fields, expiresAtMs: at % 2 === 0 ? Date.now() + 40 : null },
              { replace: true },
            )
          else if (at % 5 === 0)
            await model.repository.expire(model.schema, id, at % 3 === 0 ? null : Date.now() + 3_600_000)
          else await model.repository.update(model.schema, { id, set: fields, unset: [] })
        }
      }
      const inspect = async () => {
        const findings: number[] = []
        while (isWriting) {
          const { missing, stale, orphaned } = await model.maintenance.verify(model.schema, { batchSize: 9 })
          findings.push(missing, stale, orphaned)
          const repaired = await model.maintenance.rebuild(model.schema, { batchSize: 13, scanKeys: true })
          findings.push(repaired.missing, repaired.stale, repaired.orphaned, repaired.mended)
        }
        return findings
      }
      const inspecting = inspect()
      await Promise.all([write(1), write(2), write(3)])
      isWriting = false
      expect(new Set(await inspecting)).toEqual(new Set([0]))
      await model.maintenance.sweep(model.schema)
      expect(await model.maintenance.verify(model.schema, { scanKeys: true })).toMatchObject({ isClean: true })
    })

    test('expired records are reaped within a limit, and are no findings before', async () => {
      const expiresAtMs = Date.now() + 200
      const ids = Array.from({ length: 25 }, (_, at) => `short${at}`)
      await model.repository.insertMany(
        model.schema,
        ids.map((id) => ({ id, fields: ['ip', 'x'], expiresAtMs })),
      )
      await model.fill(5)
      while (Date.now() <= expiresAtMs + 5) await new Promise((resolve) => setImmediate(resolve))
      expect(await model.maintenance.verify(model.schema)).toMatchObject({ isClean: true })
      expect(await model.maintenance.sweep(model.schema, { limit: 10 })).toBe(10)
      expect(await model.maintenance.sweep(model.schema)).toBe(15)
      expect(await model.maintenance.sweep(model.schema)).toBe(0)
      expect(await auditIndexes(model.connection, model.schema)).toEqual([])
      for (const limit of [2.5, 0.5, -1, Number.NaN]) {
        await expect(model.maintenance.sweep(model.schema, { limit })).rejects.toThrow(`limit is ${limit}`)
      }
    })

    test('an index key must not expire while a record in it stays', async () => {
      await model.fill(40)
      await model.send('PEXPIRE', model.index('id1', ':ip:10.0.0.1'), 600_000)
      await model.send('PEXPIRE', model.index('id1', ':userId'), 600_000)
      expect((await model.maintenance.verify(model.schema)).indexes.map(({ index }) => index)).toEqual(['(lifetimes)'])
      await expectMended()
      expect(await model.send('PTTL', model.index('id1', ':userId'))).toBe(-1)
      const ids = Array.from({ length: 40 }, (_, at) => `id${at}`)
      await model.repository.delete(
        model.schema,
        ids.filter((_, at) => at % 5 !== 0),
      )
      expect(Number(await model.send('PTTL', model.index('id0', ':userId')))).toBeGreaterThan(0)
    })
  })
})
