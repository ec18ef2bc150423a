import { describe, expect, test } from '@jest/globals'
import type { Connection, ConnectionResolver } from '../../src/connections/connection.js'
import { ArrayRepository } from '../../src/repositories/array/array-repository.js'
import type { ConnectionSource } from '../../src/repositories/connection-source.js'
import { RepositoryFactory } from '../../src/repositories/repository-factory.js'
import { sampleSchema } from './sample-schema.js'

class Refusing implements ConnectionResolver {
  readonly asked: (string | undefined)[] = []
  async connection(name: string | undefined): Promise<Connection> {
    this.asked.push(name)
    throw new Error('no server here')
  }
}

describe('RepositoryFactory', () => {
  test.each(['array', 'cluster', 'indexed', 'redis'])(
    'makes the repository %s without opening a connection',
    (name) => {
      const resolver = new Refusing()
      expect(new RepositoryFactory(resolver).repository(name).name).toBe(name)
      expect(resolver.asked).toEqual([])
    },
  )

  test('asks for the named connection when an operation needs it', async () => {
    const resolver = new Refusing()
    const repository = new RepositoryFactory(resolver).repository('indexed', 'other')
    await expect(repository.fetch(sampleSchema(1), ['a'])).rejects.toThrow('no server here')
    expect(resolver.asked).toEqual(['other'])
  })

  test('keeps one instance for each choice and connection', () => {
    const factory = new RepositoryFactory(new Refusing())
    expect(factory.repository('array')).toBe(factory.repository('array'))
    expect(factory.repository('array', 'a')).toBe(factory.repository('array', 'a'))
    expect(factory.repository('array', 'a')).not.toBe(factory.repository('array', 'b'))
    expect(factory.repository('array', 'a')).not.toBe(factory.repository('indexed', 'a'))
  })

  test('takes a class, which is given its connection, and an object as it is', async () => {
    const resolver = new Refusing()
    class Own extends ArrayRepository {
      readonly source: ConnectionSource
      constructor(source: ConnectionSource) {
        super()
        this.source = source
      }
    }
    const factory = new RepositoryFactory(resolver)
    const own = factory.repository(Own, 'mine') as Own
    expect(own).toBeInstanceOf(Own)
    expect(factory.repository(Own, 'mine')).toBe(own)
    await expect(own.source()).rejects.toThrow('no server here')
    expect(resolver.asked).toEqual(['mine'])
    const object = new ArrayRepository()
    expect(factory.repository(object)).toBe(object)
  })

  test.each(['mongo', '', '__proto__', 'constructor'])('refuses the name %j', (name) => {
    const factory = new RepositoryFactory(new Refusing())
    expect(() => factory.repository(name)).toThrow(`Repository [${name}] is not supported.`)
    expect(() => factory.repository(name)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

describe('ArrayRepository', () => {
  test('expires records by the clock that it was given', async () => {
    let now = 1_000
    const repository = new ArrayRepository({ now: () => now })
    const schema = sampleSchema(1)
    await repository.insert(schema, { id: 'a', fields: [], expiresAtMs: 2_000 }, { replace: false })
    await repository.insert(schema, { id: 'b', fields: [], expiresAtMs: 3_000 }, { replace: false })
    now = 1_999
    expect(await repository.fetch(schema, ['a'])).toEqual([{ id: 'a', fields: [] }])
    now = 2_000
    expect(await repository.fetch(schema, ['a', 'b'])).toEqual([null, { id: 'b', fields: [] }])
    await repository.expire(schema, 'b', 2_500)
    now = 2_500
    expect(await repository.count(schema, { type: 'all', of: [] })).toMatchObject({ count: 0 })
  })
})
