import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Connection, Outcome, ReplicaReadOptions, ReplicaWait, Request } from '../../src/connections/connection.js'
import type { Criteria, Criterion } from '../../src/repositories/criteria.js'
import { pairsOf } from '../../src/repositories/fields.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { partitionOfId, partitionsOf, recordKey } from '../../src/repositories/indexed/layout.js'
import { integerCast } from '../../src/schema/casts/number-casts.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import { hashSlot } from '../../src/schema/hash-slot.js'
import { partitionTags } from '../../src/schema/partition.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets, serverKinds } from '../support/targets.js'
import { auditIndexes, keysUnder } from './index-auditor.js'
import { sampleSchema, schemaOf } from './sample-schema.js'

const everything: Criterion = { type: 'all', of: [] }
const page = (where: Criterion, more: Partial<Criteria> = {}): Criteria => {
  return { where, order: [], limit: 10, offset: 0, after: null, ...more }
}

jest.setTimeout(120_000)

describeTargets(serverKinds, (target) => {
  describe('the layout of the indexed repository', () => {
    let connection: Connection
    let repository: IndexedRepository
    beforeAll(async () => {
      connection = await openTarget(target)
      repository = new IndexedRepository(async () => connection)
    })
    afterAll(() => connection.close())

    test('is the documented one', async () => {
      const attributes = {
        ip: [textCast, 'equality'],
        name: [textCast, 'range'],
        age: [integerCast, 'range'],
        note: [textCast, 'none'],
      } as const
      const schema = schemaOf('visits', 1, attributes, [['note', 'ip']])
      const tag = partitionTags(1)[0]!
      const deadline = Date.now() + 60_000
      await repository.insert(
        schema,
        { id: 'a:1', fields: ['ip', '::1', 'age', '7', 'name', 'x'], expiresAtMs: deadline },
        { replace: false },
      )
      const index = `idx:visits:{${tag}}`
      expect(await keysUnder(connection, `visits:{${tag}}`)).toEqual([`visits:{${tag}}:id:a%3A1`])
      expect(await keysUnder(connection, index)).toEqual(
        [
          index,
          `${index}:%expiry`,
          `${index}:%schema`,
          `${index}:%terms`,
          `${index}:age`,
          `${index}:age:7`,
          `${index}:ip:%3A%3A1`,
          `${index}:name`,
          `${index}:name:x`,
          `${index}:note%+ip:%null%+%3A%3A1`,
        ].sort(),
      )
      await repository.update(schema, { id: 'a:1', set: [], unset: ['ip', 'name'] })
      await repository.expire(schema, 'a:1', null)
      expect(await keysUnder(connection, index)).toEqual(
        [
          index,
          `${index}:%schema`,
          `${index}:age`,
          `${index}:age:7`,
          `${index}:ip:%null`,
          `${index}:name:%null`,
          `${index}:note%+ip:%null%+%null`,
        ].sort(),
      )
      await repository.insert(schema, { id: 'b', fields: ['age', '7'], expiresAtMs: deadline }, { replace: false })
      const mixed = { type: 'command', name: 'HGETALL', keys: [`${index}:%mixed`], args: [] } as const
      const counts = new Map(pairsOf((await connection.send(mixed)) as string[]))
      expect(Object.fromEntries(counts)).toMatchObject({ ':age': '1', ':age:7': '1', ':ip:%null': '1' })
      expect(await repository.delete(schema, ['b'])).toEqual([true])
      expect(await keysUnder(connection, `${index}:%`)).toEqual([`${index}:%schema`])
      await repository.delete(schema, ['a:1'])
      expect(await keysUnder(connection, index)).toEqual([])
      expect(await keysUnder(connection, 'visits:')).toEqual([])
    })

    test('keeps a record and all of its entries in one slot, and partitions in equal ranges of slots', async () => {
      const schema = sampleSchema(6, 'slots')
      await repository.insertMany(
        schema,
        Array.from({ length: 60 }, (_, at) => ({ id: `id${at}`, fields: ['ip', `{${at}}`], expiresAtMs: null })),
      )
      const slotsByTag = new Map<string, Set<number>>()
      for (const key of await keysUnder(connection, '')) {
        const tag = /\{([^}]*)\}/.exec(key)?.[1]
        if (tag === undefined || !key.includes('slots:')) continue
        slotsByTag.set(tag, (slotsByTag.get(tag) ?? new Set()).add(hashSlot(connection.keyPrefix + key)))
      }
      expect([...slotsByTag.values()].map((slots) => slots.size)).toEqual([1, 1, 1, 1, 1, 1])
      const ranges = [...slotsByTag.values()]
        .flatMap((slots) => [...slots])
        .map((slot) => Math.floor((slot * 6) / 16384))
      expect(ranges.sort()).toEqual([0, 1, 2, 3, 4, 5])
      expect(await repository.clear(schema)).toBe(60)
    })

    test('is not confused by models and attributes with names of its own', async () => {
      const odd = schemaOf('idx', 2, {
        '%expiry': [textCast, 'range'],
        '%terms': [textCast, 'equality'],
        'ip:x': [textCast, 'equality'],
        ip: [textCast, 'equality'],
        id2: [integerCast, 'range'],
      })
      const other = schemaOf('idx:idx', 2, { ip: [textCast, 'equality'] })
      for (const schema of [odd, other]) {
        await repository.insert(
          schema,
          {
            id: '1',
            fields: ['%expiry', 'a', '%terms', 'b', 'ip:x', 'c', 'ip', 'x:c', 'id2', '5'],
            expiresAtMs: Date.now() + 60_000,
          },
          { replace: false },
        )
        expect(await auditIndexes(connection, schema)).toEqual([])
      }
      expect((await repository.select(odd, page({ type: 'equals', attribute: 'ip', value: 'c' }))).records).toEqual([])
      expect(
        (await repository.select(odd, page({ type: 'equals', attribute: 'ip:x', value: 'c' }))).records,
      ).toHaveLength(1)
      expect(await repository.clear(odd)).toBe(1)
      expect(await repository.clear(other)).toBe(1)
      expect(await keysUnder(connection, 'idx')).toEqual([])
    })

    test('keeps rows of thousands of fields', async () => {
      const schema = sampleSchema(1, 'wide')
      const fields = Array.from({ length: 9_000 }, (_, at) => [`f${at}`, `v${at}`]).flat()
      await repository.insert(schema, { id: 'wide', fields, expiresAtMs: null }, { replace: false })
      const set = Array.from({ length: 9_000 }, (_, at) => [`f${at}`, `w${at}`]).flat()
      await repository.update(schema, { id: 'wide', set, unset: ['f1', 'f2'] })
      const [record] = await repository.fetch(schema, ['wide'])
      expect(record!.fields).toHaveLength(2 * 8_998)
      await repository.update(schema, { id: 'wide', set: [], unset: fields.filter((_, at) => at % 2 === 0) })
      expect(await repository.fetch(schema, ['wide'])).toEqual([{ id: 'wide', fields: [] }])
      expect(await repository.clear(schema)).toBe(1)
    })

    test('leaves out a record whose hash was taken away by others', async () => {
      const schema = sampleSchema(1, 'ghosts')
      for (const id of ['a', 'b', 'c']) {
        await repository.insert(schema, { id, fields: ['userId', '1'], expiresAtMs: null }, { replace: false })
      }
      const key = recordKey(partitionOfId(schema, 'b'), 'b')
      await connection.send({ type: 'command', name: 'DEL', keys: [key], args: [] })
      for (const order of [
        [],
        [{ attribute: 'userId', direction: 'desc' }],
        [{ attribute: 'id', direction: 'asc' }],
      ] as const) {
        const { records } = await repository.select(schema, page(everything, { order }))
        expect(records.map((record) => record.id).sort()).toEqual(['a', 'c'])
        const first = await repository.select(schema, page(everything, { order, limit: 1 }))
        const rest = await repository.select(schema, page(everything, { order, after: first.positions[0]! }))
        expect([...first.records, ...rest.records]).toHaveLength(2)
      }
      expect(await repository.clear(schema)).toBe(2)
      expect(await keysUnder(connection, 'ghosts')).toEqual([])
    })
  })

  describe('queries of the indexed repository', () => {
    let connection: Connection
    let spy: Spy
    let repository: IndexedRepository
    const schema = sampleSchema(6, 'queries')
    beforeAll(async () => {
      connection = await openTarget(target)
      spy = new Spy(connection)
      repository = new IndexedRepository(async () => spy)
      const rows = Array.from({ length: 3_000 }, (_, at) => {
        const fields = ['ip', `10.0.0.${at % 50}`, 'userId', String(at % 300), 'name', `name ${at % 1000}`]
        return { id: `id${at}`, fields, expiresAtMs: null }
      })
      await repository.insertMany(schema, rows)
    })
    afterAll(async () => {
      await repository?.clear(schema)
      await connection?.close()
    })

    test('by id touch the partitions of the ids alone', async () => {
      const one = await repository.select(schema, page({ type: 'equals', attribute: 'id', value: 'id7' }))
      expect(one.records.map((record) => record.id)).toEqual(['id7'])
      const { keys } = partitionOfId(schema, 'id7')
      expect([...one.trace.slots]).toEqual([hashSlot(connection.keyPrefix + keys[0])])
      expect(one.trace.roundTrips).toBe(1)
      const none = await repository.select(schema, page({ type: 'in', attribute: 'ip', values: [] }))
      expect(none).toMatchObject({ records: [], hasMore: false, trace: { roundTrips: 0 } })
    })

    test('tell the slots, the round trips and the plan', async () => {
      const where: Criterion = {
        type: 'all',
        of: [
          { type: 'equals', attribute: 'ip', value: '10.0.0.1' },
          { type: 'range', attribute: 'userId', min: { value: '100', inclusive: true } },
        ],
      }
      const { trace } = await repository.select(schema, page(where))
      expect(trace.slots.size).toBe(6)
      expect(trace.roundTrips).toBeGreaterThanOrEqual(1)
      expect(trace.plan).toBe("walk ip = '10.0.0.1'; test userId >= '100'; 6 partitions")
      const ordered = await repository.select(
        schema,
        page(everything, { order: [{ attribute: 'userId', direction: 'asc' }] }),
      )
      expect(ordered.trace.plan).toBe('walk the order by userId; 6 partitions')
    })

    test('order by an attribute from the smaller side: the order, or the selective condition', async () => {
      const where: Criterion = { type: 'equals', attribute: 'name', value: 'name 5' }
      const { trace, records } = await repository.select(
        schema,
        page(where, { order: [{ attribute: 'userId', direction: 'asc' }] }),
      )
      expect(trace.plan).toBe("walk name = 'name 5'; sort by userId; 6 partitions")
      expect(records).toHaveLength(3)
    })

    test('ask a partition again only for what is missing', async () => {
      const order = [{ attribute: 'userId', direction: 'asc' }] as const
      const result = await repository.select(schema, page(everything, { limit: 1_500, order }))
      expect(result.records).toHaveLength(1_500)
      expect(result.trace.roundTrips).toBeLessThanOrEqual(2)
    })

    test('send scripts alone', async () => {
      spy.names.length = 0
      await repository.select(schema, page({ type: 'like', attribute: 'ip', pattern: { parts: ['10.0.0.', ''] } }))
      await repository.count(schema, { type: 'notEquals', attribute: 'ip', value: '10.0.0.3' })
      expect(new Set(spy.names)).toEqual(new Set(['select', 'count']))
      expect(spy.names.filter((name) => name === 'count')).toHaveLength(connection.kind === 'cluster' ? 6 : 1)
    })

    test('fail when any partition fails', async () => {
      spy.failing = partitionsOf(schema)[3]!.keys[0]
      await expect(repository.select(schema, page(everything))).rejects.toThrow('partition is away')
      await expect(repository.count(schema, everything)).rejects.toThrow('partition is away')
      spy.failing = null
    })
  })
})

/** Passes requests on, notes their names, and fails those of one partition. */
class Spy implements Connection {
  readonly names: string[] = []
  failing: string | null = null
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }
  get name() {
    return this.#connection.name
  }
  get kind() {
    return this.#connection.kind
  }
  get keyPrefix() {
    return this.#connection.keyPrefix
  }
  send(request: Request) {
    this.names.push(request.type === 'script' ? request.script.name : request.name)
    return this.#connection.send(request)
  }
  async execute(requests: readonly Request[]): Promise<readonly Outcome[]> {
    for (const request of requests) this.names.push(request.type === 'script' ? request.script.name : request.name)
    const outcomes = await this.#connection.execute(requests)
    return outcomes.map((outcome, at) => {
      return requests[at]!.keys.some((key) => key === this.failing)
        ? { ok: false, error: new Error('partition is away') }
        : outcome
    })
  }
  primaries() {
    return this.#connection.primaries()
  }
  replicaReads(options: ReplicaReadOptions) {
    return this.#connection.replicaReads(options)
  }
  confirmedWrites(wait: ReplicaWait) {
    return this.#connection.confirmedWrites(wait)
  }
  health() {
    return this.#connection.health()
  }
  close() {
    return this.#connection.close()
  }
}
