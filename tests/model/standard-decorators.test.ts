import { beforeEach, describe, expect, test } from '@jest/globals'
import { ArrayRepository, DefinitionError, type Model } from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { compileModels, type DecoratorKind, type ModelExports } from './support/compile-models.js'

interface VisitRecord extends Model {
  id: string
  ip: string
  userId: number
  status: string | null
  level: number
  label: string
  secret(): number
}

type Constructor<T> = (new (attributes?: object) => T) & Pick<typeof Model, keyof typeof Model>

interface Fixture extends ModelExports {
  Visit: Constructor<VisitRecord>
  SubVisit: Constructor<VisitRecord & { extra: string }>
  Composite: Constructor<Model>
}

const kinds = (['2022-03', '2023-11'] as const).flatMap((decorators) =>
  [true, false].flatMap((entity) =>
    (['field', 'accessor'] as const).map((form) => ({
      decorators,
      entity,
      accessor: form === 'accessor' ? 'accessor ' : '',
    })),
  ),
)

const sourceOf = (entity: boolean, accessor: string): string => `
  import { Attribute, Computed, Entity, HashTag, Index, Model, Searchable, Unique, Version } from 'activeredis'

  ${entity ? '@Entity({ timestamps: false })' : ''}
  export class Visit extends Model {
    static timestamps = false
    static prefix = 'page_visits'
    id!: string
    @Attribute({ cast: 'string' }) @Searchable() ${accessor}ip!: string
    @Attribute({ cast: 'integer' }) @Searchable({ range: true }) ${accessor}userId!: number
    @Attribute({ cast: 'string' }) ${accessor}status: string | null = 'new'
    @Attribute({ cast: 'integer' }) ${accessor}level = 1
    @Computed() get label() { return this.ip + '!' }
    #secret = 42
    secret() { return this.#secret }
  }

  export class SubVisit extends Visit {
    @Attribute({ cast: 'string' }) ${accessor}extra!: string
  }

  @Index(['country', 'city'])
  @Unique(['country', 'name'])
  export class Composite extends Model {
    @Attribute({ cast: 'string' }) @HashTag() ${accessor}country!: string
    @Attribute({ cast: 'string' }) ${accessor}city!: string
    @Attribute({ cast: 'string' }) @Unique() ${accessor}name!: string
    @Version() ${accessor}version!: number
  }
`

describe.each(kinds)(
  'standard decorators ($decorators), with @Entity: $entity, before fields: "$accessor"',
  ({ decorators, entity, accessor }) => {
    let fixture: Fixture

    beforeEach(() => {
      fixture = compileModels<Fixture>(sourceOf(entity, accessor), true, decorators as DecoratorKind)
      for (const model of [fixture.Visit, fixture.Composite]) model.setRepository(new ArrayRepository())
    })

    test('declare attributes, indexes and computed ones', () => {
      const { schema, behaviour } = definitionOf(fixture.SubVisit.prototype)
      expect(new Set(schema.attributes.keys())).toEqual(new Set(['ip', 'userId', 'status', 'level', 'extra']))
      expect(schema.searchable.map(({ name, index }) => [name, index?.range])).toEqual([
        ['ip', false],
        ['userId', true],
      ])
      expect(behaviour.appends).toEqual(['label'])
      expect(definitionOf(fixture.Visit.prototype).schema.prefix).toBe('page_visits')
      const composite = definitionOf(fixture.Composite.prototype)
      expect(composite.schema.hashTag?.name).toBe('country')
      expect(composite.schema.composites).toHaveLength(1)
      expect(composite.version).toBe('version')
    })

    test('make records that are stored, found and changed as all others', async () => {
      const { Visit } = fixture
      const visit = await Visit.create({ id: 'v', ip: '10.0.0.1', userId: 7 } as never)
      expect([visit.status, visit.level, visit.secret()]).toEqual(['new', 1, 42])
      visit.status = null
      visit.ip = '10.0.0.2'
      expect(visit.getDirty()).toEqual({ status: null, ip: '10.0.0.2' })
      await visit.save()
      const found = (await Visit.where('userId' as never, '>=' as never, 7 as never).firstOrFail()) as VisitRecord
      expect([found.ip, found.status, found.level, found.isDirty()]).toEqual(['10.0.0.2', null, 1, false])
      expect(found.toJSON()).toEqual({
        id: 'v',
        ip: '10.0.0.2',
        userId: 7,
        status: null,
        level: 1,
        label: '10.0.0.2!',
      })
    })

    test('initial values are defaults of new records, after what was given', async () => {
      const { Visit, SubVisit } = fixture
      expect(new Visit().status).toBe('new')
      expect([new Visit({ status: 'given' }).status, new Visit({ status: 'given' }).level]).toEqual(['given', 1])
      expect((Visit.make({ status: 'made' } as never) as VisitRecord).status).toBe('made')
      await Visit.insertMany([{ id: 'a' }, { id: 'b', level: 5 }] as never)
      const [a, b] = (await Visit.orderBy('id' as never).get()) as VisitRecord[]
      expect([a!.status, a!.level, b!.level]).toEqual(['new', 1, 5])
      const sub = new SubVisit({ extra: 'x', level: 3 })
      expect([sub.extra, sub.level, sub.status]).toEqual(['x', 3, 'new'])
    })
  },
)

describe('standard decorators at the wrong place', () => {
  const wrong = [
    ['a method', '@Attribute() ip() {}'],
    ['a static field', "@Attribute({ cast: 'string' }) static ip = 'x'"],
    ['a private field', '@Searchable() #ip = 1'],
  ] as const
  test.each(wrong)('%s', (_, member) => {
    const source = `import { Attribute, Model, Searchable } from 'activeredis'\nexport class Visit extends Model { ${member} }`
    expect(() => compileModels(source, true, '2023-11')).toThrow(DefinitionError)
  })

  test('without a cast: there are no types to take it from', () => {
    const source = `import { Attribute, Model } from 'activeredis'\nexport class Visit extends Model { @Attribute() ip!: string }`
    const { Visit } = compileModels<Fixture>(source, true, '2023-11')
    expect(() => new Visit()).toThrow('name its cast')
  })
})
