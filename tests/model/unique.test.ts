import { describe, expect, test } from '@jest/globals'
import {
  Attribute,
  ConfigurationError,
  claimUnique,
  DefinitionError,
  Entity,
  HashTag,
  InvalidArgumentError,
  Model,
  Searchable,
  StaleModelError,
  transaction,
  Unique,
  UniqueConstraintError,
} from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { describeStores } from './support/stores.js'

@Unique(['tenantId', 'name'])
class User extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Unique() declare email: string | null
  @Attribute({ cast: 'string' }) declare tenantId: string | null
  @Attribute({ cast: 'string' }) declare name: string | null
  @Attribute({ cast: 'integer' }) @Unique() declare badge: number | null
}

@Entity({ partitions: 8 })
class Seat extends Model {
  declare id: string
  @HashTag() declare tenantId: string
  @Unique() @Searchable() declare code: string
}

@Entity({ partitions: 8 })
class Row extends Model {
  declare id: string
  @HashTag() declare tenantId: string
  @Attribute({ cast: 'string' }) declare note: string | null
}

class Plain extends Model {
  @Attribute() declare note: string
}

const violation = async (work: Promise<unknown>): Promise<UniqueConstraintError> => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(UniqueConstraintError)
  return error as UniqueConstraintError
}

describeStores([User, Seat, Row], ({ repository }) => {
  test('a second record with a value is refused, by name of what is shared and of who has it', async () => {
    await User.create({ id: 'a', email: 'x@y.z' })
    const error = await violation(User.create({ id: 'b', email: 'x@y.z' }))
    expect([error.attributes, error.values, error.holder, error.model]).toEqual([['email'], ['x@y.z'], 'a', 'User'])
    expect(await User.query().ids()).toEqual(['a'])
    await User.create({ id: 'b', email: 'other@y.z' })
  })

  test('a composite constraint is about all its values together', async () => {
    await User.create({ id: 'a', tenantId: 't', name: 'n' })
    await User.create({ id: 'b', tenantId: 't', name: 'm' })
    await User.create({ id: 'c', tenantId: 'u', name: 'n' })
    const error = await violation(User.create({ id: 'd', tenantId: 't', name: 'n' }))
    expect([error.attributes, error.values, error.holder]).toEqual([['tenantId', 'name'], ['t', 'n'], 'a'])
    const c = await User.findOrFail('c')
    await violation(c.update({ tenantId: 't' }))
    expect((await User.findOrFail('c')).tenantId).toBe('u')
    await c.update({ tenantId: 't', name: 'free' })
  })

  test('values that look alike in a key are different values', async () => {
    const names = ['a:b', 'a', 'b:a', 'a%3Ab', '', '{a}', 'null', '%null', 'x'.repeat(1000), `${'x'.repeat(999)}y`]
    for (const [at, name] of names.entries()) await User.create({ id: `n${at}`, tenantId: 't', name })
    await User.create({ id: 'other', tenantId: 't:name', name: 'a' })
    for (const name of names) await violation(User.create({ tenantId: 't', name }))
  })

  test('null is not a value: any number of records have none', async () => {
    for (let at = 0; at < 3; at++) await User.create({ email: null, tenantId: 't', name: null })
    expect(await User.count()).toBe(3)
  })

  test('a value is free when its record leaves it, is deleted, destroyed, truncated or replaced', async () => {
    const user = await User.create({ id: 'a', email: 'one', badge: 1 })
    await user.update({ email: 'two' })
    const other = await User.create({ id: 'b', email: 'one' })
    await user.update({ email: null })
    await other.update({ email: 'two' })
    await other.delete()
    await User.create({ id: 'c', email: 'two' })
    await User.destroy(['c'])
    await User.create({ id: 'd', email: 'two' })
    await User.create({ id: 'd', email: 'three' }, { force: true })
    await User.create({ id: 'e', email: 'two' })
    await User.truncate()
    await User.create({ id: 'f', email: 'two', badge: 1 })
  })

  test('an update that keeps its own values is no violation, and a failed one changes nothing', async () => {
    const user = await User.create({ id: 'a', email: 'one', badge: 1 })
    await User.create({ id: 'b', email: 'two', badge: 2 })
    await user.update({ email: 'one', badge: 3 })
    await user.update({ name: 'renamed' })
    await violation(user.update({ email: 'free', badge: 2 }))
    expect((await user.refresh()).email).toBe('one')
    await User.create({ id: 'c', email: 'free', badge: 1 })
    await User.create({ id: 'a', email: 'one', badge: 3 }, { force: true })
    await violation(User.create({ id: 'x', badge: 3 }))
  })

  test('a changed key takes the values along', async () => {
    const user = await User.create({ id: 'a', email: 'one' })
    for (const id of ['b', 'c', 'd', 'e']) await user.update({ id })
    expect((await violation(User.create({ email: 'one' }))).holder).toBe('e')
    await user.delete()
    await User.create({ id: 'a', email: 'one' })
  })

  test('insertMany refuses the rows that would break it, and stores the others', async () => {
    await User.create({ id: 'a', email: 'taken' })
    const rows = Array.from({ length: 200 }, (_, at) => ({ id: `r${at}`, email: at % 2 === 0 ? `e${at % 20}` : null }))
    const report = await User.insertMany([...rows, { id: 'x', email: 'taken' }])
    expect([report.inserted, report.failed]).toEqual([110, 91])
    expect(report.failures.every(({ error }) => error instanceof UniqueConstraintError)).toBe(true)
    expect(await User.count()).toBe(111)
  })

  test('of rows of one insertMany that share a key or a value the first is stored', async () => {
    const rows = Array.from({ length: 60 }, (_, at) => ({ id: `r${at}`, email: `e${at % 3}`, badge: at }))
    const report = await User.insertMany([...rows, { id: 'r0', email: 'other' }])
    expect([report.inserted, report.failed]).toEqual([3, 58])
    expect((await User.query().ids()).sort()).toEqual(['r0', 'r1', 'r2'])
  })

  test('a record that expires leaves its values to others', async () => {
    const user = await User.create({ id: 'a', email: 'one' }, { ttlSeconds: 60 })
    await violation(User.create({ email: 'one' }))
    await user.setExpiry(new Date(Date.now() - 1))
    await User.create({ id: 'b', email: 'one' })
  })

  test('of many writers that want one value at once, one has it', async () => {
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 40 }, (_, at) => User.create({ id: `w${round}-${at}`, email: `race${round}` })),
      )
      const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      expect(failures.every((error) => error instanceof UniqueConstraintError)).toBe(true)
      expect(outcomes.length - failures.length).toBe(1)
    }
    expect(await User.count()).toBe(5)
  })

  test('writers that exchange values in both directions end with distinct ones', async () => {
    const users = await Promise.all(
      ['a', 'b', 'c'].map((id) => User.create({ id, email: id, badge: id.charCodeAt(0) })),
    )
    await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        const copy = await User.find(users[at % 3]!.id)
        await copy?.update({ email: `v${at % 4}`, badge: at % 5 }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(UniqueConstraintError)
        })
      }),
    )
    const rows = await User.query().get()
    expect(new Set(rows.map(({ email }) => email)).size).toBe(3)
    expect(new Set(rows.map(({ badge }) => badge)).size).toBe(3)
    for (const row of rows) await violation(User.create({ email: row.email }))
  })

  test('a unique number can be incremented, to a sum that nobody has', async () => {
    const { repository: store } = { repository: User.getRepository() }
    expect(store).toBeDefined()
    const { storageOf } = await import('../../src/model/storage-of.js')
    const { schema } = definitionOf(User.prototype)
    const storage = storageOf(User.prototype, schema)
    await User.create({ id: 'a', badge: 1 })
    await User.create({ id: 'b', badge: 3 })
    const add = (by: string) =>
      storage.update(schema, { id: 'a', set: [], unset: [], increments: [{ attribute: 'badge', by }] })
    expect(await add('1')).toEqual({ type: 'updated', values: ['2'] })
    await violation(add('1'))
    expect(await add('2')).toEqual({ type: 'updated', values: ['4'] })
    await User.create({ id: 'c', badge: 2 })
  })

  if (repository === 'indexed' || repository === 'array') {
    test('a transaction keeps it, for all its records or for none', async () => {
      const seat = await Seat.create({ id: 'a', tenantId: 't', code: '1' })
      await Seat.create({ id: 'far', tenantId: 'u', code: '9' })
      await violation(
        transaction('t', (tx) => {
          void tx.create(Seat, { id: 'b', code: '2' })
          void tx.create(Seat, { id: 'c', code: '9' })
        }),
      )
      await violation(
        transaction('t', (tx) => {
          void tx.create(Seat, { id: 'b', code: '2' })
          void tx.create(Seat, { id: 'c', code: '2' })
        }),
      )
      expect(await Seat.count()).toBe(2)
      await transaction('t', (tx) => {
        seat.code = '3'
        tx.save(seat)
        void tx.create(Seat, { id: 'b', code: '2' })
      })
      await Seat.create({ id: 'd', tenantId: 'u', code: '1' })
      await violation(Seat.create({ id: 'e', tenantId: 'u', code: '3' }))
      await transaction('t', (tx) => tx.delete(seat))
      await Seat.create({ id: 'e', tenantId: 'u', code: '3' })
    })

    test('a transaction keeps it, whatever the model of its first record', async () => {
      const row = await Row.create({ id: 'r', tenantId: 't', note: 'before' })
      await Seat.create({ id: 'a', tenantId: 't', code: '1' })
      row.note = 'after'
      for (const first of [() => row, () => null]) {
        await violation(
          transaction('t', (tx) => {
            const stored = first()
            if (stored === null) void tx.create(Row, { id: 'other' })
            else tx.save(stored)
            void tx.create(Seat, { id: 'b', code: '1' })
          }),
        )
      }
      expect(await Seat.count()).toBe(1)
      expect((await Row.query().get()).map(({ id, note }) => `${id} ${note}`)).toEqual(['r before'])
      await transaction('t', (tx) => {
        tx.save(row)
        void tx.create(Seat, { id: 'b', code: '2' })
      })
      expect((await violation(Seat.create({ tenantId: 'u', code: '2' }))).holder).toBe('b')
    })

    test('a transaction may hand a value from one of its records to another', async () => {
      const [a, b] = await Seat.createMany([
        { id: 'a', tenantId: 't', code: '1' },
        { id: 'b', tenantId: 't', code: '2' },
      ])
      await transaction('t', (tx) => {
        a!.code = '2'
        b!.code = '1'
        tx.save(a!)
        tx.save(b!)
      })
      await transaction('t', (tx) => {
        tx.delete(a!)
        void tx.create(Seat, { id: 'c', code: '2' })
      })
      expect((await Seat.query().get()).map(({ id, code }) => `${id}${code}`).sort()).toEqual(['b1', 'c2'])
      expect((await violation(Seat.create({ id: 'd', tenantId: 'u', code: '2' }))).holder).toBe('c')
      expect((await violation(Seat.create({ id: 'd', tenantId: 'u', code: '1' }))).holder).toBe('b')
      const refused = transaction('t', (tx) => {
        b!.code = '9'
        tx.saveIf(b!, { code: 'other' })
        void tx.create(Seat, { id: 'd', code: '1' })
      })
      await expect(refused).rejects.toThrow(StaleModelError)
      expect((await violation(Seat.create({ id: 'd', tenantId: 'u', code: '1' }))).holder).toBe('b')
    })
  }

  test('claimUnique claims the values of records that were stored without claims, and reports those that share some', async () => {
    const { schema } = definitionOf(User.prototype)
    const rows = Array.from({ length: 250 }, (_, at) => ({
      id: `r${String(at).padStart(3, '0')}`,
      fields: ['email', `e${at % 240}`],
      expiresAtMs: null,
    }))
    await User.getRepository().insertMany(schema, rows)
    await User.create({ id: 'own', email: 'claimed before' })
    const seen: number[] = []
    const report = await claimUnique(User, { onProgress: (processed) => seen.push(processed) })
    expect([report.claimed, report.conflicting, report.conflicts.length]).toEqual([241, 10, 10])
    expect(seen.at(-1)).toBe(251)
    expect(report.conflicts.every(({ key, error }) => key !== error.holder)).toBe(true)
    await violation(User.create({ email: 'e7' }))
    await violation(User.create({ email: 'claimed before' }))
    const again = await claimUnique(User)
    expect([again.claimed, again.conflicting]).toEqual([241, 10])
    await User.truncate()
    await expect(claimUnique(Plain)).rejects.toThrow(InvalidArgumentError)
  })

  test('a record that changes its hash tag keeps its values', async () => {
    const seat = await Seat.create({ id: 'a', tenantId: 't', code: '1' })
    for (const tenantId of ['u', 'v', 'w', 'x']) {
      await seat.update({ tenantId })
      expect((await violation(Seat.create({ tenantId: 'y', code: '1' }))).holder).toBe('a')
    }
    await seat.delete()
    await Seat.create({ id: 'b', tenantId: 'y', code: '1' })
  })
})

describe('@Unique', () => {
  test('names attributes that exist, each once', () => {
    @Unique(['nothing'])
    class Wrong extends Model {
      @Attribute() declare a: string
    }
    @Unique(['a', 'a'])
    class Twice extends Model {
      @Attribute() declare a: string
    }
    expect(() => definitionOf(Wrong.prototype)).toThrow(DefinitionError)
    expect(() => definitionOf(Twice.prototype)).toThrow(DefinitionError)
  })

  test('and @HashTag can be said by static fields', () => {
    class Static extends Model {
      static override attributes = ['email', 'name']
      static override casts = { tenant: 'integer' }
      static override hashTag = 'tenant'
      static override unique = ['email', ['tenant', 'name']]
    }
    const { hashTag, uniques } = definitionOf(Static.prototype).schema
    expect([hashTag?.name, hashTag?.index]).toEqual(['tenant', { range: false }])
    expect(uniques?.map(({ attributes }) => attributes.map(({ name }) => name))).toEqual([
      ['email'],
      ['tenant', 'name'],
    ])
    class Wrong extends Model {
      static override hashTag = 'nothing'
    }
    class Odd extends Model {
      static override unique = 'email' as never
    }
    expect(() => definitionOf(Wrong.prototype)).toThrow("'nothing' is no attribute")
    expect(() => definitionOf(Odd.prototype)).toThrow(DefinitionError)
  })

  test('is refused by a repository that keeps no claims', async () => {
    class Odd extends Model {
      @Unique() declare a: string
    }
    const { ArrayRepository } = await import('../../src/index.js')
    class Plain extends ArrayRepository {}
    const plain = new Plain()
    Reflect.deleteProperty(plain, 'unique')
    Odd.setRepository(plain)
    await expect(Odd.create({ a: 'x' })).rejects.toThrow(ConfigurationError)
  })
})
