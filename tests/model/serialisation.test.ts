import { inspect } from 'node:util'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { Exclude, Expose, Transform, Type } from 'class-transformer'
import dayjs, { type Dayjs } from 'dayjs'
import { ArrayRepository, Attribute, Entity, JsonEncodingError, Model, Searchable } from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'

@Entity({ timestamps: false })
class Visit extends Model {
  declare id: string
  @Attribute() @Searchable() declare ip: string
  @Attribute({ cast: 'datetime' }) declare seenAt: Dayjs | null
  @Attribute() declare startedAt: Date
  @Attribute() declare total: bigint
  @Attribute({ cast: 'json' }) declare metadata: { tags: string[]; nested?: unknown } | null
  @Attribute({ values: ['new', 'old'] }) declare status: 'new' | 'old'
  note = 'no attribute'
  #secret = 'hidden'
  get secret(): string {
    return this.#secret
  }
}

@Entity({ timestamps: false })
class Account extends Model {
  declare id: string
  @Attribute() @Expose({ name: 'mail' }) declare email: string
  @Attribute() @Exclude() declare password: string
  @Attribute({ cast: 'datetime' })
  @Transform(({ value }) => (dayjs.isDayjs(value) ? value.add(1, 'hour').format('YYYY-MM-DD HH:mm') : value))
  declare bornAt: Dayjs
  @Attribute() @Transform(({ value, obj }) => `${value}/${obj.getKey()}`) declare total: bigint
  @Attribute({ cast: 'json' }) @Type(() => Date) declare dates: string[]

  @Expose()
  get domain(): string {
    return `${this.email.split('@')[1]} of ${this.getKey()}`
  }

  @Expose()
  shout(): string {
    return this.email.toUpperCase()
  }
}

@Exclude()
@Entity({ timestamps: false })
class Secretive extends Model {
  @Attribute() @Expose() declare shown: string
  @Attribute() declare hidden: string
}

beforeEach(() => {
  Model.setRepository(new ArrayRepository())
})

describe('toJSON', () => {
  test('has the key and the attributes, moments as ISO 8601, bigints as text, and nothing else', () => {
    const visit = Visit.make({
      id: 'v',
      ip: '10.0.0.1',
      seenAt: '2024-09-24T08:30:00.125Z',
      startedAt: new Date(0),
      total: 12345678901234567890n,
      metadata: { nested: { deep: [null, { a: 1 }], moment: 'x' }, tags: ['a'] },
      status: 'old',
    })
    const expected = {
      id: 'v',
      ip: '10.0.0.1',
      seenAt: '2024-09-24T08:30:00.125Z',
      startedAt: '1970-01-01T00:00:00.000Z',
      total: '12345678901234567890',
      metadata: { nested: { deep: [null, { a: 1 }], moment: 'x' }, tags: ['a'] },
      status: 'old',
    }
    expect(visit.toJSON()).toEqual(expected)
    expect(Object.keys(visit.toJSON())).toEqual(Object.keys(expected))
    expect(JSON.parse(JSON.stringify({ visits: [visit] }))).toEqual({ visits: [expected] })
    expect(String(visit)).toBe(JSON.stringify(expected))
  })

  test('has null for what has no value', () => {
    expect(Visit.make().toJSON()).toEqual({
      id: null,
      ip: null,
      seenAt: null,
      startedAt: null,
      total: null,
      metadata: null,
      status: null,
    })
  })

  test('keeps data whose names mean something to JavaScript', () => {
    const hostile = JSON.parse('{"constructor":"x","a":[{"__proto__":{"b":1},"toString":2}],"then":3,"plain":4}')
    const visit = Visit.make({ metadata: { tags: [], nested: hostile } })
    const list = Visit.make({ metadata: [hostile] as never })
    expect(JSON.parse(String(visit)).metadata.nested).toEqual(hostile)
    expect(JSON.stringify(JSON.parse(String(list)).metadata)).toBe(JSON.stringify(list.metadata))
    expect(JSON.stringify(list.metadata)).toContain('"__proto__":{"b":1}')
  })

  test('works on a frozen record', () => {
    expect(Object.freeze(Secretive.make({ shown: 'a' })).toJSON()).toEqual({ shown: 'a' })
    expect(Object.freeze(Visit.make({ ip: 'a' })).toJSON()).toMatchObject({ ip: 'a' })
  })

  test('gives copies: changing it does not change the record', () => {
    const visit = Visit.make({ metadata: { tags: ['a'] } })
    const plain = visit.toJSON() as { metadata: { tags: string[] } }
    plain.metadata.tags.push('b')
    expect(visit.metadata?.tags).toEqual(['a'])
  })

  test('follows the decorators of class-transformer, on new and on loaded records', async () => {
    const created = await Account.create({
      id: 'a1',
      email: 'zoe@example.org',
      password: 'x',
      bornAt: '2024-09-24T23:30:00Z',
      total: 5n,
      dates: ['2024-09-24T00:00:00.000Z'],
    })
    const expected = {
      id: 'a1',
      mail: 'zoe@example.org',
      bornAt: '2024-09-25 00:30',
      total: '5/a1',
      dates: ['2024-09-24T00:00:00.000Z'],
      domain: 'example.org of a1',
      shout: 'ZOE@EXAMPLE.ORG',
    }
    expect(created.toJSON()).toEqual(expected)
    expect((await Account.findOrFail('a1')).toJSON()).toEqual(expected)
  })

  test('shows only what is exposed of a class that excludes everything', () => {
    expect(Secretive.make({ shown: 'a', hidden: 'b' }).toJSON()).toEqual({ shown: 'a' })
  })

  test('that fails says for which model, with the cause', () => {
    class Broken extends Model {
      @Attribute() @Transform(() => { throw new Error('out of order') }) declare name: string // biome-ignore format: short
    }
    const broken = Broken.make({ name: 'a' })
    expect(() => broken.toJSON()).toThrow(JsonEncodingError)
    expect(() => broken.toJSON()).toThrow('Error encoding model [Broken] to JSON: out of order')
    expect(() => broken.setKey('k').toJson()).toThrow('Error encoding model [Broken] with ID [k] to JSON: out of order')
  })
})

describe('attributes', () => {
  test('are read and set by name, with the original and the dirty ones', async () => {
    const visit = await Visit.create({ id: 'v', ip: 'a' })
    visit.setAttribute('ip', 'b').fill({ total: 5n })
    expect(visit.getAttribute('ip')).toBe('b')
    expect(visit.getAttributes()).toMatchObject({ id: 'v', ip: 'b', total: 5n, seenAt: null })
    expect(visit.getDirty()).toEqual({ ip: 'b', total: 5n })
    expect([visit.isDirty('ip'), visit.isDirty('seenAt'), visit.isClean('seenAt', 'id')]).toEqual([true, false, true])
    expect([visit.getOriginal('ip'), visit.getOriginal('total')]).toEqual(['a', null])
    visit.ip = 'a'
    expect(visit.isDirty('ip')).toBe(false)
    expect(() => visit.getAttribute('nope')).toThrow("Model [Visit] has no attribute 'nope'; it has id, ip, seenAt")
    expect(() => visit.setAttribute('__proto__', {})).toThrow("has no attribute '__proto__'")
    expect(() => visit.fill({ ip: 'z', nope: 1 } as object)).toThrow("has no attribute 'nope'")
    expect(visit.ip).toBe('a')
  })

  test('give the same object every time, and a new one after it was set', () => {
    const visit = Visit.make({ metadata: { tags: ['a'] }, seenAt: 0 })
    expect(visit.metadata).toBe(visit.metadata)
    expect(visit.seenAt).toBe(visit.seenAt)
    const before = visit.metadata
    visit.metadata = { tags: ['b'] }
    expect(visit.metadata).not.toBe(before)
  })

  test('that were changed in place into something that cannot be stored are refused at the save', async () => {
    const visit = await Visit.create({ metadata: { tags: [] } })
    const { metadata } = visit
    if (metadata) metadata.nested = 1n
    await expect(visit.save()).rejects.toThrow(
      'Unable to encode attribute [metadata] for model [Visit] to JSON: the value at nested is a bigint',
    )
  })

  test('written by others in another form are read, and are no change until they are changed', async () => {
    const visit = await Visit.create({ id: 'v' })
    await Visit.getRepository().update(definitionOf(Visit.prototype).schema, {
      id: 'v',
      set: ['metadata', '{"tags": [ ], "nested": {"b":1,"a":2}}', 'seenAt', '2024-09-24 08:30:00'],
      unset: [],
    })
    await visit.refresh()
    expect(visit.seenAt?.toISOString()).toBe('2024-09-24T08:30:00.000Z')
    expect(visit.metadata).toEqual({ tags: [], nested: { a: 2, b: 1 } })
    expect(visit.isDirty()).toBe(false)
    visit.metadata?.tags.push('a')
    expect(visit.getDirty()).toEqual({ metadata: { tags: ['a'], nested: { a: 2, b: 1 } } })
  })

  test('are shown by console.log', () => {
    expect(inspect(Secretive.make({ shown: 'a' }))).toBe("Secretive { id: null, shown: 'a', hidden: null }")
    expect(inspect({ list: [new Secretive({ hidden: 'b' })] })).toContain("hidden: 'b'")
  })

  test('show moments as one line, and no more than the class where console.log goes no deeper', () => {
    const visit = Visit.make({ seenAt: '2026-01-02T03:04:05.006Z', startedAt: '2026-01-02' })
    expect(inspect(visit)).toContain('seenAt: 2026-01-02T03:04:05.006Z,')
    expect(inspect({ a: { b: { c: visit } } })).toBe('{ a: { b: { c: [Visit] } } }')
  })

  test('make records equal or different to toEqual, however they came by them', async () => {
    const visit = await Visit.create({ ip: '1', metadata: { tags: ['a'] }, startedAt: '2026-01-02' })
    const found = await Visit.findOrFail(visit.id)
    expect(found).toEqual(visit)
    expect([found]).toStrictEqual([visit])
    expect(found).not.toEqual(await Visit.create({ ip: '1' }))
    found.metadata?.tags.push('b')
    expect(found).not.toEqual(visit)
    visit.metadata = { tags: ['a', 'b'] }
    expect(found).toEqual(visit)
    visit.ip = '2'
    expect(found).not.toEqual(visit)
    expect(found).toMatchObject({ ip: '1', metadata: { tags: ['a', 'b'] } })
    expect(new Visit()).not.toEqual(new Account())
  })

  test('is and isNot compare class and key', async () => {
    const visit = await Visit.create({ id: 'v' })
    const account = await Account.create({ id: 'v', email: 'a@b' })
    expect(visit.is(await Visit.find('v'))).toBe(true)
    expect(visit.isNot(account)).toBe(true)
    expect(visit.is(null)).toBe(false)
    expect(new Visit().is(new Visit())).toBe(false)
  })
})
