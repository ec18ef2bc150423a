import { afterAll, describe, expect, test } from '@jest/globals'
import {
  ArrayRepository,
  Attribute,
  type Connection,
  type ConnectionResolver,
  connections,
  Entity,
  InvalidArgumentError,
  Model,
  Searchable,
} from '../../src/index.js'

class Animal extends Model {
  @Attribute() @Searchable() declare name: string
}
class Cat extends Animal {}
class Plant extends Model {}
@Entity({ repository: 'redis', connection: 'garden' })
class Tree extends Plant {}
class Oak extends Tree {}

class NamedConnections implements ConnectionResolver {
  readonly asked: (string | undefined)[] = []
  async connection(name: string | undefined): Promise<Connection> {
    this.asked.push(name)
    throw new Error(`asked for ${name}`)
  }
}

afterAll(() => Model.useConnections(connections))

describe('the repository of a class', () => {
  test('is indexed, until something else is set', () => {
    expect(Plant.getRepository().name).toBe('indexed')
    expect(Tree.getRepository().name).toBe('redis')
    expect(Oak.getRepository().name).toBe('redis')
  })

  test('is that of the nearest class that chose one: setting it for one class leaves the others alone', () => {
    Model.setRepository('array')
    expect([Plant, Animal, Cat].map((model) => model.getRepository().name)).toEqual(['array', 'array', 'array'])
    expect(Tree.getRepository().name).toBe('redis')
    Animal.setRepository('cluster')
    expect([Plant, Animal, Cat].map((model) => model.getRepository().name)).toEqual(['array', 'cluster', 'cluster'])
    Tree.setRepository('array')
    expect(Oak.getRepository().name).toBe('array')
    const own = new ArrayRepository()
    Cat.setRepository(own)
    expect([Cat.getRepository() === own, Animal.getRepository() === own]).toEqual([true, false])
  })

  test('can be any class of repositories', async () => {
    class Silent extends ArrayRepository {
      constructor(_connection: () => Promise<Connection>) {
        super()
      }
      override insert = async () => 'inserted' as const
    }
    Cat.setRepository(Silent)
    expect(Cat.getRepository()).toBe(Cat.getRepository())
    expect((await Cat.create({ name: 'Tom' })).exists).toBe(true)
    expect(await Cat.all()).toEqual([])
  })

  test('with an unknown name is refused at once', () => {
    expect(() => Cat.setRepository('mongo')).toThrow(InvalidArgumentError)
    expect(() => Cat.setRepository('mongo')).toThrow('Repository [mongo] is not supported.')
  })
})

describe('the connection of a class', () => {
  test('is the one that it names, opened at the first question', async () => {
    const resolver = new NamedConnections()
    Model.useConnections(resolver)
    Tree.setRepository('redis')
    Animal.setRepository('redis')
    const questions: [typeof Tree | typeof Animal, string][] = [
      [Tree, 'garden'],
      [Oak, 'garden'],
      [Animal, 'undefined'],
    ]
    for (const [model, name] of questions) {
      expect(model.getRepository().name).toBe('redis')
      await expect((model as typeof Animal).count()).rejects.toThrow(`asked for ${name}`)
    }
    expect(resolver.asked).toEqual(['garden', 'garden', undefined])
  })

  test('can be set, and set back to the default', async () => {
    const resolver = new NamedConnections()
    Model.useConnections(resolver)
    Oak.setConnection('forest')
    await expect(Oak.count()).rejects.toThrow('asked for forest')
    Oak.setConnection(null)
    await expect(Oak.count()).rejects.toThrow('asked for undefined')
  })
})

describe('attributes that are no object', () => {
  const record = Cat.make({ name: 'Tom' })

  test.each([[null], ['text'], [7], [[]], [new Map()], [record]])(
    '%p is refused wherever attributes are given',
    async (given) => {
      const attributes = given as never
      const message = 'Attributes of model [Plant] are given as an object of values by name, not as '
      expect(() => new Plant(attributes)).toThrow(message)
      expect(() => Plant.make(attributes)).toThrow(InvalidArgumentError)
      expect(() => new Plant().fill(attributes)).toThrow(message)
      await expect(Plant.create(attributes)).rejects.toThrow(message)
    },
  )

  test('a record is refused as condition too: it says nothing, and would mean all records', async () => {
    Cat.setRepository(new ArrayRepository())
    await Cat.create({ name: 'Felix' })
    const message =
      'Conditions of model [Cat] are given as an object of values by name, not as an instance of Cat: name'
    expect(() => Cat.where(record)).toThrow(message)
    expect(() => Cat.query().orWhere(record)).toThrow(message)
    expect(() => Cat.query().whereNot(new Map() as never)).toThrow(InvalidArgumentError)
    await expect(Cat.firstOrCreate(record)).rejects.toThrow(message)
    await expect(Cat.firstOrNew(record)).rejects.toThrow(message)
    await expect((await Cat.firstOrFail()).saveIf(record)).rejects.toThrow(message)
    expect(await Cat.count()).toBe(1)
  })

  test('a record among the rows of a bulk write fails, and nothing empty is stored', async () => {
    Cat.setRepository(new ArrayRepository())
    const rows = [{ name: 'Felix' }, record]
    const error = { error: expect.any(InvalidArgumentError) }
    expect(await Cat.insertMany(rows)).toMatchObject({ inserted: 1, failures: [error] })
    await Cat.truncate()
    await expect(Cat.createMany(rows)).rejects.toMatchObject({ report: { created: 1, failures: [error] } })
    expect(await Cat.upsert(rows, 'name')).toMatchObject({ unchanged: 1, failures: [error] })
    await expect(Cat.query().update(record)).rejects.toThrow(InvalidArgumentError)
    expect((await Cat.all()).map(({ name }) => name)).toEqual(['Felix'])
  })
})
