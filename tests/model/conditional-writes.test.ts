import 'reflect-metadata'
import { describe, expect, test } from '@jest/globals'
import { Attribute, Entity, Index, Model, type Ranged, Searchable, Version } from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { describeStores } from './support/stores.js'

@Entity({ indexTtlSeconds: 3600 })
@Index(['country', 'status'])
@Index(['status', 'note', 'country'])
class Order extends Model {
  declare id: string
  @Attribute() @Searchable() declare country: string
  @Attribute({ cast: 'string' }) declare status: string | null
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare stock: Ranged<number> | null
  @Attribute({ cast: 'bigint' }) declare balance: bigint | null
  @Attribute({ cast: 'float' }) declare weight: number | null
  @Attribute({ cast: 'datetime' }) declare lockedUntil: Date | null
  @Attribute({ cast: 'string' }) declare note: string | null
}

class Page extends Model {
  declare id: string
  @Attribute() declare title: string
  @Attribute({ cast: 'integer' }) declare views: number
  @Version() declare version: number
}

describeStores([Order, Page], ({ repository }) => {
  describe('saveIf', () => {
    test('writes where the stored record fulfils the condition, and keeps the changes for another try where it does not', async () => {
      const order = await Order.create({ id: 'a', country: 'de', status: 'open', stock: 5 })
      const [first, second] = [await Order.findOrFail('a'), await Order.findOrFail('a')]
      first.status = 'paid'
      expect(await first.saveIf({ status: 'open' })).toBe(true)
      second.note = 'late'
      const error = await second.saveIf({ status: 'open', country: 'de' }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({
        code: 'STALE_MODEL',
        model: 'Order',
        key: 'a',
        raw: { status: 'paid', stock: '5' },
      })
      expect((error as { stored: Order }).stored).toBeInstanceOf(Order)
      expect((error as { stored: Order }).stored.status).toBe('paid')
      expect(second.isDirty('note')).toBe(true)
      expect((await order.fresh())!.note).toBeNull()
      expect(await second.saveIf((stored) => stored.where('status', 'in', ['paid', 'open']))).toBe(true)
      expect((await order.refresh()).note).toBe('late')
    })

    test('asks about any attribute, in groups, by order and by pattern, without an index', async () => {
      const order = await Order.create({ id: 'a', country: 'de', status: 'open', weight: 2.5, note: 'fragile: glass' })
      order.stock = 1
      expect(
        await order.saveIf((stored) =>
          stored
            .where('weight', '<=', 2.5)
            .where((group) => group.where('status', '=', 'shipped').orWhere('note', 'like', 'fragile*'))
            .whereNull('lockedUntil')
            .whereNot({ country: 'fr' })
            .whereKey('a'),
        ),
      ).toBe(true)
      order.stock = 2
      await expect(order.saveIf((stored) => stored.whereBetween('weight', 3, 4))).rejects.toMatchObject({
        code: 'STALE_MODEL',
      })
      await expect(order.saveIf((stored) => stored.where('balance', '>', 1n))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
      await expect(order.saveIf((stored) => stored)).rejects.toThrow('demands nothing')
      await expect(order.saveIf({})).rejects.toThrow('demands nothing')
      await expect(order.saveIf({ weight: 'heavy' as never })).rejects.toMatchObject({ code: 'CAST' })
    })

    test('needs a record that is stored', async () => {
      await expect(Order.make({ id: 'new' }).saveIf({ status: null })).rejects.toMatchObject({
        code: 'INVALID_STATE',
      })
      const order = await Order.create({ id: 'a', country: 'de' })
      await Order.destroy('a')
      order.note = 'n'
      await expect(order.saveIf({ country: 'de' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' })
    })

    test('deleteIf removes where the stored record fulfils the condition', async () => {
      const order = await Order.create({ id: 'a', country: 'de', stock: 3 })
      await expect(order.deleteIf({ stock: 0 })).rejects.toMatchObject({ code: 'STALE_MODEL', raw: { stock: '3' } })
      expect(order.exists).toBe(true)
      expect(await order.deleteIf((stored) => stored.where('stock', '>', 0))).toBe(true)
      expect(order.exists).toBe(false)
      expect(await Order.find('a')).toBeNull()
    })
  })

  describe('@Version', () => {
    test('begins with 1 and is raised by each save', async () => {
      const page = await Page.create({ id: 'home', title: 'Home', version: 99 })
      expect(page.version).toBe(1)
      await page.update({ title: 'Start' })
      expect(page.version).toBe(2)
      page.version = 50
      await page.update({ title: 'Home' })
      expect((await Page.findOrFail('home')).version).toBe(3)
      await Page.insertMany([{ id: 'many', title: 'M', version: 7 }])
      expect((await Page.findOrFail('many')).version).toBe(1)
    })

    test('refuses the write of a record that somebody else has written since it was read', async () => {
      await Page.create({ id: 'home', title: 'Home', views: 0 })
      const [first, second] = [await Page.findOrFail('home'), await Page.findOrFail('home')]
      await first.update({ title: 'First' })
      const error = await second.update({ title: 'Second' }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'STALE_MODEL', raw: { title: 'First', version: '2' } })
      expect(second.version).toBe(1)
      await expect(second.delete()).rejects.toMatchObject({ code: 'STALE_MODEL', raw: { title: 'First' } })
      expect(second.exists).toBe(true)
      await second.refresh()
      expect(await second.update({ title: 'Second' })).toBe(true)
      expect(second.version).toBe(3)
      expect(await second.delete()).toBe(true)
    })

    test('lets exactly one of many simultaneous savers win', async () => {
      await Page.create({ id: 'home', title: 'Home' })
      const pages = await Promise.all(Array.from({ length: 8 }, () => Page.findOrFail('home')))
      const outcomes = await Promise.allSettled(pages.map((page, at) => page.update({ title: `T${at}` })))
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
      expect((await Page.findOrFail('home')).version).toBe(2)
    })

    test('is raised by increments, which never conflict', async () => {
      const page = await Page.create({ id: 'home', title: 'Home', views: 0 })
      await Promise.all(Array.from({ length: 8 }, () => Page.increment('home', 'views')))
      await page.refresh()
      expect(await page.increment('views', 2)).toBe(10)
      expect(page.version).toBe(10)
      expect(await page.update({ title: 'Start' })).toBe(true)
      await Page.increment('home', 'views')
      await expect(page.update({ title: 'Stale' })).rejects.toMatchObject({ code: 'STALE_MODEL' })
      await expect(page.increment('version')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    })

    test('begins anew with a copy', async () => {
      const page = await Page.create({ id: 'home', title: 'Home' })
      await page.update({ title: 'Start' })
      const copy = await page.replicate()
      expect([copy.version, copy.title]).toEqual([null, 'Start'])
      await copy.save()
      expect(copy.version).toBe(1)
    })

    test('is not asked for by destroy, which removes by key, with handlers and without', async () => {
      await Page.create({ id: 'home', title: 'Home' })
      await Page.create({ id: 'about', title: 'About' })
      const remove = Page.deleting((page) =>
        Page.withoutEvents(async () => {
          await (await Page.findOrFail(page.id)).update({ title: 'changed meanwhile' })
        }),
      )
      expect(await Page.destroy(['home', 'about', 'gone'])).toBe(2)
      remove()
      expect(await Page.count()).toBe(0)
    })

    test('stays that of what was read, when an increment comes after a write of somebody else', async () => {
      const mine = await Page.create({ id: 'home', title: 'Home', views: 0 })
      await (await Page.findOrFail('home')).update({ title: 'Theirs' })
      expect(await mine.increment('views')).toBe(1)
      expect(mine.only('views', 'version')).toEqual({ views: 1, version: 1 })
      await expect(mine.update({ title: `${mine.title}!` })).rejects.toMatchObject({ code: 'STALE_MODEL' })
      await expect(mine.delete()).rejects.toMatchObject({ code: 'STALE_MODEL' })
      expect((await Page.findOrFail('home')).only('title', 'version')).toEqual({ title: 'Theirs', version: 3 })
    })
  })

  describe('increment', () => {
    test('adds in one step, sets other attributes with it, and leaves unsaved changes alone', async () => {
      const order = await Order.create({ id: 'a', country: 'de', stock: 5, status: 'open' })
      order.note = 'unsaved'
      order.status = 'changed'
      const before = (await Order.findOrFail('a')).getAttribute('updated_at')
      await new Promise((resolve) => setImmediate(resolve))
      expect(await order.increment('stock', 3, { set: { country: 'fr', status: null } })).toBe(8)
      expect(order).toMatchObject({ stock: 8, country: 'fr', status: null, note: 'unsaved' })
      expect(order.isDirty('note')).toBe(true)
      expect(order.isDirty('stock', 'country', 'status')).toBe(false)
      const stored = await Order.findOrFail('a')
      expect(stored).toMatchObject({ stock: 8, country: 'fr', status: null, note: null })
      expect(String(stored.getAttribute('updated_at')) >= String(before)).toBe(true)
      expect(await Order.where('country', 'fr').where('stock', '>', 7).ids()).toEqual(['a'])
      expect(await Order.where('country', 'de').count()).toBe(0)
    })

    test('keeps every digit, and the form of each cast', async () => {
      const order = await Order.create({ id: 'a', country: 'de', balance: 2n ** 90n, weight: 0.1 })
      expect(await order.increment('balance', 1n)).toBe(2n ** 90n + 1n)
      expect(await order.decrement('balance', 2n ** 91n)).toBe(1n - 2n ** 90n)
      expect(await order.increment('weight', 0.2)).toBe(0.3)
      expect(await order.increment('stock', Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER)
      await expect(order.increment('stock')).rejects.toMatchObject({
        code: 'OUT_OF_RANGE',
        current: '9007199254740991',
        max: '9007199254740991',
      })
      expect((await Order.findOrFail('a')).balance).toBe(1n - 2n ** 90n)
    })

    test('refuses to pass a floor or a ceiling, and says what is stored', async () => {
      await Order.create({ id: 'a', country: 'de', stock: 2 })
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, () => Order.decrement('a', 'stock', 1, { min: 0 })),
      )
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(2)
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
      expect(refused[0]!.reason).toMatchObject({
        code: 'OUT_OF_RANGE',
        attribute: 'stock',
        current: '0',
        min: '0',
        by: '-1',
      })
      await expect(Order.increment('a', 'stock', 11, { max: 10 })).rejects.toMatchObject({ max: '10' })
    })

    test('runs the handlers of updating and updated, and does nothing where one cancels', async () => {
      const order = await Order.create({ id: 'a', country: 'de', stock: 2 })
      const events: string[] = []
      const removers = [
        Order.updating(() => void events.push('updating')),
        Order.updated((record) => void events.push(`updated to ${record.stock}`)),
        Order.saving(() => void events.push('saving')),
      ]
      await order.increment('stock')
      expect(events).toEqual(['updating', 'updated to 3'])
      removers.push(Order.updating(() => false))
      expect(await order.increment('stock')).toBe(3)
      for (const remove of removers) remove()
      expect((await Order.findOrFail('a')).stock).toBe(3)
    })

    test('refuses what cannot be incremented', async () => {
      const order = await Order.create({ id: 'a', country: 'de' })
      await expect(order.increment('country' as never)).rejects.toMatchObject({
        code: expect.stringMatching(/CAST|INVALID/),
      })
      await expect(order.increment('stock', 0.5)).rejects.toMatchObject({ code: 'CAST' })
      await expect(order.increment('weight', Number.NaN)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      await expect(order.increment('stock', 1, { set: { id: 'b' } })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
      await expect(Order.make({ id: 'new' }).increment('stock')).rejects.toMatchObject({ code: 'INVALID_STATE' })
      await expect(Order.increment('none', 'stock')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' })
      expect((await Order.findOrFail('a')).stock).toBeNull()
    })
  })

  test('queries that fix all attributes of a composite index find what they find without it', async () => {
    for (let at = 0; at < 12; at++) {
      const status = [null, 'open', 'a:b'][at % 3]!
      await Order.create({ id: `o${at}`, country: at % 2 ? 'de' : 'f%+r', status, note: at % 4 ? 'n' : null })
    }
    await Order.where('country', 'de').each((order) => order.update({ status: 'moved' }))
    expect(await Order.where('country', 'de').count()).toBe(6)
    expect(await Order.where('country', '=', 'f%+r').pluck('status')).toEqual(
      expect.arrayContaining([null, 'open', 'a:b']),
    )
    expect(definitionOf(Order.prototype).schema).toMatchObject({
      indexTtlMs: 3_600_000,
      composites: [
        { attributes: [{ name: 'country' }, { name: 'status' }] },
        { attributes: [{ name: 'status' }, { name: 'note' }, { name: 'country' }] },
      ],
    })
    expect(repository).toBeDefined()
  })
})

describe('declarations of writes', () => {
  test.each([
    [['country'], 'two attributes or more'],
    [['country', 'country'], 'each named once'],
    [['country', 'nope'], 'is no attribute'],
  ])('@Index(%j) is refused', (names, message) => {
    @Index(names)
    class Wrong extends Model {
      @Attribute() declare country: string
    }
    expect(() => definitionOf(Wrong.prototype)).toThrow(message)
  })

  test('@Version stands at one number', () => {
    class Two extends Model {
      @Version() declare one: number
      @Version() declare other: number
    }
    class Text extends Model {
      @Attribute({ cast: 'string' }) @Version() declare version: number
    }
    expect(() => definitionOf(Two.prototype)).toThrow("'one' and at 'other'")
    expect(() => definitionOf(Text.prototype)).toThrow('versions are numbers')
  })

  test.each([0, -1, Number.NaN, '7'])('indexTtlSeconds %p is refused', (indexTtlSeconds) => {
    @Entity({ indexTtlSeconds: indexTtlSeconds as number })
    class Wrong extends Model {}
    expect(() => definitionOf(Wrong.prototype)).toThrow('indexTtlSeconds')
  })

  test('a subclass has the composites of its base, and its own after them', () => {
    @Index(['a', 'b'])
    class Base extends Model {
      @Attribute() declare a: string
      @Attribute() declare b: string
    }
    @Index(['b', 'c'])
    @Index(['b', 'a'])
    class Derived extends Base {
      @Attribute() declare c: string
    }
    const names = definitionOf(Derived.prototype).schema.composites.map(({ attributes }) =>
      attributes.map(({ name }) => name),
    )
    expect(names).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ])
  })
})
