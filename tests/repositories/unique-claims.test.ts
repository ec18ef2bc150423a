import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import type { Connection, Request } from '../../src/connections/connection.js'
import { UniqueConstraintError } from '../../src/errors/conflict-errors.js'
import { ConnectionError } from '../../src/errors/connection-errors.js'
import { fieldOf } from '../../src/repositories/fields.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import type { RecordChange, Repository } from '../../src/repositories/repository.js'
import { UniqueRepository } from '../../src/repositories/unique/unique-repository.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { until } from '../support/until.js'
import { schemaOf } from './sample-schema.js'

jest.setTimeout(120_000)

const LEASE_MS = 40

let models = 0

/** A model of its own with unique codes, four partitions, and tenants that decide them if wanted. */
function uniqueSchema(isTagged = false, isComposite = false): ModelSchema {
  const plain = schemaOf(`uniques${++models}`, 4, {
    code: [textCast, 'equality'],
    tenant: [textCast, 'equality'],
    note: [textCast, 'none'],
  })
  const code = plain.attributes.get('code')!
  const tenant = plain.attributes.get('tenant')!
  const uniques = isComposite ? [{ attributes: [code, tenant] }] : [{ attributes: [code] }]
  return { ...plain, uniques, ...(isTagged && { hashTag: tenant }) }
}

/**
 * A process that ends: requests up to a number are sent; the next one is lost, or done without an answer, and none after it is
 * sent.
 */
class MortalConnection {
  sent = 0

  constructor(
    readonly inner: Connection,
    readonly last: number,
    readonly isLastDone: boolean,
  ) {}

  get view(): Connection {
    return new Proxy(this.inner, {
      get: (of, name) => {
        if (name === 'send') return (request: Request) => this.#pass(() => of.send(request))
        if (name === 'execute') return (requests: Request[]) => this.#pass(() => of.execute(requests))
        return Reflect.get(of, name, of)
      },
    })
  }

  async #pass<Reply>(send: () => Promise<Reply>): Promise<Reply> {
    this.sent++
    if (this.sent <= this.last) return send()
    if (this.sent === this.last + 1 && this.isLastDone) await send()
    throw new ConnectionError('mortal', 'the process is gone', { wasSent: true })
  }
}

/** A process that stops before a request, and goes on when it is told to. */
class SlowConnection {
  sent = 0
  readonly stopped: Promise<void>
  #stop: () => void = () => {}
  #resume: () => void = () => {}
  readonly #resumed = new Promise<void>((resolve) => {
    this.#resume = resolve
  })

  constructor(
    readonly inner: Connection,
    readonly before: number,
  ) {
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve
    })
  }

  resume(): void {
    this.#resume()
  }

  get view(): Connection {
    return new Proxy(this.inner, {
      get: (of, name) => {
        if (name === 'send') return (request: Request) => this.#pass(() => of.send(request))
        if (name === 'execute') return (requests: Request[]) => this.#pass(() => of.execute(requests))
        return Reflect.get(of, name, of)
      },
    })
  }

  async #pass<Reply>(send: () => Promise<Reply>): Promise<Reply> {
    this.sent++
    if (this.sent === this.before) {
      this.#stop()
      await this.#resumed
    }
    return send()
  }
}

/** A connection whose requests are sent in the order of a scheduler. */
function scheduled(connection: Connection, scheduler: fc.Scheduler): Connection {
  return new Proxy(connection, {
    get: (of, name) => {
      const value = Reflect.get(of, name, of)
      if (name !== 'send' && name !== 'execute') return value
      return (...given: unknown[]) =>
        scheduler.schedule(Promise.resolve()).then(() => Reflect.apply(value as never, of, given))
    },
  })
}

describeTargets(['redis-server', 'redis-cluster', 'embedded-cluster'], (target) => {
  let connection: Connection
  let plain: Repository
  beforeAll(async () => {
    connection = await openTarget(target)
    plain = new IndexedRepository(async () => connection)
  })
  afterAll(() => connection?.close())

  const over = (view: Connection) =>
    new UniqueRepository(new IndexedRepository(async () => view), { leaseMs: LEASE_MS })
  const record = (id: string, code: string, more: string[] = []) => ({
    id,
    fields: ['code', code, ...more],
    expiresAtMs: null,
  })
  const setCode = (id: string, code: string): RecordChange => ({ id, set: ['code', code], unset: [] })
  const holders = async (schema: ModelSchema, code: string): Promise<string[]> => {
    const { records } = await plain.select(schema, {
      where: { type: 'equals', attribute: 'code', value: code },
      order: [],
      limit: null,
      offset: 0,
      after: null,
    })
    return records.map(({ id }) => id)
  }
  /** Values that are held can be got by nobody, values that are not by anybody. */
  const expectSound = async (schema: ModelSchema, codes: readonly string[]) => {
    const store = over(connection)
    for (const code of codes) {
      const ids = await holders(schema, code)
      expect(ids.length).toBeLessThanOrEqual(1)
      const probe = store.insert(schema, record(`probe-${code}`, code), { replace: false })
      if (ids.length === 1) {
        const error = await probe.catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(UniqueConstraintError)
        expect((error as UniqueConstraintError).holder).toBe(ids[0])
      } else expect(await probe).toBe('inserted')
    }
  }

  /** Writes of a record `a`, which may have the code `old`; each takes the code `new`. */
  const writes: Readonly<
    Record<string, { tagged?: boolean; work: (store: Repository, schema: ModelSchema) => Promise<unknown> }>
  > = {
    'an insertion': { work: (store, schema) => store.insert(schema, record('b', 'new'), { replace: false }) },
    'a replacement': { work: (store, schema) => store.insert(schema, record('a', 'new'), { replace: true }) },
    'a changed value': { work: (store, schema) => store.update(schema, setCode('a', 'new')) },
    'a changed value and key': {
      work: (store, schema) => store.update(schema, { ...setCode('a', 'new'), newId: 'key-elsewhere' }),
    },
    'a changed value and hash tag': {
      tagged: true,
      work: (store, schema) => {
        return store.update(schema, { id: 'a', tag: 't0', set: ['code', 'new', 'tenant', 't3'], unset: [] })
      },
    },
    'a transaction': {
      work: (store, schema) => {
        return store.transact!([{ type: 'update', schema, change: { ...setCode('a', 'new') } }])
      },
    },
    'a transaction that hands the old value to another record': {
      tagged: true,
      work: (store, schema) => {
        return store.transact!([
          { type: 'insert', schema, record: record('b', 'old', ['tenant', 't0']), replace: false },
          { type: 'update', schema, change: { id: 'a', tag: 't0', set: ['code', 'new'], unset: [] } },
        ])
      },
    },
  }

  for (const [title, { work, tagged = false }] of Object.entries(writes)) {
    test(`a crash between any two steps of ${title} blocks no value, and gives none to two records`, async () => {
      for (let steps = 0, isOver = false; !isOver; steps++) {
        for (const isLastDone of [false, true]) {
          const schema = uniqueSchema(tagged)
          await over(connection).insert(schema, record('a', 'old', ['tenant', 't0']), { replace: false })
          const mortal = new MortalConnection(connection, steps, isLastDone)
          await work(over(mortal.view), schema).catch(() => {})
          isOver = mortal.sent <= steps
          const other = await over(connection)
            .insert(schema, record('other', 'new'), { replace: false })
            .catch((error: unknown) => error)
          const ids = await holders(schema, 'new')
          expect(ids.length).toBe(1)
          if (other instanceof UniqueConstraintError) expect(ids[0]).not.toBe('other')
          else expect([other, ids[0]]).toEqual(['inserted', 'other'])
          await expectSound(schema, ['old', 'new'])
        }
      }
    })

    test(`${title} that stops before any step while others take its claim over comes too late`, async () => {
      for (let before = 1; ; before++) {
        const schema = uniqueSchema(tagged)
        await over(connection).insert(schema, record('a', 'old', ['tenant', 't0']), { replace: false })
        const slow = new SlowConnection(connection, before)
        const writing = work(over(slow.view), schema).then(
          () => 'done',
          (error: unknown) => error,
        )
        const reached = await Promise.race([slow.stopped.then(() => true), writing.then(() => false)])
        const other = await over(connection)
          .insert(schema, record('other', 'new'), { replace: false })
          .catch((error: unknown) => error)
        slow.resume()
        const outcome = await writing
        expect((await holders(schema, 'new')).length).toBe(1)
        if (other === 'inserted') {
          expect(await holders(schema, 'new')).toEqual(['other'])
          expect(outcome).toBeInstanceOf(UniqueConstraintError)
        }
        await expectSound(schema, ['old', 'new'])
        if (!reached) return
      }
    })
  }

  test('a value that a record gives up and takes back meanwhile stays its own', async () => {
    for (let before = 1; ; before++) {
      const schema = uniqueSchema()
      await over(connection).insert(schema, record('a', 'old'), { replace: false })
      const slow = new SlowConnection(connection, before)
      const writing = over(slow.view)
        .update(schema, setCode('a', 'new'))
        .catch((error: unknown) => error)
      const reached = await Promise.race([slow.stopped.then(() => true), writing.then(() => false)])
      await over(connection).update(schema, setCode('a', 'third'))
      await over(connection).update(schema, setCode('a', 'old'))
      slow.resume()
      await writing
      await expectSound(schema, ['old', 'new', 'third'])
      if (!reached) return
    }
  })

  test('a claim whose record was removed behind its back is taken over', async () => {
    const schema = uniqueSchema()
    const store = over(connection)
    await store.insert(schema, record('a', 'x'), { replace: false })
    await plain.delete(schema, ['a'])
    expect(await store.insert(schema, record('b', 'x'), { replace: false })).toBe('inserted')
    await plain.update(schema, setCode('b', 'y'))
    expect(await store.insert(schema, record('c', 'x'), { replace: false })).toBe('inserted')
    expect(await holders(schema, 'x')).toEqual(['c'])
  })

  test('a record that changes its key and its value at once leaves no claim behind', async () => {
    const schema = uniqueSchema()
    const store = over(connection)
    await store.insert(schema, record('a', 'x'), { replace: false })
    await store.update(schema, { ...setCode('a', 'y'), newId: 'b' })
    const keys = [`unq:${schema.prefix}:{code:x}`]
    expect(await connection.send({ type: 'command', name: 'EXISTS', keys, args: [] })).toBe(0)
  })

  test('claims live as long as their record, whatever becomes of its deadline', async () => {
    const schema = uniqueSchema()
    const store = over(connection)
    const soon = Date.now() + 60_000
    await store.insert(schema, { ...record('a', 'x'), expiresAtMs: soon }, { replace: false })
    const key = `unq:${schema.prefix}:{code:x}`
    const left = async () => Number(await connection.send({ type: 'command', name: 'PTTL', keys: [key], args: [] }))
    expect(await left()).toBeGreaterThan(60_000)
    await store.expire(schema, 'a', soon + 900_000_000)
    expect(await left()).toBeGreaterThan(900_000_000)
    await store.expire(schema, 'a', soon)
    expect(await left()).toBeGreaterThan(900_000_000)
    await store.extend(schema, ['a'], soon + 990_000_000)
    expect(await left()).toBeGreaterThan(990_000_000)
    await store.update(schema, { id: 'a', set: [], unset: [], expiresAtMs: null })
    expect(await left()).toBe(-1)
    await store.delete(schema, ['a'])
    expect(await left()).toBe(-2)
  })

  test('nothing is left of a model after clear', async () => {
    const schema = uniqueSchema()
    const store = over(connection)
    for (let at = 0; at < 600; at += 100) {
      await store.insertMany(
        schema,
        Array.from({ length: 100 }, (_, row) => record(`r${at + row}`, `c${at + row}`)),
      )
    }
    expect(await store.clear(schema)).toBe(600)
    for (const primary of await connection.primaries()) {
      const pattern = `${connection.keyPrefix}*${schema.prefix}:*`
      const args = ['0', 'MATCH', pattern, 'COUNT', 1_000_000]
      const [outcome] = await primary.execute([{ type: 'command', name: 'SCAN', keys: [], args }])
      expect(outcome!.ok && (outcome!.value as [string, string[]])[1]).toEqual([])
    }
  })

  if (target.kind === 'redis-cluster') {
    test('whether a record has a value is asked of a server that could write it: not of one in the middle of a failover', async () => {
      const schema = uniqueSchema()
      const store = over(connection)
      const clients = target.addresses.map(({ host, port }) => new Redis(port, host))
      const ownerOf = async (key: string) => {
        const answers = await Promise.all(clients.map((client) => client.exists(key).catch(() => null)))
        return clients[answers.findIndex((answer) => answer !== null)]!
      }
      try {
        const code = 'x'
        const claimOwner = await ownerOf(`${connection.keyPrefix}unq:${schema.prefix}:{code:${code}}`)
        const recordOwner = (id: string) =>
          ownerOf(connection.keyPrefix + plain.keyOf(schema, { id, fields: ['code', code] }))
        let id = 'a'
        while ((await recordOwner(id)) === claimOwner) id += 'a'
        await store.insert(schema, record(id, code), { replace: false })
        const paused = await recordOwner(id)
        await paused.call('CLIENT', 'PAUSE', '20000', 'WRITE')
        const inserting = store
          .insert(schema, record('other', code), { replace: false })
          .catch((error: unknown) => error)
        await until(async () => / flags=b .* cmd=eval/.test(String(await paused.client('LIST'))))
        await paused.call('CLIENT', 'UNPAUSE')
        expect(await inserting).toBeInstanceOf(UniqueConstraintError)
      } finally {
        for (const client of clients) {
          await client.call('CLIENT', 'UNPAUSE')
          client.disconnect()
        }
      }
    })
  }

  if (target.kind !== 'embedded-cluster') {
    test('two halves of a combination that change at once become no combination that another record has', async () => {
      const half = fc.record({
        name: fc.constantFrom('code', 'tenant'),
        value: fc.constantFrom('0', '1'),
        id: fc.nat(1),
      })
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.array(half, { minLength: 4, maxLength: 8 }), async (scheduler, halves) => {
          const schema = uniqueSchema(false, true)
          const combinations = [
            ['0', '0'],
            ['1', '1'],
          ]
          for (const [at, [code = '', tenant = '']] of combinations.entries()) {
            await over(connection).insert(schema, record(`r${at}`, code, ['tenant', tenant]), { replace: false })
          }
          const view = scheduled(connection, scheduler)
          const all = Promise.all(
            halves.map(async ({ name, value, id }) => {
              const change = { id: `r${id}`, set: [name, value], unset: [] }
              await new UniqueRepository(new IndexedRepository(async () => view), { leaseMs: 200 })
                .update(schema, change)
                .catch((error: unknown) => expect(error).toBeInstanceOf(UniqueConstraintError))
            }),
          )
          await scheduler.waitFor(all)
          const stored = await plain.fetch(schema, ['r0', 'r1'])
          const texts = stored.map((one) => `${fieldOf(one!.fields, 'code')} ${fieldOf(one!.fields, 'tenant')}`)
          expect(new Set(texts).size).toBe(2)
          for (const [at, one] of stored.entries()) {
            const probe = over(connection).insert(
              schema,
              { ...one!, id: `probe${at}`, expiresAtMs: null },
              { replace: false },
            )
            await expect(probe).rejects.toThrow(UniqueConstraintError)
          }
        }),
        { numRuns: 60, endOnFailure: true },
      )
    })

    describe('whatever the order of steps', () => {
      const code = fc.integer({ min: 0, max: 2 }).map((number) => `c${number}`)
      const id = fc.integer({ min: 0, max: 3 }).map((number) => `r${number}`)
      const step = fc.oneof(
        fc.record({ type: fc.constant('insert' as const), id, code, replace: fc.boolean() }),
        fc.record({ type: fc.constant('update' as const), id, code }),
        fc.record({ type: fc.constant('rekey' as const), id, to: id, code: fc.option(code, { nil: undefined }) }),
        fc.record({ type: fc.constant('unset' as const), id }),
        fc.record({ type: fc.constant('delete' as const), id }),
      )

      test('no two records have a value, and no value is lost', async () => {
        await fc.assert(
          fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 2, maxLength: 8 }), async (scheduler, steps) => {
            const schema = uniqueSchema()
            const view = scheduled(connection, scheduler)
            const run = async (store: Repository, one: (typeof steps)[number]) => {
              switch (one.type) {
                case 'insert':
                  return store.insert(schema, record(one.id, one.code), { replace: one.replace })
                case 'update':
                  return store.update(schema, setCode(one.id, one.code))
                case 'rekey': {
                  const set = one.code === undefined ? [] : ['code', one.code]
                  return store.update(schema, { id: one.id, newId: one.to, set, unset: [] })
                }
                case 'unset':
                  return store.update(schema, { id: one.id, set: [], unset: ['code'] })
                case 'delete':
                  return store.delete(schema, [one.id])
              }
            }
            const unexpected: unknown[] = []
            const all = Promise.all(
              steps.map(async (one) => {
                try {
                  await run(new UniqueRepository(new IndexedRepository(async () => view), { leaseMs: 15 }), one)
                } catch (error) {
                  if (!(error instanceof UniqueConstraintError)) unexpected.push(error)
                }
              }),
            )
            await scheduler.waitFor(all)
            expect(unexpected).toEqual([])
            const { records } = await plain.select(schema, {
              where: { type: 'all', of: [] },
              order: [],
              limit: null,
              offset: 0,
              after: null,
            })
            const codes = records.map(({ fields }) => fieldOf(fields, 'code')).filter((one) => one !== null)
            expect(new Set(codes).size).toBe(codes.length)
            await expectSound(schema, ['c0', 'c1', 'c2'])
          }),
          { numRuns: 150, endOnFailure: true },
        )
      })
    })
  }
})
