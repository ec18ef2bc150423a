import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import type { Criteria, Criterion } from '../../src/repositories/criteria.js'
import { pairsOf } from '../../src/repositories/fields.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { describeTargets } from '../support/targets.js'
import { sampleSchema } from './sample-schema.js'

const everything: Criterion = { type: 'all', of: [] }

jest.setTimeout(120_000)

describeTargets(['redis-server'], () => {
  describe('commands of the indexed repository, as a server sees them', () => {
    let server: RedisServer
    let connection: Connection
    let repository: IndexedRepository
    const schema = sampleSchema(4, 'seen')
    beforeAll(async () => {
      server = await startRedisServer()
      connection = await openConnection('commands', server.url)
      repository = new IndexedRepository(async () => connection)
    }, 60_000)
    afterAll(async () => {
      await connection?.close()
      await server?.stop()
    })
    const insert = async (from: number, to: number) => {
      const rows = Array.from({ length: to - from }, (_, at) => {
        const number = from + at
        const fields = [
          'ip',
          `10.${number % 1000}`,
          'userId',
          String(number),
          'name',
          number % 2 === 0 ? 'even' : 'odd',
        ]
        return { id: `id${number}`, fields, expiresAtMs: null }
      })
      await repository.insertMany(schema, rows)
    }
    const select = (where: Criterion, more: Partial<Criteria> = {}) =>
      repository.select(schema, { where, order: [], limit: 10, offset: 0, after: null, ...more })

    /** Calls of all commands, those of scripts included, by name. */
    const callsDuring = async (work: () => Promise<unknown>): Promise<Map<string, number>> => {
      await connection.send({ type: 'command', name: 'CONFIG', keys: [], args: ['RESETSTAT'] })
      await work()
      const info = String(await connection.send({ type: 'command', name: 'INFO', keys: [], args: ['commandstats'] }))
      const calls = [...info.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)].map(
        ([, name, count]) => [name!, Number(count)] as const,
      )
      return new Map(calls.filter(([name]) => !/^(config|info)/.test(name)))
    }

    test('never include SCAN or KEYS, whatever is done', async () => {
      const calls = await callsDuring(async () => {
        await insert(0, 200)
        await repository.insert(
          schema,
          { id: 'x', fields: ['ip', 'y'], expiresAtMs: Date.now() + 5 },
          { replace: true },
        )
        await repository.update(schema, { id: 'x', newId: 'z', set: ['name', 'n'], unset: ['ip'] })
        await repository.expire(schema, 'id1', Date.now() - 1)
        for (const attribute of ['ip', 'name', 'id']) {
          await select({ type: 'like', attribute, pattern: { parts: ['', '1', ''] } }, { limit: null })
          await repository.count(schema, { type: 'notIn', attribute, values: ['a', null] })
        }
        await select(everything, { order: [{ attribute: 'id', direction: 'desc' }] })
        await repository.fetch(schema, ['id1', 'id2'])
        await repository.expiry(schema, 'id2')
        await repository.delete(schema, ['id2', 'id3'])
        await repository.clear(schema)
      })
      expect([...calls.keys()].filter((name) => /^(scan|keys|[hsz]scan|randomkey|dbsize)$/.test(name))).toEqual([])
      expect(calls.get('evalsha')).toBeGreaterThan(0)
      expect(await connection.send({ type: 'command', name: 'DBSIZE', keys: [], args: [] })).toBe(0)
    })

    test('are as many for the same answer from 20 times the records', async () => {
      const questions: [Criterion, Partial<Criteria>][] = [
        [everything, {}],
        [{ type: 'equals', attribute: 'userId', value: '7' }, {}],
        [{ type: 'equals', attribute: 'name', value: 'odd' }, { order: [{ attribute: 'userId', direction: 'desc' }] }],
        [
          {
            type: 'all',
            of: [
              { type: 'equals', attribute: 'name', value: 'even' },
              { type: 'range', attribute: 'userId', min: { value: '100', inclusive: true } },
            ],
          },
          { order: [{ attribute: 'userId', direction: 'asc' }] },
        ],
        [
          {
            type: 'range',
            attribute: 'userId',
            min: { value: '50', inclusive: false },
            max: { value: '90', inclusive: true },
          },
          {},
        ],
      ]
      const measure = async () => {
        const totals: number[] = []
        for (const [where, more] of questions) {
          const calls = await callsDuring(() => select(where, more))
          totals.push([...calls.values()].reduce((sum, count) => sum + count, 0))
        }
        totals.push((await callsDuring(() => repository.count(schema, everything))).get('zcard') ?? 0)
        return totals
      }
      await insert(0, 1_000)
      const few = await measure()
      await insert(1_000, 20_000)
      const many = await measure()
      for (const [at, total] of many.entries()) expect(total).toBeLessThanOrEqual(few[at]! * 1.5 + 10)
      await repository.clear(schema)
    })

    test('ask each partition once for a page of what one call inserted, in order of creation and id', async () => {
      await insert(0, 3_000)
      const { records, positions, trace } = await select(everything, { limit: 100 })
      expect(trace.roundTrips).toBe(1)
      expect(new Set(positions.map((position) => position.createdAtMs)).size).toBe(1)
      const ids = Array.from({ length: 3_000 }, (_, number) => `id${number}`).sort()
      expect(records.map((record) => record.id)).toEqual(ids.slice(0, 100))
      await repository.clear(schema)
    })

    test('count two equalities by one intersection in each partition, or by a walk where that is not allowed', async () => {
      await insert(0, 3_000)
      const odd: Criterion = { type: 'equals', attribute: 'name', value: 'odd' }
      const where: Criterion = { type: 'all', of: [odd, { type: 'equals', attribute: 'ip', value: '10.7' }] }
      const calls = await callsDuring(async () => expect((await repository.count(schema, where)).count).toBe(3))
      expect([calls.get('zintercard'), calls.get('zmscore')]).toEqual([4, undefined])

      const user = ['SETUSER', 'walker', 'on', '>secret', '~*', '+@all', '-zintercard']
      await connection.send({ type: 'command', name: 'ACL', keys: [], args: user })
      const other = await openConnection('walker', server.url.replace('://', '://walker:secret@'))
      const walking = new IndexedRepository(async () => other)
      const walked = await callsDuring(async () => expect((await walking.count(schema, where)).count).toBe(3))
      await other.close()
      expect(walked.get('zmscore')).toBeGreaterThan(0)
      await repository.clear(schema)
    })

    test('bring every row with its own fields, whatever those of the row before', async () => {
      const shapes = [
        ['ip', 'a', 'name', 'b'],
        ['ip', 'c', 'note', 'd'],
        ['note', 'e', 'ip', 'f'],
        [],
        ['ip', 'g', 'name', 'h'],
      ]
      const rows = Array.from({ length: 40 }, (_, at) => {
        return { id: `id${10 + at}`, fields: shapes[(at * 7) % 5]!, expiresAtMs: null }
      })
      await repository.insertMany(schema, rows)
      const { records } = await select(everything, { limit: null })
      const named = (fields: readonly string[]) => new Map(pairsOf(fields))
      expect(records.map(({ id, fields }) => [id, named(fields)])).toEqual(
        rows.map(({ id, fields }) => [id, named(fields)]),
      )
      await repository.clear(schema)
    })

    test('of an update touch an index only where the value changed', async () => {
      await insert(0, 1)
      const update = (set: string[]) => callsDuring(() => repository.update(schema, { id: 'id0', set, unset: [] }))
      await update(['note', 'n'])
      const unindexed = await update(['note', 'm'])
      expect(Object.fromEntries(unindexed)).toEqual({ evalsha: 1, get: 1, hmget: 1, hset: 1 })
      const same = await update(['ip', '10.0', 'userId', '0', 'name', 'even'])
      expect([same.get('zadd'), same.get('zrem')]).toEqual([undefined, undefined])
      const changed = await update(['ip', '10.1', 'userId', '0', 'name', 'odd'])
      expect(Object.fromEntries(changed)).toEqual({
        evalsha: 1,
        get: 1,
        exists: 1,
        hmget: 1,
        hset: 1,
        zadd: 3,
        zrem: 3,
      })
      await repository.clear(schema)
    })
  })
})
