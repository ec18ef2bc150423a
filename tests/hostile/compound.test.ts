import { expect, test } from '@jest/globals'
import { Attribute, Entity, HashTag, Index, Model, Searchable, Unique, UniqueConstraintError } from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { describeStores } from '../model/support/stores.js'
import { auditIndexes } from '../repositories/index-auditor.js'
import { hostileValues } from './hostile-values.js'

@Index(['left', 'right'])
@Entity({ timestamps: false, partitions: 3 })
class Pair extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare left: string | null
  @Attribute({ cast: 'string' }) @Searchable() declare right: string | null
}

@Entity({ timestamps: false, partitions: 3 })
class Tenant extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @HashTag() declare tag: string | null
}

@Entity({ timestamps: false, partitions: 3 })
class Holder extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Unique() declare name: string | null
}

const isFull = process.env.FULL === '1'
/** Parts that join to the same text in more than one way. */
const parts = [
  '',
  'a',
  'a:',
  ':a',
  '+',
  'a+',
  '%+',
  '%',
  '%2B',
  'a%+b',
  '%null',
  'null',
  '\0',
  '{',
  '}',
  '{a}',
  null,
] as const
const texts = hostileValues(isFull ? 2_000 : 60, 31)
const sorted = (list: readonly string[]) => [...list].sort()

describeStores([Pair, Tenant, Holder], ({ repository, connections, target }) => {
  test('two values of a compound index are not another two that join to the same text', async () => {
    const pairs = parts.flatMap((left) => parts.map((right) => ({ left, right })))
    const isWhole = repository === 'indexed' && target.kind === 'redis-server'
    const rows = pairs.map((pair, at) => ({ id: `p${at}`, ...pair }))
    expect((await Pair.insertMany(rows)).inserted).toBe(rows.length)
    for (const { id, left, right } of isFull || isWhole ? rows : rows.slice(0, 40)) {
      expect(await Pair.where({ left, right }).ids()).toEqual([id])
    }
    if (repository !== 'indexed') return
    expect(await auditIndexes(await connections.connection('default'), definitionOf(Pair.prototype).schema)).toEqual([])
  }, 300_000)

  test('hash tags keep records of other tags apart', async () => {
    const rows = texts.map((tag, at) => ({ id: `t${at}`, tag }))
    expect((await Tenant.insertMany([...rows, { id: 'none' }])).inserted).toBe(rows.length + 1)
    expect((await Tenant.findMany(rows.map(({ id }) => id))).map(({ tag }) => tag)).toEqual(texts)
    for (const { id, tag } of rows.slice(0, repository === 'indexed' ? rows.length : 40)) {
      expect(await Tenant.where({ tag }).ids()).toEqual([id])
      expect((await Tenant.where({ tag }).find(id))?.tag).toBe(tag)
    }
    expect(await Tenant.whereNull('tag').ids()).toEqual(['none'])
    const moved = await Tenant.findOrFail('t3')
    await moved.update({ tag: texts[5]! })
    expect(sorted(await Tenant.where({ tag: texts[5]! }).ids())).toEqual(['t3', 't5'])
    expect(await Tenant.destroy(rows.map(({ id }) => id))).toBe(rows.length)
    expect(await Tenant.query().ids()).toEqual(['none'])
  }, 300_000)

  test('a unique text is that text and no other', async () => {
    const rows = texts.slice(0, isFull ? 1_000 : 25).map((name, at) => ({ id: `h${at}`, name }))
    for (const row of rows) await Holder.create(row)
    for (const { id, name } of rows) {
      const outcome = await Holder.create({ id: 'other', name }).catch((error: unknown) => error)
      expect(outcome).toBeInstanceOf(UniqueConstraintError)
      expect(outcome).toMatchObject({ holder: id, values: [name] })
    }
    expect(await Holder.count()).toBe(rows.length)
    await Holder.destroy('h1')
    expect((await Holder.create({ id: 'again', name: rows[1]!.name })).exists).toBe(true)
    await Holder.create({ id: 'x', name: null })
    await Holder.create({ id: 'y', name: null })
  }, 300_000)
})
