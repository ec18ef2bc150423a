import { beforeEach, expect, test } from '@jest/globals'
import { Attribute, Entity, Model, type ModelQuery, type Ranged, Searchable } from '../../src/index.js'
import { ModelQuery as Queries } from '../../src/model/model-query.js'
import { describeStores } from '../model/support/stores.js'
import { otherMeaning, queriesOnly } from './queries-only.js'

@Entity({ timestamps: false, partitions: 4 })
class City extends Model {
  static scopes = { large: (query: ModelQuery<City>) => query.where('population', '>', 10) }

  declare id: string
  @Searchable() declare country: string
  @Searchable({ range: true, cast: 'string' }) declare name: Ranged<string>
  @Searchable({ range: true, cast: 'integer' }) declare population: Ranged<number> | null
}

class Plain extends Model {
  @Attribute() declare name: string
}

function methodsOf(prototype: object): string[] {
  const names = new Set<string>()
  for (let level = prototype; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name)
    }
  }
  return [...names]
}

/** Methods for subclasses: TypeScript keeps applications from them. */
const inner = ['answer', 'ask', 'asking', 'criteria', 'materialise', 'objection', 'pages', 'report', 'scopedBy', 'with']

test('a class has every public method of its queries, but for those whose reason is given', () => {
  const missing = methodsOf(Queries.prototype).filter((name) => !inner.includes(name) && !(name in Plain))
  expect(missing.filter((name) => !(name in queriesOnly))).toEqual([])
  expect(Object.keys(queriesOnly).filter((name) => !missing.includes(name))).toEqual([])
  expect(otherMeaning.filter((name) => !(name in Plain))).toEqual([])
})

describeStores([City], () => {
  beforeEach(async () => {
    await City.insertMany([
      { id: 'a', country: 'CH', name: 'Arbon', population: 14 },
      { id: 'b', country: 'CH', name: 'Bern', population: 140 },
      { id: 'c', country: 'IN', name: 'Cochin', population: null },
      { id: 'd', country: 'IN', name: 'Delhi', population: 3 },
    ])
  })

  test('a query that begins at the class has its conditions, its order and its scopes', async () => {
    const idsOf = async (query: ModelQuery<City>) => (await query.ids()).sort().join('')
    expect(await idsOf(City.whereNot('country', 'CH'))).toBe('cd')
    expect(await idsOf(City.whereNot((group) => group.where('country', 'CH').where('name', 'Bern')))).toBe('acd')
    expect(await idsOf(City.whereNotBetween('population', 4, 20))).toBe('bcd')
    expect(await idsOf(City.whereNotLike('name', '*e*'))).toBe('ac')
    expect(await idsOf(City.whereStartsWith('name', 'Be'))).toBe('b')
    expect(await idsOf(City.whereEndsWith('name', 'n'))).toBe('abc')
    expect(await idsOf(City.whereContains('name', 'el'))).toBe('d')
    expect(await idsOf(City.whereKeyNot(['a', 'd']))).toBe('bc')
    expect(await idsOf(City.when('IN', (query, country) => query.where('country', '=', country)))).toBe('cd')
    expect(await idsOf(City.unless(false, (query) => query.large()))).toBe('ab')
    expect(await idsOf(City.tap(() => {}).large())).toBe('ab')
    expect(await City.orderByDesc('name').take(2).ids()).toEqual(['d', 'c'])
    expect(await City.reorder('name', 'desc').skip(3).ids()).toEqual(['a'])
    expect(await City.forPage(2, 3).orderBy('name').ids()).toEqual(['d'])
    expect(await City.offset(1).orderBy('name').ids()).toEqual(['b', 'c', 'd'])
    expect((await City.select('name').find('a'))?.name).toBe('Arbon')
    expect(await idsOf(City.fromReplica())).toBe('abcd')
    const traces: unknown[] = []
    await City.onTrace((trace) => traces.push(trace)).get()
    expect(traces).toHaveLength(1)
  })

  test('a class answers for all of its records', async () => {
    expect((await City.ids()).sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(await City.doesntExist()).toBe(false)
    expect(await City.sum('population')).toBe(157)
    expect(await City.avg('population')).toBe(157 / 3)
    expect([await City.min('name'), await City.max('population')]).toEqual(['Arbon', 140])
    expect(await City.countBy('country')).toEqual(
      new Map([
        ['CH', 2],
        ['IN', 2],
      ]),
    )
    expect((await City.distinct('country')).sort()).toEqual(['CH', 'IN'])
    expect(new Map(await City.pluck('name', 'id')).get('c')).toBe('Cochin')
    expect((await City.pluck('name')).sort()[0]).toBe('Arbon')
    expect(['CH', 'IN']).toContain(await City.value('country'))
    expect((await City.page()).rows).toHaveLength(4)
    expect((await City.paginate(2, 3)).lastPage).toBe(2)
    const first = await City.cursorPaginate({ size: 3 })
    expect((await City.after(first.next).page()).rows).toHaveLength(1)
    const names: string[] = []
    for await (const city of City.lazy({ size: 1 })) names.push(city.name)
    expect(names).toHaveLength(4)
    expect(String(await City.explain())).toMatch(/^City in /)
    await expect(City.sole()).rejects.toThrow('City')
    await City.truncate()
    expect(await City.firstOr(() => 'none')).toBe('none')
  })
})
