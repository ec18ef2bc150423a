import { describe, expect, test } from '@jest/globals'
import {
  ArrayRepository,
  Attribute,
  CastError,
  DuplicateKeyError,
  type InsertProgress,
  InvalidArgumentError,
  Model,
  type NewRecord,
  type Ranged,
  type Repository,
  Searchable,
} from '../../src/index.js'
import { describeStores } from './support/stores.js'

class City extends Model {
  declare id: string
  @Attribute({ cast: String }) @Searchable({ range: true }) declare name: Ranged<string>
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare population: Ranged<number> | null
  @Attribute({ cast: 'json' }) declare location: [number, number]
}

class Draft extends Model {
  @Attribute() @Searchable() status: string = 'new'
}

const cities = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `c${index}`, name: `City ${index}`, population: index }))

describeStores([City, Draft], () => {
  test('rows are stored as create would store them', async () => {
    const row = { id: 'zrh', name: 'Zürich', population: 443037, location: [8.55, 47.37] as [number, number] }
    const report = await City.insertMany([row, { name: 'nameless', population: null }])
    expect(report).toEqual({ inserted: 2, failed: 0, cancelled: 0, failures: [] })
    const { created_at, updated_at, ...stored } = (await City.findOrFail('zrh')).toJSON()
    expect(stored).toEqual(row)
    expect([typeof created_at, updated_at]).toEqual(['string', created_at])
    const nameless = await City.where('name', 'nameless').firstOrFail()
    expect(nameless.id).toMatch(/^[0-9a-f-]{36}$/)
    expect(await City.whereNull('population').count()).toBe(1)
  })

  test('rows that fail are reported one by one and do not stop the others', async () => {
    await City.create({ id: 'c2', name: 'taken' })
    const rows = [...cities(4), { id: 'bad', population: 1.5 }, { id: ' ' }, { id: 'c0' }, { town: 'x' }, null]
    const told: number[] = []
    const report = await City.insertMany(rows as ReturnType<typeof cities>, {
      batchSize: 2,
      onFailure: ({ index }) => told.push(index),
    })
    expect([report.inserted, report.failed]).toEqual([3, 6])
    const failures = [...report.failures].sort((left, right) => left.index - right.index)
    expect(failures.map(({ index, key }) => [index, key])).toEqual([
      [2, 'c2'],
      [4, 'bad'],
      [5, ' '],
      [6, 'c0'],
      [7, null],
      [8, null],
    ])
    expect(failures[0]?.error).toBeInstanceOf(DuplicateKeyError)
    expect(failures[1]?.error).toBeInstanceOf(CastError)
    expect(failures[2]?.error.message).toBe('A key is required to create a model.')
    expect(failures[4]?.error.message).toContain("Model [City] has no attribute 'town'")
    expect(failures[5]?.error.message).toContain('A row is null')
    expect(told.sort()).toEqual([2, 4, 5, 6, 7, 8])
    expect((await City.findOrFail('c2')).name).toBe('taken')
    expect(await City.count()).toBe(4)
  })

  test('defaults of class fields apply', async () => {
    await Draft.insertMany([{}, { status: 'old' }])
    expect([await Draft.where('status', 'new').count(), await Draft.where('status', 'old').count()]).toEqual([1, 1])
  })

  test('rows may come from an async generator, with progress after each batch', async () => {
    async function* generate() {
      for (const city of cities(250)) yield city
    }
    const progress: InsertProgress[] = []
    const report = await City.insertMany(generate(), { batchSize: 100, onProgress: (step) => progress.push(step) })
    expect(report.inserted).toBe(250)
    expect(progress.map(({ processed }) => processed).at(-1)).toBe(250)
    expect(progress).toHaveLength(3)
    expect(progress[0]?.total).toBeNull()
    expect(await City.where('population', '>=', 240).count()).toBe(10)
  })
})

describe('insertMany', () => {
  class SlowRepository extends ArrayRepository {
    mostUnderWay = 0
    #underWay = 0

    override async insertMany(...given: Parameters<Repository['insertMany']>) {
      this.mostUnderWay = Math.max(this.mostUnderWay, ++this.#underWay)
      await new Promise((resolve) => setImmediate(resolve))
      this.#underWay--
      return super.insertMany(...given)
    }
  }

  test('reads no further ahead than its batches, and keeps no more than `concurrency` under way', async () => {
    const repository = new SlowRepository()
    City.setRepository(repository)
    let read = 0
    let furthest = 0
    function* rows() {
      for (const city of cities(100)) {
        read++
        yield city
      }
    }
    await City.insertMany(rows(), {
      batchSize: 5,
      concurrency: 3,
      onProgress: ({ processed }) => {
        furthest = Math.max(furthest, read - processed)
      },
    })
    expect(repository.mostUnderWay).toBe(3)
    expect(furthest).toBeLessThanOrEqual(5 * 4)
    expect(await City.count()).toBe(100)
  })

  test('stops reading at an error of the connection, closes the source, and throws it', async () => {
    let sent = 0
    const broken = new ArrayRepository()
    broken.insertMany = async (_schema: unknown, records: readonly NewRecord[]) => {
      sent += records.length
      throw new Error('connection lost')
    }
    City.setRepository(broken)
    let isClosed = false
    function* rows() {
      try {
        for (const city of cities(1000)) yield city
      } finally {
        isClosed = true
      }
    }
    await expect(City.insertMany(rows(), { batchSize: 10 })).rejects.toThrow('connection lost')
    expect([isClosed, sent <= 30]).toEqual([true, true])
  })

  test('a handler that throws fails its row and no other; after the write the row is stored all the same', async () => {
    City.setRepository(new ArrayRepository())
    const forget = [
      City.creating((city) => {
        if (city.id === 'c0') throw new Error('before')
      }),
      City.created((city) => {
        if (city.id === 'c1') throw new Error('after')
      }),
    ]
    const report = await City.insertMany(cities(4), { events: true })
    for (const remove of forget) remove()
    expect(report).toMatchObject({ inserted: 2, failed: 2, failures: [{ key: 'c0' }, { key: 'c1' }] })
    expect((await City.query().ids()).sort()).toEqual(['c1', 'c2', 'c3'])
  })

  test('fires the events of each row if asked, and counts what handlers cancel', async () => {
    City.setRepository(new ArrayRepository())
    const seen: string[] = []
    const removers = [
      City.saving(({ name }) => name !== 'City 1'),
      City.creating((city) => seen.push(`creating ${city.name} ${city.exists}`)),
      City.created((city) => seen.push(`created ${city.name} ${city.exists} ${city.isDirty()}`)),
    ]
    const report = await City.insertMany(cities(3), { events: true })
    await City.insertMany([{ id: 'silent' }])
    for (const remove of removers) remove()
    expect(report).toMatchObject({ inserted: 2, cancelled: 1, failed: 0 })
    expect(seen).toEqual([
      'creating City 0 false',
      'creating City 2 false',
      'created City 0 true false',
      'created City 2 true false',
    ])
  })

  test.each([[null], [{ name: 'City' }], ['City'], [7]])('refuses %j as rows', async (rows) => {
    const message = 'insertMany takes an array or an iterator of rows, not '
    await expect(City.insertMany(rows as never)).rejects.toThrow(message)
  })

  test.each([{ batchSize: 0 }, { concurrency: 1.5 }])('refuses %j', async (options) => {
    await expect(City.insertMany([], options)).rejects.toThrow(InvalidArgumentError)
  })
})
