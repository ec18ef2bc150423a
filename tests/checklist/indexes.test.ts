import { expect } from '@jest/globals'
import { Attribute, Entity, Model, type Ranged, Searchable } from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { partitionsOf } from '../../src/repositories/indexed/layout.js'
import { hashSlot } from '../../src/schema/hash-slot.js'
import type { Store } from '../model/support/stores.js'
import { auditIndexes } from '../repositories/index-auditor.js'
import { describeItems } from './support/describe-items.js'
import { command, keysOf } from './support/keys-of.js'
import { RecordedConnections } from './support/recorded-connections.js'

@Entity({ timestamps: false, prefix: 'visits' })
class Visit extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare userId: Ranged<number> | null
  @Attribute({ cast: 'string' }) @Searchable() declare city: string | null
  @Attribute({ cast: 'string' }) declare note: string | null
}

const schema = () => definitionOf(Visit.prototype).schema
const rows = (count: number) =>
  Array.from({ length: count }, (_, number) => ({
    id: `v${String(number).padStart(5, '0')}`,
    ip: `10.0.${Math.floor(number / 100) % 100}.${number % 100}`,
    userId: number,
    city: number % 2 === 0 ? 'Rome' : 'Oslo',
  }))

/** The differences between the records and their index entries. */
const audit = async (store: Store) => auditIndexes(await store.connections.connection('default'), schema())

/** Index keys of the model, without what is noted about the model itself. */
const indexKeys = async (store: Store) =>
  (await keysOf(store, 'idx:visits:')).filter((key) => !/:%(schema|stamp)/.test(key))

/** Runs work with connections that note what is sent. */
async function recorded(store: Store, work: () => Promise<unknown>): Promise<RecordedConnections> {
  const connections = new RecordedConnections(store.connections)
  Model.useConnections(connections)
  try {
    await work()
  } finally {
    Model.useConnections(store.connections)
  }
  return connections
}

describeItems([Visit], (item, defect) => {
  item(
    'R4',
    {
      promise: 'The `indexed` repository finds rows through indexes of the declared attributes.',
      verdict: 'mended',
      defects: ['D47', 'D48', 'D56', 'D54'],
      on: ['indexed'],
      why: 'By queries of the model, in every combination; there are no `queryByAttribute` and `getAllForModel` beside them. Rows without a value are indexed too.',
    },
    async (store) => {
      await Visit.insertMany([...rows(20), { id: 'none', note: 'n' }, { id: 'ipv6', ip: '2001:db8::1' }])
      const names = new Set(
        (await indexKeys(store)).map((key) => /^idx:visits:\{[^}]+\}:([^:%]+)/.exec(key)?.[1]).filter(Boolean),
      )
      expect(names).toEqual(new Set(['ip', 'userId', 'city']))
      expect(await Visit.where('ip', '=', '2001:db8::1').ids()).toEqual(['ipv6'])
      expect(await Visit.whereNull('ip').ids()).toEqual(['none'])
      expect(await Visit.where('city', 'Oslo').latest().limit(2).ids()).toEqual(['v00019', 'v00017'])
      expect(await audit(store)).toEqual([])
    },
  )

  item('Y3', { promise: 'A wildcard finds rows on all nodes.', verdict: 'same', defects: ['D39'] }, async () => {
    await Visit.insertMany(rows(300))
    const expected = rows(300).filter(({ ip }) => ip.startsWith('10.0.1.'))
    const found = await Visit.where('ip', '10.0.1.*').get()
    expect(found.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id))
    expect(expected).toHaveLength(100)
  })

  item(
    'Y4',
    {
      promise: 'The `indexed` repository sends no SCAN and no KEYS.',
      verdict: 'same',
      defects: ['D48', 'D4'],
      on: ['indexed'],
    },
    async (store) => {
      const connections = await recorded(store, async () => {
        await Visit.insertMany(rows(50))
        const visit = await Visit.create({ id: 'x', ip: '*' })
        await visit.update({ ip: 'y', userId: 5 })
        visit.id = 'z'
        await visit.save()
        await visit.setExpiry(1000)
        await Visit.where('ip', '*1*').get()
        await Visit.where('ip', '=', 'y').where('city', null).orderBy('userId', 'desc').first()
        await Visit.query()
          .orderBy('id')
          .chunk(10, () => true)
        await Visit.where('userId', '>', 3).orWhere('city', 'Rome').count()
        await Visit.find('*')
        await Visit.destroy(['z', '*'])
        await Visit.truncate()
      })
      const names = connections.commandNames()
      expect([...names].filter((name) => /^([HSZ]?SCAN|KEYS|RANDOMKEY)$/.test(name))).toEqual([])
      expect([connections.walks, connections.requests.some(({ type }) => type === 'script')]).toEqual([0, true])
      expect(names.has('ZADD')).toBe(true)
    },
  )

  item(
    'Y5',
    {
      promise: 'An equality costs work in proportion to its rows, not to the model.',
      verdict: 'same',
      defects: ['D47', 'D19'],
      on: ['indexed'],
    },
    async (store) => {
      const count = process.env.FULL === '1' && store.target.kind === 'redis-server' ? 100_000 : 2_000
      const cost = async () => {
        const plans: [string, number][] = []
        const query = Visit.where('ip', '=', '10.0.3.7').onTrace(({ plan, commands }) => plans.push([plan, commands]))
        const found = await query.ids()
        const { access, candidates } = await Visit.where('ip', '=', '10.0.3.7').explain()
        return { found: found.length, plans, access, candidates }
      }
      await Visit.insertMany(rows(400))
      const few = await cost()
      const others = rows(count).slice(400)
      await Visit.insertMany(others.map((row) => ({ ...row, ip: `11.${row.ip}` })))
      expect(await cost()).toEqual(few)
      expect([few.found, few.access, few.candidates]).toEqual([1, 'index', 1])
    },
  )

  item(
    'Y6',
    {
      promise: 'Several conditions are answered through their indexes, and ranges by index ranges.',
      verdict: 'same',
      defects: ['D47', 'D16'],
      on: ['indexed'],
    },
    async () => {
      await Visit.insertMany(rows(200))
      const both = Visit.where('city', 'Rome').where('userId', '>=', 190)
      expect(await both.ids()).toEqual(['v00190', 'v00192', 'v00194', 'v00196', 'v00198'])
      expect((await both.explain()).access).toBe('index')
      expect((await both.explain()).candidates).toBeLessThanOrEqual(10)
      expect(await Visit.where('city', 'Rome').where('ip', '=', '10.0.1.4').count()).toBe(1)
      const range = await Visit.whereBetween('userId', 50, 54).explain()
      expect([range.access, range.candidates]).toEqual(['index', 5])
    },
  )

  item(
    'Y7',
    {
      promise:
        'Indexes follow creation, updates also to null, deletion, expiry and a change of the key; nothing is left when all rows are gone.',
      verdict: 'same',
      defects: ['D50', 'D51', 'D53', 'D54', 'D61'],
      on: ['indexed'],
    },
    async (store) => {
      await Visit.insertMany(rows(10))
      const visit = await Visit.create({ id: 'x', ip: 'a', userId: 1, city: 'Rome' })
      const steps: (() => Promise<unknown>)[] = [
        () => visit.update({ ip: 'b', userId: 2 }),
        () => visit.update({ ip: null, userId: null }),
        () => visit.update({ ip: 'c', city: null, note: 'n' }),
        () => visit.setAttribute('id', 'y').save(),
        () => visit.setExpiry(1000),
        () => visit.update({ city: 'Oslo' }),
        () => visit.setExpiry(null),
        () => Visit.create({ id: 'y', ip: 'd' }, { force: true }),
        () => Visit.destroy(['v00001', 'v00002', 'y']),
      ]
      for (const step of steps) {
        await step()
        expect(await audit(store)).toEqual([])
      }
      await Visit.create({ id: 'short', ip: 'e' })
      await (await Visit.findOrFail('short')).setExpiry(new Date(Date.now() - 1))
      await Visit.destroy(await Visit.query().ids())
      expect([await indexKeys(store), await keysOf(store, 'visits:')]).toEqual([[], []])
    },
  )

  item(
    'Y8',
    {
      promise: 'Entries neither expire before their row nor outlive it.',
      verdict: 'mended',
      defects: ['D49', 'D50'],
      on: ['indexed'],
      why: 'Counts, pages and `exists` are exact at every moment; an index key may expire only when all its rows do, and later than they.',
    },
    async (store) => {
      await Visit.create({ id: 'lasting', ip: 'a' })
      const visit = await Visit.create({ id: 'short', ip: 'a', userId: 1 })
      const deadline = Date.now() + 50
      await visit.setExpiry(new Date(deadline))
      const long = await Visit.create({ id: 'long', ip: 'only', userId: 2 })
      const later = Date.now() + 30 * 86_400_000
      await long.setExpiry(new Date(later))
      for (const key of await indexKeys(store)) {
        const expiresAt = Number(await command(store, 'PEXPIRETIME', key))
        if (expiresAt >= 0) expect(expiresAt).toBeGreaterThanOrEqual(key.includes('only') ? later : deadline)
      }
      for (let isOver = false; !isOver; ) {
        const before = Date.now()
        const count = await Visit.where('ip', 'a').count()
        const exists = await Visit.where('userId', 1).exists()
        if (before > deadline + 20) {
          expect([count, exists]).toEqual([1, false])
          isOver = true
        } else if (Date.now() < deadline - 20) expect([count, exists]).toEqual([2, true])
      }
      expect(await Visit.where('ip', 'a').ids()).toEqual(['lasting'])
      expect(await audit(store)).toEqual([])
    },
  )

  defect('D19', {}, async (store) => {
    if (store.repository === 'array') return
    for (let number = 0; number < 30; number++) await command(store, 'SET', `unrelated:${number}`, 'x')
    await Visit.insertMany(rows(5))
    expect([await Visit.count(), await Visit.where('ip', 'none').exists()]).toEqual([5, false])
    const connections = await recorded(store, async () => void (await Visit.where('ip', 'none').first()))
    const touched = connections.requests.flatMap(({ keys }) => keys)
    expect(touched.filter((key) => key.startsWith('unrelated'))).toEqual([])
    for (let number = 0; number < 30; number++) await command(store, 'DEL', `unrelated:${number}`)
  })

  defect('D51', { on: ['indexed'] }, async (store) => {
    const changes = [
      () => Visit.create({ id: 'x', ip: 'a', userId: 1 }),
      async () => (await Visit.findOrFail('x')).update({ ip: 'b', city: 'Rome', userId: 2 }),
      async () => (await Visit.findOrFail('x')).setExpiry(1000),
      () => Visit.destroy('x'),
    ]
    for (const change of changes) {
      const connections = await recorded(store, change)
      const writes = connections.requests.filter((request) =>
        request.type === 'command' ? !/^HM?GET/.test(request.name) : request.script.isReadOnly !== true,
      )
      expect(writes.map(({ type }) => type)).toEqual(['script'])
    }
  })

  defect('D52', { on: ['indexed'] }, async (store) => {
    await Visit.insertMany(rows(60))
    const { keyPrefix } = await store.connections.connection('default')
    const slots = new Set(partitionsOf(schema()).map(({ keys }) => hashSlot(keyPrefix + keys[0])))
    expect(slots.size).toBe(schema().partitions)
    for (const { keys } of partitionsOf(schema())) {
      const own = [...(await keysOf(store, keys[0])), ...(await keysOf(store, keys[1]))]
      expect(new Set(own.map((key) => hashSlot(keyPrefix + key))).size).toBe(1)
    }
    for (const key of [...(await keysOf(store, 'visits:')), ...(await indexKeys(store))]) {
      expect(slots.has(hashSlot(keyPrefix + key))).toBe(true)
    }
  })

  defect('D53', { on: ['indexed'] }, async (store) => {
    const visit = await Visit.create({ id: 'x', ip: 'ip0', userId: 0 })
    for (let number = 1; number < 12; number++) {
      await visit.update({ ip: `ip${number}`, userId: number })
      expect(await Visit.where('ip', `ip${number - 1}`).exists()).toBe(false)
    }
    const keys = await indexKeys(store)
    expect(keys.filter((key) => key.includes(':ip:'))).toHaveLength(1)
    expect(await audit(store)).toEqual([])
  })

  defect('D58', { on: ['indexed'] }, async (store) => {
    await Visit.insertMany(rows(120).map((row) => ({ ...row, city: 'Rome' })))
    const keys = (await indexKeys(store)).filter((key) => key.endsWith(':city:Rome'))
    const { keyPrefix } = await store.connections.connection('default')
    expect(keys).toHaveLength(schema().partitions)
    expect(new Set(keys.map((key) => Math.floor((hashSlot(keyPrefix + key) * 3) / 16384)))).toEqual(new Set([0, 1, 2]))
    expect(await Visit.where('city', 'Rome').count()).toBe(120)
  })
})
