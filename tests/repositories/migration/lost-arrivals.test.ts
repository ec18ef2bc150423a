import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Connection, Request } from '../../../src/connections/connection.js'
import { IndexedRepository } from '../../../src/repositories/indexed/indexed-repository.js'
import { partitionOfRecord } from '../../../src/repositories/indexed/layout.js'
import { arrive } from '../../../src/repositories/migration/arrivals.js'
import { MigratingRepository } from '../../../src/repositories/migration/migrating-repository.js'
import { integerCast } from '../../../src/schema/casts/number-casts.js'
import { openTarget } from '../../support/open-target.js'
import { describeTargets } from '../../support/targets.js'
import { schemaOf } from '../sample-schema.js'

const all = { where: { type: 'all', of: [] }, order: [], limit: null, offset: 0, after: null } as const
const FROM = { partitions: 2 }

/** A connection on which something happens after the first answer about arrivals. */
function interrupted(connection: Connection, happen: () => Promise<void>): Connection {
  let isDone = false
  return new Proxy(connection, {
    get: (of, name) => {
      const value = Reflect.get(of, name, of)
      if (name !== 'execute') return typeof value === 'function' ? value.bind(of) : value
      return async (requests: readonly Request[]) => {
        const outcomes = await of.execute(requests)
        const isAsked = requests.some((request) => request.type === 'command' && request.name === 'SMISMEMBER')
        if (isAsked && !isDone) {
          isDone = true
          await happen()
        }
        return outcomes
      }
    },
  })
}

describeTargets(['redis-server', 'embedded-node'], (target) => {
  let connection: Connection
  beforeAll(async () => {
    connection = await openTarget(target)
  })
  afterAll(() => connection?.close())

  /** Five records in the old layout, of which one has arrived in the new one as well; and how that is lost, as in a failover. */
  const half = async () => {
    const schema = schemaOf(`lost${randomUUID().slice(0, 8)}`, 4, { level: [integerCast, 'range'] })
    const target = new IndexedRepository(async () => connection)
    const ids = ['a', 'b', 'c', 'd', 'e']
    const records = ids.map((id, level) => ({ id, fields: ['level', String(level)], expiresAtMs: null }))
    await target.insertMany({ ...schema, ...FROM }, records)
    const record = { ...records[1]!, createdAtMs: Date.now() }
    const bring = () => arrive(connection, schema, record, null)
    const lose = async () => {
      await target.delete(schema, ['b'])
      const key = `${partitionOfRecord(schema, record).keys[0]}:%arrived`
      await connection.send({ type: 'command', name: 'SREM', keys: [key], args: ['b'] })
    }
    expect(await bring()).toBe('arrived')
    const reader = (happen: () => Promise<unknown>) =>
      new MigratingRepository(async () => interrupted(connection, async () => void (await happen())), FROM)
    return { schema, ids, target, bring, lose, reader }
  }

  test('a record whose arrival is lost while a query runs is taken from the layout that it has not left', async () => {
    for (const order of [[], [{ attribute: 'level', direction: 'asc' }]] as const) {
      const { schema, ids, lose, reader } = await half()
      const { records } = await reader(lose).select(schema, { ...all, order, limit: 5 })
      expect(records.map(({ id }) => id).sort()).toEqual(ids)
    }
    const counted = await half()
    expect((await counted.reader(counted.lose).count(counted.schema, all.where)).count).toBe(5)
    const fetched = await half()
    const found = await fetched.reader(fetched.lose).fetch(fetched.schema, fetched.ids)
    expect(found.map((record) => record?.id)).toEqual(fetched.ids)
    const one = await half()
    expect(await one.reader(one.lose).expiry(one.schema, 'b')).toBeNull()
  })

  test('one that had arrived and was deleted stays deleted', async () => {
    const { schema, target, reader } = await half()
    const repository = reader(() => target.delete(schema, ['b']))
    expect((await repository.select(schema, all)).records.map(({ id }) => id)).toEqual(['a', 'c', 'd', 'e'])
    expect((await repository.count(schema, all.where)).count).toBe(4)
    expect(await repository.fetch(schema, ['a', 'b'])).toMatchObject([{ id: 'a' }, null])
    expect(await repository.expiry(schema, 'b')).toBeUndefined()
  })
})
