import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { Connection, Request } from '../../src/connections/connection.js'
import { ConnectionError } from '../../src/errors/connection-errors.js'
import type { Criterion } from '../../src/repositories/criteria.js'
import { fieldOf } from '../../src/repositories/fields.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { partitionsOf } from '../../src/repositories/indexed/layout.js'
import type { Repository } from '../../src/repositories/repository.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { partitionOfTag } from '../../src/schema/partition.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { until } from '../support/until.js'
import { auditIndexes } from './index-auditor.js'
import { sampleSchema } from './sample-schema.js'

jest.setTimeout(60_000)

const everything: Criterion = { type: 'all', of: [] }
let models = 0

function taggedSchema(): ModelSchema {
  const schema = sampleSchema(8, `moving${++models}`)
  return { ...schema, hashTag: schema.attributes.get('ip')! }
}

/** Tags whose records lie in different partitions, one after the other. */
const tags = ((): string[] => {
  const found: string[] = []
  for (let at = 0; found.length < 8; at++) {
    const last = found.at(-1)
    if (last === undefined || partitionOfTag(`t${at}`, 8) !== partitionOfTag(last, 8)) found.push(`t${at}`)
  }
  return found
})()

/** A connection that fails after so many requests, as of a process that ends. */
function mortal(
  connection: Connection,
  requests: number,
  isLastDone: boolean,
): { view: Connection; sent: () => number } {
  let sent = 0
  const pass = async (send: () => Promise<unknown>) => {
    sent++
    if (sent <= requests) return send()
    if (sent === requests + 1 && isLastDone) await send()
    throw new ConnectionError('mortal', 'the process is gone', { wasSent: true })
  }
  const view = new Proxy(connection, {
    get: (of, name) => {
      if (name === 'send') return (request: Request) => pass(() => of.send(request))
      if (name === 'execute') return (many: Request[]) => pass(() => of.execute(many))
      return Reflect.get(of, name, of)
    },
  })
  return { view, sent: () => sent }
}

describeTargets(['redis-server', 'redis-cluster', 'embedded-cluster'], (target) => {
  let connection: Connection
  let repository: Repository
  beforeAll(async () => {
    connection = await openTarget(target)
    repository = new IndexedRepository(async () => connection)
  })
  afterAll(() => connection?.close())

  const insert = (schema: ModelSchema, id: string, tag: string, userId = '1') => {
    const record = { id, fields: ['ip', tag, 'userId', userId], expiresAtMs: null }
    return repository.insert(schema, record, { replace: false })
  }
  const move = (store: Repository, schema: ModelSchema, from: string, to: string) => {
    return store.update(schema, { id: 'x', tag: from, set: ['ip', to], unset: [] })
  }

  test('a record whose hash tag keeps changing is found once by every question, at every moment', async () => {
    const schema = taggedSchema()
    await insert(schema, 'x', tags[0]!)
    for (let at = 0; at < 5; at++) await insert(schema, `other${at}`, tags[at]!, String(at * 10))
    let isDone = false
    const wrong: string[] = []
    const expectOnce = (question: string, answer: unknown, right: unknown) => {
      if (JSON.stringify(answer) !== JSON.stringify(right)) wrong.push(`${question}: ${JSON.stringify(answer)}`)
    }
    const all = ['x', 'other0', 'other1', 'other2', 'other3', 'other4'].sort()
    const userId1: Criterion = { type: 'equals', attribute: 'userId', value: '1' }
    const read = async () => {
      while (!isDone) {
        const page = await repository.select(schema, {
          where: everything,
          order: [],
          limit: null,
          offset: 0,
          after: null,
        })
        expectOnce('select', page.records.map(({ id }) => id).sort(), all)
        const order = [{ attribute: 'userId', direction: 'asc' as const }]
        const second = await repository.select(schema, { where: everything, order, limit: 2, offset: 1, after: null })
        expectOnce(
          'page',
          second.records.map(({ id }) => id),
          ['x', 'other1'],
        )
        expectOnce('count', (await repository.count(schema, everything)).count, 6)
        expectOnce(
          'sum',
          (await repository.aggregate(schema, everything, { type: 'sum', attribute: 'userId' })).value,
          '101',
        )
        expectOnce('count by', (await repository.countBy(schema, userId1, 'userId')).counts.get('1'), 1)
        const [found] = await repository.fetch(schema, ['x'])
        expectOnce('fetch', found?.id, 'x')
      }
    }
    const readers = [read(), read(), read()]
    for (let at = 0; at < 150; at++) {
      const [from, to] = [tags[at % tags.length]!, tags[(at + 1) % tags.length]!]
      expect(await move(repository, schema, from, to)).toBe('updated')
    }
    isDone = true
    await Promise.all(readers)
    expect(wrong).toEqual([])
    expect(await auditIndexes(connection, { ...schema, prefix: `${schema.prefix}` })).toEqual([])
  })

  test('that a record has left is forgotten after a while, also where others keep leaving', async () => {
    const schema = taggedSchema()
    const [from, to] = [tags[0]!, tags[1]!]
    const partition = partitionsOf(schema)[partitionOfTag(from, 8)]!
    const keys = [`${partition.keys[0]}:%recent`]
    await connection.send({ type: 'command', name: 'ZADD', keys, args: [1, 'left-long-ago'] })
    await insert(schema, 'x', from)
    expect(await move(repository, schema, from, to)).toBe('updated')
    expect(await connection.send({ type: 'command', name: 'ZRANGE', keys, args: [0, -1] })).toEqual(['x'])
  })

  test('movers to different places agree on one, and none is lost', async () => {
    for (let round = 0; round < 10; round++) {
      const schema = taggedSchema()
      await insert(schema, 'x', tags[0]!)
      const outcomes = await Promise.all([1, 2, 3, 4, 5].map((to) => move(repository, schema, tags[0]!, tags[to]!)))
      expect(outcomes.filter((outcome) => outcome === 'updated').length).toBe(1)
      const [found] = await repository.fetch(schema, ['x'])
      expect(found?.fields).toContain(tags[1 + outcomes.indexOf('updated')])
      expect((await repository.count(schema, everything)).count).toBe(1)
    }
  })

  test('a mover that dies between any two steps leaves one record, and nothing that stays', async () => {
    for (let steps = 0, isOver = false; !isOver; steps++) {
      for (const isLastDone of [false, true]) {
        const schema = taggedSchema()
        await insert(schema, 'x', tags[0]!)
        const { view, sent } = mortal(connection, steps, isLastDone)
        await move(new IndexedRepository(async () => view), schema, tags[0]!, tags[1]!).catch(() => {})
        isOver = sent() <= steps
        const [found] = await repository.fetch(schema, ['x'])
        expect(found?.id).toBe('x')
        expect((await repository.count(schema, everything)).count).toBe(1)
        const tag = found!.fields[found!.fields.indexOf('ip') + 1]!
        const outcome = await move(repository, schema, tag, tags[2]!)
        expect(outcome).toBe('updated')
        expect((await repository.fetch(schema, ['x']))[0]!.fields).toContain(tags[2])
        expect(await repository.delete(schema, ['x'])).toEqual([true])
        expect((await repository.count(schema, everything)).count).toBe(0)
      }
    }
  })

  test('an old copy that a failover brings back is not the record, and goes', async () => {
    const schema = taggedSchema()
    await insert(schema, 'x', tags[0]!)
    // The primary acknowledges the removal of the old copy, and dies before a replica has it.
    const losing = new Proxy(connection, {
      get: (of, name) => {
        if (name === 'execute') {
          return async (requests: Request[]) => {
            const [request] = requests
            if (request?.type === 'script' && request.script.name === 'leave') return [{ ok: true, value: 1 }]
            return of.execute(requests)
          }
        }
        if (name !== 'send') return Reflect.get(of, name, of)
        return async (request: Request) => {
          return request.type === 'script' && request.script.name === 'leave' ? 1 : of.send(request)
        }
      },
    })
    expect(await move(new IndexedRepository(async () => losing), schema, tags[0]!, tags[1]!)).toBe('updated')
    const from = partitionsOf(schema)[partitionOfTag(tags[0]!, 8)]!
    const stored = async (name: string, key: string) => {
      return Number(await connection.send({ type: 'command', name, keys: [key], args: [] }))
    }
    expect(await stored('EXISTS', `${from.keys[1]}x`)).toBe(1)
    await until(async () => {
      expect((await repository.count(schema, everything)).count).toBe(1)
      expect((await repository.fetch(schema, ['x']))[0]?.fields).toContain(tags[1])
      return (await stored('HLEN', `${from.keys[0]}:%moves`)) === 0
    })
    expect(await stored('EXISTS', `${from.keys[1]}x`)).toBe(0)
    expect((await repository.count(schema, everything)).count).toBe(1)
    expect(await auditIndexes(connection, schema)).toEqual([])
  })

  test('a reader whose clock is ahead does no harm to a record on its way', async () => {
    for (const ahead of [3_000, 60_000, -60_000]) {
      const schema = taggedSchema()
      await insert(schema, 'x', tags[0]!)
      const look = async () => {
        const now = Date.now
        const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead)
        try {
          expect((await repository.count(schema, everything)).count).toBe(1)
          expect((await repository.fetch(schema, ['x']))[0]?.id).toBe('x')
        } finally {
          clock.mockRestore()
        }
      }
      const between = new Proxy(connection, {
        get: (of, name) => {
          if (name !== 'send') return Reflect.get(of, name, of)
          return async (request: Request) => {
            await look()
            const reply = await of.send(request)
            await look()
            return reply
          }
        },
      })
      expect(await move(new IndexedRepository(async () => between), schema, tags[0]!, tags[1]!)).toBe('updated')
      const [found] = await repository.fetch(schema, ['x'])
      expect(found?.fields).toContain(tags[1])
      expect((await repository.count(schema, everything)).count).toBe(1)
      expect(await auditIndexes(connection, schema)).toEqual([])
    }
  })

  test('a write that does not know the hash tag finds the record wherever it is going', async () => {
    const schema = taggedSchema()
    await insert(schema, 'x', tags[0]!)
    let isDone = false
    const mover = async () => {
      for (let at = 0; !isDone; at++) {
        await move(repository, schema, tags[at % tags.length]!, tags[(at + 1) % tags.length]!)
      }
    }
    const running = mover()
    try {
      for (let at = 0; at < 60; at++) {
        const increments = [{ attribute: 'userId', by: '1' }]
        expect(await repository.update(schema, { id: 'x', set: [], unset: [], increments })).toMatchObject({
          type: 'updated',
        })
        expect(await repository.expire(schema, 'x', Date.now() + 600_000)).toBe(true)
        expect(await repository.expiry(schema, 'x')).not.toBe(undefined)
        const none: Criterion = { type: 'equals', attribute: 'note', value: 'none' }
        expect(await repository.deleteIf(schema, 'x', none)).toMatchObject({ type: 'conflict' })
      }
      isDone = true
      await running
      // Inserted with 1.
      expect(fieldOf((await repository.fetch(schema, ['x']))[0]!.fields, 'userId')).toBe('61')
      expect(await repository.expiry(schema, 'x')).toEqual(expect.any(Number))
    } finally {
      isDone = true
      await running
    }
    expect(await repository.delete(schema, ['x'])).toEqual([true])
    expect(await auditIndexes(connection, schema)).toEqual([])
  })

  test('a record that is deleted while a slow mover is on its way stays deleted', async () => {
    const schema = taggedSchema()
    await insert(schema, 'x', tags[0]!)
    let sent = 0
    const slow = new Proxy(connection, {
      get: (of, name) => {
        if (name !== 'send') return Reflect.get(of, name, of)
        return async (request: Request) => {
          const reply = await of.send(request)
          if (++sent === 1) {
            expect(await repository.delete(schema, ['x'])).toEqual([true])
            const started = performance.now()
            jest.spyOn(performance, 'now').mockImplementation(() => started + 3_000)
          }
          return reply
        }
      },
    })
    try {
      expect(await move(new IndexedRepository(async () => slow), schema, tags[0]!, tags[1]!)).toBe('missing')
    } finally {
      jest.restoreAllMocks()
    }
    expect((await repository.count(schema, everything)).count).toBe(0)
  })
})
