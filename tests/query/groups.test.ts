import { describe, expect, test } from '@jest/globals'
import {
  ArrayRepository,
  Attribute,
  type Criterion,
  Entity,
  InvalidArgumentError,
  Model,
  type Query,
  type Ranged,
  Searchable,
} from '../../src/index.js'

@Entity({ timestamps: false })
class Visit extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
  @Attribute({ cast: 'string' }) @Searchable() declare city: string | null
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare userId: Ranged<number>
}

async function whereOf(query: Query<Visit>): Promise<Criterion> {
  let where: Criterion | null = null
  class Recording extends ArrayRepository {
    override async select(...given: Parameters<ArrayRepository['select']>) {
      where = given[1].where
      return super.select(...given)
    }
  }
  Visit.setRepository(new Recording())
  await query.get()
  return where!
}

const ip = (value: string) => ({ type: 'equals', attribute: 'ip', value })
const city = (value: string) => ({ type: 'equals', attribute: 'city', value })
const all = (...of: unknown[]) => ({ type: 'all', of })
const any = (...of: unknown[]) => ({ type: 'any', of })
const not = (of: unknown) => ({ type: 'not', of })
const like = (...parts: string[]) => ({ type: 'like', attribute: 'ip', pattern: { parts } })
const between = {
  type: 'range',
  attribute: 'userId',
  min: { value: '1', inclusive: true },
  max: { value: '2', inclusive: true },
}

describe('conditions', () => {
  test.each<[string, () => Query<Visit>, unknown]>([
    ['a or b', () => Visit.where('ip', 'a').orWhere('ip', 'b'), any(ip('a'), ip('b'))],
    [
      'and binds closer than or, as in SQL',
      () => Visit.where('ip', 'a').where('city', 'x').orWhere('ip', 'b').where('city', 'y').orWhere('ip', 'c'),
      any(all(ip('a'), city('x')), all(ip('b'), city('y')), ip('c')),
    ],
    [
      'or without anything before it is where',
      () => Visit.query().orWhere('ip', 'a').where('city', 'x'),
      all(ip('a'), city('x')),
    ],
    [
      'a group',
      () => Visit.where('ip', 'a').where((group) => group.where('city', 'x').orWhere('city', 'y')),
      all(ip('a'), any(city('x'), city('y'))),
    ],
    [
      'or a group',
      () => Visit.where('ip', 'a').orWhere((group) => group.where('ip', 'b').where('city', 'y')),
      any(ip('a'), all(ip('b'), city('y'))),
    ],
    [
      'groups in groups',
      () =>
        Visit.query().where((one) => one.where('ip', 'a').orWhere((two) => two.where('ip', 'b').whereNot('city', 'x'))),
      any(ip('a'), all(ip('b'), not(city('x')))),
    ],
    ['not', () => Visit.query().whereNot('ip', 'a'), not(ip('a'))],
    ['not with an operator', () => Visit.query().whereNot('userId', 'between', [1, 2]), not(between)],
    [
      'not of a map is not of all of it',
      () => Visit.query().whereNot({ ip: 'a', city: 'x' }),
      not(all(ip('a'), city('x'))),
    ],
    [
      'not of a group',
      () => Visit.query().whereNot((group) => group.where('ip', 'a').orWhere('city', 'x')),
      not(any(ip('a'), city('x'))),
    ],
    ['or not', () => Visit.where('ip', 'a').orWhereNot('city', 'x'), any(ip('a'), not(city('x')))],
    [
      'an empty group is no condition',
      () =>
        Visit.where('ip', 'a')
          .where((group) => group)
          .whereNot((group) => group),
      ip('a'),
    ],
    ['not between', () => Visit.query().whereNotBetween('userId', 1, 2), not(between)],
    ['the same as an operator', () => Visit.where('userId', 'not between', [1, 2]), not(between)],
    ['not like', () => Visit.where('ip', 'not like', 'a*'), not(like('a', ''))],
    ['begins with text, literally', () => Visit.query().whereStartsWith('ip', 'a*\\'), like('a*\\', '')],
    ['ends with text', () => Visit.query().whereEndsWith('ip', '*'), like('', '*')],
    ['contains text', () => Visit.query().whereContains('ip', '%'), like('', '%', '')],
    ['not this key', () => Visit.query().whereKeyNot('k'), not({ type: 'equals', attribute: 'id', value: 'k' })],
    [
      'not these keys',
      () => Visit.query().whereKeyNot(['k', 1]),
      not({ type: 'in', attribute: 'id', values: ['k', '1'] }),
    ],
    [
      'or null',
      () => Visit.where('ip', 'a').orWhereNull('city'),
      any(ip('a'), { type: 'equals', attribute: 'city', value: null }),
    ],
    [
      'or in',
      () => Visit.where('ip', 'a').orWhereIn('city', ['x']),
      any(ip('a'), { type: 'in', attribute: 'city', values: ['x'] }),
    ],
    [
      'when and unless',
      () =>
        Visit.query()
          .when('a', (query, value) => query.where('ip', value))
          .when(
            '',
            (query) => query.where('ip', 'never'),
            (query) => query.where('city', 'x'),
          )
          .unless(0, (query) => query.where('userId', '>=', 1).where('userId', '<=', 2)),
      all(ip('a'), city('x'), { ...between, max: undefined }, { ...between, min: undefined }),
    ],
  ])('%s', async (_, query, where) => {
    expect(await whereOf(query())).toEqual(where)
  })

  test('a key is looked for among all rows of an or, not only among the last', async () => {
    Visit.setRepository(new ArrayRepository())
    await Visit.insertMany([
      { id: '1', ip: 'a' },
      { id: '2', ip: 'b' },
      { id: '3', ip: 'c' },
    ])
    const query = Visit.where('ip', 'a').orWhere('ip', 'b')
    expect((await query.find('1'))?.id).toBe('1')
    expect((await query.find('2'))?.id).toBe('2')
    expect(await query.find('3')).toBeNull()
  })

  test('groups that are none are refused', () => {
    const query = Visit.query() as unknown as { where(group: unknown): unknown }
    expect(() => query.where(() => undefined)).toThrow(
      'must return the query with its conditions, at once; it returned undefined',
    )
    expect(() => query.where(async (group: unknown) => group)).toThrow(InvalidArgumentError)
    expect(() => Visit.query().where((group) => group.limit(1))).toThrow('A group of conditions has no order, limit')
    expect(() => Visit.query().whereContains('ip', 5 as unknown as string)).toThrow("'like' needs a text attribute")
  })

  test('tap shows the query and changes nothing', async () => {
    const seen: unknown[] = []
    const query = Visit.where('ip', 'a')
    expect(query.tap((given) => seen.push(given))).toBe(query)
    expect(seen).toEqual([query])
  })
})
