import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Dayjs } from 'dayjs'
import {
  ArrayRepository,
  Attribute,
  CastError,
  Entity,
  InvalidArgumentError,
  InvalidKeyError,
  InvalidStateError,
  Model,
} from '../../src/index.js'

@Entity({ timestamps: false })
class Visit extends Model {
  declare id: string
  @Attribute() declare ip: string
  @Attribute({ cast: 'float' }) declare score: number | null
  @Attribute({ cast: 'datetime' }) declare seenAt: Dayjs | null
  @Attribute({ cast: 'json' }) declare tags: unknown
}

@Entity({ key: 'code', keyGenerator: () => 'generated' })
class Coupon extends Model {
  declare code: string
  override getNewKey(): string {
    return `own-${super.getNewKey()}`
  }
}

beforeEach(() => Model.setRepository(new ArrayRepository()))

describe('keys', () => {
  test('are set, and made by the class where there is none', async () => {
    expect(Visit.make().setKey(5).getKey()).toBe('5')
    expect((await Coupon.create()).getKey()).toBe('own-generated')
    await Coupon.truncate()
    expect((await Coupon.insertMany([{}])).inserted).toBe(1)
    expect((await Coupon.first())?.code).toBe('own-generated')
  })
})

describe('stored text', () => {
  test('replaces all attributes as it is, dirty or as stored', () => {
    const visit = Visit.make({ id: 'v', ip: 'a', score: 1 })
    visit.setRawAttributes({ ip: 'b', score: '1.50' })
    expect(visit.getRawAttributes()).toEqual({ id: 'v', ip: 'b', score: '1.50', seenAt: null, tags: null })
    expect([visit.ip, visit.score, visit.isDirty()]).toEqual(['b', 1.5, true])
    visit.setRawAttributes({ id: 'w', ip: 'c', score: null }, true)
    expect([visit.id, visit.isDirty('ip', 'score'), visit.getOriginal('ip')]).toEqual(['w', false, 'c'])
    expect(visit.getRawOriginal()).toEqual({ id: null, ip: 'c', score: null, seenAt: null, tags: null })
    expect(() => visit.setRawAttributes({ nothing: 'x' })).toThrow(InvalidArgumentError)
  })

  test('of another form is no change', () => {
    const visit = Visit.make()
    visit.setRawAttributes({ score: '1.50', seenAt: '2024-09-24 08:30:00', tags: '{"b": 1, "a": 2}' }, true)
    visit.fill({ score: 1.5, seenAt: '2024-09-24T08:30:00Z', tags: { a: 2, b: 1 } })
    expect(visit.getDirty()).toEqual({})
    visit.score = 2
    expect([visit.originalIsEquivalent('score'), visit.originalIsEquivalent('seenAt')]).toEqual([false, true])
    visit.score = null
    expect([visit.originalIsEquivalent('score'), visit.originalIsEquivalent('id')]).toEqual([false, true])
  })

  test('that a cast cannot read is replaced by what is set', () => {
    const visit = Visit.make()
    visit.setRawAttributes({ score: 'broken' }, true)
    visit.score = 3
    expect(visit.getDirty()).toEqual({ score: 3 })
  })
})

describe('changes', () => {
  test('are told for names, lists of names, and all', async () => {
    const visit = await Visit.create({ ip: 'a' })
    visit.fill({ ip: 'b' })
    expect([visit.isDirty(['ip', 'score']), visit.isDirty('score', ['tags']), visit.isClean('score')]).toEqual([
      true,
      false,
      true,
    ])
    expect(visit.wasChanged()).toBe(false)
    await visit.save()
    expect([visit.wasChanged('ip'), visit.wasChanged('score'), visit.getChanges()]).toEqual([true, false, { ip: 'b' }])
  })

  test('the original is told for one attribute, with a fallback, and for all', async () => {
    const visit = await Visit.create({ id: 'v', ip: 'a' })
    visit.fill({ ip: 'b', score: 1 })
    expect(visit.getOriginal()).toEqual({ id: 'v', ip: 'a', score: null, seenAt: null, tags: null })
    expect([visit.getOriginal('ip'), visit.getOriginal('score'), visit.getOriginal('score', 0)]).toEqual(['a', null, 0])
  })

  test('can be taken for stored, or for what was written', async () => {
    const visit = await Visit.create({ id: 'v', ip: 'a' })
    visit.ip = 'b'
    expect(visit.syncChanges().getChanges()).toEqual({ ip: 'b' })
    expect([visit.syncOriginal().isDirty(), await visit.save(), (await Visit.find('v'))?.ip]).toEqual([
      false,
      false,
      'a',
    ])
  })

  test('an attribute that is unset loses its stored value', async () => {
    const visit = await Visit.create({ id: 'v', ip: 'a', score: 1 })
    expect(visit.unset('score', 'ip').getDirty()).toEqual({ score: null, ip: null })
    await visit.save()
    expect((await Visit.findOrFail('v')).getRawAttributes()).toMatchObject({ ip: null, score: null })
    expect([visit.hasAttribute('score'), visit.hasAttribute('id'), visit.hasAttribute('nothing')]).toEqual([
      true,
      true,
      false,
    ])
  })

  test('of values of which one does not fit none is set, so that a later save writes none of them', async () => {
    const visit = await Visit.create({ id: 'v', ip: 'a', score: 1 })
    const values = { id: 'w', ip: 'b', score: 'x' } as never
    expect(() => visit.fill(values)).toThrow(CastError)
    await expect(visit.update(values)).rejects.toThrow(CastError)
    expect(() => visit.forceFill({ ip: 'b', id: ' ' })).toThrow(InvalidKeyError)
    expect([visit.isDirty(), visit.id, visit.ip, await visit.save()]).toEqual([false, 'v', 'a', false])
  })

  test('attributes are set in the order of their names', () => {
    const order: string[] = []
    class Watched extends Visit {
      override setAttribute(name: string, value: unknown): this {
        order.push(name)
        return super.setAttribute(name, value)
      }
    }
    new Watched().setAttribute('ip', 'x')
    Watched.make().fill({ tags: 1, ip: 'a', score: 2 })
    expect(order).toEqual(['ip'])
    expect(Visit.make({ score: 1, ip: 'a' }).getDirty()).toEqual({ ip: 'a', score: 1 })
  })
})

describe('other objects', () => {
  test('newInstance makes one of the same class, stored or not', async () => {
    const visit = Visit.make({ ip: 'a' })
    const fresh = visit.newInstance({ ip: 'b' })
    expect([fresh instanceof Visit, fresh.exists, fresh.ip, fresh.isDirty()]).toEqual([true, false, 'b', true])
    const stored = visit.newInstance({ id: 'v', ip: 'c' }, true)
    expect([stored.exists, stored.isDirty(), stored.wasRecentlyCreated]).toEqual([true, false, false])
    await expect(stored.update({ ip: 'd' })).rejects.toThrow('No query results for model [Visit] v')
  })

  test('newFromBuilder makes a stored one of text, and fires retrieved', async () => {
    const seen: unknown[] = []
    const remove = Visit.retrieved((visit) => void seen.push(visit.id))
    const visit = await Visit.make().newFromBuilder({ id: 'v', ip: 'a', score: '2', tags: null })
    remove()
    expect([visit.exists, visit.isDirty(), visit.score, visit.tags, seen]).toEqual([true, false, 2, null, ['v']])
    await expect(Visit.make().newFromBuilder({ ip: 'a' })).rejects.toThrow(InvalidStateError)
    await expect(Visit.make().newFromBuilder({ id: 'v', nothing: 'a' })).rejects.toThrow(InvalidArgumentError)
  })

  test('replicate copies all but the key, the times and what is named, and fires replicating', async () => {
    class Post extends Model {
      declare id: string
      @Attribute() declare title: string
      @Attribute({ cast: 'integer' }) declare views: number
    }
    const post = await Post.create({ title: 'a', views: 7 })
    post.title = 'b'
    const seen: unknown[] = []
    Post.replicating((copy) => void seen.push(copy.title))
    const copy = await post.replicate(['views'])
    expect(copy.getAttributes()).toEqual({ id: null, title: 'b', views: null, created_at: null, updated_at: null })
    expect([copy.exists, seen]).toEqual([false, ['b']])
    await copy.save()
    expect(await Post.count()).toBe(2)
  })
})

describe('a record of which only some attributes were read', () => {
  const read = async () => {
    await Visit.create({ id: 'v', ip: 'a', score: 1, tags: [1] })
    return Visit.query().select('ip').firstOrFail()
  }

  test('has those, and says of the others that they were not read', async () => {
    const visit = await read()
    expect([visit.id, visit.ip, visit.hasAttribute('score')]).toEqual(['v', 'a', false])
    expect(() => visit.score).toThrow(InvalidStateError)
    expect(() => visit.getOriginal('score')).toThrow(InvalidStateError)
    expect(visit.getAttributes()).toEqual({ id: 'v', ip: 'a' })
    expect(visit.toJSON()).toEqual({ id: 'v', ip: 'a' })
    await expect(visit.replicate()).rejects.toThrow(InvalidStateError)
  })

  test('is written as any other: what was set is a change, null too', async () => {
    const visit = await read()
    visit.score = null
    expect(visit.getDirty()).toEqual({ score: null })
    await visit.save()
    expect([visit.score, visit.isDirty()]).toEqual([null, false])
    expect((await Visit.findOrFail('v')).getAttributes()).toEqual({
      id: 'v',
      ip: 'a',
      score: null,
      seenAt: null,
      tags: [1],
    })
  })

  test('knows all after it was refreshed', async () => {
    const visit = await read()
    await visit.refresh()
    expect([visit.score, visit.tags]).toEqual([1, [1]])
  })
})
