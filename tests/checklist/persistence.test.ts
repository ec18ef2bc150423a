import { expect } from '@jest/globals'
import type { Dayjs } from 'dayjs'
import {
  Attribute,
  DuplicateKeyError,
  Entity,
  InvalidKeyError,
  Model,
  ModelNotFoundError,
  Searchable,
} from '../../src/index.js'
import { describeItems } from './support/describe-items.js'
import { command, keysOf } from './support/keys-of.js'

class Visit extends Model {
  declare id: string
  declare created_at: Dayjs
  declare updated_at: Dayjs
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
  @Attribute({ cast: 'integer' }) @Searchable() declare userId: number | null
  @Attribute({ cast: 'string' }) declare note: string | null
}

@Entity({ timestamps: false })
class Bare extends Model {
  @Attribute({ cast: 'string' }) declare note: string | null
}

describeItems([Visit, Bare], (item, defect) => {
  item(
    'S1',
    {
      promise: 'A key is given once: creating with a taken key fails, unless the record is to be replaced.',
      verdict: 'mended',
      defects: ['D26', 'D27'],
      why: 'Whether the key is free is decided in the step that writes. `force` replaces the record in that step, without its old values, entries, deadline, and without its handlers of deletion. In `redis` and `cluster` the key holds values: there it is looked up before the write, and two creations at the very same moment both succeed.',
    },
    async () => {
      const first = await Visit.create({ id: 'v', ip: 'a', userId: 1 })
      await first.setExpiry(1000)
      const again = Visit.create({ id: 'v', ip: 'b' })
      await expect(again).rejects.toThrow(DuplicateKeyError)
      await expect(again).rejects.toThrow('A model with the key [v] already exists.')
      const blank = Visit.create({ id: ' ' })
      await expect(blank).rejects.toThrow(InvalidKeyError)
      await expect(blank).rejects.toThrow('A key is required to create a model.')
      const forced = await Visit.create({ id: 'v', note: 'new' }, { force: true })
      const expiring = await Visit.create({ id: 'w' }, { ttl: 1000 })
      expect((await expiring.getExpiry())!.valueOf()).toBeGreaterThan(Date.now() + 900_000)
      await expiring.delete()
      expect(await Visit.findOrFail('v')).toMatchObject({ ip: null, userId: null, note: 'new' })
      expect([await Visit.where('ip', 'a').exists(), await forced.getExpiry(), await Visit.count()]).toEqual([
        false,
        null,
        1,
      ])
    },
  )

  item(
    'S2',
    {
      promise: 'Saving stores a new record or updates a stored one.',
      verdict: 'mended',
      why: 'It answers whether it wrote.',
    },
    async () => {
      const visit = new Visit({ ip: 'a' })
      expect(await visit.save()).toBe(true)
      expect(await visit.save()).toBe(false)
      visit.ip = 'b'
      expect(await visit.save()).toBe(true)
      expect((await Visit.findOrFail(visit.id)).ip).toBe('b')
    },
  )

  item(
    'S3',
    {
      promise:
        'A creation runs saving, creating, the write, created, saved; handlers after the write see a clean record.',
      verdict: 'same',
    },
    async () => {
      const seen: unknown[] = []
      const removers = (['saving', 'creating', 'created', 'saved'] as const).map((event) =>
        Visit[event]((visit: Visit) => {
          seen.push([event, visit.exists, visit.isDirty('ip'), visit.wasRecentlyCreated, visit.getKey() !== null])
        }),
      )
      await Visit.create({ ip: 'a' })
      for (const remove of removers) remove()
      expect(seen).toEqual([
        ['saving', false, true, false, false],
        ['creating', false, true, false, true],
        ['created', true, false, true, true],
        ['saved', true, false, true, true],
      ])
    },
  )

  item(
    'S4',
    {
      promise: 'An update runs saving, updating, the write, updated, saved; one without changes writes nothing.',
      verdict: 'mended',
      defects: ['D32'],
      why: 'A save without changes runs saving and its partner saved, so that what one opens the other closes; updating does not run.',
    },
    async () => {
      const visit = await Visit.create({ ip: 'a' })
      const seen: string[] = []
      const removers = (['saving', 'updating', 'updated', 'saved'] as const).map((event) =>
        Visit[event](() => void seen.push(event)),
      )
      await visit.save()
      expect(seen.splice(0)).toEqual(['saving', 'saved'])
      await visit.update({ ip: 'b' })
      expect(seen).toEqual(['saving', 'updating', 'updated', 'saved'])
      for (const remove of removers) remove()
    },
  )

  item('S5', { promise: 'Updating a record that is not stored does nothing.', verdict: 'same' }, async () => {
    expect(await new Visit().update({ ip: 'a' })).toBe(false)
    expect(await Visit.count()).toBe(0)
  })

  item(
    'S6',
    {
      promise: 'An update writes only what changed.',
      verdict: 'mended',
      defects: ['D1', 'D3', 'D29'],
      why: 'Also where a searchable value changed: nothing is deleted to be written anew, and the deadline stays.',
    },
    async () => {
      const visit = await Visit.create({ id: 'v', ip: 'a', userId: 1 })
      const other = await Visit.findOrFail('v')
      await other.update({ userId: 2 })
      await visit.update({ ip: 'b' })
      expect(await Visit.findOrFail('v')).toMatchObject({ ip: 'b', userId: 2 })
      expect([await Visit.where('ip', 'a').count(), await Visit.where('userId', 2).ids()]).toEqual([0, ['v']])
    },
  )

  item('S7', { promise: 'After a change of the key only the new key is found.', verdict: 'same' }, async () => {
    const visit = await Visit.create({ id: 'old', ip: 'a' })
    await Visit.create({ id: 'taken' })
    visit.id = 'new'
    await visit.save()
    expect([await Visit.find('old'), (await Visit.find('new'))?.ip]).toEqual([null, 'a'])
    expect([await Visit.count(), await Visit.where('ip', 'a').ids()]).toEqual([2, ['new']])
    visit.id = 'taken'
    await expect(visit.save()).rejects.toThrow(DuplicateKeyError)
  })

  item(
    'S8',
    { promise: 'Deleting removes the record, and nothing when it is not stored.', verdict: 'same' },
    async () => {
      const visit = await Visit.create({ ip: 'a' })
      const seen: unknown[] = []
      const removers = [
        Visit.deleting((record: Visit) => void seen.push(['deleting', record.exists])),
        Visit.deleted((record: Visit) => void seen.push(['deleted', record.exists])),
      ]
      expect([await visit.delete(), visit.exists, await visit.delete()]).toEqual([true, false, false])
      for (const remove of removers) remove()
      expect(seen).toEqual([
        ['deleting', true],
        ['deleted', false],
      ])
      expect(await Visit.find(visit.id)).toBeNull()
    },
  )

  item(
    'S9',
    {
      promise: 'Records are removed by key, with their events; missing ones are skipped.',
      verdict: 'mended',
      defects: ['D33'],
      why: 'It counts what was removed, not what was tried.',
    },
    async () => {
      await Visit.insertMany([{ id: 'a' }, { id: 'b', note: 'keep' }, { id: 'c' }])
      expect(await Visit.destroy('c')).toBe(1)
      const remove = Visit.deleting((visit: Visit) => visit.note !== 'keep')
      expect(await Visit.destroy(['a', 'b', 'missing'])).toBe(1)
      remove()
      expect(await Visit.query().ids()).toEqual(['b'])
    },
  )

  item('S10', { promise: 'Refreshing reads the record again and forgets changes.', verdict: 'same' }, async () => {
    const unsaved = new Visit({ ip: 'x' })
    expect([await unsaved.refresh(), unsaved.ip]).toEqual([unsaved, 'x'])
    const visit = await Visit.create({ ip: 'a' })
    await (await Visit.findOrFail(visit.id)).update({ ip: 'b' })
    visit.userId = 7
    expect(await visit.refresh()).toBe(visit)
    expect([visit.ip, visit.userId, visit.isDirty()]).toEqual(['b', null, false])
    await Visit.destroy(visit.id)
    await expect(visit.refresh()).rejects.toThrow(ModelNotFoundError)
  })

  item('S11', { promise: 'A fresh copy is another object, or null.', verdict: 'same' }, async () => {
    expect(await new Visit().fresh()).toBeNull()
    const visit = await Visit.create({ ip: 'a' })
    await (await Visit.findOrFail(visit.id)).update({ ip: 'b' })
    const fresh = await visit.fresh()
    expect([fresh?.ip, visit.ip, fresh === visit, fresh?.wasRecentlyCreated]).toEqual(['b', 'a', false, false])
    await Visit.destroy(visit.id)
    expect(await visit.fresh()).toBeNull()
  })

  item(
    'S12',
    { promise: 'Touching sets the time of the last update, or another one, and saves.', verdict: 'same' },
    async () => {
      const visit = await Visit.create({ ip: 'a', updated_at: '2020-01-01', created_at: '2020-01-01' })
      const before = Date.now()
      await visit.touch()
      expect((await Visit.findOrFail(visit.id)).updated_at.valueOf()).toBeGreaterThanOrEqual(before)
      expect(visit.created_at.toISOString()).toBe('2020-01-01T00:00:00.000Z')
      await visit.touch('created_at')
      expect((await Visit.findOrFail(visit.id)).created_at.valueOf()).toBeGreaterThanOrEqual(before)
      const bare = await Bare.create({ note: 'n' })
      expect(await bare.touch()).toBe(false)
      expect(bare.isDirty()).toBe(false)
    },
  )

  item(
    'S13',
    {
      promise: 'A record can be given a deadline, and asked for it.',
      verdict: 'mended',
      defects: ['D34', 'D3'],
      why: 'To the millisecond, kept by updates, null takes it back, and the answer tells whether there was a record.',
    },
    async () => {
      const visit = await Visit.create({ ip: 'a' })
      expect(await visit.getExpiry()).toBeNull()
      const deadline = new Date(Date.now() + 123_457)
      expect([await visit.setExpiry(deadline), await visit.getExpiry()]).toEqual([true, deadline])
      expect(await visit.setExpiry(60)).toBe(true)
      expect((await visit.getExpiry())!.valueOf() - Date.now()).toBeLessThanOrEqual(60_000)
      expect([await visit.setExpiry(null), await visit.getExpiry()]).toEqual([true, null])
      expect([await visit.setExpiry(0), visit.exists]).toEqual([true, false])
      expect([await Visit.find(visit.id), await Visit.count(), await visit.setExpiry(5)]).toEqual([null, 0, false])
    },
  )

  item(
    'S14',
    {
      promise: 'A record without any value is stored.',
      verdict: 'mended',
      defects: ['D23'],
      why: 'It used to be written nowhere while the object said that it exists.',
    },
    async () => {
      const bare = await Bare.create()
      expect([await Bare.count(), (await Bare.findOrFail(bare.getKey())).is(bare)]).toEqual([1, true])
      await bare.update({ note: 'n' })
      await bare.update({ note: null })
      expect((await Bare.findOrFail(bare.getKey())).note).toBeNull()
    },
  )

  defect('D21', {}, async () => {
    const visit = await Visit.create({ id: 'v', ip: 'a' })
    await visit.setExpiry(new Date(Date.now() + 30))
    const other = await Visit.create({ id: 'w', ip: 'a' })
    let rows = await Visit.where('ip', 'a').get()
    for (let tries = 0; rows.length > 1 && tries < 2_000; tries++) rows = await Visit.where('ip', 'a').get()
    expect(rows.map(({ ip }) => ip)).toEqual(['a'])
    expect([await Visit.find('v'), await Visit.count(), rows[0]!.is(other)]).toEqual([null, 1, true])
  })

  defect('D26', { on: ['array', 'indexed'] }, async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, number) =>
        Visit.create(number % 2 === 0 ? { id: 'v', ip: `ip${number}` } : { id: 'v', userId: number }),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(DuplicateKeyError)
    }
    const stored = await Visit.findOrFail('v')
    expect([stored.ip, stored.userId].filter((value) => value !== null)).toHaveLength(1)
    expect(await Visit.count()).toBe(1)
  })

  defect('D27', {}, async () => {
    await Visit.create({ id: 'v', ip: 'a', userId: 1 })
    const remove = Visit.creating(() => false)
    const vetoed = await Visit.create({ id: 'v', note: 'n' }, { force: true })
    remove()
    expect([vetoed.exists, (await Visit.findOrFail('v')).ip]).toEqual([false, 'a'])
    await Visit.create({ id: 'v', note: 'n' }, { force: true })
    expect(await Visit.findOrFail('v')).toMatchObject({ ip: null, userId: null, note: 'n' })
    expect([await Visit.where('ip', 'a').count(), await Visit.where('userId', 1).count()]).toEqual([0, 0])
  })

  defect('D29', {}, async () => {
    const visit = await Visit.create({ id: 'v', ip: 'a', note: 'n' })
    await Visit.destroy('v')
    await expect(visit.update({ note: 'm' })).rejects.toThrow(ModelNotFoundError)
    await expect(visit.update({ ip: 'b' })).rejects.toThrow(ModelNotFoundError)
    expect([await Visit.find('v'), await Visit.count()]).toEqual([null, 0])
  })

  defect('D30', { on: ['redis', 'cluster', 'indexed'] }, async (store) => {
    const visit = await Visit.create({ id: 'v', ip: 'a', note: 'n' })
    await visit.update({ note: null, ip: 'b', userId: 1 })
    const key = (await keysOf(store, 'visits:')).find((name) => name.includes(':id:v'))
    const flat = (await command(store, 'HGETALL', key!)) as string[]
    const fields = new Map(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]!] as const] : [])))
    expect([fields.get('ip'), fields.get('userId'), fields.has('note')]).toEqual(['b', '1', false])
  })

  defect('D33', {}, async () => {
    await Visit.insertMany(Array.from({ length: 20 }, (_, number) => ({ id: `v${number}`, userId: number })))
    const remove = Visit.deleting((visit: Visit) => (visit.userId ?? 0) % 2 === 0)
    expect(await Visit.destroy(Array.from({ length: 25 }, (_, number) => `v${number}`))).toBe(10)
    remove()
    expect(await Visit.count()).toBe(10)
  })

  defect('D34', {}, async () => {
    const deadline = new Date(Date.now() + 100_001)
    const visit = await Visit.create({ id: 'v', ip: 'a' }, { ttl: deadline })
    expect(await visit.getExpiry()).toEqual(deadline)
    expect([await visit.setExpiry(new Date(0)), visit.exists, await Visit.find('v')]).toEqual([true, false, null])
    expect([await visit.setExpiry(10), await visit.getExpiry()]).toEqual([false, null])
  })
})
