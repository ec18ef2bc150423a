import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import type { Connection } from '../../src/connections/connection.js'
import type { Criterion } from '../../src/repositories/criteria.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { partitionsOf } from '../../src/repositories/indexed/layout.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets, serverKinds } from '../support/targets.js'
import { auditIndexes, keysUnder } from './index-auditor.js'
import { auditLives } from './index-lives.js'
import { changeSchema } from './sample-schema.js'

jest.setTimeout(120_000)

const HOUR_MS = 3_600_000
const everything: Criterion = { type: 'all', of: [] }

describeTargets(serverKinds, (target) => {
  describe('the life of index keys', () => {
    let connection: Connection
    let repository: IndexedRepository
    beforeAll(async () => {
      connection = await openTarget(target)
      repository = new IndexedRepository(async () => connection)
    })
    afterAll(() => connection.close())
    let number = 0
    const newSchema = (indexTtlMs: number): ModelSchema => ({ ...changeSchema(1, `lives${++number}`), indexTtlMs })
    const insert = (schema: ModelSchema, id: string, fields: string[], expiresAtMs: number | null, replace = false) =>
      repository.insert(schema, { id, fields, expiresAtMs }, { replace })
    const expiryOf = async (schema: ModelSchema, suffix: string) => {
      const key = partitionsOf(schema)[0]!.keys[0] + suffix
      return Number(await connection.send({ type: 'command', name: 'PEXPIRETIME', keys: [key], args: [] }))
    }

    test('is that of their records: none expires before a record in it, however records are written', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 25 }), async (operations) => {
          const schema = newSchema(10_000)
          for (const run of operations) {
            await run(repository, schema)
            expect(await auditLives(connection, schema)).toEqual([])
          }
          expect(await auditIndexes(connection, schema)).toEqual([])
          await repository.clear(schema)
          expect(await keysUnder(connection, `idx:${schema.prefix}:`)).toEqual([])
        }),
        { numRuns: target.topology === 'standalone' ? 100 : 15 },
      )
    })

    test('of records that all expire ends at the latest deadline, and not before the time that the model keeps them', async () => {
      const schema = newSchema(2 * HOUR_MS)
      const [soon, late] = [Date.now() + HOUR_MS, Date.now() + 5 * HOUR_MS]
      await insert(schema, 'a', ['ip', 'x', 'views', '1'], soon)
      await insert(schema, 'b', ['ip', 'y', 'views', '1'], late)
      const kept = Date.now() + 2 * HOUR_MS
      for (const suffix of [':ip:x', '', ':views', ':ip%+note:x%+%null', ':%expiry', ':%terms', ':%schema']) {
        const expiresAtMs = await expiryOf(schema, suffix)
        const wanted = suffix === ':ip:x' || suffix.startsWith(':ip%+') ? kept : late
        expect(expiresAtMs).toBeGreaterThanOrEqual(wanted - 1000)
        expect(expiresAtMs).toBeLessThanOrEqual(wanted + (2 * HOUR_MS) / 64 + 1000)
      }
      await repository.clear(schema)
    })

    test('does not end while one record stays, and begins to when that one leaves', async () => {
      const schema = newSchema(HOUR_MS)
      const deadline = Date.now() + 3 * HOUR_MS
      await repository.insertMany(
        schema,
        Array.from({ length: 30 }, (_, at) => ({
          id: `id${at}`,
          fields: ['ip', 'x', 'name', `n${at}`],
          expiresAtMs: at === 7 ? null : deadline,
        })),
      )
      for (const suffix of ['', ':ip:x', ':name', ':name:n7']) expect(await expiryOf(schema, suffix)).toBe(-1)
      expect(await expiryOf(schema, ':name:n8')).toBeGreaterThanOrEqual(deadline)
      await repository.update(schema, { id: 'id7', set: ['ip', 'y'], unset: [] })
      expect(await expiryOf(schema, ':ip:x')).toBeGreaterThanOrEqual(deadline)
      for (const suffix of ['', ':ip:y', ':name']) expect(await expiryOf(schema, suffix)).toBe(-1)
      await repository.delete(schema, ['id7'])
      for (const suffix of ['', ':name', ':%schema'])
        expect(await expiryOf(schema, suffix)).toBeGreaterThanOrEqual(deadline)
      expect(await auditLives(connection, schema)).toEqual([])
      await insert(schema, 'new', ['ip', 'x', 'name', 'n3'], null)
      for (const suffix of ['', ':ip:x', ':name', ':name:n3', ':%schema'])
        expect(await expiryOf(schema, suffix)).toBe(-1)
      expect(await auditLives(connection, schema)).toEqual([])
      await repository.clear(schema)
    })

    test('lets an abandoned model vanish, without anybody reading it', async () => {
      const schema = newSchema(30)
      for (let at = 0; at < 20; at++)
        await insert(schema, `id${at}`, ['ip', `${at % 3}`, 'views', `${at}`], Date.now() + 30)
      await until(async () => (await keysUnder(connection, `idx:${schema.prefix}:`)).length === 0)
      expect(await keysUnder(connection, `${schema.prefix}:`)).toEqual([])
    })

    test('survives that index keys vanished before their entries were reaped', async () => {
      const schema = newSchema(1)
      await insert(schema, 'stays', ['ip', 'y'], Date.now() + HOUR_MS)
      await insert(schema, 'gone', ['ip', 'x'], Date.now() + 20)
      await until(async () => (await expiryOf(schema, ':ip:x')) === -2)
      await insert(schema, 'new', ['ip', 'x'], null)
      await insert(schema, 'second', ['ip', 'x'], Date.now() + HOUR_MS)
      expect((await repository.count(schema, everything)).count).toBe(3)
      expect(await auditIndexes(connection, schema)).toEqual([])
      expect(await auditLives(connection, schema)).toEqual([])
      await repository.delete(schema, ['new'])
      expect(await auditLives(connection, schema)).toEqual([])
      expect(await expiryOf(schema, ':ip:x')).toBeGreaterThan(Date.now())
      await repository.clear(schema)
    })
  })
})

type Operation = (repository: IndexedRepository, schema: ModelSchema) => Promise<unknown>

const id = fc.constantFrom('a', 'b', 'c', 'd')
const deadline = fc.constantFrom(null, 1, 2, 3).map((hours) => (hours === null ? null : Date.now() + hours * HOUR_MS))
const fields = fc
  .record({
    ip: fc.constantFrom(null, 'x', 'y'),
    name: fc.constantFrom(null, 'an', 'a\0b'),
    views: fc.constantFrom(null, '1', '2'),
    active: fc.constantFrom(null, '1'),
    note: fc.constantFrom(null, 'n'),
  })
  .map((row) => {
    const names = Object.keys(row) as (keyof typeof row)[]
    return {
      set: names.flatMap((name) => (row[name] === null ? [] : [name, row[name]])),
      unset: names.filter((name) => row[name] === null) as string[],
    }
  })

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(id, fields, deadline, fc.boolean()).map(([one, { set }, expiresAtMs, replace]): Operation => {
    return (repository, schema) => repository.insert(schema, { id: one, fields: set, expiresAtMs }, { replace })
  }),
  fc.array(fc.tuple(id, fields, deadline), { minLength: 1, maxLength: 6 }).map((rows): Operation => {
    const records = rows.map(([one, { set }, expiresAtMs]) => ({ id: one, fields: set, expiresAtMs }))
    return (repository, schema) => repository.insertMany(schema, records)
  }),
  fc.tuple(id, fields).map(([one, change]): Operation => {
    return (repository, schema) => repository.update(schema, { id: one, ...change })
  }),
  fc.tuple(id, fields, deadline, fc.option(id)).map(([one, change, expiresAtMs, other]): Operation => {
    const newId = other === null ? {} : { newId: other }
    return (repository, schema) => repository.update(schema, { id: one, ...change, ...newId, expiresAtMs })
  }),
  fc.tuple(id, id).map(([one, newId]): Operation => {
    const increments = [{ attribute: 'weight', by: '1' }]
    return (repository, schema) => repository.update(schema, { id: one, newId, set: [], unset: ['ip'], increments })
  }),
  fc.tuple(id, deadline).map(([one, expiresAtMs]): Operation => {
    return (repository, schema) => repository.expire(schema, one, expiresAtMs)
  }),
  fc.array(id, { maxLength: 4 }).map((some): Operation => {
    return (repository, schema) => repository.extend(schema, some, Date.now() + 4 * HOUR_MS)
  }),
  fc.array(id, { minLength: 1, maxLength: 3 }).map((some): Operation => {
    return (repository, schema) => repository.delete(schema, some)
  }),
  id.map(
    (one): Operation =>
      (repository, schema) =>
        repository.expire(schema, one, Date.now() - 1),
  ),
)

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setImmediate(resolve))
}
