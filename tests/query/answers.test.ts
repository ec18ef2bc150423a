import { beforeEach, expect, test } from '@jest/globals'
import dayjs, { type Dayjs } from 'dayjs'
import {
  Attribute,
  Entity,
  Index,
  InvalidArgumentError,
  InvalidStateError,
  Model,
  ModelNotFoundError,
  MultipleRecordsError,
  type Ranged,
  Searchable,
} from '../../src/index.js'
import { describeStores } from '../model/support/stores.js'

@Index(['country', 'capital'])
@Entity({ timestamps: false, partitions: 4 })
class City extends Model {
  declare id: string
  @Attribute() @Searchable() declare country: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare population: Ranged<number> | null
  @Attribute({ cast: 'string' }) @Searchable({ range: true }) declare name: Ranged<string>
  @Attribute({ cast: 'float' }) declare area: number | null
  @Attribute({ cast: 'bigint' }) declare debt: bigint | null
  @Attribute({ cast: 'boolean' }) @Searchable() declare capital: boolean
  @Attribute({ cast: 'datetime' }) @Searchable({ range: true }) declare foundedAt: Ranged<Dayjs> | null
}

const countries = ['CH', 'IN', 'LI']
const cities = Array.from({ length: 60 }, (_, index) => ({
  id: `c${String(index).padStart(2, '0')}`,
  country: countries[index % 3] ?? '',
  population: index % 10 === 9 ? null : (index * 7) % 20,
  name: `City ${String.fromCharCode(97 + (index % 5))}`,
  area: index % 4 === 0 ? null : index / 10,
  debt: index < 50 ? 9_007_199_254_740_993n + BigInt(index) : null,
  capital: index < 3,
  foundedAt: index < 40 ? `19${String(50 + (index % 40)).padStart(2, '0')}-06-01T00:00:00Z` : null,
}))
const sum = (values: readonly (number | null)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0)

describeStores([City], ({ repository }) => {
  beforeEach(async () => {
    await City.insertMany(cities)
  })

  test('several orders decide one after the other, page by page', async () => {
    const ranged = City.query().orderBy('name').orderBy('population', 'desc').orderBy('id')
    const sorted = [...cities]
      .sort((left, right) => {
        if (left.name !== right.name) return left.name < right.name ? -1 : 1
        const [a, b] = [left.population ?? -1, right.population ?? -1]
        return a !== b ? b - a : left.id < right.id ? -1 : 1
      })
      .map(({ id }) => id)
    expect(await ranged.ids()).toEqual(sorted)
    const paged: string[] = []
    for (let after: string | null = null, pages = 0; pages === 0 || after !== null; pages++) {
      const page: Awaited<ReturnType<typeof ranged.cursorPaginate>> = await ranged.cursorPaginate({ size: 7, after })
      paged.push(...page.rows.map(({ id }) => id))
      after = page.next
    }
    expect(paged).toEqual(sorted)
  })

  test('or, not and groups find what plain code finds', async () => {
    const found = async (query: ReturnType<typeof City.query>) => (await query.ids()).sort()
    const expected = (test: (city: (typeof cities)[number]) => boolean) => cities.filter(test).map(({ id }) => id)
    expect(await found(City.where('country', 'CH').orWhere('population', '>', 15))).toEqual(
      expected(({ country, population }) => country === 'CH' || (population ?? 0) > 15),
    )
    expect(
      await found(
        City.where('country', 'IN').where((group) => group.whereNull('population').orWhereStartsWith('name', 'City a')),
      ),
    ).toEqual(
      expected(({ country, population, name }) => country === 'IN' && (population === null || name === 'City a')),
    )
    expect(
      await found(City.query().whereNot((group) => group.where('country', 'CH').orWhere('population', '<', 15))),
    ).toEqual(expected(({ country, population }) => !(country === 'CH' || (population !== null && population < 15))))
    expect(await found(City.query().whereNotBetween('population', 1, 18))).toEqual(
      expected(({ population }) => population === null || population < 1 || population > 18),
    )
    expect(await found(City.where({ country: 'CH', capital: true }))).toEqual(['c00'])
    expect(await found(City.query().whereContains('name', 'ty e').whereKeyNot(['c04']))).toEqual(
      expected(({ id, name }) => name === 'City e' && id !== 'c04'),
    )
  })

  test('aggregates are computed over the rows that have a value', async () => {
    const swiss = City.where('country', 'CH')
    const rows = cities.filter(({ country }) => country === 'CH')
    const populations = rows.flatMap(({ population }) => population ?? [])
    expect(await swiss.sum('population')).toBe(sum(populations))
    expect(await swiss.avg('population')).toBe(sum(populations) / populations.length)
    expect([await swiss.min('population'), await swiss.max('population')]).toEqual([
      Math.min(...populations),
      Math.max(...populations),
    ])
    expect([await City.query().min('name'), await City.query().max('name')]).toEqual(['City a', 'City e'])
    expect(await City.query().max('foundedAt')).toEqual(dayjs.utc('1989-06-01'))
    expect([await City.query().min('area'), await City.query().max('area')]).toEqual([0.1, 5.9])
    expect(await City.query().sum('area')).toBe(135)
    expect(await City.query().sum('debt')).toBe(50n * 9_007_199_254_740_993n + 1225n)
    const none = City.where('country', 'nowhere')
    expect([
      await none.sum('population'),
      await none.sum('debt'),
      await none.avg('area'),
      await none.max('name'),
    ]).toEqual([0, 0n, null, null])
    await expect(swiss.limit(2).sum('population')).rejects.toThrow('sum computes over all rows of a query')
    const wrong = swiss as unknown as { sum(name: string): Promise<unknown>; min(name: string): Promise<unknown> }
    await expect(wrong.sum('name')).rejects.toThrow('is of type string: it has no sum')
    await expect(wrong.min('nope')).rejects.toThrow(InvalidArgumentError)
  })

  test('countBy and distinct tell the values, null among them', async () => {
    expect(await City.query().countBy('country')).toEqual(new Map(countries.map((country) => [country, 20])))
    expect(await City.where('country', 'CH').countBy('capital')).toEqual(
      new Map([
        [true, 1],
        [false, 19],
      ]),
    )
    expect((await City.query().countBy('population')).get(null)).toBe(6)
    expect((await City.query().distinct('country')).sort()).toEqual(countries)
    expect(await City.query().countBy('capital')).toEqual(
      new Map([
        [true, 3],
        [false, 57],
      ]),
    )
  })

  test('pluck, value and ids read nothing else', async () => {
    const query = City.where('population', '>=', 18).orderBy('population').orderBy('id')
    const rows = await query.get()
    expect(await query.pluck('area')).toEqual(rows.map(({ area }) => area))
    expect(await query.pluck('name', 'id')).toEqual(new Map(rows.map(({ id, name }) => [id, name])))
    expect(await query.ids()).toEqual(rows.map(({ id }) => id))
    expect(await query.value('name')).toBe(rows[0]?.name)
    expect(await City.where('country', 'nowhere').value('name')).toBeNull()
    expect(await query.limit(3).pluck('id')).toEqual(rows.slice(0, 3).map(({ id }) => id))
  })

  test('records of a selection know what they know', async () => {
    const [city] = await City.query().select('name', 'area').whereKey('c01').get()
    expect([city?.id, city?.name, city?.area]).toEqual(['c01', 'City b', 0.1])
    expect(() => city?.population).toThrow(InvalidStateError)
    await city?.update({ name: 'Renamed' })
    const whole = await City.findOrFail('c01')
    expect([whole.name, whole.population, whole.country]).toEqual(['Renamed', 7, 'IN'])
    expect((await City.query().select('name').select().whereKey('c01').firstOrFail()).population).toBe(7)
  })

  test('one row is found, or the right error says why not', async () => {
    expect((await City.whereKey('c05').sole()).id).toBe('c05')
    await expect(City.where('country', 'CH').sole()).rejects.toThrow(MultipleRecordsError)
    await expect(City.where('country', 'nowhere').sole()).rejects.toThrow(ModelNotFoundError)
    expect(await City.where('country', 'nowhere').firstOr(() => 'none')).toBe('none')
    expect(await City.query().findOr('c99', async () => 7)).toBe(7)
    expect([await City.where('country', 'CH').doesntExist(), await City.where('country', 'x').doesntExist()]).toEqual([
      false,
      true,
    ])
  })

  test('pages by number tell the totals', async () => {
    const query = City.where('country', 'CH').orderBy('id')
    const page = await query.paginate(2, 8)
    expect(page.rows.map(({ id }) => id)).toEqual(
      cities
        .filter((_, index) => index % 3 === 0)
        .slice(8, 16)
        .map(({ id }) => id),
    )
    const { rows, ...numbers } = page
    expect(numbers).toEqual({ page: 2, size: 8, total: 20, lastPage: 3, from: 9, to: 16, hasMore: true })
    expect(rows).toHaveLength(8)
    expect(await query.paginate(9, 8)).toMatchObject({
      rows: [],
      total: 20,
      lastPage: 3,
      from: null,
      to: null,
      hasMore: false,
    })
    expect(await City.where('country', 'x').paginate(1, 5)).toMatchObject({ total: 0, lastPage: 1, from: null })
    expect(await query.forPage(3, 8).ids()).toHaveLength(4)
    await expect(query.paginate(0, 8)).rejects.toThrow('page is 0; it must be a whole number, 1 or more.')
  })

  test('previous pages are those that came before', async () => {
    const query = City.query().orderBy('population', 'desc').orderBy('name')
    const whole = await query.ids()
    const first = await query.cursorPaginate({ size: 25 })
    const second = await query.cursorPaginate({ size: 25, after: first.next })
    const third = await query.cursorPaginate({ size: 25, after: second.next })
    const back = await query.cursorPaginate({ size: 25, before: third.previous })
    expect([first.previous, third.next]).toEqual([null, null])
    expect(back.rows.map(({ id }) => id)).toEqual(whole.slice(25, 50))
    const start = await query.cursorPaginate({ size: 25, before: back.previous })
    expect(start.rows.map(({ id }) => id)).toEqual(whole.slice(0, 25))
    expect(start.previous).toBeNull()
    expect((await query.cursorPaginate({ size: 25, after: start.next })).rows[0]?.id).toBe(whole[25])
  })

  test('explain says how, and with analyze what it took', async () => {
    const query = City.where('country', 'CH').latest('population').limit(5)
    const explanation = await query.explain({ analyze: true })
    expect(explanation.actual?.rows).toBe(5)
    expect(explanation.repository).toBe(repository)
    expect(String(explanation)).toContain(`City in ${repository}: `)
    if (repository !== 'indexed') return
    const simple = await City.where('country', 'CH').explain()
    expect(simple).toMatchObject({ access: 'index', candidates: 20, estimatedRows: 20, commands: 4, objection: null })
    expect(simple.actual).toBeNull()
    expect(explanation.slots).toHaveLength(4)
    expect((await City.where({ country: 'CH', capital: true }).explain()).plan).toBe(
      "walk country + capital = 'CH' + '1'; 4 partitions",
    )
    expect((await City.where('country', 'CH').orWhere('population', 3).explain()).access).toBe('index')
    expect((await City.where('country', '!=', 'CH').explain()).access).toBe('walk')
    expect((await City.whereKey(['c01', 'c02']).explain()).access).toBe('keys')
    expect((await City.whereIn('country', []).explain()).access).toBe('none')
  })
})
