import { beforeEach, describe, expect, test } from '@jest/globals'
import { ArrayRepository, DefinitionError, type Model } from '../../src/index.js'
import { compileModels, type ModelExports } from './support/compile-models.js'

interface VisitRecord extends Model {
  id: string
  ip: string
  tags: string[] | null
  status: string | null
  note: string
  label: string
  secret(): number
}

interface SubVisitRecord extends VisitRecord {
  userId: number
  level: number
}

type Constructor<T> = (new (attributes?: object) => T) & Pick<typeof Model, keyof typeof Model>

interface Fixture extends ModelExports {
  Visit: Constructor<VisitRecord>
  SubVisit: Constructor<SubVisitRecord>
  Undecorated: Constructor<VisitRecord>
  Labelled: Constructor<VisitRecord>
}

interface Form {
  readonly define: boolean
  readonly field: 'declare' | 'definite'
  readonly entity: boolean
}

const forms: Form[] = [true, false].flatMap((define) =>
  (['declare', 'definite'] as const).flatMap((field) => [true, false].map((entity) => ({ define, field, entity }))),
)

function sourceOf({ field, entity }: Form): string {
  const property = (name: string, type: string): string =>
    field === 'declare' ? `declare ${name}: ${type}` : `${name}!: ${type}`
  const decorator = entity ? '@Entity()' : ''
  return `
    import { Attribute, Entity, Model, Searchable } from 'activeredis'

    ${decorator}
    export class Visit extends Model {
      ${property('id', 'string')}
      @Attribute() @Searchable() ${property('ip', 'string')}
      @Attribute({ cast: 'json' }) ${property('tags', 'string[] | null')}
      @Attribute() status: string = 'new'
      note = 'no attribute'
      #secret = 42
      secret() { return this.#secret }
    }

    ${decorator}
    export class SubVisit extends Visit {
      @Attribute() ${property('userId', 'number')}
      @Attribute() level: number = 1
    }

    export class Undecorated extends Visit {}

    ${decorator}
    export class Labelled extends Model {
      @Attribute() ${property('ip', 'string')}
      @Attribute() ${property('label', 'string')}
      constructor(attributes = {}) {
        super(attributes)
        this.label = 'by constructor'
      }
    }
  `
}

const titleOf = ({ define, field, entity }: Form): string =>
  `${field === 'declare' ? '`declare x`' : '`x!`'}, fields ${define ? 'defined' : 'assigned'}, ${entity ? 'with' : 'without'} @Entity`

describe.each(forms.map((form) => ({ form, title: titleOf(form) })))(
  'attributes as class fields ($title)',
  ({ form }) => {
    const losesInitialValues = !form.define && !form.entity
    let models: Fixture

    beforeEach(() => {
      models = compileModels<Fixture>(sourceOf(form), form.define)
      models.Visit.setRepository(new ArrayRepository())
    })

    test('`new` keeps what it is given, and initial values for the rest', () => {
      const visit = new models.Visit({ ip: '10.0.0.1', tags: ['a'] })
      expect(visit.ip).toBe('10.0.0.1')
      expect(visit.tags).toEqual(['a'])
      expect(visit.status).toBe('new')
      expect(visit.note).toBe('no attribute')
      expect(visit.secret()).toBe(42)
      expect(visit.exists).toBe(false)
      expect(visit instanceof models.Visit).toBe(true)
      expect(visit.constructor).toBe(models.Visit)
      expect(Object.keys(visit)).toEqual(['note'])
    })

    test('an initial value never replaces one that was given; where that cannot be known it is an error', () => {
      if (losesInitialValues) {
        expect(() => new models.Visit({ ip: '10.0.0.1', status: 'open' })).toThrow(DefinitionError)
        expect(() => new models.Visit({ status: 'open' })).toThrow('would overwrite status given to `new Visit(…)`')
      } else {
        expect(new models.Visit({ ip: '10.0.0.1', status: 'open' }).status).toBe('open')
      }
      expect(models.Visit.make({ status: 'open' } as object)).toHaveProperty('status', 'open')
    })

    test('properties set after `new` are attributes', async () => {
      const visit = new models.Visit()
      visit.id = 'v1'
      visit.ip = '10.0.0.2'
      visit.status = 'changed'
      expect(visit.getKey()).toBe('v1')
      await visit.save()
      const found = (await models.Visit.findOrFail('v1')) as VisitRecord
      expect([found.id, found.ip, found.status, found.tags]).toEqual(['v1', '10.0.0.2', 'changed', null])
    })

    test('loading keeps stored values, also null, and never applies initial values', async () => {
      await models.Visit.create({ id: 'v1', ip: '10.0.0.3', status: 'closed', tags: ['x'] } as object)
      await models.Visit.create({ id: 'v2', ip: '10.0.0.3', status: null } as object)
      const rows = (await models.Visit.query()
        .whereLike('ip' as never, '10.*')
        .get()) as VisitRecord[]
      expect(rows.map((row) => [row.id, row.ip, row.status, row.tags, row.note, row.secret()])).toEqual([
        ['v1', '10.0.0.3', 'closed', ['x'], 'no attribute', 42],
        ['v2', '10.0.0.3', null, null, 'no attribute', 42],
      ])
      expect(rows.map((row) => row.isDirty())).toEqual([false, false])
    })

    test('create applies initial values below the given ones', async () => {
      const visit = (await models.Visit.create({ ip: '10.0.0.4' } as object)) as VisitRecord
      const open = (await models.Visit.create({ ip: '10.0.0.4', status: 'open' } as object)) as VisitRecord
      expect([visit.status, open.status]).toEqual(['new', 'open'])
      expect(((await visit.fresh()) as VisitRecord).status).toBe('new')
    })

    test('changes are tracked and written, also in place, on created and on loaded records', async () => {
      const created = (await models.Visit.create({ id: 'v1', ip: '10.0.0.5', tags: ['a'] } as object)) as VisitRecord
      created.ip = '10.0.0.6'
      expect(created.getDirty()).toEqual({ ip: '10.0.0.6' })
      await created.save()
      const loaded = (await models.Visit.findOrFail('v1')) as VisitRecord
      loaded.tags?.push('b')
      expect(await loaded.save()).toBe(true)
      expect(((await models.Visit.findOrFail('v1')) as VisitRecord).tags).toEqual(['a', 'b'])
    })

    test('JSON holds the attributes', async () => {
      const visit = new models.Visit({ id: 'v1', ip: '10.0.0.7' })
      expect(JSON.parse(JSON.stringify(visit))).toEqual({
        id: 'v1',
        ip: '10.0.0.7',
        tags: null,
        status: 'new',
        created_at: null,
        updated_at: null,
      })
    })

    test('a subclass has the attributes, initial values and methods of both classes', async () => {
      const visit = new models.SubVisit({ ip: '10.0.0.8', userId: 7 })
      expect([visit.ip, visit.userId, visit.status, visit.level, visit.secret()]).toEqual(['10.0.0.8', 7, 'new', 1, 42])
      await visit.save()
      const found = (await models.SubVisit.findOrFail(visit.getKey())) as SubVisitRecord
      expect([found.ip, found.userId, found.status, found.level]).toEqual(['10.0.0.8', 7, 'new', 1])
      expect(found instanceof models.Visit).toBe(true)
    })

    test('a subclass without decorators behaves as its base class does, or says what is missing', async () => {
      const visit = new models.Undecorated({ ip: '10.0.0.8' })
      expect([visit.ip, visit.status, visit.constructor]).toEqual(['10.0.0.8', 'new', models.Undecorated])
      await visit.save()
      expect((await models.Undecorated.findOrFail(visit.getKey())).status).toBe('new')
      if (form.define) expect(new models.Undecorated({ status: 'open' }).status).toBe('open')
      else expect(() => new models.Undecorated({ status: 'open' })).toThrow('Put @Entity() on the class')
    })

    test('what a constructor assigns is a default of new records and never replaces a stored value', async () => {
      models.Labelled.setRepository(new ArrayRepository())
      const created = (await models.Labelled.create({ id: 'l1', label: 'given' } as object)) as VisitRecord
      expect(created.label).toBe('given')
      expect(new models.Labelled({ ip: '10.0.0.9' }).label).toBe('by constructor')
      expect(((await models.Labelled.findOrFail('l1')) as VisitRecord).label).toBe('given')
    })
  },
)
