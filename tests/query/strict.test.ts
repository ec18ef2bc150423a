import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  ArrayRepository,
  Attribute,
  Entity,
  HashTag,
  Model,
  type ModelQuery,
  type Query,
  type Ranged,
  ScanRefusedError,
  Searchable,
  setStrictQueries,
} from '../../src/index.js'

@Entity({ timestamps: false })
class Visit extends Model {
  declare id: string
  @Attribute() @Searchable() declare ip: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare userId: Ranged<number>
  @Attribute({ cast: 'string' }) @Searchable({ range: true }) declare name: Ranged<string>
}

@Entity({ timestamps: false, strict: true })
class Order extends Model {
  declare id: string
  @Attribute() @HashTag() declare tenantId: string
  @Attribute() @Searchable() declare status: string
}

@Entity({ timestamps: false })
class Guarded extends Model {
  static globalScopes = { named: (query: ModelQuery<Guarded>) => query.where('name', 'a*') }

  declare id: string
  @Attribute() @Searchable() declare ip: string
  @Attribute({ cast: 'string' }) @Searchable({ range: true }) declare name: Ranged<string>
}

const refusal = (query: Query<Visit> | Query<Order>) =>
  query.get().then(
    () => null,
    (error: unknown) => (error instanceof ScanRefusedError ? error.reason : error),
  )

describe('strict mode', () => {
  beforeEach(() => {
    Visit.setRepository(new ArrayRepository())
    Order.setRepository(new ArrayRepository())
    Guarded.setRepository(new ArrayRepository())
  })
  afterEach(() => setStrictQueries(false))

  test.each<[string, () => Query<Visit>]>([
    ['an equality', () => Visit.where('ip', '=', '10.0.0.1')],
    ['a value without a wildcard', () => Visit.where('ip', '10.0.0.1')],
    ['a range', () => Visit.where('userId', '>', 5)],
    ['a prefix of text with a range index', () => Visit.query().whereStartsWith('name', 'a')],
    ['keys', () => Visit.whereKey(['a', 'b'])],
    ['a negation beside what an index finds', () => Visit.where('ip', '=', 'a').whereNot('userId', '=', 5)],
    ['a union of which an index finds each part', () => Visit.where('ip', '=', 'a').orWhere('userId', '<', 5)],
    ['everything', () => Visit.query()],
    ['everything in the order of an index', () => Visit.query().latest('userId')],
    ['the order by the key of some rows', () => Visit.where('ip', '=', 'a').orderBy('id')],
    ['what cannot match', () => Visit.whereIn('ip', [])],
  ])('answers %s', async (_, query) => {
    expect(await refusal(query().strict())).toBeNull()
  })

  test.each<[string, () => Query<Visit>, string]>([
    ['a negation', () => Visit.where('ip', '!=', 'a'), "not ip = 'a' would be tested on every record"],
    ['a suffix', () => Visit.query().whereEndsWith('name', 'a'), "name like '*a' would be tested on every record"],
    ['a pattern of text without a range index', () => Visit.whereLike('ip', 'a*'), "ip like 'a*' would be tested"],
    [
      'a union with a part that no index finds',
      () => Visit.where('ip', '=', 'a').orWhereNot('userId', '=', 5),
      'would be tested on every record',
    ],
    ['the order by the key of a whole model', () => Visit.orderBy('id'), 'No index has the order by id'],
    [
      'a wildcard that does not say that it is one',
      () => Visit.where('name', 'a*'),
      "write 'like' or '=' as the operator",
    ],
    [
      'the same in a group',
      () => Visit.where('ip', '=', 'a').where((group) => group.where('name', 'a*')),
      "write 'like' or '=' as the operator",
    ],
  ])(
    'refuses %s, and says what to do',
    async (_, query, reason) => {
      expect(await refusal(query().strict())).toContain(reason)
      expect(await refusal(query())).toBeNull()
      await expect(query().strict().exists()).rejects.toThrow(ScanRefusedError)
    },
    10_000,
  )

  test('refuses the extremes of the keys of a whole model, which are the first in the order by the key', async () => {
    for (const extreme of ['min', 'max'] as const) {
      await expect(Visit.query().strict()[extreme]('id')).rejects.toThrow('No index has the order by id')
      expect(await Visit.where('ip', '=', 'a').strict()[extreme]('id')).toBeNull()
      expect(await Visit.query().strict()[extreme]('userId')).toBeNull()
    }
  })

  test('refuses the wildcard of a global scope as it refuses the one of a query', async () => {
    const query = Guarded.where('ip', '=', 'a').strict()
    await expect(query.get()).rejects.toThrow("write 'like' or '=' as the operator")
    expect(await query.withoutGlobalScope('named').get()).toEqual([])
  })

  test('refuses more alternatives than are looked up in their indexes', async () => {
    const alternatives = (number: number) => {
      const first: Query<Visit> = Visit.query()
      return Array.from({ length: number }).reduce<Query<Visit>>(
        (query, _, at) => query.orWhere('userId', '<', at),
        first,
      )
    }
    expect(await refusal(alternatives(256).strict())).toBeNull()
    expect(await refusal(alternatives(257).strict())).toContain('would be tested on every record')
  })

  test('is chosen by the query, else by its model, else for all', async () => {
    const query = Visit.where('ip', '!=', 'a')
    setStrictQueries(true)
    await expect(query.get()).rejects.toThrow(ScanRefusedError)
    expect(await query.strict(false).get()).toEqual([])
    setStrictQueries(false)
    await expect(Order.where('status', '!=', 'new').get()).rejects.toThrow(ScanRefusedError)
    expect(await Order.query().strict(false).where('status', '!=', 'new').get()).toEqual([])
  })

  test('refuses to ask all partitions of a model with a hash tag', async () => {
    expect(await refusal(Order.where('status', '=', 'new'))).toContain("add where('tenantId', '=', …)")
    expect(await refusal(Order.where('status', '=', 'new').where('tenantId', '=', 't'))).toBeNull()
  })

  test('objections are part of the explanation, which is never refused', async () => {
    const { objection } = await Visit.where('ip', '!=', 'a').strict().explain({ analyze: true })
    expect(objection).toContain('would be tested on every record')
    expect((await Visit.where('ip', '=', 'a').explain()).objection).toBeNull()
  })
})
