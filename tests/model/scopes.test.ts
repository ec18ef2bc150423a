import { describe, expect, test } from '@jest/globals'
import {
  Attribute,
  DefinitionError,
  Entity,
  InvalidArgumentError,
  Model,
  type ModelQuery,
  type Ranged,
  Searchable,
} from '../../src/index.js'
import { describeStores } from './support/stores.js'

@Entity({ timestamps: false })
class Visit extends Model {
  static scopes = {
    popular: (query: ModelQuery<Visit>, min = 10) => query.where('hits', '>=', min),
    of: (query: ModelQuery<Visit>, ...countries: string[]) => query.whereIn('country', countries).orderBy('hits'),
    either: (query: ModelQuery<Visit>) => query.where('country', 'DK').orWhere('country', 'SE'),
  }

  declare id: string
  @Searchable() declare country: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare hits: Ranged<number>
}

@Entity({ timestamps: false })
class Post extends Model {
  static globalScopes = {
    published: (query: ModelQuery<Post>) => query.where('isPublished', '=', true),
    byRank: (query: ModelQuery<Post>) => query.orderBy('rank'),
  }

  declare id: string
  @Searchable() declare isPublished: boolean
  @Searchable() declare author: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare rank: Ranged<number>
}

@Entity({ timestamps: false })
class Draft extends Post {
  @Attribute() declare reason: string
}
Draft.addGlobalScope('mine', (query) => query.where('author', '=', 'me'))

const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id)

describeStores([Visit, Post, Draft], () => {
  describe('local scopes', () => {
    test('are methods of the query, with their parameters, in any order and number', async () => {
      for (const [id, country, hits] of [
        ['1', 'DK', 5],
        ['2', 'DK', 15],
        ['3', 'SE', 25],
        ['4', 'NO', 35],
      ] as const) {
        await Visit.create({ id, country, hits })
      }
      expect(idsOf(await Visit.query().popular().orderBy('hits').get())).toEqual(['2', '3', '4'])
      expect(idsOf(await Visit.where('country', 'DK').popular(5).orderBy('hits').get())).toEqual(['1', '2'])
      expect(idsOf(await Visit.query().popular(20).of('NO', 'SE').get())).toEqual(['3', '4'])
      expect(await Visit.query().of('DK').popular().count()).toBe(1)
      // The alternatives of a scope are one condition of the query.
      expect(idsOf(await Visit.where('hits', '>', 10).either().orderBy('hits').get())).toEqual(['2', '3'])
      expect(idsOf(await Visit.query().either().popular().orderBy('hits').get())).toEqual(['2', '3'])
    })
  })

  describe('global scopes', () => {
    test('hold in everything that is asked and written, unless they are left out', async () => {
      await Post.createMany([
        { id: '1', isPublished: true, author: 'a', rank: 3 },
        { id: '2', isPublished: false, author: 'a', rank: 1 },
        { id: '3', isPublished: true, author: 'b', rank: 2 },
      ])
      expect(idsOf(await Post.all())).toEqual(['3', '1'])
      expect(idsOf(await Post.orderBy('id').get())).toEqual(['1', '3'])
      expect([await Post.count(), await Post.where('author', 'a').count(), await Post.query().sum('rank')]).toEqual([
        2, 1, 5,
      ])
      expect([await Post.find('2'), (await Post.findMany(['3', '2', '1'])).length]).toEqual([null, 2])
      expect((await Post.withoutGlobalScope('published').get()).length).toBe(3)
      expect(idsOf(await Post.withoutGlobalScopes().get()).sort()).toEqual(['1', '2', '3'])
      expect(idsOf(await Post.query().withoutGlobalScopes(['published']).get())).toEqual(['2', '3', '1'])
      // An `or` does not reach around them.
      expect(idsOf(await Post.where('author', 'b').orWhere('rank', '<', 2).get())).toEqual(['3'])
      const { next, rows } = await Post.query().cursorPaginate({ size: 1 })
      expect(idsOf([...rows, ...(await Post.query().cursorPaginate({ size: 1, after: next })).rows])).toEqual([
        '3',
        '1',
      ])
      expect([await Post.where('author', 'a').update({ author: 'c' }), await Post.destroy(['1', '2'])]).toEqual([1, 1])
      const left = await Post.withoutGlobalScopes().orderBy('id').get()
      expect(left.map(({ id, author }) => `${id}${author}`)).toEqual(['2a', '3b'])
    })

    test('of base classes are inherited, and those of a subclass are its own', async () => {
      await Draft.createMany([
        { id: '1', isPublished: true, author: 'me' },
        { id: '2', isPublished: true, author: 'you' },
      ])
      expect(idsOf(await Draft.all())).toEqual(['1'])
      expect((await Draft.withoutGlobalScope('mine').get()).length).toBe(2)
      expect([Draft.hasGlobalScope('published'), Post.hasGlobalScope('mine')]).toEqual([true, false])
    })

    test('do not keep a record from being read again or removed by its object', async () => {
      const post = await Post.create({ id: '1', isPublished: false, author: 'a', rank: 1 })
      expect((await post.fresh())?.id).toBe('1')
      await post.refresh()
      expect(await post.delete()).toBe(true)
    })
  })
})

describe('a scope that is declared wrongly', () => {
  test('has the name of a method of queries', () => {
    class Wrong extends Model {
      static scopes = { where: (query: ModelQuery<Wrong>) => query }
    }
    expect(() => Wrong.query()).toThrow(DefinitionError)
  })

  test('is no function', () => {
    class Wrong extends Model {
      static globalScopes = { published: 5 }
    }
    expect(() => Wrong.query().limit(1).get()).rejects.toThrow(DefinitionError)
    expect(() => Visit.addGlobalScope('', (query) => query)).toThrow(InvalidArgumentError)
  })

  test('returns no query, or limits it', async () => {
    class Forgetful extends Model {
      static scopes = { nothing: (_query: ModelQuery<Forgetful>) => {} }
      static globalScopes = { few: (query: ModelQuery<Forgetful>) => query.limit(3) }
    }
    expect(() => Forgetful.query().nothing()).toThrow(InvalidArgumentError)
    await expect(Forgetful.all()).rejects.toThrow(InvalidArgumentError)
  })
})
