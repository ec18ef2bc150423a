import { expect, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import type { Criterion } from '../../src/repositories/criteria.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { sampleSchema } from './sample-schema.js'

const schema = sampleSchema(1, 'unions')

/** A connection that does something after each batch of requests. */
const interrupted = (connection: Connection, after: (batch: number) => Promise<void>): Connection => {
  let batch = 0
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'execute') {
        return async (requests: Parameters<Connection['execute']>[0]) => {
          const outcomes = await target.execute(requests)
          await after(batch++)
          return outcomes
        }
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

describeTargets(['redis-server'], (target) => {
  test('alternatives are read to their end by the indexes with which they were begun', async () => {
    const connection = await openTarget(target)
    const plain = new IndexedRepository(async () => connection)
    const insert = (id: string, ip: string, userId: number) => {
      const record = { id, fields: ['ip', ip, 'userId', String(userId)], expiresAtMs: null }
      return plain.insert(schema, record, { replace: false })
    }
    for (let at = 0; at < 30; at++) await insert(`both${at}`, 'a', 500 + at)
    for (let at = 0; at < 3; at++) await insert(`ip${at}`, 'a', 1)
    for (let at = 0; at < 100; at++) await insert(`other${at}`, 'c', 2)
    const both: Criterion = {
      type: 'all',
      of: [
        { type: 'equals', attribute: 'ip', value: 'a' },
        { type: 'range', attribute: 'userId', min: { value: '100', inclusive: true } },
      ],
    }
    const where: Criterion = { type: 'any', of: [both, { type: 'equals', attribute: 'ip', value: 'none' }] }
    // The records in which the one index is larger than the other come and go while the query is under way.
    const flipping = () =>
      interrupted(connection, async (batch) => {
        for (let at = 0; at < 6; at++) {
          if (batch % 2 === 0) await plain.delete(schema, [`range${at}`])
          else await insert(`range${at}`, 'b', 1000 + at)
        }
      })
    for (let round = 0; round < 2; round++) {
      const repository = () => new IndexedRepository(async () => flipping(), { candidates: 7, chunk: 3 })
      const reset = async () => {
        for (let at = 0; at < 6; at++) {
          if (round === 0) await insert(`range${at}`, 'b', 1000 + at)
          else await plain.delete(schema, [`range${at}`])
        }
      }
      await reset()
      expect((await repository().count(schema, where)).count).toBe(30)
      await reset()
      const order = [{ attribute: 'name', direction: 'asc' as const }]
      const page = await repository().select(schema, { where, order, limit: null, offset: 0, after: null })
      expect(page.records.length).toBe(30)
      await reset()
      const sum = await repository().aggregate(schema, where, { type: 'sum', attribute: 'userId' })
      expect(sum.value).toBe(String(30 * 500 + (30 * 29) / 2))
    }
    await plain.clear(schema)
    await connection.close()
  })
})
