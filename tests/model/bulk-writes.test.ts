import { describe, expect, test } from '@jest/globals'
import {
  Attribute,
  BulkWriteError,
  CastError,
  Entity,
  InvalidArgumentError,
  Model,
  type Ranged,
  type RowResult,
  Searchable,
  Version,
} from '../../src/index.js'
import { describeStores } from './support/stores.js'

@Entity({ partitions: 4 })
class Visit extends Model {
  declare id: string
  @Searchable() declare ip: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare hits: Ranged<number>
  @Attribute({ cast: 'string' }) declare note: string | null
}

@Entity({ timestamps: false })
class Page extends Model {
  declare id: string
  @Searchable() declare state: string
  @Attribute() declare title: string
  @Attribute() declare note: string
  @Version() declare version: number
}

async function createVisits(count: number): Promise<void> {
  await Visit.insertMany(Array.from({ length: count }, (_, hits) => ({ id: `v${hits}`, ip: `ip${hits % 3}`, hits })))
}

describeStores([Visit, Page], () => {
  describe('updateMany', () => {
    test('gives all rows of the query the values, in batches, and tells what became of each', async () => {
      await createVisits(12)
      await Visit.where('id', 'v3').update({ note: 'n' })
      const results: RowResult[] = []
      const report = await Visit.where('ip', '=', 'ip0').updateMany(
        { note: 'n' },
        { batchSize: 2, onResult: (result) => results.push(result) },
      )
      expect(report).toMatchObject({ processed: 4, updated: 3, unchanged: 1, failed: 0 })
      expect(results.map(({ key, outcome }) => `${key} ${outcome}`).sort()).toEqual([
        'v0 updated',
        'v3 unchanged',
        'v6 updated',
        'v9 updated',
      ])
      expect(await Visit.query().count()).toBe(12)
      const noted = (await Visit.all()).filter(({ note }) => note === 'n')
      expect(noted.map(({ id }) => id).sort()).toEqual(['v0', 'v3', 'v6', 'v9'])
    })

    test('what it changes decides no more which rows come', async () => {
      await createVisits(9)
      const changed = await Visit.where('hits', '>=', 0).update({ hits: 100 })
      expect(changed).toBe(9)
      expect(await Visit.where('hits', '=', 100).count()).toBe(9)
      expect(await Visit.where('hits', '<', 100).update({ ip: 'x' })).toBe(0)
    })

    test('limit and order decide which rows are meant before the first is written', async () => {
      await createVisits(10)
      expect(await Visit.orderBy('hits', 'desc').limit(3).update({ hits: -1 })).toBe(3)
      expect((await Visit.where('hits', '>=', 0).orderBy('hits').get()).map(({ hits }) => hits)).toEqual([
        0, 1, 2, 3, 4, 5, 6,
      ])
    })

    test('a row that does not fulfil the condition any more when its turn comes is left alone', async () => {
      await createVisits(6)
      const remove = Visit.updating(async (visit) => {
        if (visit.id === 'v0') await Visit.where('id', 'v3').each((other) => other.fill({ ip: 'moved' }).saveQuietly())
      })
      const report = await Visit.where('ip', '=', 'ip0').updateMany({ note: 'n' }, { batchSize: 1 })
      remove()
      expect(report).toMatchObject({ updated: 1 })
      expect((await Visit.findOrFail('v3')).note).toBeNull()
    })

    test('handlers run for each row, and may cancel', async () => {
      await createVisits(4)
      const seen: string[] = []
      const removers = [
        Visit.updating((visit) => visit.id !== 'v1'),
        Visit.updated((visit) => void seen.push(visit.id)),
      ]
      const report = await Visit.query().updateMany({ note: 'n' })
      for (const remove of removers) remove()
      expect(report).toMatchObject({ updated: 3, cancelled: 1 })
      expect(seen.sort()).toEqual(['v0', 'v2', 'v3'])
    })

    test('a row that fails does not stop the others; update throws at the end', async () => {
      await createVisits(3)
      const remove = Visit.saving((visit) => {
        if (visit.id === 'v1') throw new Error('not this one')
      })
      const report = await Visit.query().updateMany({ note: 'a' })
      expect(report).toMatchObject({ updated: 2, failed: 1, failures: [{ key: 'v1', outcome: 'failed' }] })
      await expect(Visit.query().update({ note: 'b' })).rejects.toThrow(BulkWriteError)
      remove()
      expect((await Visit.orderBy('id').get()).map(({ note }) => note)).toEqual(['b', null, 'b'])
    })

    test('sets the time of the update and keeps that of creation', async () => {
      await createVisits(1)
      const before = (await Visit.findOrFail('v0')).getAttributes()
      await Visit.query().update({ note: 'n', updated_at: '2020-01-01' } as never)
      const after = (await Visit.findOrFail('v0')).getAttributes()
      expect(after.created_at).toEqual(before.created_at)
      expect(String(after.updated_at)).toContain('2020')
    })

    test('the key, and a cursor, are refused', async () => {
      await expect(Visit.query().updateMany({ id: 'k' })).rejects.toThrow(InvalidArgumentError)
      await createVisits(2)
      const { next } = await Visit.query().cursorPaginate({ size: 1 })
      await expect(Visit.query().after(next).update({ note: 'n' })).rejects.toThrow(InvalidArgumentError)
      await expect(Visit.query().updateMany({ note: 'n' }, { batchSize: 0 })).rejects.toThrow(InvalidArgumentError)
    })
  })

  test('values that no row can get are an error before anything is read or written', async () => {
    await createVisits(2)
    await expect(Visit.query().updateMany({ hits: 'x' as never })).rejects.toThrow(CastError)
    await expect(Visit.query().updateMany({ hitz: 1 } as never)).rejects.toThrow(InvalidArgumentError)
    await expect(Visit.query().updateMany(null as never)).rejects.toThrow(InvalidArgumentError)
    const rows = [{ ip: 'a' }, { ip: 'b' }]
    await expect(Visit.createMany(rows, { ttl: -5 })).rejects.toThrow(InvalidArgumentError)
    await expect(Visit.insertMany(rows, { ttl: -5 })).rejects.toThrow(InvalidArgumentError)
    expect((await Visit.orderBy('id').get()).map(({ hits, note }) => [hits, note])).toEqual([
      [0, null],
      [1, null],
    ])
  })

  describe('increment of a query', () => {
    test('adds to each row in its own step, and re-indexes it', async () => {
      await createVisits(6)
      expect(await Visit.where('ip', '=', 'ip0').increment('hits', 100, { set: { note: 'n' } })).toBe(2)
      expect(
        (await Visit.where('hits', '>=', 100).orderBy('hits').get()).map(({ id, note }) => `${id}${note}`),
      ).toEqual(['v0n', 'v3n'])
      await Promise.all(Array.from({ length: 5 }, () => Visit.where('id', 'v1').increment('hits')))
      expect((await Visit.findOrFail('v1')).hits).toBe(6)
    })

    test('rows that would leave the range fail, the others do not', async () => {
      await createVisits(4)
      const error: unknown = await Visit.query()
        .decrement('hits', 2, { min: 0 })
        .catch((cause: unknown) => cause)
      expect(error).toMatchObject({ code: 'BULK_WRITE', report: { updated: 2, failed: 2 } })
      expect((await Visit.orderBy('id').get()).map(({ hits }) => hits)).toEqual([0, 1, 0, 1])
      await expect(Visit.query().increment('hits', Number.NaN)).rejects.toThrow(InvalidArgumentError)
    })
  })

  describe('rows with a version', () => {
    test('that others write meanwhile are updated as long as they fulfil the conditions', async () => {
      await Page.createMany([
        { id: 'p0', state: 'open' },
        { id: 'p1', state: 'open' },
        { id: 'p2', state: 'open' },
      ])
      let isFirst = true
      const remove = Page.updating(async (page) => {
        if (!isFirst || page.id !== 'p0') return
        isFirst = false
        await Page.withoutEvents(async () => {
          await (await Page.findOrFail('p0')).update({ title: 'theirs' })
          await (await Page.findOrFail('p1')).update({ state: 'closed' })
        })
      })
      const report = await Page.where('state', '=', 'open').updateMany({ note: 'ours' })
      remove()
      expect(report.updated + report.skipped).toBe(3)
      const stored = await Page.orderBy('id').get()
      expect(stored[0]!.only('title', 'note')).toEqual({ title: 'theirs', note: 'ours' })
      expect(stored[2]!.note).toBe('ours')
    })
  })

  test('a row that others write again and again is reported as failed, not as one that is not meant any more', async () => {
    await Page.create({ id: 'busy', state: 'open' })
    const remove = Page.updating((page) =>
      Page.withoutEvents(async () => {
        await (await Page.findOrFail(page.id)).update({ title: `${page.version}` })
      }),
    )
    const report = await Page.where('state', '=', 'open').updateMany({ note: 'ours' })
    remove()
    expect(report).toMatchObject({ failed: 1, skipped: 0, failures: [{ key: 'busy', error: { code: 'STALE_MODEL' } }] })
  })

  test('a handler that does not find another record fails its row, which is not taken for one that is gone', async () => {
    await Page.create({ id: 'p', state: 'open' })
    const remove = Page.saving(async () => void (await Visit.findOrFail('nobody')))
    expect(await Page.query().updateMany({ note: 'n' })).toMatchObject({ failed: 1, skipped: 0 })
    await expect(Page.createMany([{ state: 'new' }])).rejects.toThrow(BulkWriteError)
    remove()
    expect((await Page.all()).map(({ note }) => note)).toEqual([null])
  })

  describe('deleteMany', () => {
    test('removes the rows of the query and no others', async () => {
      await createVisits(30)
      const report = await Visit.where('ip', '=', 'ip1').deleteMany({ batchSize: 4 })
      expect(report).toMatchObject({ processed: 10, deleted: 10, skipped: 0 })
      expect(await Visit.count()).toBe(20)
      expect(await Visit.where('hits', '<', 3).orderBy('hits').limit(1).delete()).toBe(1)
      expect((await Visit.orderBy('hits').limit(2).get()).map(({ hits }) => hits)).toEqual([2, 3])
      expect(await Visit.query().delete()).toBe(19)
      expect(await Visit.exists()).toBe(false)
    })

    test('handlers run for each row, and may cancel', async () => {
      await createVisits(4)
      const seen: string[] = []
      const removers = [
        Visit.deleting((visit) => visit.id !== 'v2'),
        Visit.deleted((visit) => void seen.push(visit.id)),
      ]
      const report = await Visit.where('hits', '>=', 1).deleteMany()
      for (const remove of removers) remove()
      expect(report).toMatchObject({ deleted: 2, cancelled: 1 })
      expect(seen.sort()).toEqual(['v1', 'v3'])
      expect(await Visit.count()).toBe(2)
    })

    test('a row that is gone when its turn comes is skipped', async () => {
      await createVisits(3)
      const remove = Visit.deleting(async (visit) => {
        if (visit.id !== 'v1') await Visit.withoutEvents(() => Visit.destroy('v1'))
      })
      const report = await Visit.query().deleteMany({ batchSize: 10 })
      remove()
      expect(report.deleted + report.skipped).toBe(3)
      expect(report.skipped).toBeLessThanOrEqual(1)
      expect(await Visit.count()).toBe(0)
    })
  })
})
