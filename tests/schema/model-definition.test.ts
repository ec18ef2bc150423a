import 'reflect-metadata'
import { describe, expect, test } from '@jest/globals'
import {
  ArrayRepository,
  Attribute,
  type Cast,
  CastMismatch,
  DefinitionError,
  Entity,
  Model,
  type Ranged,
  Searchable,
} from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { defaultPrefix } from '../../src/schema/default-prefix.js'

const schemaOf = (recordClass: { prototype: object }) => definitionOf(recordClass.prototype).schema

describe('defaultPrefix', () => {
  test.each([
    ['Visit', 'visits'],
    ['UserVisit', 'user_visits'],
    ['City', 'cities'],
    ['Day', 'days'],
    ['Box', 'boxes'],
    ['Bus', 'buses'],
    ['Branch', 'branches'],
    ['Quiz', 'quizzes'],
    ['Person', 'people'],
    ['UserChild', 'user_children'],
    ['Analysis', 'analyses'],
    ['Metadata', 'metadata'],
    ['HTTPRequest', 'http_requests'],
    ['Ipv6Address', 'ipv6_addresses'],
    ['OAuth2Token', 'o_auth2_tokens'],
  ])('%s is kept under %s', (className, prefix) => {
    expect(defaultPrefix(className)).toBe(prefix)
  })
})

describe('a definition', () => {
  test('of a class without any decorator has the defaults', () => {
    class Visit extends Model {}
    const { schema, createdAt, updatedAt } = definitionOf(Visit.prototype)
    expect(schema).toMatchObject({ modelName: 'Visit', prefix: 'visits', keyName: 'id', partitions: 6, searchable: [] })
    expect([...schema.attributes.keys()]).toEqual(['created_at', 'updated_at'])
    expect([createdAt, updatedAt]).toEqual(['created_at', 'updated_at'])
  })

  test('of a subclass adds and overrides attributes, and inherits options except the prefix', () => {
    @Entity({ key: 'uid', partitions: 4, timestamps: false, prefix: 'animals' })
    class Animal extends Model {
      @Attribute() @Searchable() declare name: string
      @Attribute() declare weight: number
    }
    @Entity({ partitions: 2 })
    class Cat extends Animal {
      @Attribute({ cast: Number }) @Searchable({ range: true }) declare weight: Ranged<number>
      @Attribute({ cast: 'integer' }) declare name: never
      @Attribute() declare indoor: boolean
    }
    const cat = schemaOf(Cat)
    expect(cat).toMatchObject({ modelName: 'Cat', prefix: 'cats', keyName: 'uid', partitions: 2 })
    expect([...cat.attributes].map(([name, { cast, index }]) => [name, cast.name, index])).toEqual([
      ['name', 'integer', { range: false }],
      ['weight', 'float', { range: true }],
      ['indoor', 'boolean', null],
    ])
    expect(cat.searchable.map(({ name }) => name)).toEqual(['name', 'weight'])
    expect(schemaOf(Animal)).toMatchObject({ prefix: 'animals', partitions: 4 })
    expect(schemaOf(Animal).attributes.get('weight')?.index).toBeNull()
    expect(Object.isFrozen(cat)).toBe(true)
  })

  test('takes the cast from whichever decorator names it, in either order', () => {
    class Visit extends Model {
      @Searchable({ range: true, cast: 'integer', default: 3 }) declare alone: Ranged<number>
      @Attribute() @Searchable({ range: true, cast: Number }) declare before: Ranged<number>
      @Searchable({ cast: 'timestamp' }) @Attribute() declare after: number
      @Attribute({ cast: 'integer' }) @Searchable() declare other: number
    }
    class Late extends Visit {
      @Attribute({ cast: Boolean }) declare after: never
    }
    const castsOf = (model: typeof Model) =>
      [...schemaOf(model).attributes].slice(0, 4).map(([name, { cast }]) => [name, cast.name])
    expect(castsOf(Visit)).toEqual([
      ['alone', 'integer'],
      ['before', 'float'],
      ['after', 'timestamp'],
      ['other', 'integer'],
    ])
    expect(castsOf(Late)[2]).toEqual(['after', 'boolean'])
  })

  test('lists searchable attributes in order of their UTF-8 bytes', () => {
    class Visit extends Model {
      @Searchable() declare b: string
      @Searchable() declare '\uffee': string
      @Searchable() declare '\u{1f600}': string
      @Searchable() declare B: string
    }
    expect(schemaOf(Visit).searchable.map(({ name }) => name)).toEqual(['B', 'b', '\uffee', '\u{1f600}'])
  })

  test('renames the times, leaves out either, and takes a declared one with its index', () => {
    @Entity({ createdAt: 'bornAt', updatedAt: null })
    class Visit extends Model {
      @Attribute({ cast: Date }) @Searchable({ range: true }) declare bornAt: Ranged<Date>
    }
    const { schema, createdAt, updatedAt } = definitionOf(Visit.prototype)
    expect([createdAt, updatedAt]).toEqual(['bornAt', null])
    expect(schema.attributes.get('bornAt')).toMatchObject({ index: { range: true }, cast: { name: 'datetime' } })
  })

  test('the key may be declared as text, whose index it has anyway', () => {
    class Visit extends Model {
      @Attribute() @Searchable() declare id: string
    }
    expect(schemaOf(Visit).attributes.has('id')).toBe(false)
  })
})

describe('a cast of its own', () => {
  /** IPv4 addresses, ordered by number. */
  class AddressCast implements Cast<string> {
    readonly name = 'address'
    readonly order = 'score'
    readonly isText = false
    readonly expects = 'an IPv4 address'
    toStored(value: unknown): string {
      if (typeof value !== 'string' || Number.isNaN(this.rank(value))) throw new CastMismatch()
      return value
    }
    fromStored(text: string): string {
      return text
    }
    rank(stored: string): number {
      return stored.split('.').reduce((number, part) => number * 256 + Number(part), 0)
    }
  }

  class Host extends Model {
    @Attribute({ cast: new AddressCast() }) @Searchable({ range: true }) declare address: Ranged<string>
  }

  test('stores, orders and refuses values', async () => {
    Host.setRepository(new ArrayRepository())
    await Host.insertMany(['10.0.0.10', '9.0.0.1', '10.0.0.9'].map((address) => ({ address })))
    const addresses = (await Host.where('address', '>', '9.1.0.0').orderBy('address').get()).map(
      ({ address }) => address,
    )
    expect(addresses).toEqual(['10.0.0.9', '10.0.0.10'])
    expect(() => Host.make({ address: 'x' })).toThrow("cannot hold 'x': expected an IPv4 address.")
  })
})

describe('a wrong declaration is an error that says what to write', () => {
  const message = (define: () => { prototype: object }): string => {
    try {
      definitionOf(define().prototype)
    } catch (error) {
      expect(error).toBeInstanceOf(DefinitionError)
      return (error as Error).message
    }
    return 'no error'
  }

  test('a class field whose type is only inferred', () => {
    class Visit extends Model {
      @Attribute() count = 5
    }
    expect(message(() => Visit)).toMatch(
      /the attribute 'count': the compiler recorded no type for it; write its type.*`count = 5`/,
    )
  })

  test('a type that the compiler does not record', () => {
    class Visit extends Model {
      @Attribute() declare ip: string | null
    }
    expect(message(() => Visit)).toMatch(
      /Model \[Visit\]: the attribute 'ip': the compiler recorded no usable type.*@Attribute\(\{ cast: 'string' \}\)/,
    )
  })

  test('a range index over values without an order', () => {
    class Visit extends Model {
      @Attribute({ cast: BigInt }) @Searchable({ range: true }) declare total: Ranged<bigint>
    }
    expect(message(() => Visit)).toContain("'total' is cast to bigint, which has no order")
  })

  test('a key that is no text', () => {
    class Visit extends Model {
      @Attribute() declare id: number
    }
    expect(message(() => Visit)).toContain("the key 'id' is text: declare it `declare id: string`")
  })

  test('an attribute with the name of a method', () => {
    class Visit extends Model {}
    Attribute({ cast: 'string' })(Visit.prototype, 'save')
    expect(message(() => Visit)).toContain("'save' has the name of a method or accessor")
  })

  test.each([[{ prefix: '' }], [{ prefix: 'a{b}' }], [{ prefix: 'a b' }], [{ prefix: 'idx:a' }]])(
    'the prefix of %j',
    (options) => {
      @Entity(options)
      class Visit extends Model {}
      expect(message(() => Visit)).toContain('cannot be a key prefix')
    },
  )

  test.each([[0], [1.5], [1025], ['4']])('%p partitions', (partitions) => {
    @Entity({ partitions: partitions as number })
    class Visit extends Model {}
    expect(message(() => Visit)).toContain('it must be an integer from 1 to 1024')
  })

  test('a time that is no moment', () => {
    class Visit extends Model {
      @Attribute() declare created_at: string
    }
    expect(message(() => Visit)).toContain("the time 'created_at' is a moment: declare it as Dayjs or Date")
  })

  test('names that collide', () => {
    @Entity({ key: 'created_at' })
    class Visit extends Model {}
    expect(message(() => Visit)).toContain('need names of their own')
  })

  test('an unknown option of @Entity', () => {
    const decorate = () => Entity({ table: 'x' } as object)(class Visit extends Model {})
    expect(decorate).toThrow("Model [Visit]: @Entity has no option 'table'; it has repository, connection")
  })

  test('a decorator on a method, an accessor or a static', () => {
    expect(() => {
      class Visit extends Model {
        @Attribute() get ip(): string {
          return ''
        }
      }
      return Visit
    }).toThrow("@Attribute stands at 'ip', which is no property of instances: declare it as `declare ip: …`")
    expect(() => {
      class Visit extends Model {
        @Searchable() static ip: string
      }
      return Visit
    }).toThrow('no property of instances')
  })

  test('a constructor that does not work without arguments', () => {
    class Picky extends Model {
      readonly length: number
      constructor(options: { name: string }) {
        super()
        this.length = options.name.length
      }
    }
    expect(() => Picky.make()).toThrow(DefinitionError)
    expect(() => Picky.make()).toThrow(/its constructor failed: Cannot read .* give its parameters defaults/)
  })

  test('decorators compiled in the standard way by a compiler that keeps no metadata', () => {
    const decorate = Attribute() as unknown as (value: undefined, context: object) => void
    expect(() => decorate(undefined, { kind: 'field', name: 'ip' })).toThrow(
      `@Attribute on 'ip' was compiled as a standard decorator without metadata`,
    )
  })

  test('a question to the base class', () => {
    expect(() => (Model as unknown as { count(): unknown }).count()).toThrow(
      'it is the base of models and stores nothing',
    )
  })

  test('NaN in an attribute with a range index, also in a condition', () => {
    class Visit extends Model {
      @Attribute({ cast: Number }) @Searchable({ range: true }) declare score: Ranged<number>
    }
    expect(() => Visit.make({ score: Number.NaN })).toThrow('cannot hold NaN (it has no place in a range index)')
    expect(() => Visit.where('score', '>', Number.NaN)).toThrow('cannot hold NaN')
    expect(Visit.make({ score: Number.POSITIVE_INFINITY }).score).toBe(Number.POSITIVE_INFINITY)
  })
})
