import { expect } from '@jest/globals'
import { Attribute, DuplicateKeyError, Entity, InvalidKeyError, Model, Searchable } from '../../src/index.js'
import { describeItems, describePlainItems } from './support/describe-items.js'
import { command, keysOf } from './support/keys-of.js'

@Entity({ prefix: 'visits', timestamps: false })
class Visit extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
  @Attribute({ cast: 'integer' }) @Searchable() declare user_id: number | null
  @Attribute({ cast: 'string' }) declare note: string | null
}

@Entity({ prefix: 'stubs', timestamps: false, key: 'custom' })
class Stub extends Model {
  declare custom: string
  @Attribute({ cast: 'string' }) declare note: string | null
}

@Entity({ timestamps: false, keyGenerator: async () => 42 })
class Numbered extends Model {
  declare id: string
}

describeItems([Visit, Stub, Numbered], (item, defect) => {
  item(
    'K1',
    {
      promise: 'A record has a key, a time-ordered UUID unless the application gives or generates one.',
      verdict: 'mended',
      why: 'UUID version 7. A generator is an option of `@Entity` and may be asynchronous; numbers become their decimal text.',
    },
    async () => {
      const [first, second] = [await Visit.create(), await Visit.create()]
      expect(first.getKey()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(first.id < second.id).toBe(true)
      expect(first.getKeyName()).toBe('id')
      expect((await Numbered.create()).id).toBe('42')
      const named = new Visit()
      expect(named.getKey()).toBeNull()
      named.id = 'v'
      expect([named.getKey(), named.setAttribute('id', 'w').getKey()]).toEqual(['v', 'w'])
    },
  )

  item(
    'K2',
    {
      promise: 'The prefix of a model can be asked for.',
      verdict: 'mended',
      why: '`getHashPrefix`; there are no `getBaseHash` and `getBaseHashWithKey`: what lies between prefix and key is the matter of the repository, see K3.',
    },
    () => {
      expect([new Visit().getHashPrefix(), new Stub().getHashPrefix()]).toEqual(['visits', 'stubs'])
    },
  )

  item(
    'K3',
    {
      promise: 'A record tells the Redis key under which it is stored.',
      verdict: 'mended',
      why: 'That of its repository: in `indexed` the key has a hash tag and the id alone. Without the key prefix of the connection.',
    },
    async (store) => {
      const visit = await Visit.create({ id: 'a:1', ip: 'x', user_id: 7 })
      const stub = await Stub.create({ custom: 'c' })
      if (store.repository === 'redis' || store.repository === 'cluster') {
        expect(new Stub().getHashKey()).toBe('stubs:custom:null')
        expect(visit.getHashKey()).toBe('visits:id:a%3A1:ip:x:user_id:7')
        expect(stub.getHashKey()).toBe('stubs:custom:c')
      } else {
        expect(visit.getHashKey()).toMatch(/^visits:\{[^}]+\}:id:a%3A1$/)
        expect(new Stub().getHashKey()).toMatch(/^stubs:\{[^}]+\}:custom:null$/)
      }
      if (store.repository === 'array') return
      expect(await keysOf(store, 'visits:')).toEqual([visit.getHashKey()])
      expect(await keysOf(store, 'stubs:')).toEqual([stub.getHashKey()])
    },
  )

  item(
    'K7',
    { promise: 'A record tells the key under which it was stored before its changes.', verdict: 'same' },
    async (store) => {
      const visit = await Visit.create({ id: 'a', ip: 'x' })
      const before = visit.getHashKey()
      expect(visit.getOriginalHashKey()).toBe(before)
      visit.ip = 'y'
      expect(visit.getOriginalHashKey()).toBe(before)
      expect(visit.getHashKey() === before).toBe(store.repository === 'array' || store.repository === 'indexed')
      visit.id = 'b'
      expect([visit.getOriginalHashKey(), visit.getHashKey() === before]).toEqual([before, false])
      await visit.save()
      expect(visit.getOriginalHashKey()).toBe(visit.getHashKey())
    },
  )

  item(
    'K4',
    {
      promise: 'In `redis` and `cluster`, searchable values follow the key in order of their names.',
      verdict: 'same',
      on: ['redis', 'cluster'],
    },
    async (store) => {
      await Visit.create({ id: '1', user_id: 7, ip: '127.0.0.1', note: 'n' })
      await Stub.create({ custom: 'x-1', note: 'n' })
      expect(await keysOf(store)).toEqual(['stubs:custom:x-1', 'visits:id:1:ip:127.0.0.1:user_id:7'])
    },
  )

  item(
    'K5',
    {
      promise: 'No value, an empty and a blank one have a segment of their own; `0` stays `0`.',
      verdict: 'mended',
      defects: ['D8', 'D9', 'D10'],
      why: 'The keys of `redis` and `cluster` have the same `null` for all of them, but the record decides: `0`, `null`, the text `null` and blank text are told apart everywhere.',
    },
    async (store) => {
      await Visit.create({ id: 'zero', user_id: 0, ip: '0' })
      await Visit.create({ id: 'none' })
      await Visit.create({ id: 'text', ip: 'null' })
      await Visit.create({ id: 'empty', ip: '' })
      await Visit.create({ id: 'blank', ip: '  ' })
      if (store.repository === 'redis' || store.repository === 'cluster') {
        expect(await keysOf(store, 'visits:id:')).toEqual([
          'visits:id:blank:ip:null:user_id:null',
          'visits:id:empty:ip:null:user_id:null',
          'visits:id:none:ip:null:user_id:null',
          'visits:id:text:ip:null:user_id:null',
          'visits:id:zero:ip:0:user_id:0',
        ])
      }
      expect(await Visit.where('user_id', 0).ids()).toEqual(['zero'])
      expect(await Visit.where('ip', '0').ids()).toEqual(['zero'])
      expect(await Visit.whereNull('ip').ids()).toEqual(['none'])
      expect(await Visit.where('ip', 'null').ids()).toEqual(['text'])
      expect(await Visit.where('ip', '').ids()).toEqual(['empty'])
      expect(await Visit.where('ip', '  ').ids()).toEqual(['blank'])
    },
  )

  item(
    'K6',
    {
      promise: 'In `redis` and `cluster`, a condition narrows the pattern of keys that is walked.',
      verdict: 'mended',
      defects: ['D5', 'D13'],
      on: ['redis', 'cluster'],
      why: 'The pattern only saves work, and its text is part of the plan of a query; what a row holds is decided by its record.',
    },
    async (store) => {
      await Visit.insertMany([
        { id: '1', ip: '127.0.0.1', user_id: 1 },
        { id: '2', ip: '127.0.0.1', user_id: 2 },
        { id: '3', ip: '10.0.0.1', user_id: 1 },
      ])
      const key = `visits:id:forged:ip:127.0.0.1:user_id:9`
      await command(store, 'HSET', key, 'ip', '10.9.9.9', 'user_id', '9')
      const plans: string[] = []
      const query = Visit.where('ip', '=', '127.0.0.1').onTrace(({ plan }) => plans.push(plan))
      expect((await query.ids()).sort()).toEqual(['1', '2'])
      expect(plans.join()).toContain('visits:id:*:ip:127.0.0.1:user_id:*')
      await command(store, 'DEL', key)
    },
  )

  item(
    'K8',
    {
      promise: 'Separators, wildcards and braces are as good as any other character, in keys and in values.',
      verdict: 'mended',
      defects: ['D5', 'D6', 'D7', 'D13', 'D14'],
      why: 'They are encoded; they used to corrupt the key. See also tests/hostile.',
    },
    async () => {
      const texts = ['a:b', '*', '?', '[a]', '\\', '{x}', '%3A', 'x:ip:y', '0']
      await Visit.insertMany(texts.map((text) => ({ id: text, ip: text })))
      for (const text of texts) {
        expect((await Visit.findOrFail(text)).ip).toBe(text)
        expect(await Visit.where('ip', '=', text).ids()).toEqual([text])
      }
      expect(await Visit.count()).toBe(texts.length)
      await expect(Visit.create({ id: '\ud800' })).rejects.toThrow(InvalidKeyError)
    },
  )

  item(
    'K9',
    { promise: 'The key is not among the fields of the record.', verdict: 'same', on: ['redis', 'cluster', 'indexed'] },
    async (store) => {
      await Visit.create({ id: 'a', ip: 'x' })
      const key = (await keysOf(store, 'visits:')).find((name) => name.includes(':id:a'))
      const names = (await command(store, 'HKEYS', key!)) as string[]
      expect(names.filter((name) => name !== '')).toEqual(['ip'])
      expect((await Visit.findOrFail('a')).id).toBe('a')
    },
  )

  item(
    'K10',
    {
      promise: 'An attribute without a value has no field; null in an update removes it.',
      verdict: 'same',
      on: ['redis', 'cluster', 'indexed'],
    },
    async (store) => {
      const fields = async () => {
        const key = (await keysOf(store, 'visits:')).find((name) => name.includes(':id:a'))
        return ((await command(store, 'HKEYS', key!)) as string[]).filter((name) => name !== '').sort()
      }
      const visit = await Visit.create({ id: 'a', ip: null, note: 'n', user_id: 1 })
      expect(await fields()).toEqual(['note', 'user_id'])
      await visit.update({ note: null, ip: 'x' })
      expect(await fields()).toEqual(['ip', 'user_id'])
    },
  )

  item('K11', { promise: 'Keys are case-sensitive.', verdict: 'same' }, async () => {
    await Visit.create({ id: 'a', ip: 'lower' })
    await Visit.create({ id: 'A', ip: 'upper' })
    expect([(await Visit.find('a'))?.ip, (await Visit.find('A'))?.ip]).toEqual(['lower', 'upper'])
  })

  item(
    'K13',
    {
      promise: '`redis` and `cluster` share data with the PHP library; `indexed` keys depend on the id alone.',
      verdict: 'mended',
      defects: ['D1', 'D2', 'D4', 'D18'],
      on: ['redis', 'cluster', 'indexed'],
      why: 'In `indexed` a record never moves when a value changes; in the other two the moved key is written before the old one is deleted.',
    },
    async (store) => {
      if (store.repository === 'indexed') {
        const visit = await Visit.create({ id: 'a', ip: 'secret@example.org' })
        const before = (await keysOf(store, 'visits:')).filter((key) => key.includes(':id:'))
        await visit.update({ ip: 'b', user_id: 5 })
        expect(await keysOf(store, 'visits:')).toEqual(before)
        expect(before.join()).not.toContain('secret')
        expect(before[0]).toMatch(/^visits:\{[^}]+\}:id:a$/)
      } else {
        await command(
          store,
          'HSET',
          'visits:id:php:ip:10.0.0.1:user_id:7',
          'ip',
          '10.0.0.1',
          'user_id',
          '7',
          'note',
          'n',
        )
        const found = await Visit.findOrFail('php')
        expect([found.ip, found.user_id, found.note]).toEqual(['10.0.0.1', 7, 'n'])
        await found.update({ ip: '10.0.0.2' })
        expect(await keysOf(store, 'visits:')).toEqual(['visits:id:php:ip:10.0.0.2:user_id:7'])
      }
    },
  )

  defect('D2', {}, async () => {
    const visit = await Visit.create({ id: 'a', ip: 'x', user_id: 1 })
    const copies = await Promise.all(Array.from({ length: 6 }, () => Visit.findOrFail(visit.id)))
    const outcomes = await Promise.allSettled(
      copies.map((copy, number) => copy.update(number % 2 === 0 ? { ip: `x${number}` } : { user_id: number + 10 })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    expect(await Visit.query().ids()).toEqual(['a'])
    const stored = await Visit.findOrFail('a')
    expect(await Visit.where('ip', '=', stored.ip).ids()).toEqual(['a'])
    expect(await Visit.where('user_id', '=', stored.user_id).ids()).toEqual(['a'])
  })

  defect('D3', {}, async () => {
    const deadline = new Date(Date.now() + 600_000)
    const visit = await Visit.create({ id: 'a', ip: 'x' })
    await visit.setExpiry(deadline)
    await visit.update({ ip: 'y', user_id: 3 })
    expect(await visit.getExpiry()).toEqual(deadline)
    visit.id = 'b'
    await visit.save()
    expect(await visit.getExpiry()).toEqual(deadline)
  })

  defect('D5', {}, async () => {
    await Visit.create({ id: 'a', ip: 'x:user_id:5', user_id: 9 })
    await Visit.create({ id: 'b:ip:x:user_id:5', ip: 'y', user_id: 8 })
    expect(await Visit.where('user_id', 5).ids()).toEqual([])
    expect(await Visit.where('ip', '=', 'x').ids()).toEqual([])
    expect(await Visit.where('user_id', 9).ids()).toEqual(['a'])
  })

  defect('D6', {}, async () => {
    await Visit.insertMany([
      { id: 'a', ip: 'x' },
      { id: 'b', ip: 'y' },
    ])
    expect([await Visit.find('*'), await Visit.find('?'), await Visit.find('[ab]')]).toEqual([null, null, null])
    expect(await Visit.destroy(['*', '?', '[ab]', 'a*'])).toBe(0)
    expect((await Visit.create({ id: '*', ip: 'z' }, { force: true })).exists).toBe(true)
    expect((await Visit.query().ids()).sort()).toEqual(['*', 'a', 'b'])
    expect(await Visit.where('ip', '=', '*').ids()).toEqual([])
    expect(await Visit.destroy('*')).toBe(1)
    expect((await Visit.query().ids()).sort()).toEqual(['a', 'b'])
  })

  defect('D7', {}, async () => {
    for (const text of ['[a]', 'a?', '\\', '[^x]', 'a\\*b', ']', '[']) {
      await Visit.create({ id: text, ip: text })
      expect(await Visit.where('ip', '=', text).ids()).toEqual([text])
      expect((await Visit.find(text))?.ip).toBe(text)
    }
    expect(await Visit.where('ip', '=', 'a').exists()).toBe(false)
  })

  defect('D11', {}, async () => {
    const texts = ['2001:db8::', '2001:db8', ' a', 'a ', 'a', 'a:', '\ta\n']
    await Visit.insertMany(texts.map((text, at) => ({ id: `v${at}`, ip: text })))
    for (const [at, text] of texts.entries()) {
      expect(await Visit.where('ip', '=', text).ids()).toEqual([`v${at}`])
      expect((await Visit.findOrFail(`v${at}`)).ip).toBe(text)
    }
  })

  defect('D14', {}, async () => {
    await Visit.create({ id: '0', ip: 'zero' })
    expect([(await Visit.find('0'))?.ip, (await Visit.find(0))?.ip]).toEqual(['zero', 'zero'])
    for (const id of ['', '  ', '\n']) await expect(Visit.create({ id })).rejects.toThrow(InvalidKeyError)
    expect(await Visit.destroy('0')).toBe(1)
  })

  defect('D22', { on: ['redis', 'cluster'] }, async (store) => {
    const key = 'visits:id:strange:ip:x:user_id:1'
    await Visit.create({ id: 'a', ip: 'x', user_id: 1 })
    await command(store, 'SET', key, 'text')
    try {
      expect(await Visit.where('ip', '=', 'x').ids()).toEqual(['a'])
      expect(await Visit.query().ids()).toEqual(['a'])
      expect(await Visit.find('strange')).toBeNull()
    } finally {
      await command(store, 'DEL', key)
    }
  })

  defect('D40', {}, async () => {
    const ids = Array.from({ length: 30 }, (_, number) => `id${number}`)
    for (const id of ids) await Visit.create({ id, ip: 'x' })
    for (const id of ids) await expect(Visit.create({ id, ip: 'y' })).rejects.toThrow(DuplicateKeyError)
    expect((await Visit.findMany(ids)).map(({ id }) => id)).toEqual(ids)
    expect(await Visit.destroy(ids)).toBe(30)
  })
})

describePlainItems((item) => {
  item(
    'K12',
    {
      promise: 'Index keys of the unreleased cluster branch are not read.',
      verdict: 'left out',
      why: 'They hold names of record keys and can be incomplete; records are imported from the record keys themselves.',
    },
    () => {
      expect(() => {
        @Entity({ prefix: 'idx' })
        class Index extends Model {}
        return Index.make()
      }).toThrow("does not begin with 'idx:'")
    },
  )
})
