import { expect, test } from '@jest/globals'
import dayjs, { type Dayjs } from 'dayjs'
import {
  Attribute,
  DuplicateKeyError,
  Entity,
  InvalidArgumentError,
  InvalidKeyError,
  InvalidStateError,
  Model,
  ModelNotFoundError,
  type Ranged,
  Searchable,
} from '../../src/index.js'
import { describeStores } from './support/stores.js'

enum Status {
  New = 'new',
  Closed = 'closed',
}

class Visit extends Model {
  declare id: string
  declare created_at: Dayjs
  declare updated_at: Dayjs
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
  @Attribute({ cast: 'float' }) @Searchable({ range: true }) declare userId: Ranged<number> | null
  @Attribute({ cast: 'datetime' }) @Searchable({ range: true }) declare seenAt: Ranged<Dayjs> | null
  @Attribute({ cast: 'json' }) declare metadata: { tags: string[] } | null
  @Attribute() declare startedAt: Date
  @Attribute({ cast: 'enum', values: Status }) @Searchable() declare status: Status | null
  @Attribute() declare total: bigint
}

@Entity({ timestamps: false })
class Bare extends Model {}

let lastNumber = 0

@Entity({ key: 'number', createdAt: 'bornAt', updatedAt: null, keyGenerator: async () => ++lastNumber })
class Ticket extends Model {
  declare number: string
  declare bornAt: Dayjs
  @Attribute() declare title: string
}

describeStores([Visit, Bare, Ticket], () => {
  test('a created record is read back with the types of its class', async () => {
    const created = await Visit.create({
      ip: '192.168.1.100',
      userId: 7,
      seenAt: '2024-09-24T08:30:00.125Z',
      metadata: { tags: ['a', 'é😀'] },
      startedAt: new Date(5),
      status: Status.Closed,
      total: 12345678901234567890n,
    })
    expect([created.exists, created.wasRecentlyCreated, created.isDirty()]).toEqual([true, true, false])
    expect(created.id).toMatch(/^[0-9a-f-]{36}$/)
    const found = await Visit.findOrFail(created.id)
    expect([found.exists, found.wasRecentlyCreated, found.isDirty()]).toEqual([true, false, false])
    expect(found.ip).toBe('192.168.1.100')
    expect(found.userId).toBe(7)
    expect(found.seenAt?.toISOString()).toBe('2024-09-24T08:30:00.125Z')
    expect(found.metadata).toEqual({ tags: ['a', 'é😀'] })
    expect(found.startedAt).toEqual(new Date(5))
    expect(found.status).toBe(Status.Closed)
    expect(found.total).toBe(12345678901234567890n)
    expect(found.created_at.valueOf()).toBe(created.created_at.valueOf())
    expect(found.toJSON()).toEqual(created.toJSON())
  })

  test('a record without any attribute exists', async () => {
    const bare = await Bare.create()
    expect(await Bare.count()).toBe(1)
    expect((await Bare.findOrFail(bare.getKey())).is(bare)).toBe(true)
    expect(await bare.save()).toBe(false)
  })

  test('a taken key is refused, and the record keeps its values', async () => {
    await Visit.create({ id: 'v', ip: 'a' })
    const second = Visit.create({ id: 'v', ip: 'b' })
    await expect(second).rejects.toThrow(DuplicateKeyError)
    await expect(second).rejects.toThrow('A model with the key [v] already exists.')
    expect((await Visit.findOrFail('v')).ip).toBe('a')
  })

  test('force replaces a record and leaves none of its values, index entries or deadline', async () => {
    const first = await Visit.create({ id: 'v', ip: 'a', userId: 1 }, { ttlSeconds: 1000 })
    expect(await first.getExpiry()).not.toBeNull()
    const second = await Visit.create({ id: 'v', ip: 'b' }, { force: true })
    expect([await Visit.where('ip', 'a').count(), await Visit.where('ip', 'b').count()]).toEqual([0, 1])
    expect((await Visit.findOrFail('v')).userId).toBeNull()
    expect(await second.getExpiry()).toBeNull()
  })

  test('an update moves index entries, writes only what changed, and tells whether it wrote', async () => {
    const visit = await Visit.create({ ip: 'a', userId: 1, status: Status.New })
    const other = await Visit.findOrFail(visit.id)
    await other.update({ status: Status.Closed })
    expect(await visit.update({ ip: 'b' })).toBe(true)
    expect(visit.getChanges()).toMatchObject({ ip: 'b' })
    expect(await visit.update({ ip: 'b' })).toBe(false)
    expect(await visit.update({ ip: undefined })).toBe(false)
    const stored = await Visit.findOrFail(visit.id)
    expect([stored.ip, stored.status]).toEqual(['b', Status.Closed])
    expect([await Visit.where('ip', 'a').count(), await Visit.where('ip', 'b').count()]).toEqual([0, 1])
  })

  test('null removes a value, and is found as such', async () => {
    const visit = await Visit.create({ ip: 'a', metadata: { tags: [] } })
    await visit.update({ ip: null, metadata: null })
    expect(await Visit.whereNull('ip').ids()).toEqual([visit.id])
    const stored = await Visit.findOrFail(visit.id)
    expect([stored.ip, stored.metadata]).toEqual([null, null])
  })

  test('a record that was deleted meanwhile is not resurrected by an update', async () => {
    const visit = await Visit.create({ id: 'gone', ip: 'a' })
    await Visit.destroy('gone')
    const update = visit.update({ ip: 'b' })
    await expect(update).rejects.toThrow(ModelNotFoundError)
    await expect(update).rejects.toMatchObject({ model: 'Visit', keys: ['gone'], code: 'MODEL_NOT_FOUND' })
    expect(await Visit.count()).toBe(0)
    expect(await Visit.find('gone')).toBeNull()
  })

  test('the key can change: only the new one is found, and a taken one is refused', async () => {
    const visit = await Visit.create({ id: 'old', ip: 'a', seenAt: 0 })
    await Visit.create({ id: 'taken' })
    visit.id = 'new'
    expect(visit.getDirty()).toEqual({ id: 'new' })
    expect(visit.getOriginal('id')).toBe('old')
    await visit.save()
    expect(await Visit.find('old')).toBeNull()
    expect(await Visit.where('ip', 'a').ids()).toEqual(['new'])
    expect(visit.isDirty()).toBe(false)
    visit.id = 'taken'
    await expect(visit.save()).rejects.toThrow(DuplicateKeyError)
    expect(await Visit.count()).toBe(2)
  })

  test('delete removes the record once', async () => {
    const visit = await Visit.create({ ip: 'a' })
    const other = await Visit.findOrFail(visit.id)
    expect(await visit.delete()).toBe(true)
    expect([visit.exists, await visit.delete(), await other.delete(), other.exists]).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(await Visit.where('ip', 'a').exists()).toBe(false)
    expect(await visit.save()).toBe(true)
    expect((await Visit.findOrFail(visit.id)).ip).toBe('a')
  })

  test('destroy removes by key and counts what it removed', async () => {
    await Visit.insertMany(['a', 'b', 'c', '*'].map((id) => ({ id })))
    expect(await Visit.destroy(['a', 'a', 'missing', '', 'b'])).toBe(2)
    expect(await Visit.destroy('*')).toBe(1)
    expect(await Visit.destroy(null)).toBe(0)
    expect(await Visit.query().ids()).toEqual(['c'])
  })

  test('find is by the literal key; findMany keeps the order and leaves out what is missing', async () => {
    await Visit.insertMany([{ id: 'a' }, { id: '7' }, { id: 'x:{y}*' }])
    expect(await Visit.find('*')).toBeNull()
    expect(await Visit.find(null)).toBeNull()
    expect(await Visit.find(' ')).toBeNull()
    expect((await Visit.find('x:{y}*'))?.id).toBe('x:{y}*')
    expect((await Visit.findMany([7, 'missing', 'a'])).map(({ id }) => id)).toEqual(['7', 'a'])
    await expect(Visit.findOrFail('missing')).rejects.toThrow('No query results for model [Visit] missing')
    await expect(Visit.where('ip', 'z').firstOrFail()).rejects.toThrow('No query results for model [Visit].')
    await expect(Visit.find({} as string)).rejects.toThrow(InvalidKeyError)
  })

  test('refresh forgets changes, fresh is another object, and both see what others wrote', async () => {
    const visit = await Visit.create({ ip: 'a' })
    const other = await Visit.findOrFail(visit.id)
    await other.update({ ip: 'b' })
    visit.userId = 5
    const fresh = await visit.fresh()
    expect([fresh?.ip, visit.ip, fresh === visit]).toEqual(['b', 'a', false])
    expect(await visit.refresh()).toBe(visit)
    expect([visit.ip, visit.userId, visit.isDirty()]).toEqual(['b', null, false])
    await other.delete()
    await expect(visit.refresh()).rejects.toThrow(ModelNotFoundError)
    expect(await visit.fresh()).toBeNull()
    const unsaved = new Visit()
    expect(await unsaved.refresh()).toBe(unsaved)
    expect(await unsaved.fresh()).toBeNull()
  })

  test('times are set on creation and update, unless set by hand', async () => {
    const before = Date.now()
    const visit = await Visit.create({ ip: 'a' })
    expect(visit.created_at.valueOf()).toBeGreaterThanOrEqual(before)
    expect(visit.updated_at.valueOf()).toBe(visit.created_at.valueOf())
    visit.updated_at = dayjs(0)
    await visit.save()
    expect((await Visit.findOrFail(visit.id)).updated_at.valueOf()).toBe(0)
    await visit.update({ ip: 'b' })
    const stored = await Visit.findOrFail(visit.id)
    expect(stored.updated_at.valueOf()).toBeGreaterThanOrEqual(before)
    expect(stored.created_at.valueOf()).toBe(visit.created_at.valueOf())
  })

  test('key, key generator and times have the names that the class gives them', async () => {
    lastNumber = 41
    const ticket = await Ticket.create({ title: 'a' })
    expect(ticket.number).toBe('42')
    expect(await Ticket.findOrFail(42)).toMatchObject({ number: '42', title: 'a' })
    expect(Object.keys(ticket.toJSON())).toEqual(['number', 'title', 'bornAt'])
    await expect(Ticket.create({ number: ' ', title: 'b' })).rejects.toThrow('A key is required to create a model.')
  })

  test('an expiring record leaves queries and counts, keeps its deadline over updates, and can be kept', async () => {
    const visit = await Visit.create({ id: 'v', ip: 'a' })
    expect(await visit.getExpiry()).toBeNull()
    const deadline = new Date(Date.now() + 600_000)
    expect(await visit.setExpiry(deadline)).toBe(true)
    await visit.update({ ip: 'b' })
    expect(await visit.getExpiry()).toEqual(deadline)
    expect(await visit.setExpiry(null)).toBe(true)
    expect(await visit.getExpiry()).toBeNull()
    expect(await visit.setExpiry(new Date(Date.now() - 1))).toBe(true)
    expect(visit.exists).toBe(false)
    expect([await Visit.count(), await Visit.where('ip', 'b').exists(), await Visit.find('v')]).toEqual([
      0,
      false,
      null,
    ])
    expect(await visit.setExpiry(60)).toBe(false)
    await expect(Visit.make().setExpiry('soon' as unknown as number)).rejects.toThrow(InvalidArgumentError)
    await expect(Visit.create({}, { ttlSeconds: -1 })).rejects.toThrow('ttlSeconds is -1')
  })

  test('two saves of one object at a time are refused, not interleaved', async () => {
    const visit = await Visit.create({ ip: 'a' })
    visit.ip = 'b'
    const [first, second] = await Promise.allSettled([visit.save(), visit.update({ userId: 9 })])
    expect(first).toMatchObject({ status: 'fulfilled', value: true })
    expect(second).toMatchObject({ status: 'rejected' })
    expect(second.status === 'rejected' && second.reason).toBeInstanceOf(InvalidStateError)
    expect([visit.userId, visit.isDirty()]).toEqual([null, false])
    expect(await visit.update({ userId: 9 })).toBe(true)
    expect(await Visit.findOrFail(visit.id)).toMatchObject({ ip: 'b', userId: 9 })
  })

  test('what is set while a write is under way stays a change', async () => {
    const visit = await Visit.create({ ip: 'a', metadata: { tags: [] } })
    visit.ip = 'b'
    const saved = visit.save()
    await Promise.resolve()
    visit.ip = 'c'
    visit.metadata?.tags.push('late')
    await saved
    await visit.save()
    expect(await Visit.findOrFail(visit.id)).toMatchObject({ ip: 'c', metadata: { tags: ['late'] } })
  })

  test('values changed in place are found and written', async () => {
    const visit = await Visit.create({ metadata: { tags: ['a'] }, startedAt: new Date(0) })
    expect(visit.isDirty()).toBe(false)
    visit.metadata?.tags.push('b')
    visit.startedAt.setUTCFullYear(2000)
    expect(visit.isDirty('metadata')).toBe(true)
    expect(Object.keys(visit.getDirty()).sort()).toEqual(['metadata', 'startedAt'])
    expect(visit.getOriginal('metadata')).toEqual({ tags: ['a'] })
    expect(await visit.save()).toBe(true)
    expect(await visit.save()).toBe(false)
    const stored = await Visit.findOrFail(visit.id)
    expect([stored.metadata?.tags, stored.startedAt.getUTCFullYear()]).toEqual([['a', 'b'], 2000])
  })

  test('values are copied when they are set', async () => {
    const tags = ['a']
    const visit = await Visit.create({ metadata: { tags } })
    tags.push('b')
    expect(visit.metadata?.tags).toEqual(['a'])
    expect(visit.isDirty()).toBe(false)
  })

  test.each([[''], ['   '], ['\t\n']])('the key %j is refused', async (id) => {
    await expect(Visit.create({ id })).rejects.toThrow('A key is required to create a model.')
  })

  test('hostile keys and values come back as they were and match only themselves', async () => {
    const texts = [
      'a:b',
      '{x}',
      '*',
      '%null',
      'null',
      '0',
      'é',
      '__proto__',
      'a\0b',
      '\\',
      '[a]',
      '😀',
      'x'.repeat(1000),
    ]
    await Visit.insertMany(texts.map((text) => ({ id: text, ip: text })))
    for (const text of texts) {
      expect((await Visit.findOrFail(text)).ip).toBe(text)
      expect(await Visit.where('ip', '=', text).ids()).toEqual([text])
      expect(await Visit.whereKey(text).ids()).toEqual([text])
    }
  })
})
