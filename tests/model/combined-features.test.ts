import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  ArrayRepository,
  Attribute,
  Entity,
  HashTag,
  Model,
  type ModelQuery,
  type Ranged,
  Searchable,
  Unique,
  UniqueConstraintError,
} from '../../src/index.js'
import { describeStores } from './support/stores.js'

@Entity({ timestamps: false })
class Account extends Model {
  declare id: string
  @Searchable() @Unique() declare email: string
  @Attribute({ cast: 'integer', default: 0 }) @Searchable({ range: true }) declare logins: Ranged<number>
}

@Entity({ timestamps: false, partitions: 5, ttlSeconds: 3600, sliding: true })
class Order extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @HashTag() declare tenant: string | null
  @Attribute({ cast: 'string' }) @Searchable() declare state: string | null
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare total: Ranged<number>
}

describeStores([Account, Order], ({ repository }) => {
  describe('a unique attribute', () => {
    test('is created once by firstOrCreate and upsert, also against plain creation', async () => {
      const attempts = await Promise.allSettled([
        ...Array.from({ length: 6 }, () => Account.firstOrCreate({ email: 'a' }, { logins: 1 })),
        Account.create({ email: 'a' }),
        Account.upsert([{ email: 'a', logins: 2 }], 'email'),
      ])
      const errors = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []))
      for (const error of errors) expect(error).toBeInstanceOf(UniqueConstraintError)
      expect(errors.length).toBeLessThanOrEqual(1)
      expect(await Account.where('email', '=', 'a').count()).toBe(1)
    })

    test('fails the row of a bulk write that would break it, and no other', async () => {
      await Account.createMany([
        { id: '1', email: 'a' },
        { id: '2', email: 'b' },
        { id: '3', email: 'c' },
      ])
      const report = await Account.where('id', 'in', ['1', '2']).updateMany({ email: 'c' })
      expect(report).toMatchObject({ updated: 0, failed: 2 })
      expect(report.failures[0]?.error).toBeInstanceOf(UniqueConstraintError)
      expect(await Account.where('email', '=', 'a').delete()).toBe(1)
      expect((await Account.create({ email: 'a' })).exists).toBe(true)
    })
  })

  describe('records with a hash tag', () => {
    test('are updated, incremented and removed by query, with one tag or with all', async () => {
      const tenants = ['a', 'b', 'c', null]
      await Order.createMany(
        tenants.flatMap((tenant) => [1, 2].map((total) => ({ id: `${tenant}${total}`, tenant, total }))),
      )
      expect(await Order.where('tenant', '=', 'b').update({ state: 'open' })).toBe(2)
      expect(await Order.where('total', '>', 1).increment('total', 10)).toBe(4)
      expect((await Order.where('total', '>', 10).get()).map(({ id }) => id).sort()).toEqual([
        'a2',
        'b2',
        'c2',
        'null2',
      ])
      expect(await Order.where('state', '=', null).where('total', '<', 10).delete()).toBe(3)
      expect(await Order.count()).toBe(5)
      const created = await Order.firstOrCreate({ tenant: 'a', state: 'open' }, { total: 3 })
      expect((await Order.firstOrCreate({ tenant: 'a', state: 'open' })).id).toBe(created.id)
      await Order.where('tenant', '=', 'a').update({ tenant: 'z' })
      expect(await Order.where('tenant', '=', 'z').count()).toBe(2)
    })

    test('live on when they are read', async () => {
      const order = await Order.create({ id: 'o', tenant: 'a', total: 1 }, { ttl: 100 })
      const seconds = async () => Math.round((Number(await order.getExpiry()) - Date.now()) / 10_000) * 10
      expect(await seconds()).toBe(100)
      await Order.where('tenant', '=', 'a').get()
      expect(await seconds()).toBe(3600)
      await order.setExpiry(100)
      await Order.query().select('total').get()
      expect(await seconds()).toBe(3600)
      await order.setExpiry(100)
      await Order.find('o')
      expect(await seconds()).toBe(3600)
    })
  })

  test('bulk writes by any condition leave what the same writes leave in memory', async () => {
    const row = fc.record({
      id: fc.integer({ min: 0, max: 30 }).map(String),
      tenant: fc.constantFrom('a', 'b', null),
      state: fc.constantFrom('open', 'closed', null),
      total: fc.integer({ min: -3, max: 3 }),
    })
    const conditions: readonly ((query: ModelQuery<Order>) => ModelQuery<Order>)[] = [
      (query) => query,
      (query) => query.where('state', '=', 'open'),
      (query) => query.where('total', '>', 0).orWhere('tenant', '=', null),
      (query) => query.whereNot('state', '=', 'closed').where('total', '<=', 1),
      (query) => query.orderBy('total').orderBy('id').limit(3),
    ]
    const writes: readonly ((query: ModelQuery<Order>) => Promise<number>)[] = [
      (query) => query.update({ state: 'closed' }),
      (query) => query.update({ total: 2, state: null }),
      (query) => query.increment('total', 2),
      (query) => query.delete(),
    ]
    const step = fc.tuple(fc.nat(conditions.length - 1), fc.nat(writes.length - 1))
    const rows = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 20 })
    const memory = new ArrayRepository()
    const play = async (given: readonly object[], steps: readonly (readonly [number, number])[]) => {
      await Order.truncate()
      await Order.insertMany(given as never, { ttl: null })
      const counts: number[] = []
      for (const [condition, write] of steps) counts.push(await writes[write]!(conditions[condition]!(Order.query())))
      const left = await Order.orderBy('id').get()
      return { counts, left: left.map((order) => order.getRawAttributes()) }
    }
    try {
      await fc.assert(
        fc.asyncProperty(rows, fc.array(step, { maxLength: 5 }), async (given, steps) => {
          Model.setRepository(memory)
          const expected = await play(given, steps)
          Model.setRepository(repository)
          expect(await play(given, steps)).toEqual(expected)
        }),
        { numRuns: repository === 'indexed' ? 25 : 8 },
      )
    } finally {
      Model.setRepository(repository)
    }
  })
})
