import { beforeEach, describe, expect, test } from '@jest/globals'
import {
  ArrayRepository,
  Attribute,
  AttributeNotSearchableError,
  BulkWriteError,
  DuplicateKeyError,
  Entity,
  InvalidArgumentError,
  Model,
  type Ranged,
  Searchable,
  Version,
} from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { describeStores } from './support/stores.js'

@Entity({ timestamps: false })
class Visit extends Model {
  declare id: string
  @Searchable() declare ip: string
  @Attribute({ cast: 'string' }) @Searchable() declare country: string | null
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare hits: Ranged<number>
  @Attribute({ cast: 'string' }) declare note: string | null
}

@Entity({ timestamps: false })
class Versioned extends Model {
  declare id: string
  @Searchable() declare name: string
  @Attribute({ cast: 'integer' }) declare by1: number | null
  @Attribute({ cast: 'integer' }) declare by2: number | null
  @Attribute({ cast: 'integer' }) declare by3: number | null
  @Attribute({ cast: 'integer' }) declare by4: number | null
  @Attribute({ cast: 'integer' }) declare by5: number | null
  @Version() declare version: number
}

describeStores([Visit, Versioned], ({ repository }) => {
  describe('firstOrNew and firstOrCreate', () => {
    test('firstOrNew makes what is not there without storing it', async () => {
      const visit = await Visit.firstOrNew({ ip: '10.0.0.1' }, { hits: 3 })
      expect([visit.exists, visit.ip, visit.hits]).toEqual([false, '10.0.0.1', 3])
      expect(await Visit.count()).toBe(0)
      await visit.save()
      expect((await Visit.firstOrNew({ ip: '10.0.0.1' }, { hits: 9 })).hits).toBe(3)
    })

    test('a found row keeps its own values; the values to be found come before those of creation', async () => {
      const made = await Visit.firstOrCreate({ ip: 'a' }, { ip: 'b', hits: 1 })
      expect([made.wasRecentlyCreated, made.ip, made.hits]).toEqual([true, 'a', 1])
      const found = await Visit.firstOrCreate({ ip: 'a' }, { hits: 2 })
      expect([found.wasRecentlyCreated, found.id, found.hits]).toEqual([false, made.id, 1])
    })

    test('null finds rows without a value, again and again', async () => {
      for (let turn = 0; turn < 3; turn++) await Visit.firstOrCreate({ ip: 'x', country: null }, { hits: turn })
      await Visit.firstOrCreate({ ip: 'x', country: 'null' })
      expect(await Visit.where('ip', 'x').count()).toBe(2)
    })

    test('twenty callers at once get one record, and one of them has created it', async () => {
      const made = await Promise.all(
        Array.from({ length: 20 }, (_, hits) => Visit.firstOrCreate({ ip: '10.0.0.9', country: 'DK' }, { hits })),
      )
      expect(new Set(made.map(({ id }) => id)).size).toBe(1)
      expect(made.filter(({ wasRecentlyCreated }) => wasRecentlyCreated)).toHaveLength(1)
      expect(await Visit.count()).toBe(1)
    })

    test('callers that bring keys of their own create one record, too', async () => {
      const made = await Promise.all(
        ['k1', 'k2', 'k3', 'k4'].map((id) => Visit.firstOrCreate({ ip: '10.0.0.8' }, { id })),
      )
      expect(new Set(made.map(({ id }) => id)).size).toBe(1)
      expect(await Visit.count()).toBe(1)
    })

    test('a caller that died after its claim delays nobody, and its id is used', async () => {
      const { claims } = Visit.getRepository()
      if (!claims?.isIdUnique) return
      const { schema } = definitionOf(Visit.prototype)
      const name = JSON.stringify({ type: 'equals', attribute: 'ip', value: 'dead' })
      expect(await claims.claim(schema, name, 'of-the-dead', 60_000)).toBe('of-the-dead')
      const made = await Promise.all([1, 2, 3].map((hits) => Visit.firstOrCreate({ ip: 'dead' }, { hits })))
      expect(made.map(({ id }) => id)).toEqual(['of-the-dead', 'of-the-dead', 'of-the-dead'])
      // Another record has that id by now: the next one begins anew, when the claim has ended.
      await Visit.query().update({ ip: 'alive' })
      await claims.release(schema, name, 'of-the-dead')
      expect((await Visit.firstOrCreate({ ip: 'dead' })).id).not.toBe('of-the-dead')
    })

    test('by key: one is created, the others find it; a key that is taken by another row is an error', async () => {
      const made = await Promise.all(Array.from({ length: 5 }, () => Visit.firstOrCreate({ id: 'k' }, { ip: 'a' })))
      expect(made.filter(({ wasRecentlyCreated }) => wasRecentlyCreated)).toHaveLength(1)
      await expect(Visit.firstOrCreate({ ip: 'b' }, { id: 'k' })).rejects.toThrow(DuplicateKeyError)
      expect(await Visit.count()).toBe(1)
    })

    test('after the record was removed another one is created', async () => {
      const first = await Visit.firstOrCreate({ ip: 'gone' })
      await first.delete()
      const second = await Visit.firstOrCreate({ ip: 'gone' })
      expect([second.wasRecentlyCreated, second.id === first.id]).toEqual([true, false])
    })

    test('a value that says nothing, or has no index, is refused', async () => {
      await expect(Visit.firstOrCreate({ ip: undefined as never })).rejects.toThrow(InvalidArgumentError)
      await expect(Visit.firstOrCreate({ note: 'x' })).rejects.toThrow(AttributeNotSearchableError)
    })
  })

  describe('updateOrCreate', () => {
    test('updates the row that is there, and creates one else', async () => {
      const created = await Visit.updateOrCreate({ ip: 'a' }, { hits: 1 })
      const updated = await Visit.updateOrCreate({ ip: 'a' }, { hits: 2 })
      expect([created.wasRecentlyCreated, updated.wasRecentlyCreated, updated.id]).toEqual([true, false, created.id])
      expect((await Visit.findOrFail(created.id)).hits).toBe(2)
    })

    test('no caller of many at once is lost, and nobody removes the row of another', async () => {
      await Promise.all(
        Array.from({ length: 12 }, (_, turn) =>
          Visit.updateOrCreate({ ip: 'race' }, turn % 2 === 0 ? { hits: turn } : { note: `n${turn}` }),
        ),
      )
      const [row, ...others] = await Visit.where('ip', 'race').get()
      expect(others).toEqual([])
      expect([row!.hits === null, row!.note === null]).toEqual([false, false])
    })

    test('a key that another row has is an error, unless it may be replaced', async () => {
      await Visit.create({ id: 'k', ip: 'a' })
      await expect(Visit.updateOrCreate({ ip: 'b' }, { id: 'k' })).rejects.toThrow(DuplicateKeyError)
      await Visit.updateOrCreate({ ip: 'b' }, { id: 'k' }, { force: true })
      expect((await Visit.all()).map(({ ip }) => ip)).toEqual(['b'])
    })
  })

  describe('create on a query', () => {
    test('gives the record the values that the query demands', async () => {
      const visit = await Visit.where({ ip: 'a', country: null }).where('hits', '=', 4).create({ note: 'n' })
      expect(visit.only('ip', 'country', 'hits', 'note')).toEqual({ ip: 'a', country: null, hits: 4, note: 'n' })
      expect(Visit.where('hits', '>', 4).where('ip', 'b').make({ hits: 5 }).ip).toBe('b')
    })
  })

  describe('createMany', () => {
    test('stores all rows, with events, in their order', async () => {
      const seen: unknown[] = []
      const remove = Visit.created((visit) => void seen.push(visit.ip))
      const visits = await Visit.createMany([{ ip: 'a' }, { ip: 'b' }, { ip: 'c' }], { batchSize: 2 })
      remove()
      expect(visits.map(({ ip, exists }) => [ip, exists])).toEqual([
        ['a', true],
        ['b', true],
        ['c', true],
      ])
      expect(seen.sort()).toEqual(['a', 'b', 'c'])
      expect(await Visit.count()).toBe(3)
    })

    test('a row that fails does not stop the others, and is an error with the report', async () => {
      await Visit.create({ id: 'k' })
      const attempt = Visit.createMany([{ ip: 'a' }, { id: 'k', ip: 'b' }, { ip: 'c' }])
      const error: BulkWriteError = await attempt.then(
        () => Promise.reject(new Error('it did not fail')),
        (cause) => cause,
      )
      expect(error).toBeInstanceOf(BulkWriteError)
      expect(error.report).toMatchObject({ created: 2, failed: 1, failures: [{ key: 'k' }] })
      expect(error.cause).toBeInstanceOf(DuplicateKeyError)
      expect(await Visit.count()).toBe(3)
    })
  })

  test('createMany reports a row with a value that does not fit beside those that are stored', async () => {
    const results: unknown[] = []
    const attempt = Visit.createMany([{ id: 'a' }, { id: 'b', hits: 'x' as never }, { id: 'c' }], {
      onResult: ({ key, outcome }) => results.push([key, outcome]),
    })
    await expect(attempt).rejects.toMatchObject({
      report: { created: 2, failed: 1, failures: [{ key: 'b', error: { code: 'CAST' } }] },
    })
    expect(results).toHaveLength(3)
    expect(await Visit.query().ids()).toEqual(['a', 'c'])
    await expect(Visit.createMany(null as never)).rejects.toThrow(InvalidArgumentError)
  })

  test('of rows with one key createMany and insertMany store the first, whatever batches they are in', async () => {
    const created = Visit.createMany([
      { id: 'k', ip: 'first' },
      { id: 'k', ip: 'second' },
    ])
    await expect(created).rejects.toMatchObject({ report: { created: 1, failed: 1 }, cause: { code: 'DUPLICATE_KEY' } })
    const rows = Array.from({ length: 40 }, (_, at) => ({ id: `x${at % 4}`, ip: `${at}` }))
    const report = await Visit.insertMany(rows, { batchSize: 5, concurrency: 4 })
    expect([report.inserted, report.failed]).toEqual([4, 36])
    expect((await Visit.query().get()).map(({ id, ip }) => `${id} ${ip}`).sort()).toEqual([
      'k first',
      'x0 0',
      'x1 1',
      'x2 2',
      'x3 3',
    ])
  })

  describe('upsert', () => {
    test('writes every row whatever others write meanwhile, also where versions are counted', async () => {
      await Versioned.create({ id: 'v', name: 'n' })
      const reports = await Promise.all(
        [1, 2, 3, 4, 5].map((hits) => Versioned.upsert([{ name: 'n', [`by${hits}`]: hits }], 'name')),
      )
      for (const report of reports) expect(report).toMatchObject({ updated: 1, failed: 0 })
      const stored = await Versioned.findOrFail('v')
      expect(stored.only('by1', 'by2', 'by3', 'by4', 'by5', 'version')).toEqual({
        by1: 1,
        by2: 2,
        by3: 3,
        by4: 4,
        by5: 5,
        version: 6,
      })
    })

    test('creates the record anew that others remove before it is written', async () => {
      await Visit.create({ id: 'gone', ip: 'a' })
      let isFirst = true
      const remove = Visit.updating(async (visit) => {
        if (isFirst) await Visit.withoutEvents(() => Visit.destroy(visit.id))
        isFirst = false
      })
      const report = await Visit.upsert([{ id: 'gone', ip: 'b' }], 'id')
      remove()
      expect(report).toMatchObject({ created: 1, failed: 0 })
      expect((await Visit.findOrFail('gone')).ip).toBe('b')
    })

    test('by key creates and updates, and tells what became of each row', async () => {
      await Visit.createMany([
        { id: '1', ip: 'a', hits: 1 },
        { id: '2', ip: 'b', hits: 1 },
      ])
      const report = await Visit.upsert(
        [
          { id: '1', ip: 'a', hits: 5 },
          { id: '2', ip: 'b', hits: 1 },
          { id: '3', ip: 'c', hits: 7 },
        ],
        'id',
      )
      expect(report).toMatchObject({ processed: 3, created: 1, updated: 1, unchanged: 1, failed: 0 })
      expect((await Visit.orderBy('id').get()).map(({ hits }) => hits)).toEqual([5, 1, 7])
    })

    test('by attributes updates only what it is told to', async () => {
      await Visit.create({ ip: 'a', country: 'DK', hits: 1, note: 'old' })
      const rows = [
        { ip: 'a', country: 'DK', hits: 2, note: 'new' },
        { ip: 'a', country: null, hits: 3, note: 'new' },
        { ip: 'a', country: null, hits: 4, note: 'newer' },
      ]
      const report = await Visit.upsert(rows, ['ip', 'country'], ['hits'])
      expect(report).toMatchObject({ created: 1, updated: 2 })
      const stored = await Visit.orderBy('hits').get()
      expect(stored.map(({ hits, note }) => [hits, note])).toEqual([
        [2, 'old'],
        [4, 'new'],
      ])
    })

    test('a row without the identifying values, or with a wrong value, fails alone', async () => {
      const results: unknown[] = []
      const rows = [{ hits: 1 }, { id: 'k', hits: 'x' as never }, { id: 'l', hits: 3 }, 5 as never]
      const report = await Visit.upsert(rows, 'id', null, {
        onResult: ({ key, outcome }) => results.push([key, outcome]),
      })
      expect(report).toMatchObject({ created: 1, failed: 3 })
      expect(results).toEqual(
        expect.arrayContaining([
          [null, 'failed'],
          ['k', 'failed'],
          ['l', 'created'],
        ]),
      )
    })

    test('refuses attributes to be updated that the model does not have, before anything is written', async () => {
      await expect(Visit.upsert([{ id: 'k' }], 'id', ['hitz' as never])).rejects.toThrow(InvalidArgumentError)
      await expect(Visit.upsert([{ id: 'k' }], [])).rejects.toThrow(InvalidArgumentError)
      await expect(Visit.upsert({ id: 'k' } as never, 'id')).rejects.toThrow('upsert takes an array or an iterator')
      expect(await Visit.count()).toBe(0)
    })

    test('takes an async stream in batches', async () => {
      async function* stream() {
        for (let id = 0; id < 25; id++) yield { id: `${id % 20}`, hits: id }
      }
      const progress: number[] = []
      const report = await Visit.upsert(stream(), 'id', null, {
        batchSize: 10,
        onProgress: ({ processed }) => progress.push(processed),
      })
      expect(report).toMatchObject({ processed: 25, created: 20, updated: 5 })
      expect(progress).toEqual([10, 20, 25])
    })
  })

  test('events, casts and the guard are the same on each repository', async () => {
    expect(repository).toBeDefined()
    const remove = Visit.creating((visit) => visit.ip !== 'no')
    const cancelled = await Visit.firstOrCreate({ ip: 'no' })
    remove()
    expect([cancelled.exists, await Visit.count()]).toEqual([false, 0])
  })
})

describe('a repository of one’s own without claims', () => {
  beforeEach(() => {
    Model.setRepository(
      new (class extends ArrayRepository {
        override readonly claims = undefined as never
      })(),
    )
  })

  test('creates what is not there', async () => {
    expect((await Visit.firstOrCreate({ ip: 'a' })).wasRecentlyCreated).toBe(true)
    expect((await Visit.firstOrCreate({ ip: 'a' })).wasRecentlyCreated).toBe(false)
  })
})
