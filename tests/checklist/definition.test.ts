import { expect } from '@jest/globals'
import type { Dayjs } from 'dayjs'
import { ArrayRepository, Attribute, Entity, InvalidArgumentError, Model, Searchable } from '../../src/index.js'
import { compileModels, type ModelExports } from '../model/support/compile-models.js'
import { describeItems, describePlainItems } from './support/describe-items.js'

class Visit extends Model {}

class UserVisit extends Model {}

@Entity({ key: 'number', prefix: 'desk_tickets' })
class Ticket extends Model {
  declare number: string
  @Attribute() @Searchable() declare title: string
  @Attribute() declare note: string
}

class Note extends Model {
  static override key = 'number'
  static override searchable = ['title']
  static override attributes = ['note']
  static override CREATED_AT = 'bornAt'
  static override UPDATED_AT = null
  declare number: string
  declare title: string
  declare note: string
  declare bornAt: Dayjs
}

@Entity({ createdAt: 'bornAt', updatedAt: null })
class Child extends Model {
  declare bornAt: Dayjs
}

@Entity({ timestamps: false })
class Timeless extends Model {}

describeItems([Visit, UserVisit, Ticket, Note, Child, Timeless], (item, defect) => {
  item('A1', { promise: 'A class without any declaration is a model.', verdict: 'same' }, async () => {
    const visit = await Visit.create()
    expect((await Visit.findOrFail(visit.getKey())).is(visit)).toBe(true)
    expect(await Visit.count()).toBe(1)
  })

  item(
    'A2',
    {
      promise: 'A model names its key attribute, otherwise it is `id`.',
      verdict: 'same',
      why: '`static key`, or `@Entity({ key })`.',
    },
    async () => {
      expect([new Visit().getKeyName(), new Note().getKeyName()]).toEqual(['id', 'number'])
      const ticket = await Ticket.create({ number: '7', title: 'a' })
      expect([ticket.getKeyName(), ticket.getKey(), ticket.number]).toEqual(['number', '7', '7'])
      expect((await Ticket.findOrFail('7')).title).toBe('a')
    },
  )

  item(
    'A4',
    {
      promise: 'Searchable attributes are declared, and no others can be asked for.',
      verdict: 'same',
      why: 'By a decorator at the property, or by a static list of names.',
    },
    async () => {
      await Note.insertMany([{ title: 'a', note: 'n' }, { title: 'b' }])
      expect((await Note.where('title', 'a').firstOrFail()).note).toBe('n')
      expect(() => Note.where('note', 'n')).toThrow('The attribute [note] is not searchable on the model [Note].')
      await Ticket.insertMany([{ title: 'a' }, { title: 'b' }])
      expect(await Ticket.where('title', 'a').count()).toBe(1)
      expect(() => Ticket.where('note', 'a')).toThrow('The attribute [note] is not searchable on the model [Ticket].')
    },
  )

  item(
    'A6',
    {
      promise: 'Creation and update times can be renamed, left out one by one, or switched off.',
      verdict: 'same',
      why: 'By `CREATED_AT`, `UPDATED_AT` and `timestamps` of the class, or by options of `@Entity`.',
    },
    async () => {
      expect(Object.keys((await Note.create()).toJSON())).toEqual(expect.arrayContaining(['number', 'bornAt']))
      expect(new Note().getUpdatedAtColumn()).toBeNull()
      const child = await Child.create()
      expect(Object.keys(child.toJSON())).toEqual(['id', 'bornAt'])
      expect(child.bornAt.valueOf()).toBeGreaterThan(0)
      expect(Object.keys((await Timeless.create()).toJSON())).toEqual(['id'])
    },
  )

  defect('D55', {}, async () => {
    @Entity({ prefix: 'app:visits', timestamps: false })
    class AppVisit extends Model {
      declare id: string
      @Attribute() @Searchable() declare ip: string
    }
    @Entity({ prefix: 'app:users', timestamps: false })
    class AppUser extends Model {
      declare id: string
      @Attribute() @Searchable() declare ip: string
    }
    @Entity({ prefix: 'app', timestamps: false })
    class App extends Model {
      declare id: string
      @Attribute() @Searchable() declare ip: string
    }
    const models = [AppVisit, AppUser, App]
    for (const model of models) await model.create({ id: model.name, ip: '::1' })
    for (const model of models) {
      expect(await model.query().ids()).toEqual([model.name])
      expect(await model.where('ip', '=', '::1').ids()).toEqual([model.name])
    }
    for (const model of models) expect(await model.truncate()).toBe(1)
  })
})

describePlainItems((item, defect) => {
  item(
    'A3',
    { promise: 'The key prefix is the plural of the class name in snake case, unless named.', verdict: 'same' },
    async () => {
      const repository = new ArrayRepository()
      const prefixes: string[] = []
      repository.clear = async (schema) => {
        prefixes.push(schema.prefix)
        return 0
      }
      for (const model of [Visit, UserVisit, Ticket]) {
        model.setRepository(repository)
        await model.truncate()
      }
      expect(prefixes).toEqual(['visits', 'user_visits', 'desk_tickets'])
    },
  )

  item(
    'A5',
    {
      promise:
        'A model names its connection; without a name it has the default one. It is opened by the first request.',
      verdict: 'mended',
      why: '`@Entity({ connection })` or `setConnection`; `Model.useConnections` is what resolves names, for all models.',
    },
    async () => {
      const asked: (string | undefined)[] = []
      @Entity({ connection: 'garden', repository: 'redis' })
      class Tree extends Model {}
      @Entity({ repository: 'redis' })
      class Stone extends Model {}
      Model.useConnections({
        connection: async (name) => {
          asked.push(name)
          throw new Error('not reachable')
        },
      })
      expect(Tree.getRepository().name).toBe('redis')
      expect(asked).toEqual([])
      await expect(Tree.count()).rejects.toThrow('not reachable')
      await expect(Stone.count()).rejects.toThrow('not reachable')
      expect(asked).toEqual(['garden', undefined])
      expect([Tree.getConnectionName(), Stone.getConnectionName()]).toEqual(['garden', null])
      await expect(Tree.resolveConnection('other')).rejects.toThrow('not reachable')
      expect(asked.at(-1)).toBe('other')
    },
  )

  item(
    'A8',
    {
      promise: 'The repository is chosen for all models or for one, by name, class or object.',
      verdict: 'mended',
      defects: ['D35'],
      why: 'The choice holds for the class on which it is made and its subclasses, not for every model of the program.',
    },
    () => {
      class Animal extends Model {}
      class Cat extends Animal {}
      class Plant extends Model {}
      Model.setRepository('redis')
      Animal.setRepository('array')
      expect([Animal, Cat, Plant].map((model) => model.getRepository().name)).toEqual(['array', 'array', 'redis'])
      expect(() => Cat.setRepository('mongo')).toThrow(InvalidArgumentError)
      expect(() => Cat.setRepository('mongo')).toThrow('Repository [mongo] is not supported.')
      expect(Cat.getRepository().name).toBe('array')
    },
  )

  item(
    'A10',
    {
      promise: 'Class fields do not wipe attributes, however the compiler emits them.',
      verdict: 'same',
      why: '`declare`, `!`, `accessor` and initial values, with fields defined and assigned, with the decorators of TypeScript and of ECMAScript. The latter record no types: casts are named.',
    },
    async () => {
      const source = (field: string, second: string) => `
        import { Attribute, Entity, Model, Searchable } from 'activeredis'
        @Entity() export class Person extends Model {
          @Attribute({ cast: 'string' }) @Searchable() ${field}
          @Attribute({ cast: 'string' }) @Searchable() ${second}
          @Attribute({ cast: 'string' }) role: string = 'guest'
        }`
      const legacy = source('declare name: string', 'city!: string')
      const compiled = [
        compileModels<PersonModule>(legacy, true),
        compileModels<PersonModule>(legacy, false),
        compileModels<PersonModule>(source('name!: string', 'accessor city!: string'), true, '2023-11'),
        compileModels<PersonModule>(source('accessor name!: string', 'city!: string'), true, '2022-03'),
      ]
      for (const { Person } of compiled) {
        Person.setRepository(new ArrayRepository())
        const created = await Person.create({ name: 'Ada', city: 'London' })
        const found = await Person.findOrFail(created.getKey())
        expect([found.name, found.city, found.role]).toEqual(['Ada', 'London', 'guest'])
        expect(new Person({ name: 'Bo', city: 'Rome', role: 'admin' }).toJSON()).toMatchObject({
          city: 'Rome',
          role: 'admin',
        })
      }
    },
  )

  item(
    'A7',
    {
      promise: 'Casts, and what the serialised form hides or shows, are declared with the class.',
      verdict: 'mended',
      defects: ['D38'],
      why: 'A static list or a decorator, as one likes. `dateFormat` is left out: moments have one stored form.',
    },
    () => {
      class Account extends Model {
        static override searchable = ['mail']
        static override casts = { mail: 'string', age: 'integer' } as const
        static override hidden = ['secret']
        declare mail: string
        declare age: number
        @Attribute() declare secret: string
      }
      Account.setRepository('array')
      const account = Account.make({ mail: 'a', age: '7' as never, secret: 's' })
      expect(account.age).toBe(7)
      expect(account.toJSON()).toMatchObject({ mail: 'a', age: 7 })
      expect(account.toJSON()).not.toHaveProperty('secret')
      @Entity({ visible: ['mail'] })
      class Shown extends Account {}
      expect(Shown.make({ mail: 'b', age: 1 }).toJSON()).toEqual({ mail: 'b' })
      expect(() => {
        @Entity({ dateFormat: 'Y-m-d' } as never)
        class Formatted extends Model {}
        return Formatted
      }).toThrow("@Entity has no option 'dateFormat'")
    },
  )

  item(
    'A9',
    {
      promise: 'A class boots once, before it is first used; mixins boot with it, and initialise every object.',
      verdict: 'mended',
      why: 'A base class boots before its subclasses and only once; `initializeX` runs for every object, not for the first alone.',
    },
    () => {
      const seen: string[] = []
      class Base extends Model {
        static override booting(): void {
          seen.push(`booting ${Base.name}`)
        }
        static override boot(): void {
          seen.push('boot')
        }
        static bootCounts(): void {
          seen.push('bootCounts')
        }
        static override booted(): void {
          seen.push('booted')
        }
        initializeCounts(): void {
          seen.push('initialise')
        }
      }
      class Derived extends Base {
        static override boot(): void {
          seen.push('boot of the subclass')
        }
      }
      expect(seen).toEqual([])
      Derived.make()
      expect(seen.splice(0)).toEqual([
        'booting Base',
        'boot',
        'bootCounts',
        'booted',
        'boot of the subclass',
        'initialise',
      ])
      Derived.make()
      Base.make()
      expect(seen.splice(0)).toEqual(['initialise', 'initialise'])
      Model.clearBootedModels()
      Base.make()
      expect(seen).toContain('booted')
    },
  )

  defect('D36', {}, async () => {
    const built: unknown[][] = []
    class Counting extends ArrayRepository {
      constructor(...given: unknown[]) {
        super()
        built.push(given)
      }
    }
    @Entity({ repository: Counting })
    class Apple extends Model {}
    @Entity({ repository: Counting })
    class Pear extends Model {}
    await Apple.create({ id: 'a' })
    await Pear.create({ id: 'p' })
    expect(built).toHaveLength(1)
    expect(built[0]!.map((argument) => typeof argument)).toEqual(['function'])
    expect([await Apple.query().ids(), await Pear.query().ids()]).toEqual([['a'], ['p']])
  })
})

interface PersonModule extends ModelExports {
  Person: typeof PersonShape
}

declare class PersonShape extends Model {
  name: string
  city: string
  role: string
}
