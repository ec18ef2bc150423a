import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  ArrayRepository,
  Attribute,
  Entity,
  InvalidArgumentError,
  Model,
  type Ranged,
  Searchable,
} from '../../src/index.js'
import { describeStores } from '../model/support/stores.js'

@Entity({ timestamps: false, partitions: 3 })
class City extends Model {
  declare id: string
  @Attribute() @Searchable() declare country: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare population: Ranged<number> | null
  @Attribute({ cast: String }) @Searchable({ range: true }) declare name: Ranged<string>
}

const countries = ['CH', 'IN', 'LI']
const cities = Array.from({ length: 60 }, (_, index) => ({
  id: `c${String(index).padStart(2, '0')}`,
  country: countries[index % 3] ?? '',
  population: index % 10 === 9 ? null : (index * 7) % 20,
  name: `City ${String.fromCharCode(97 + (index % 5))}`,
}))
const byPopulation = [...cities]
  .filter(({ population }) => population !== null)
  .sort((left, right) => (left.population ?? 0) - (right.population ?? 0))

describeStores([City], () => {
  beforeEach(async () => {
    await City.insertMany(cities)
  })

  test('order, limit and offset', async () => {
    const populations = async (query = City.query()) => (await query.get()).map(({ population }) => population)
    const expected = byPopulation.map(({ population }) => population)
    const nulls = cities.filter(({ population }) => population === null).map(() => null)
    expect(await populations(City.orderBy('population'))).toEqual([...expected, ...nulls])
    expect(await populations(City.orderBy('population', 'desc'))).toEqual([...expected.reverse(), ...nulls])
    expect(await populations(City.orderBy('population', 'desc').limit(3).offset(2))).toEqual(expected.slice(2, 5))
    expect(await City.orderBy('id', 'desc').limit(2).ids()).toEqual(['c59', 'c58'])
    expect(await City.limit(0).get()).toEqual([])
  })

  test('first, exists and count agree with get', async () => {
    const query = City.where('country', 'CH').where('population', '>=', 15)
    const rows = await query.get()
    expect(rows.length).toBeGreaterThan(1)
    expect(await query.count()).toBe(rows.length)
    expect(await query.offset(1).limit(2).count()).toBe(2)
    expect(await query.offset(rows.length).count()).toBe(0)
    expect((await query.orderBy('id').first())?.id).toBe(rows.map(({ id }) => id).sort()[0])
    expect([await query.exists(), await query.where('name', 'nowhere').exists()]).toEqual([true, false])
    expect([
      await City.query()
        .find('c00')
        .then((city) => city?.id),
      await query.find('c00'),
    ]).toEqual(['c00', null])
  })

  test('a star is a wildcard with two arguments, for the key and without a range index too', async () => {
    expect((await City.where('id', 'c0*').ids()).sort()).toEqual(cities.slice(0, 10).map(({ id }) => id))
    expect(await City.where('country', '*I*').where('name', '*a').count()).toBe(
      cities.filter(({ country, name }) => country.includes('I') && name.endsWith('a')).length,
    )
    expect(await City.where('country', '=', 'C*').count()).toBe(0)
  })

  test('truncate removes all records of the class, and tells how many', async () => {
    expect(await City.truncate()).toBe(60)
    expect([await City.count(), await City.where('country', 'CH').exists(), await City.truncate()]).toEqual([
      0,
      false,
      0,
    ])
  })

  test('latest by creation is the reverse of the order of creation', async () => {
    const oldest = await City.oldest().ids()
    expect(await City.latest().ids()).toEqual([...oldest].reverse())
    expect(new Set(oldest).size).toBe(60)
  })

  test.each([
    ['without an order', City.where('country', 'IN')],
    ['by a number', City.where('country', 'IN').orderBy('population', 'desc')],
    ['by a text with many equal values', City.where('country', 'IN').orderBy('name')],
    ['newest first', City.latest()],
  ])('pages by cursor hold all rows once, in order: %s', async (_, query) => {
    const all = await query.ids()
    const seen: string[] = []
    let after: string | null = null
    let pages = 0
    do {
      const page: Awaited<ReturnType<typeof query.cursorPaginate>> = await query.cursorPaginate({ size: 7, after })
      seen.push(...page.rows.map(({ id }) => id))
      expect(page.rows.length).toBeLessThanOrEqual(7)
      after = page.next
      pages++
    } while (after !== null && pages < 50)
    expect(seen).toEqual(all)
  })

  test('pages stay right while rows before and after are deleted', async () => {
    const query = City.where('country', 'CH').orderBy('id')
    const first = await query.cursorPaginate({ size: 5 })
    await City.destroy([...first.rows.map(({ id }) => id), 'c21'])
    const second = await query.cursorPaginate({ size: 5, after: first.next })
    expect(second.rows.map(({ id }) => id)).toEqual(['c15', 'c18', 'c24', 'c27', 'c30'])
  })

  test('chunk gives full chunks and then the rest, and deleting meanwhile loses nothing', async () => {
    const sizes: number[] = []
    await City.chunk(25, async (rows) => {
      sizes.push(rows.length)
      await City.destroy(rows.map(({ id }) => id))
    })
    expect(sizes).toEqual([25, 25, 10])
    expect(await City.count()).toBe(0)
    await City.chunk(10, () => {
      throw new Error('called without rows')
    })
  })

  test('chunk and each respect limit and offset, and stop at false', async () => {
    const query = City.orderBy('id').offset(3).limit(20)
    const seen: string[] = []
    await query.chunk(6, (rows) => void seen.push(...rows.map(({ id }) => id)))
    expect(seen).toEqual(cities.slice(3, 23).map(({ id }) => id))
    const numbers: number[] = []
    await query.each((city, index) => {
      numbers.push(index)
      return city.id !== 'c07'
    }, 2)
    expect(numbers).toEqual([0, 1, 2, 3, 4])
  })

  test('for await walks all rows of a query and of a class', async () => {
    const ids: string[] = []
    for await (const city of City.where('country', 'LI').orderBy('id')) ids.push(city.id)
    expect(ids).toEqual(cities.filter(({ country }) => country === 'LI').map(({ id }) => id))
    let count = 0
    for await (const _ of City) if (++count === 10) break
    expect(count).toBe(10)
  })

  test('page tells slots, round trips and plan', async () => {
    const { rows, next, trace } = await City.where('country', 'CH').limit(5).page()
    expect(rows).toHaveLength(5)
    expect(next).not.toBeNull()
    expect(trace.plan).not.toBe('')
  })
})

describe('a cursor', () => {
  const query = City.where('country', 'CH').orderBy('name')

  beforeEach(async () => {
    City.setRepository(new ArrayRepository())
    await City.insertMany(cities)
  })

  test('belongs to its question', async () => {
    const { next } = await query.cursorPaginate({ size: 5 })
    expect(next).toMatch(/^[\w-]+$/)
    for (const other of [
      City.where('country', 'IN').orderBy('name'),
      City.where('country', 'CH').orderBy('name', 'desc'),
      City.where('country', 'CH'),
    ]) {
      await expect(other.cursorPaginate({ size: 5, after: next })).rejects.toThrow(
        'is not a cursor of this query on model [City]',
      )
    }
  })

  test('that was mangled is refused, never followed', async () => {
    const { next } = await query.cursorPaginate({ size: 5 })
    const cursor = next ?? ''
    await fc.assert(
      fc.asyncProperty(fc.nat(cursor.length - 1), fc.constantFrom(...'aZ0-_!='), async (at, character) => {
        const mangled = cursor.slice(0, at) + character + cursor.slice(at + 1)
        if (mangled === cursor) return
        await expect(query.cursorPaginate({ size: 5, after: mangled })).rejects.toThrow(InvalidArgumentError)
      }),
    )
    for (const text of ['', 'x', cursor.slice(1), `${cursor}A`, 5 as unknown as string]) {
      await expect(query.cursorPaginate({ size: 5, after: text })).rejects.toThrow(InvalidArgumentError)
    }
  })

  test('does not go with an offset, a limit or a count', async () => {
    await expect(query.offset(1).cursorPaginate({ size: 5 })).rejects.toThrow('leave out limit, offset and after')
    await expect(query.limit(1).cursorPaginate({ size: 5 })).rejects.toThrow('leave out limit, offset and after')
    await expect(query.after('x').count()).rejects.toThrow('leave out `after`')
    await expect(query.cursorPaginate({ size: 0 })).rejects.toThrow('size is 0')
  })
})
