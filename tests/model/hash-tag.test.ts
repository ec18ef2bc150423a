import { describe, expect, test } from '@jest/globals'
import {
  AmbiguousKeyError,
  Attribute,
  DefinitionError,
  DuplicateKeyError,
  Entity,
  HashTag,
  hashSlot,
  Model,
  ModelNotFoundError,
  type ModelQuery,
  type QueryTrace,
  type Ranged,
  Searchable,
} from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { auditIndexes } from '../repositories/index-auditor.js'
import { describeStores } from './support/stores.js'

@Entity({ partitions: 8 })
class Order extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @HashTag() declare tenantId: string | null
  @Searchable() declare status: string
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare total: Ranged<number>
}

const schema = () => definitionOf(Order.prototype).schema

describeStores([Order], ({ repository, connections }) => {
  const audit = async () => {
    if (repository !== 'indexed') return
    expect(await auditIndexes(await connections.connection(undefined), schema())).toEqual([])
  }
  const traced = async (query: ModelQuery<Order>) => {
    const traces: QueryTrace[] = []
    const rows = await query.onTrace((trace) => traces.push(trace)).get()
    return { ids: rows.map(({ id }) => id).sort(), slots: traces[0]!.slots.size }
  }

  test('records of a tagged model are found by id, by tag, and by both', async () => {
    for (const tenantId of ['a', 'b', 'c', 'd', null]) {
      for (const status of ['new', 'done'])
        await Order.create({ id: `${tenantId}-${status}`, tenantId, status, total: 1 })
    }
    expect((await Order.find('c-new'))?.tenantId).toBe('c')
    expect((await Order.find('null-new'))?.tenantId).toBeNull()
    expect(await Order.find('nobody')).toBeNull()
    expect((await Order.findMany(['d-done', 'nobody', 'a-new'])).map(({ id }) => id)).toEqual(['d-done', 'a-new'])
    expect((await Order.where('tenantId', 'b').find('b-new'))?.id).toBe('b-new')
    expect(await Order.where('tenantId', 'b').find('a-new')).toBeNull()
    expect((await Order.where('tenantId', '=', 'b').get()).map(({ id }) => id).sort()).toEqual(['b-done', 'b-new'])
    expect((await Order.whereNull('tenantId').get()).length).toBe(2)
    expect(await Order.count()).toBe(10)
    await audit()
  })

  test('a loaded record is updated, read again, given a deadline and deleted', async () => {
    await Order.create({ id: 'x', tenantId: 'a', status: 'new', total: 1 })
    const order = await Order.findOrFail('x')
    await order.update({ status: 'done', total: 7 })
    expect((await order.fresh())?.total).toBe(7)
    expect((await order.refresh()).status).toBe('done')
    const deadline = new Date(Date.now() + 60_000)
    expect(await order.setExpiry(deadline)).toBe(true)
    expect(await order.getExpiry()).toEqual(deadline)
    await audit()
    expect(await order.delete()).toBe(true)
    expect(await Order.count()).toBe(0)
    await audit()
  })

  test('destroy finds a record without being told its tag', async () => {
    await Order.insertMany(['a', 'b', 'c'].map((tenantId, at) => ({ id: `i${at}`, tenantId, status: 's', total: at })))
    expect(await Order.destroy(['i0', 'i2', 'i9'])).toBe(2)
    expect(await Order.query().ids()).toEqual(['i1'])
    await audit()
  })

  test('a changed tag takes the record along, and the old place forgets it', async () => {
    const order = await Order.create({ id: 'x', tenantId: 'a', status: 'new', total: 1 })
    for (const tenantId of ['b', 'c', null, 'd', 'a']) {
      await order.update({ tenantId, total: 5 })
      expect(await Order.count()).toBe(1)
      expect((await Order.findOrFail('x')).tenantId).toBe(tenantId)
      expect((await Order.where('tenantId', '=', tenantId).get()).length).toBe(1)
      await audit()
    }
  })

  test('an object that knows the old tag does not find the record that has moved', async () => {
    await Order.create({ id: 'x', tenantId: 'a', status: 'new', total: 1 })
    const stale = await Order.findOrFail('x')
    const order = await Order.findOrFail('x')
    await order.update({ tenantId: 'b' })
    if (repository !== 'indexed' && repository !== 'array') return
    await expect(stale.update({ status: 'done' })).rejects.toThrow(ModelNotFoundError)
    expect((await Order.findOrFail('x')).status).toBe('new')
  })

  test('a tag with braces, separators or no characters is one like any other', async () => {
    const tags = ['', '{a}', 'a}b{', 'a:b', '%null', 'null', '*', 'é😀', ' ', '\0']
    await Order.insertMany(tags.map((tenantId, at) => ({ id: `t${at}`, tenantId, status: 's', total: at })))
    for (const [at, tag] of tags.entries()) {
      expect((await Order.where('tenantId', '=', tag).get()).map(({ id }) => id)).toEqual([`t${at}`])
      expect((await Order.findOrFail(`t${at}`)).tenantId).toBe(tag)
    }
    await audit()
  })

  if (repository === 'indexed') {
    test('a query that fixes the tag reads one slot, any other all', async () => {
      await Order.insertMany(
        Array.from({ length: 64 }, (_, at) => ({ id: `i${at}`, tenantId: `t${at % 16}`, status: 's', total: at })),
      )
      const t5 = ['i21', 'i37', 'i5', 'i53']
      expect(await traced(Order.where('tenantId', '=', 't5'))).toEqual({ ids: t5, slots: 1 })
      expect(await traced(Order.where('tenantId', 't5').where('total', '>', 6))).toEqual({
        ids: t5.slice(0, 2).concat('i53'),
        slots: 1,
      })
      expect((await traced(Order.where('total', '>', 6))).slots).toBe(8)
      expect((await traced(Order.whereIn('tenantId', ['t5']).whereKey('i5'))).slots).toBe(1)
      expect((await traced(Order.where('tenantId', '!=', 't5'))).slots).toBe(8)
      const either = Order.where('tenantId', 't5').orWhere('tenantId', 't6')
      expect((await traced(either)).slots).toBeLessThanOrEqual(2)
      expect((await traced(either)).ids.length).toBe(8)
      expect((await traced(Order.where('tenantId', 't5').orWhere('total', '>', 60))).slots).toBe(8)
    })
  }

  test('records with one tag lie in one slot, also those of another model', async () => {
    const store = Order.getRepository()
    const other = { ...schema(), prefix: 'others' }
    for (const tag of ['a', '', '{x}', 'a:b', '%', 'é', null]) {
      const fields = tag === null ? [] : ['tenantId', tag]
      const keys = [
        ...['1', '2', 'a:b{c}'].map((id) => store.keyOf(schema(), { id, fields: [...fields, 'status', id] })),
        store.keyOf(other, { id: '9', fields }),
      ]
      expect(new Set(keys.map((key) => hashSlot(key))).size).toBe(1)
    }
  })

  if (repository === 'indexed' || repository === 'array') {
    test('one id under two tags is an error for who does not say which, and two records for who does', async () => {
      const tags = await distantTags()
      const [one, other] = [
        await Order.create({ id: 'x', tenantId: tags[0], status: 'one', total: 1 }),
        await Order.create({ id: 'x', tenantId: tags[1], status: 'other', total: 2 }),
      ]
      await expect(Order.find('x')).rejects.toThrow(AmbiguousKeyError)
      await expect(Order.destroy('x')).rejects.toThrow(AmbiguousKeyError)
      expect((await Order.where('tenantId', tags[1]).findOrFail('x')).status).toBe('other')
      await one.update({ total: 9 })
      expect((await other.fresh())?.total).toBe(2)
      await expect(one.update({ tenantId: tags[1] })).rejects.toThrow(DuplicateKeyError)
      await audit()
      await other.delete()
      expect((await Order.findOrFail('x')).total).toBe(9)
    })
  }
})

/** Two tags whose records lie in different partitions. */
async function distantTags(): Promise<[string, string]> {
  const { partitionOfTag } = await import('../../src/schema/partition.js')
  const first = partitionOfTag('t0', 8)
  for (let at = 1; ; at++) if (partitionOfTag(`t${at}`, 8) !== first) return ['t0', `t${at}`]
}

describe('@HashTag', () => {
  test('stands at one attribute', () => {
    class Twice extends Model {
      @HashTag() declare a: string
      @HashTag() declare b: string
    }
    expect(() => definitionOf(Twice.prototype)).toThrow(DefinitionError)
  })

  test('is inherited, and gives the attribute an index', () => {
    class Special extends Order {}
    const { hashTag, searchable } = definitionOf(Special.prototype).schema
    expect(hashTag?.name).toBe('tenantId')
    expect(searchable.map(({ name }) => name)).toContain('tenantId')
  })

  test('keeps a range index that the attribute has', () => {
    class Ranged2 extends Model {
      @Attribute({ cast: 'integer' }) @HashTag() @Searchable({ range: true }) declare tenant: Ranged<number>
    }
    expect(definitionOf(Ranged2.prototype).schema.hashTag?.index).toEqual({ range: true })
  })

  test('puts records of models with as many partitions in one slot', async () => {
    const { partitionOfTagText } = await import('../../src/repositories/indexed/layout.js')
    const other = { ...schema(), prefix: 'others' }
    for (const tag of ['a', 'b', null, '{x}']) {
      const keys = [schema(), other].map((one) => partitionOfTagText(one, tag).keys[0])
      expect(hashSlot(keys[0]!)).toBe(hashSlot(keys[1]!))
    }
  })
})
