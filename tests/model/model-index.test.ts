import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { ConnectionManager } from '../../src/connections/connection-manager.js'
import { UniqueConstraintError } from '../../src/errors/conflict-errors.js'
import { IndexNotReadyError } from '../../src/errors/index-errors.js'
import { Attribute, Entity, Model, migratingFrom, Searchable, Unique } from '../../src/index.js'
import { targetUrl } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'

describeTargets(['redis-server', 'redis-cluster'], (target) => {
  describe('the indexes of a model', () => {
    const manager = new ConnectionManager({})
    beforeAll(() => {
      manager.define('default', targetUrl(target))
      Model.useConnections(manager)
    })
    afterAll(() => manager.closeAll())

    test('are verified, and built when an attribute becomes searchable', async () => {
      @Entity({ prefix: 'readings' })
      class Reading extends Model {
        @Attribute() @Searchable() declare place: string
        @Attribute() declare unit: string
      }
      await Reading.insertMany(Array.from({ length: 30 }, (_, at) => ({ place: `p${at % 3}`, unit: `u${at % 2}` })))
      expect(await Reading.index.verify()).toMatchObject({ model: 'Reading', records: 30, isClean: true })

      @Entity({ prefix: 'readings', connection: 'second' })
      class ReadingNow extends Model {
        @Attribute() @Searchable() declare place: string
        @Attribute() @Searchable() declare unit: string
      }
      manager.define('second', targetUrl(target))
      await expect(ReadingNow.where('unit', 'u1').count()).rejects.toThrow(IndexNotReadyError)
      expect(await ReadingNow.where('place', 'p1').count()).toBe(10)
      await ReadingNow.index.rebuild()
      expect(await ReadingNow.where('unit', 'u1').count()).toBe(15)
      expect(await Reading.where('place', 'p1').count()).toBe(10)
      expect(await ReadingNow.index.status()).toMatchObject({ isReady: true, records: 30 })
      expect(await ReadingNow.truncate()).toBe(30)
    })

    test('are looked after with the claims of unique attributes, which are made for records that have none', async () => {
      @Entity({ prefix: 'people', connection: 'loose' })
      class Person extends Model {
        declare id: string
        @Attribute() declare email: string
      }
      @Entity({ prefix: 'people', connection: 'strict' })
      class UniquePerson extends Model {
        declare id: string
        @Attribute() @Unique() declare email: string
      }
      manager.define('loose', targetUrl(target))
      manager.define('strict', targetUrl(target))
      for (const id of ['a', 'b', 'c']) await Person.create({ id, email: `${id}@example.org` })
      await UniquePerson.create({ id: 'd', email: 'd@example.org' })
      const found = await UniquePerson.index.verify()
      expect(found.indexes).toMatchObject([{ index: 'unique (email)', missing: 3, stale: 0 }])
      expect(await UniquePerson.index.repair()).toMatchObject({ mended: 3 })
      expect(await UniquePerson.index.verify()).toMatchObject({ isClean: true })
      await expect(UniquePerson.create({ id: 'e', email: 'b@example.org' })).rejects.toThrow(UniqueConstraintError)

      await Person.create({ id: 'twin', email: 'c@example.org' })
      const twins = await UniquePerson.index.repair()
      expect(twins.indexes).toMatchObject([{ index: 'unique (email)', missing: 0, stale: 1 }])
      expect(twins.mended).toBe(0)
      await Person.destroy('twin')
      expect(await UniquePerson.index.verify()).toMatchObject({ isClean: true, records: 4 })
    })

    test('move with the model', async () => {
      @Entity({ prefix: 'moves', repository: 'redis', connection: 'old' })
      class Before extends Model {
        declare id: string
        @Attribute() @Searchable() declare place: string
      }
      @Entity({ prefix: 'moves', repository: migratingFrom('redis') })
      class During extends Model {
        @Attribute() @Searchable() declare place: string
      }
      @Entity({ prefix: 'moves', connection: 'new' })
      class After extends Model {
        @Attribute() @Searchable() declare place: string
      }
      manager.define('old', targetUrl(target))
      manager.define('new', targetUrl(target))
      for (let at = 0; at < 12; at++) await Before.create({ id: `m${at}`, place: `p${at % 3}` })
      expect(await During.where('place', 'p1').count()).toBe(4)
      expect(await During.migrate({ from: 'redis', dryRun: true })).toMatchObject({ found: 12, moved: 12 })
      expect(await During.migrate({ from: 'redis' })).toMatchObject({ moved: 12, left: 0 })
      const record = await During.findOrFail('m4')
      await record.update({ place: 'elsewhere' })
      expect(await During.where('place', 'p1').ids()).toEqual(expect.arrayContaining(['m1', 'm10', 'm7']))
      await After.migrate({ from: 'redis', finish: true })
      expect(await After.where('place', 'p1').count()).toBe(3)
      expect(await After.index.verify()).toMatchObject({ isClean: true, records: 12 })
    })
  })
})

describe('a repository without indexes', () => {
  test('has nothing to look after', async () => {
    class Note extends Model {}
    Note.setRepository('array')
    await Note.create()
    expect(await Note.index.verify()).toMatchObject({ model: 'Note', records: 0, isClean: true })
    expect(await Note.index.repair()).toMatchObject({ mended: 0 })
    expect(await Note.index.build()).toMatchObject({ partitions: 0 })
    expect(await Note.index.prune()).toMatchObject({ inUse: 0 })
    expect(await Note.index.status()).toMatchObject({ isReady: true })
    expect(await Note.index.sweep()).toBe(0)
  })
})

describe('a sweeper', () => {
  class Note extends Model {}
  afterEach(() => {
    jest.useRealTimers()
  })
  const withRounds = (rounds: (() => Promise<number>)[]) => {
    const budgets: (number | undefined)[] = []
    const { index } = Note
    index.sweep = async ({ limit } = {}) => {
      budgets.push(limit)
      return (await rounds.shift()?.()) ?? 0
    }
    return { index, budgets }
  }

  test('sweeps within its budget after each pause, until it is stopped', async () => {
    jest.useFakeTimers()
    const { index, budgets } = withRounds([async () => 5, async () => 0])
    const swept: number[] = []
    const sweeper = index.startSweeper({ intervalMs: 1000, budget: 50, onSweep: (removed) => swept.push(removed) })
    await jest.advanceTimersByTimeAsync(999)
    expect(budgets).toEqual([])
    await jest.advanceTimersByTimeAsync(1001)
    expect(budgets).toEqual([50, 50])
    expect(swept).toEqual([5, 0])
    await sweeper.stop()
    await jest.advanceTimersByTimeAsync(10_000)
    expect(budgets).toHaveLength(2)
  })

  test('tells of a round that failed, and goes on', async () => {
    jest.useFakeTimers()
    const failure = new Error('out of reach')
    const { index, budgets } = withRounds([() => Promise.reject(failure)])
    const errors: unknown[] = []
    const sweeper = index.startSweeper({ intervalMs: 10, onError: (error) => errors.push(error) })
    await jest.advanceTimersByTimeAsync(25)
    expect(errors).toEqual([failure])
    expect(budgets).toEqual([10_000, 10_000])
    await sweeper.stop()
  })

  test('waits, when it is stopped, for the round under way', async () => {
    jest.useFakeTimers()
    let finish = (_removed: number) => {}
    const { index } = withRounds([() => new Promise((resolve) => (finish = resolve))])
    const sweeper = index.startSweeper({ intervalMs: 10 })
    await jest.advanceTimersByTimeAsync(10)
    let isStopped = false
    const stopping = sweeper.stop().then(() => {
      isStopped = true
    })
    await jest.advanceTimersByTimeAsync(100)
    expect(isStopped).toBe(false)
    finish(0)
    await stopping
    expect(isStopped).toBe(true)
  })

  test('refuses options that cannot be', () => {
    for (const intervalMs of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
      expect(() => Note.index.startSweeper({ intervalMs })).toThrow('intervalMs is')
    }
    expect(() => Note.index.startSweeper({ budget: 0 })).toThrow('budget is 0')
  })
})
