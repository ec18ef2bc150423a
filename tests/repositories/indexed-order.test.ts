import { expect, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { partitionOf } from '../../src/schema/partition.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { sampleSchema } from './sample-schema.js'

const PARTITIONS = 3
const schema = sampleSchema(PARTITIONS, 'order')

/** Ids of one partition. */
const idsIn = (partition: number, count: number): string[] => {
  const ids: string[] = []
  for (let number = 0; ids.length < count; number += 1) {
    if (partitionOf(`id${number}`, PARTITIONS) === partition) ids.push(`id${number}`)
  }
  return ids
}

/** A connection that runs something before a batch of requests, when the time has come. */
const interrupted = (connection: Connection, before: (batch: number) => Promise<void>): Connection => {
  let batch = 0
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'execute') {
        return async (requests: Parameters<Connection['execute']>[0]) => {
          await before(batch++)
          return target.execute(requests)
        }
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

describeTargets(['redis-server'], (target) => {
  test('a row that comes between two calls of one query never breaks the order of the answer', async () => {
    const connection = await openTarget(target)
    const plain = new IndexedRepository(async () => connection)
    const insert = (id: string, userId: number) =>
      plain.insert(schema, { id, fields: ['userId', String(userId)], expiresAtMs: null }, { replace: false })
    const [first, second] = [idsIn(0, 101), idsIn(1, 5)]
    // Partition 0 has many rows before a gap, and more behind it; the rows of partition 1 lie in the gap.
    for (const [at, id] of first.slice(0, 100).entries()) await insert(id, at < 20 ? at : 600 + at)
    for (const [at, id] of second.entries()) await insert(id, 500 + at)
    const select = async (limit: number) => {
      const repository = new IndexedRepository(async () =>
        interrupted(connection, async (batch) => {
          if (batch > 0) await insert(first[100]!, 100)
        }),
      )
      const order = [{ attribute: 'userId', direction: 'asc' }] as const
      const where = { type: 'all', of: [] } as const
      const page = await repository.select(schema, { where, order, limit, offset: 0, after: null })
      await plain.delete(schema, [first[100]!])
      return page.records.map(({ fields }) => Number(fields[1]))
    }
    for (let limit = 20; limit < 60; limit += 1) {
      const values = await select(limit)
      expect(values).toEqual([...values].sort((left, right) => left - right))
      expect(values).toHaveLength(limit)
    }
    await plain.clear(schema)
    await connection.close()
  })

  test('a row that changes its place between two calls of one query comes once', async () => {
    const connection = await openTarget(target)
    const plain = new IndexedRepository(async () => connection)
    const [first] = [idsIn(0, 100)]
    for (const [at, id] of first.entries()) {
      const fields = ['name', at % 2 ? 'odd' : 'even', 'userId', String(at)]
      await plain.insert(schema, { id, fields, expiresAtMs: null }, { replace: false })
    }
    const orders = [[{ attribute: 'userId', direction: 'asc' }], [{ attribute: 'name', direction: 'desc' }]] as const
    const narrow = { candidates: 7, chunk: 3 }
    for (const [limit, order, budget] of [
      [60, orders[0], undefined],
      [null, orders[0], narrow],
      [60, orders[1], narrow],
    ] as const) {
      const source = interrupted(connection, async (batch) => {
        if (batch === 1) await plain.update(schema, { id: first[0]!, set: ['userId', '1000', 'name', 'a'], unset: [] })
      })
      const repository = new IndexedRepository(async () => source, budget)
      const where = { type: 'all', of: [] } as const
      const { records } = await repository.select(schema, { where, order, limit, offset: 0, after: null })
      const ids = records.map(({ id }) => id)
      expect(ids).toEqual([...new Set(ids)])
      expect(ids.length).toBeGreaterThanOrEqual(limit ?? 99)
      await plain.update(schema, { id: first[0]!, set: ['userId', '0', 'name', 'even'], unset: [] })
    }
    await plain.clear(schema)
    await connection.close()
  })
})
