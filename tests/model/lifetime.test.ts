import { describe, expect, test } from '@jest/globals'
import dayjs from 'dayjs'
import { Attribute, Entity, InvalidArgumentError, Model, Searchable } from '../../src/index.js'
import { describeStores } from './support/stores.js'

const HOUR = 3600

@Entity({ ttlSeconds: HOUR, timestamps: false })
class Session extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare user: string | null
}

@Entity({ ttlSeconds: HOUR, sliding: true, timestamps: false, partitions: 3 })
class Token extends Model {
  declare id: string
  @Searchable() declare user: string
}

let clock = new Date(0)

/** Its clock stands still until it is set. */
@Entity({ partitions: 2 })
class Clocked extends Model {
  declare id: string
  @Attribute() count: number = 0

  override freshTimestamp(): Date {
    return clock
  }
}

/** Seconds until a record expires, to the nearest ten; null for never. */
async function left(record: Model | null): Promise<number | null> {
  const at = await record?.getExpiry()
  return at ? Math.round((at.getTime() - Date.now()) / 10_000) * 10 : null
}

describeStores([Session, Token, Clocked], () => {
  describe('the deadline of a new record', () => {
    test('is that of the model, unless it is created with another', async () => {
      expect(await left(await Session.create())).toBe(HOUR)
      expect(await left(await Session.create({}, { ttl: 100 }))).toBe(100)
      expect(await left(await Session.create({}, { ttlSeconds: 50 }))).toBe(50)
      expect(await left(await Session.create({}, { ttl: new Date(Date.now() + 200_000) }))).toBe(200)
      expect(await left(await Session.create({}, { ttl: dayjs().add(5, 'minute') }))).toBe(300)
      expect(await left(await Session.create({}, { ttl: null }))).toBeNull()
      expect(await left(await Session.firstOrCreate({ user: 'a' }, {}, { ttl: 70 }))).toBe(70)
      const [first, second] = await Session.createMany([{}, {}], { ttl: 20 })
      expect([await left(first!), await left(second!)]).toEqual([20, 20])
    })

    test('is the same for records that are inserted many at a time', async () => {
      await Session.insertMany([{ id: 'a' }])
      await Session.insertMany([{ id: 'b' }], { ttl: 100 })
      await Session.insertMany([{ id: 'c' }], { ttl: null, events: true })
      const lives = await Promise.all(['a', 'b', 'c'].map(async (id) => left(await Session.findOrFail(id))))
      expect(lives).toEqual([HOUR, 100, null])
    })

    test('must be a moment to come', async () => {
      const wrong = [0, -1, Number.NaN, new Date(0), 'soon' as never]
      for (const ttl of wrong) await expect(Session.create({}, { ttl })).rejects.toThrow(InvalidArgumentError)
      await expect(Session.create({}, { ttl: 1, ttlSeconds: 1 })).rejects.toThrow(InvalidArgumentError)
      expect(await Session.count()).toBe(0)
    })
  })

  describe('the deadline of a record', () => {
    test('stays when it is updated, unless the update sets another', async () => {
      const session = await Session.create({}, { ttl: 100 })
      await session.update({ user: 'a' })
      expect(await left(session)).toBe(100)
      await session.update({ user: 'b' }, { ttl: 500 })
      expect(await left(session)).toBe(500)
      expect(await session.save({ ttl: 800 })).toBe(true)
      expect(await left(session)).toBe(800)
      await session.save({ ttl: null })
      expect(await left(session)).toBeNull()
      expect((await Session.findOrFail(session.id)).user).toBe('b')
    })

    test('is taken off', async () => {
      const session = await Session.create()
      expect([await session.persist(), await left(session)]).toEqual([true, null])
      await session.deleteQuietly()
      expect(await session.persist()).toBe(false)
    })
  })

  describe('a sliding deadline', () => {
    test('moves when the record is read, by key or by a query', async () => {
      for (const id of ['a', 'b', 'c', 'd']) await Token.create({ id, user: 'u' }, { ttl: 100 })
      const unread = await Token.make().newQuery().ids()
      expect(unread).toHaveLength(4)
      expect(await Token.count()).toBe(4)
      expect(await left(await Token.find('a'))).toBe(HOUR)
      expect(await left((await Token.where('id', 'b').get())[0]!)).toBe(HOUR)
      const [first] = await Token.where('user', 'u').where('id', 'c').limit(1).get()
      await first!.setExpiry(100)
      await first!.refresh()
      expect(await left(first!)).toBe(HOUR)
      const token = Token.make().newInstance({ id: 'd' }, true)
      expect(await left(token)).toBe(100)
    })

    test('never moves to an earlier moment, and not where the record never expires', async () => {
      await Token.create({ id: 'long', user: 'u' }, { ttl: 5 * HOUR })
      await Token.create({ id: 'ever', user: 'u' }, { ttl: null })
      const [ever, long] = await Token.orderBy('id').get()
      expect([await left(ever!), await left(long!)]).toEqual([null, 5 * HOUR])
    })

    test('is looked for in vain without an error', async () => {
      expect(await Token.find('nowhere')).toBeNull()
      expect(await Token.findMany(['x', 'y'])).toEqual([])
    })
  })

  describe('touch', () => {
    test('sets a time to now and saves', async () => {
      class Page extends Model {
        declare id: string
        @Attribute({ cast: 'datetime' }) declare readAt: Date | null
      }
      const page = await Page.create({ id: 'p', created_at: 0, updated_at: 0 } as never)
      expect(await page.touch()).toBe(true)
      expect(Number(page.getAttribute('updated_at'))).toBeGreaterThan(Date.now() - 60_000)
      expect(Number(page.getAttribute('created_at'))).toBe(0)
      await page.touch('readAt')
      expect(Number((await Page.findOrFail('p')).readAt)).toBeGreaterThan(Date.now() - 60_000)
      expect(await Page.make().touch()).toBe(false)
      const session = await Session.create()
      expect(await session.touch()).toBe(false)
      await Page.truncate()
    })

    test('times are those of the clock of the class, whatever writes them', async () => {
      const timesOf = async (id: string) => {
        const { created_at, updated_at } = (await Clocked.findOrFail(id)).toJSON()
        return [created_at, updated_at].map((time) => new Date(String(time)).getTime())
      }
      clock = new Date(1000)
      const clocked = await Clocked.create({ id: 'a' })
      await Clocked.insertMany([{ id: 'b' }])
      for (const id of ['a', 'b']) expect(await timesOf(id)).toEqual([1000, 1000])
      for (const [place, write] of [
        () => clocked.update({ count: 1 }),
        () => clocked.increment('count'),
        () => Clocked.increment('a', 'count'),
        () => Clocked.query().increment('count'),
        () => Clocked.query().update({ count: 9 }),
        () => clocked.touch(),
      ].entries()) {
        clock = new Date(2000 + place)
        await write()
        expect(await timesOf('a')).toEqual([1000, 2000 + place])
      }
      await Clocked.truncate()
    })

    test('times are set as a save would', () => {
      class Page extends Model {}
      const page = Page.make()
      expect([page.usesTimestamps(), page.getCreatedAtColumn(), page.getUpdatedAtColumn()]).toEqual([
        true,
        'created_at',
        'updated_at',
      ])
      page.setCreatedAt(0).updateTimestamps()
      expect(Number(page.getAttribute('created_at'))).toBe(0)
      expect(Number(page.getAttribute('updated_at'))).toBeGreaterThan(0)
      expect(page.freshTimestampString()).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
      expect([Session.make().usesTimestamps(), Session.make().setUpdatedAt(0).isDirty()]).toEqual([false, false])
    })
  })
})
