import { describe, expect, test } from '@jest/globals'
import { Attribute, Entity, Model, type Ranged, Searchable } from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { partitionsOf } from '../../src/repositories/indexed/layout.js'
import { keysOf } from '../checklist/support/keys-of.js'
import { describeStores, type Store } from '../model/support/stores.js'
import { hostileValues } from './hostile-values.js'

/** Prefixes that look like parts, patterns or beginnings of each other's keys. */
const pairs: readonly (readonly [string, string])[] = [
  ['p', 'p:idx'],
  ['p:id', 'p:ip'],
  ['v*', 'vx'],
  ['v?', 'vx'],
  ['[pq]', 'p'],
  ['p\\', 'p'],
  ['p%3Aq', 'p:q'],
  ['é', 'e\u0301'],
  ['idx2', 'idx2:p'],
  ['unq:p', 'p'],
  ['__proto__', 'constructor'],
  ['P', 'p'],
] // biome-ignore format: a list

const texts = hostileValues(process.env.FULL === '1' ? 400 : 20, 5).filter(
  (text) => text.trim() !== '' && text.length < 900,
)

const models = pairs.map(([left, right], at) => {
  const [first, second] = [`n${at}${left}`, `n${at}${right}`]
  @Entity({ prefix: first, timestamps: false, partitions: 2 })
  class First extends Model {
    declare id: string
    @Attribute({ cast: 'string' }) @Searchable({ range: true }) declare ip: Ranged<string> | null
    @Attribute({ cast: 'string' }) declare note: string | null
  }
  @Entity({ prefix: second, timestamps: false, partitions: 2 })
  class Second extends Model {
    declare id: string
    @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
    @Attribute({ cast: 'string' }) declare note: string | null
  }
  return { first, second, First, Second }
})

/** Whether the layout of a repository gives this key to a model. */
function belongsTo(store: Store, model: { prototype: Model }, key: string): boolean {
  const { schema } = definitionOf(model.prototype)
  if (store.repository !== 'indexed') return key.startsWith(`${schema.prefix}:${schema.keyName}:`)
  return partitionsOf(schema).some(
    ({ keys: [index, stem] }) => key === index || key.startsWith(`${index}:`) || key.startsWith(stem),
  )
}

describeStores(
  models.flatMap(({ First, Second }) => [First, Second]),
  (store) => {
    describe.each(models)('two models with the prefixes $first and $second', ({ First, Second }) => {
      const rows = texts.map((text) => ({ id: text, ip: text }))
      const sorted = (list: readonly string[]) => [...list].sort()

      test('never see, change or remove what is the other’s', async () => {
        expect((await First.insertMany(rows)).inserted).toBe(rows.length)
        const firstKeys = await keysOf(store)
        await First.truncate()
        const lasting = (await keysOf(store)).filter((key) => !firstKeys.includes(key))
        expect(lasting).toEqual([])
        const secondRows = rows.map((row) => ({ ...row, note: 'second' }))
        expect((await Second.insertMany(secondRows)).inserted).toBe(rows.length)
        const secondKeys = await keysOf(store)
        expect(await First.count()).toBe(0)
        expect((await First.insertMany(rows)).inserted).toBe(rows.length)

        for (const key of firstKeys) expect(belongsTo(store, First, key)).toBe(true)
        for (const key of secondKeys) expect(belongsTo(store, Second, key)).toBe(true)
        expect(await keysOf(store)).toEqual(sorted([...new Set([...firstKeys, ...secondKeys])]))

        expect([await First.count(), await Second.count()]).toEqual([rows.length, rows.length])
        expect((await First.all()).map(({ note }) => note).filter((note) => note !== null)).toEqual([])
        expect((await Second.all()).map(({ note }) => note).filter((note) => note !== 'second')).toEqual([])
        for (const text of texts.slice(0, store.repository === 'indexed' ? 12 : 4)) {
          expect((await First.where('ip', '=', text).get()).map(({ id, note }) => [id, note])).toEqual([[text, null]])
          expect((await Second.find(text))?.note).toBe('second')
        }

        expect(await First.destroy(['*', '?', ...texts.slice(0, 10)])).toBe(
          new Set(['*', '?', ...texts.slice(0, 10)]).size - ['*', '?'].filter((text) => !texts.includes(text)).length,
        )
        expect(await Second.count()).toBe(rows.length)
        await First.truncate()
        expect(await keysOf(store)).toEqual(secondKeys)
        expect(sorted(await Second.query().ids())).toEqual(sorted(texts))
        expect(await Second.truncate()).toBe(rows.length)
        expect(
          (await keysOf(store)).filter(
            (key) => belongsTo(store, Second, key) && secondKeys.includes(key) && !isKept(key),
          ),
        ).toEqual([])
      })
    })
  },
)

/** Notes about a model that outlive its records. */
function isKept(key: string): boolean {
  return key.endsWith(':%schema')
}

test.each([
  ['outer', 'id', 'outer:id:7:ip', 'id'],
  ['outer2', 'id', 'outer2:id', 'id'],
  ['outer3', 'id:x', 'outer3:id', 'x'],
])(
  'of the prefixes %s (key %s) and %s (key %s) one lies in the other, and is refused',
  async (outer, outerKey, inner, innerKey) => {
    @Entity({ prefix: outer, key: outerKey, repository: 'array' })
    class Outer extends Model {}
    @Entity({ prefix: inner, key: innerKey, repository: 'array' })
    class Inner extends Model {}
    await Outer.count()
    await expect(async () => Inner.count()).rejects.toThrow('lie in each other')
    expect(await Outer.count()).toBe(0)
  },
)
