import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Connection } from '../../../src/connections/connection.js'
import { ReplicationError } from '../../../src/errors/connection-errors.js'
import { InvalidArgumentError } from '../../../src/errors/usage-errors.js'
import type { Criteria, Criterion } from '../../../src/repositories/criteria.js'
import { fieldOf } from '../../../src/repositories/fields.js'
import { IndexedRepository } from '../../../src/repositories/indexed/indexed-repository.js'
import { partitionsOf } from '../../../src/repositories/indexed/layout.js'
import { IndexMaintenance } from '../../../src/repositories/indexed/maintenance/index-maintenance.js'
import { migrateRecords } from '../../../src/repositories/migration/migrate-records.js'
import { MigratingRepository } from '../../../src/repositories/migration/migrating-repository.js'
import type { MigrationOrigin } from '../../../src/repositories/migration/migration-origin.js'
import { RedisRepository } from '../../../src/repositories/redis/redis-repository.js'
import type { Repository } from '../../../src/repositories/repository.js'
import { datetimeCast } from '../../../src/schema/casts/date-casts.js'
import { integerCast } from '../../../src/schema/casts/number-casts.js'
import { textCast } from '../../../src/schema/casts/text-cast.js'
import type { ModelSchema } from '../../../src/schema/model-schema.js'
import { openTarget } from '../../support/open-target.js'
import { describeTargets, serverKinds } from '../../support/targets.js'
import { auditIndexes, keysUnder } from '../index-auditor.js'
import { schemaOf } from '../sample-schema.js'

jest.setTimeout(180_000)

/** A connection whose writes are all confirmed in so many views of it, and never after. */
function losingReplicas(connection: Connection, views: number): Connection {
  let count = 0
  const lost = new ReplicationError('test', { address: 'here', wanted: 1, acknowledged: 0, timeoutMs: 1 })
  const over = (shortfall: (() => ReplicationError | null) | null): Connection =>
    new Proxy(connection, {
      get: (of, name) => {
        if (name === 'shortfall' && shortfall !== null) return shortfall
        if (name === 'confirmedWrites') {
          count += 1
          const answer = count > views ? lost : null
          return () => over(() => answer)
        }
        const value = Reflect.get(of, name, of)
        return typeof value === 'function' ? value.bind(of) : value
      },
    })
  return over(null)
}

const everything: Criterion = { type: 'all', of: [] }
const all: Criteria = { where: everything, order: [], limit: null, offset: 0, after: null }

describeTargets(serverKinds, (target) => {
  let connection: Connection
  let schema: ModelSchema
  const source = async () => connection
  beforeAll(async () => {
    connection = await openTarget(target)
  })
  beforeEach(() => {
    schema = schemaOf(`moving${randomUUID().slice(0, 8)}`, 4, {
      ip: [textCast, 'equality'],
      userId: [integerCast, 'range'],
      count: [integerCast, 'none'],
      created_at: [datetimeCast, 'none'],
    })
  })
  afterAll(() => connection?.close())

  const origins: [string, MigrationOrigin, () => [Repository, ModelSchema]][] = [
    ['the layout of redis', 'redis', () => [new RedisRepository(source), schema]],
    ['two partitions', { partitions: 2 }, () => [new IndexedRepository(source), { ...schema, partitions: 2 }]],
  ]

  describe.each(origins)('a migration from %s', (_title, from, old) => {
    const idOf = (at: number) => `id${String(at).padStart(3, '0')}`
    const fill = async (count: number) => {
      const [repository, of] = old()
      const records = Array.from({ length: count }, (_, at) => ({
        id: idOf(at),
        fields: [
          ...['ip', `10.0.0.${at % 3}`, 'userId', String(at % 7), 'count', '0'],
          ...['created_at', new Date(1_700_000_000_000 + at * 1000).toISOString()],
        ],
        expiresAtMs: at % 10 === 0 ? Date.now() + 3_600_000 : null,
      }))
      const outcomes = await repository.insertMany(of, records)
      expect(outcomes.every((outcome) => outcome === 'inserted')).toBe(true)
      return records
    }
    const migrating = () => new MigratingRepository(source, from)
    const target = () => new IndexedRepository(source)
    const migrate = (options = {}) => migrateRecords(source, schema, { from, batchSize: 10, ...options })
    const idsOf = async (repository: Repository, criteria = all) =>
      (await repository.select(schema, criteria)).records.map(({ id }) => id)
    const expectMoved = async () => {
      expect(await new IndexMaintenance(source).verify(schema, { scanKeys: true })).toMatchObject({ isClean: true })
      expect(await auditIndexes(connection, schema)).toEqual([])
    }

    test('a dry run tells what would be moved, and changes nothing', async () => {
      await fill(25)
      const before = await keysUnder(connection, '')
      expect(await migrate({ dryRun: true })).toMatchObject({ found: 25, moved: 25, failures: [], dryRun: true })
      expect(await keysUnder(connection, '')).toEqual(before)
    })

    test('all records, their values and deadlines arrive, and nothing of the old layout is left', async () => {
      const records = await fill(35)
      expect(await migrate()).toMatchObject({ found: 35, moved: 35, failures: [], left: 0 })
      const found = await target().fetch(
        schema,
        records.map(({ id }) => id),
      )
      for (const [index, record] of records.entries()) {
        expect(Object.fromEntries(pairs(found[index]!.fields))).toEqual(Object.fromEntries(pairs(record.fields)))
        expect(await target().expiry(schema, record.id)).toEqual(record.expiresAtMs)
      }
      await expectMoved()
      expect(await migrate({ finish: true })).toMatchObject({ left: 0 })
      const [repository, of] = old()
      expect(await repository.count(of, everything)).toMatchObject({ count: 0 })
      await target().clear(schema)
      expect((await keysUnder(connection, '')).filter((key) => key.includes(schema.prefix))).toEqual([])
    })

    test('a run that is interrupted after any batch goes on with the next', async () => {
      await fill(45)
      let runs = 0
      for (;;) {
        runs++
        const controller = new AbortController()
        const isDone = await migrate({
          batchSize: 4,
          signal: controller.signal,
          onProgress: () => controller.abort(new Error('interrupted')),
        }).then(
          () => true,
          () => false,
        )
        expect(await idsOf(migrating())).toHaveLength(45)
        if (isDone) break
      }
      expect(runs).toBeGreaterThan(5)
      expect((await idsOf(target())).length).toBe(45)
      await expectMoved()
    })

    test('no record leaves the old layout that replicas were to have and do not have', async () => {
      await fill(20)
      // More replicas than any target has.
      const run = migrate({ waitReplicas: 9, timeoutMs: 5 })
      await expect(run).rejects.toThrow(ReplicationError)
      expect(await migrate({ dryRun: true })).toMatchObject({ found: 20 })
      expect(await idsOf(migrating())).toHaveLength(20)
      // The replica is lost when the migration has begun: records arrive, and stay in the old layout as well.
      const losing = losingReplicas(connection, 1)
      const options = { from, batchSize: 10, waitReplicas: 1 }
      await expect(migrateRecords(async () => losing, schema, options)).rejects.toThrow(ReplicationError)
      expect(await idsOf(target())).toHaveLength(10)
      expect(await migrate({ dryRun: true })).toMatchObject({ found: 20 })
      expect(await idsOf(migrating())).toHaveLength(20)
      await expect(migrate({ timeoutMs: 5 })).rejects.toThrow(InvalidArgumentError)
      await expect(migrate({ waitReplicas: 0 })).rejects.toThrow(InvalidArgumentError)
      expect(await migrate()).toMatchObject({ left: 0, failures: [] })
      expect(await idsOf(target())).toHaveLength(20)
      await expectMoved()
    })

    test('a write to a model on its way tells whether replicas have it', async () => {
      await fill(3)
      const repository = migrating()
      const { repository: confirming, shortfall } = repository.confirming({ replicas: 9, timeoutMs: 5 })
      expect(await confirming.fetch(schema, [idOf(0)])).toMatchObject([{ id: idOf(0) }])
      expect(shortfall()).toBe(null)
      const record = { id: 'new', fields: ['ip', 'x', 'count', '1'], expiresAtMs: null }
      expect(await confirming.insert(schema, record, { replace: false })).toBe('inserted')
      expect(shortfall()).toBeInstanceOf(ReplicationError)
      expect(await idsOf(repository)).toHaveLength(4)
    })

    test('before it begins writes go to the old layout, then to the new one, and all are read at all times', async () => {
      await fill(12)
      const repository = migrating()
      const [before, of] = old()
      const record = (id: string) => ({ id, fields: ['ip', 'x', 'count', '1'], expiresAtMs: null })
      expect(await repository.insert(schema, record('early'), { replace: false })).toBe('inserted')
      expect((await before.fetch(of, ['early']))[0]?.id).toBe('early')
      const controller = new AbortController()
      await migrate({
        batchSize: 3,
        signal: controller.signal,
        onProgress: () => controller.abort(new Error('stopped')),
      }).catch(() => undefined)
      expect(await repository.insert(schema, record('late'), { replace: false })).toBe('inserted')
      expect((await target().fetch(schema, ['late']))[0]?.id).toBe('late')
      for (const id of ['early', idOf(0), idOf(11), 'late']) {
        expect(await repository.insert(schema, record(id), { replace: false })).toBe('duplicate')
        expect(await repository.update(schema, { id, set: ['count', '9', 'ip', 'y'], unset: [] })).toBe('updated')
      }
      expect(await repository.delete(schema, [idOf(5), idOf(10), 'nobody'])).toEqual([true, true, false])
      expect(await repository.expire(schema, idOf(7), Date.now() + 1_000_000)).toBe(true)
      expect(await repository.update(schema, { id: idOf(8), newId: 'renamed', set: [], unset: [] })).toBe('updated')
      expect(await repository.insertMany(schema, [record(idOf(9)), record('many')])).toEqual(['duplicate', 'inserted'])
      const expected = [0, 1, 2, 3, 4, 6, 7, 9, 11].map(idOf).concat(['early', 'late', 'many', 'renamed']).sort()
      expect([...(await idsOf(repository))].sort()).toEqual(expected)
      const where: Criterion = { type: 'equals', attribute: 'ip', value: 'y' }
      expect((await repository.count(schema, where)).count).toBe(4)
      expect((await repository.aggregate(schema, everything, { type: 'sum', attribute: 'count' })).value).toBe('37')
      await migrate()
      expect([...(await idsOf(target()))].sort()).toEqual(expected)
      expect(await target().expiry(schema, idOf(7))).toBeGreaterThan(Date.now())
      await expectMoved()
    })

    test('pages in every order bring each record once while the records move from page to page', async () => {
      await fill(40)
      const repository = migrating()
      const orders: Criteria['order'][] = [
        [],
        [{ attribute: null, direction: 'desc' }],
        [{ attribute: 'userId', direction: 'desc' }],
        [{ attribute: 'id', direction: 'asc' }],
      ]
      const controller = new AbortController()
      const stop = migrate({ batchSize: 1, signal: controller.signal, onProgress: () => controller.abort(new Error()) })
      await stop.catch(() => undefined)
      let moved = 0
      for (const order of orders) {
        const seen: string[] = []
        let after: Criteria['after'] = null
        for (;;) {
          const page = await repository.select(schema, { ...all, order, limit: 7, after })
          seen.push(...page.records.map(({ id }) => id))
          await repository.update(schema, { id: idOf((moved * 7) % 40), set: ['count', '1'], unset: [] })
          moved++
          if (!page.hasMore) break
          after = page.positions.at(-1)!
        }
        expect([...seen].sort()).toEqual(Array.from({ length: 40 }, (_, at) => idOf(at)))
        if (order.length === 0) expect(seen).toEqual([...seen].sort())
      }
    })

    test('readers and writers beside it see each record exactly once at all times, and no write is lost', async () => {
      const count = 60
      await fill(count)
      const expected = Array.from({ length: count }, (_, at) => idOf(at))
      const writes = new Map<string, number>()
      const errors: string[] = []
      let isMoving = true
      const read = async (kind: number) => {
        const repository = migrating()
        let answers = 0
        while (isMoving || answers === 0) {
          answers++
          if (kind === 0) {
            const ids = [...(await idsOf(repository))].sort()
            if (ids.join() !== expected.join()) errors.push(`select: ${ids.length} ids, ${new Set(ids).size} different`)
          } else if (kind === 1) {
            const { count: found } = await repository.count(schema, everything)
            if (found !== count) errors.push(`count: ${found}`)
          } else {
            const found = await repository.fetch(schema, expected)
            const missing = expected.filter((_, at) => found[at] === null)
            if (missing.length > 0) errors.push(`fetch: ${missing.join()}`)
          }
        }
      }
      const write = async (seed: number) => {
        const repository = migrating()
        for (let at = 0; isMoving || at < 15; at++) {
          const id = idOf(((at * 11 + seed * 20) % 20) + seed * 20)
          const value = (writes.get(id) ?? 0) + 1
          const outcome = await repository.update(schema, { id, set: ['count', String(value)], unset: [] })
          if (outcome !== 'updated') errors.push(`update of ${id}: ${JSON.stringify(outcome)}`)
          writes.set(id, value)
        }
      }
      const migrated = (async () => {
        const report = await migrate({ batchSize: 3 })
        await migrate({ batchSize: 50 })
        isMoving = false
        return report
      })()
      await Promise.all([migrated, read(0), read(1), read(2), write(0), write(1), write(2)])
      expect(errors).toEqual([])
      const found = await target().fetch(schema, expected)
      for (const [at, id] of expected.entries()) {
        expect([id, fieldOf(found[at]!.fields, 'count')]).toEqual([id, String(writes.get(id) ?? 0)])
      }
      await expectMoved()
    })

    test('records that are deleted beside it stay deleted', async () => {
      await fill(50)
      const deleted = new Set<string>()
      const remove = async () => {
        const repository = migrating()
        for (let at = 0; at < 50; at += 2) {
          const [isRemoved] = await repository.delete(schema, [idOf(at)])
          expect(isRemoved).toBe(true)
          deleted.add(idOf(at))
          const [found] = await repository.fetch(schema, [idOf(at)])
          expect(found).toBeNull()
        }
      }
      await Promise.all([migrate({ batchSize: 2 }), migrate({ batchSize: 7 }), remove()])
      await migrate()
      expect([...(await idsOf(target()))].sort()).toEqual(
        Array.from({ length: 50 }, (_, at) => idOf(at)).filter((id) => !deleted.has(id)),
      )
      await expectMoved()
    })

    test('a record whose id another one has in the new layout stays, is reported, and hides behind it', async () => {
      await fill(5)
      await target().insert(schema, { id: idOf(2), fields: ['ip', 'other'], expiresAtMs: null }, { replace: false })
      expect(await migrate({ dryRun: true })).toMatchObject({ moved: 4, failures: [{ id: idOf(2) }] })
      expect(await migrate()).toMatchObject({ moved: 4, left: 1, failures: [{ id: idOf(2) }] })
      expect(await idsOf(migrating())).toHaveLength(5)
      const [found] = await migrating().fetch(schema, [idOf(2)])
      expect(found?.fields).toEqual(['ip', 'other'])
      await expect(migrate({ finish: true })).rejects.toThrow(`the record [${idOf(2)}] is still in the old layout`)
    })
  })

  test('a release that does not know of the move is refused in the partitions that are being left', async () => {
    const older = { ...schema, partitions: 2 }
    const repository = new IndexedRepository(source)
    await repository.insert(older, { id: 'a', fields: ['ip', '1'], expiresAtMs: null }, { replace: false })
    await migrateRecords(source, schema, { from: { partitions: 2 } })
    const message = 'is being moved from 2 to 4 partitions'
    const record = { id: 'b', fields: ['ip', '1'], expiresAtMs: null }
    await expect(repository.insert(older, record, { replace: false })).rejects.toThrow(message)
    await expect(repository.count(older, { type: 'equals', attribute: 'ip', value: '1' })).rejects.toThrow(message)
    expect((await repository.count(schema, everything)).count).toBe(1)
  })

  test('partitions that were left stay closed, also where all their records were to expire', async () => {
    const old = { ...schema, partitions: 2 }
    const record = (id: string) => ({ id, fields: ['ip', '10.0.0.1'], expiresAtMs: Date.now() + 60_000 })
    for (let at = 0; at < 8; at++) {
      await new IndexedRepository(source).insert(old, record(`x${at}`), { replace: false })
    }
    const run = new AbortController()
    const interrupt = { onProgress: () => run.abort(), signal: run.signal, batchSize: 1 }
    const lives = async () => {
      const keys = (await keysUnder(connection, `idx:${schema.prefix}:`)).filter((key) => key.endsWith(':%schema'))
      const left = partitionsOf(old).map(({ keys: [index] }) => `${index}:%schema`)
      expect(keys).toEqual(expect.arrayContaining(left))
      return Promise.all(left.map((key) => connection.send({ type: 'command', name: 'PTTL', keys: [key], args: [] })))
    }
    await expect(migrateRecords(source, schema, { from: { partitions: 2 }, ...interrupt })).rejects.toThrow()
    expect(await lives()).toEqual([-1, -1])
    expect(await migrateRecords(source, schema, { from: { partitions: 2 } })).toMatchObject({ left: 0 })
    expect(await lives()).toEqual([-1, -1])
  })

  test('what the PHP library wrote arrives with its ids, whole values and dates', async () => {
    const php = async (key: string, ...fields: string[]) => {
      await connection.send({ type: 'command', name: 'HSET', keys: [`${schema.prefix}:id:${key}`], args: fields })
    }
    await php('7b1d:ip:10.0.0.1:userId:5', 'ip', '10.0.0.1', 'userId', '5', 'created_at', '2024-09-24 08:30:00')
    await php('8c2e:ip:null:userId:6', 'ip', '', 'userId', '6')
    await php('9d3f:ip:null:userId:null', 'count', '3')
    await php('a%2Ab:ip:padded:userId:7', 'ip', '  padded ', 'userId', '7', 'extra', 'kept')
    await php('bad:ip:x:userId:many', 'ip', 'x', 'userId', 'many')
    const seen = migrateRecords(source, schema, { from: 'redis' })
    expect(await seen).toMatchObject({ found: 5, moved: 4, left: 1, failures: [{ id: 'bad' }] })
    const repository = new IndexedRepository(source)
    const found = await repository.fetch(schema, ['7b1d', '8c2e', '9d3f', 'a*b'])
    expect(found.map((record) => record && Object.fromEntries(pairs(record.fields)))).toEqual([
      { ip: '10.0.0.1', userId: '5', created_at: '2024-09-24T08:30:00.000Z' },
      { ip: '', userId: '6' },
      { count: '3' },
      { ip: '  padded ', userId: '7', extra: 'kept' },
    ])
    const first = await repository.select(schema, { ...all, order: [{ attribute: null, direction: 'desc' }] })
    expect(first.records[0]?.id).toBe('7b1d')
    expect((await new MigratingRepository(source, 'redis').fetch(schema, ['bad']))[0]?.id).toBe('bad')
  })

  test('a walk over the keys is made for each pass, not for each record', async () => {
    const repository = new RedisRepository(source)
    const records = Array.from({ length: 300 }, (_, at) => ({ id: `x${at}`, fields: ['ip', '1'], expiresAtMs: null }))
    await repository.insertMany(schema, records)
    const walks = jest.spyOn(connection, 'primaries')
    try {
      expect(await migrateRecords(source, schema, { from: 'redis' })).toMatchObject({ moved: 300, left: 0 })
      // Two passes, the second of which finds nothing; a walk over a cluster asks for its primaries twice.
      expect(walks.mock.calls.length).toBeLessThanOrEqual(4)
    } finally {
      walks.mockRestore()
    }
  })

  test('keys of records of another form, and those of another type, are left, and the first are reported', async () => {
    const set = (key: string, ...fields: string[]) =>
      connection.send({ type: 'command', name: 'HSET', keys: [`${schema.prefix}:id:${key}`], args: fields })
    await set('a:ip:1:userId:2', 'ip', '1', 'userId', '2')
    await set('b:c:ip:1:userId:2', 'ip', '1', 'userId', '2')
    await set('d:ip:1', 'ip', '1')
    for (const key of ['t:ip:1:userId:2', 'other']) {
      await connection.send({ type: 'command', name: 'SET', keys: [`${schema.prefix}:id:${key}`], args: ['text'] })
    }
    const strange = ['b:c:ip:1:userId:2', 'd:ip:1'].map((key) => `${schema.prefix}:id:${key}`)
    for (const dryRun of [true, false]) {
      const report = await migrateRecords(source, schema, { from: 'redis', dryRun })
      expect(report).toMatchObject({ found: 3, moved: 1 })
      expect(report.failures.map(({ id }) => id).sort()).toEqual(strange)
      expect(report.failures[0]?.reason).toContain('the searchable attributes are other ones than here (ip, userId)')
    }
    expect(await keysUnder(connection, `${schema.prefix}:id:`)).toEqual([
      ...strange,
      `${schema.prefix}:id:other`,
      `${schema.prefix}:id:t:ip:1:userId:2`,
    ])
    await migrateRecords(source, schema, { from: 'redis', finish: true })
  })

  test('records of a model that gets a hash tag by the move arrive by it', async () => {
    const tagged = { ...schema, hashTag: schema.attributes.get('ip')! }
    for (const [id, ip] of [
      ['a', '10.0.0.1'],
      ['b', '10.0.0.2'],
    ] as const) {
      await new RedisRepository(source).insert(
        schema,
        { id, fields: ['ip', ip], expiresAtMs: null },
        { replace: false },
      )
    }
    const migrating = new MigratingRepository(source, 'redis')
    const where: Criterion = { type: 'equals', attribute: 'ip', value: '10.0.0.2' }
    expect((await migrating.count(tagged, where)).count).toBe(1)
    expect(await migrateRecords(source, tagged, { from: 'redis' })).toMatchObject({ found: 2, moved: 2, left: 0 })
    expect((await migrating.count(tagged, where)).count).toBe(1)
    const found = await new IndexedRepository(source).fetch(tagged, [{ id: 'a', tag: '10.0.0.1' }])
    expect(found).toMatchObject([{ id: 'a' }])
    expect(await keysUnder(connection, `${schema.prefix}:id:`)).toEqual([])
  })

  test('a mover that was slower than its lease leaves the record to the one who took over', async () => {
    const record = { id: 'x', fields: ['ip', '10.0.0.1', 'count', '1'], expiresAtMs: null }
    await new RedisRepository(source).insert(schema, record, { replace: false })
    const [key = ''] = await keysUnder(connection, `${schema.prefix}:id:x`)
    let isSlow = false
    const slow = new Proxy(connection, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name, of)
        if (name !== 'send') return typeof value === 'function' ? value.bind(of) : value
        return async (request: Parameters<Connection['send']>[0]) => {
          if (!isSlow && request.type === 'script' && request.script.name === 'delete-unchanged-hash') {
            isSlow = true
            await connection.send({ type: 'command', name: 'HSET', keys: [key], args: ['', '1 somebody '] })
            expect((await migrateRecords(source, schema, { from: 'redis' })).moved).toBe(1)
            const late = performance.now() + 60_000
            jest.spyOn(performance, 'now').mockImplementation(() => late)
          }
          return of.send(request)
        }
      },
    })
    try {
      await migrateRecords(async () => slow, schema, { from: 'redis' })
    } finally {
      jest.restoreAllMocks()
    }
    expect(isSlow).toBe(true)
    expect(await new IndexedRepository(source).fetch(schema, ['x'])).toEqual([
      { id: 'x', fields: ['ip', '10.0.0.1', 'count', '1'] },
    ])
  })

  test('nonsense is refused with what it is', async () => {
    await expect(migrateRecords(source, schema, { from: { partitions: 4 } })).rejects.toThrow(
      'has 4 partitions already',
    )
    await expect(migrateRecords(source, schema, { from: { partitions: 0 } })).rejects.toThrow(
      'is no layout to migrate from',
    )
    expect(() => new MigratingRepository(source, 'array' as 'redis')).toThrow("'array' is no layout to migrate from")
    await migrateRecords(source, schema, { from: 'redis' })
    await expect(migrateRecords(source, schema, { from: { partitions: 2 } })).rejects.toThrow(
      'is being migrated otherwise',
    )
  })
})

function* pairs(fields: readonly string[]): Generator<[string, string]> {
  for (let at = 0; at < fields.length; at += 2) yield [fields[at]!, fields[at + 1]!]
}
