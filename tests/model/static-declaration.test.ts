import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Dayjs } from 'dayjs'
import {
  ArrayRepository,
  Attribute,
  CastError,
  DefinitionError,
  Entity,
  MassAssignmentError,
  Model,
  Searchable,
} from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'

enum Status {
  New = 'new',
  Closed = 'closed',
}

/** Declared without any decorator. */
class UserVisit extends Model {
  static override key = 'code'
  static override CREATED_AT = 'createdAt'
  static override UPDATED_AT = null
  static override attributes = ['note']
  static override searchable = { ip: true, userId: { range: true }, ignored: false }
  static override casts = {
    userId: 'integer',
    seenAt: 'datetime',
    status: Status,
    total: { cast: 'bigint', default: 5n },
  }
  static override defaults = { ip: '0.0.0.0', note: () => 'made' }

  declare code: string
  declare ip: string
  declare userId: number
  declare seenAt: Dayjs
  declare status: Status
  declare total: bigint
  declare note: string
}

beforeEach(() => Model.setRepository(new ArrayRepository()))

describe('a class without decorators', () => {
  test('and without anything stores records with a key and times', async () => {
    class Empty extends Model {}
    const record = await Empty.create()
    expect(Object.keys(record.getAttributes())).toEqual(['id', 'created_at', 'updated_at'])
    expect((await Empty.find(record.getKey()))?.is(record)).toBe(true)
  })

  test('is declared by static fields', async () => {
    const { schema, createdAt, updatedAt } = definitionOf(UserVisit.prototype)
    expect([schema.prefix, schema.keyName, createdAt, updatedAt]).toEqual(['user_visits', 'code', 'createdAt', null])
    expect(schema.searchable.map(({ name, index }) => [name, index])).toEqual([
      ['ip', { range: false }],
      ['userId', { range: true }],
    ])
    expect(UserVisit.getCasts()).toEqual({
      note: 'string',
      userId: 'integer',
      seenAt: 'datetime',
      status: 'enum("new", "closed")',
      total: 'bigint',
      ip: 'string',
      createdAt: 'datetime',
    })
    const visit = await UserVisit.create({ userId: 7, status: Status.Closed, seenAt: 0 })
    const found = await UserVisit.where({ userId: 7 }).firstOrFail()
    expect(found.is(visit)).toBe(true)
    expect([found.ip, found.note, found.total, found.status]).toEqual(['0.0.0.0', 'made', 5n, Status.Closed])
  })

  test('an attribute without a cast is text', () => {
    const visit = UserVisit.make()
    expect([visit.hasCast('note', 'string'), visit.hasCast('status', ['enum', 'json'])]).toEqual([true, true])
    expect([visit.hasCast('note', ['date']), visit.hasCast('nothing')]).toEqual([false, false])
    expect([visit.getDates(), visit.getHashPrefix()]).toEqual([['seenAt', 'createdAt'], 'user_visits'])
    visit.note = 1 as never
    expect(visit.note).toBe('1')
    expect(() => {
      visit.note = {} as never
    }).toThrow(CastError)
  })

  test('inherits, and adds to, what its base class declares, except the prefix', () => {
    class Base extends Model {
      static override prefix = 'bases'
      static override timestamps = false
      static override searchable = ['ip']
    }
    class Sub extends Base {
      static override searchable = ['name']
      static override casts = { ip: 'integer' }
    }
    const { schema } = definitionOf(Sub.prototype)
    expect([schema.prefix, [...schema.attributes.keys()], schema.searchable.length]).toEqual([
      'subs',
      ['ip', 'name'],
      2,
    ])
    expect(schema.attributes.get('ip')?.cast.name).toBe('integer')
  })

  test('may use both: decorators say more than static fields', () => {
    @Entity({ timestamps: false, key: 'code' })
    class Both extends Model {
      static override prefix = 'both'
      static override key = 'id'
      static override searchable = ['count']
      @Attribute() @Searchable() declare count: number
    }
    const { schema } = definitionOf(Both.prototype)
    expect([schema.prefix, schema.keyName, schema.attributes.get('count')?.cast.name]).toEqual([
      'both',
      'code',
      'float',
    ])
  })

  test('chooses its repository and connection', () => {
    class Chosen extends Model {
      static override connection = 'other'
      static override repository = 'redis'
    }
    class Sub extends Chosen {}
    expect([Sub.getConnectionName(), Sub.getRepository().name, new Sub().getConnectionName()]).toEqual([
      'other',
      'redis',
      'other',
    ])
    expect(UserVisit.getConnectionName()).toBeNull()
  })

  test('that is declared wrongly is refused with the name of the field', () => {
    const wrong: readonly [string, unknown][] = [
      ['searchable', 'ip'],
      ['attributes', { ip: 1 }],
      ['casts', ['ip']],
      ['hidden', 'ip'],
      ['hidden', ['nothing']],
      ['fillable', ['nothing']],
      ['ttlSeconds', -1],
      ['sliding', true],
      ['appends', ['id']],
    ]
    for (const [field, value] of wrong) {
      class Wrong extends Model {}
      Object.defineProperty(Wrong, field, { value })
      expect(() => new Wrong()).toThrow(DefinitionError)
      expect(() => new Wrong()).toThrow(field === 'appends' ? 'computed' : field)
    }
  })
})

describe('defaults', () => {
  class Order extends Model {
    declare id: string
    @Attribute({ default: 'new' }) declare status: string
    @Attribute({ cast: 'json', default: () => [] }) declare lines: unknown[]
    @Attribute() count: number = 1
  }

  test('are the values of new records, and of no others', async () => {
    expect(new Order().status).toBe('new')
    expect(Order.make({ status: 'old' }).status).toBe('old')
    const [left, right] = [Order.make(), Order.make()]
    left.lines.push(1)
    expect([left.lines, right.lines]).toEqual([[1], []])
    await Order.create({ id: 'a', status: null as never })
    expect((await Order.findOrFail('a')).getRawAttributes()).toMatchObject({ status: null, lines: '[]', count: '1' })
    await Order.insertMany([{ id: 'b' }, { id: 'c', status: 'given' }])
    expect([(await Order.findOrFail('b')).status, (await Order.findOrFail('c')).status]).toEqual(['new', 'given'])
  })

  test('must fit', () => {
    class Wrong extends Model {
      @Attribute({ cast: 'integer', default: 'many' }) declare count: number
    }
    expect(() => new Wrong()).toThrow(CastError)
  })
})

describe('mass assignment', () => {
  @Entity({ fillable: ['name'] })
  class Account extends Model {
    declare id: string
    @Attribute() declare name: string
    @Attribute() declare isAdmin: boolean
  }
  @Entity({ guarded: ['*'] })
  class Closed extends Model {
    @Attribute() declare name: string
  }

  test('sets what is fillable, and leaves out the rest, unknown names too', async () => {
    const request = { name: 'a', isAdmin: true, nothing: 1 }
    const account = Account.make(request)
    expect([account.name, account.isAdmin]).toEqual(['a', null])
    expect((await Account.create(request)).isAdmin).toBeNull()
    expect(new Account(request as never).isAdmin).toBeNull()
    await account.save()
    await account.update(request)
    expect(account.isAdmin).toBeNull()
    account.isAdmin = true
    expect(account.forceFill({ name: 'b', isAdmin: false }).getAttribute('isAdmin')).toBe(false)
    expect((await Account.forceCreate({ isAdmin: true })).isAdmin).toBe(true)
    expect((await Account.firstOrNew({ id: 'k' }, request)).isAdmin).toBeNull()
  })

  test('sets everything but what is guarded; nothing where all is', () => {
    @Entity({ guarded: ['isAdmin'] })
    class Open extends Model {
      @Attribute() declare name: string
      @Attribute() declare isAdmin: boolean
    }
    expect(Open.make({ name: 'a', isAdmin: true }).getRawAttributes()).toMatchObject({ name: 'a', isAdmin: null })
    expect(() => Closed.make({ name: 'a' })).toThrow(MassAssignmentError)
    expect(Closed.make().forceFill({ name: 'a' }).name).toBe('a')
  })

  test('is an error where that is asked for', () => {
    Model.preventSilentlyDiscardingAttributes()
    expect(() => Account.make({ name: 'a', isAdmin: true })).toThrow(MassAssignmentError)
    expect(Account.make({ name: 'a' }).name).toBe('a')
    Model.preventSilentlyDiscardingAttributes(false)
    expect(Account.make({ name: 'a', isAdmin: true }).isAdmin).toBeNull()
  })
})
