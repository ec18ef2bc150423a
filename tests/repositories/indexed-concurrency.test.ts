import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import type { Criterion } from '../../src/repositories/criteria.js'
import { matches } from '../../src/repositories/evaluate.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets, serverKinds } from '../support/targets.js'
import { auditIndexes, keysUnder } from './index-auditor.js'
import { auditLives } from './index-lives.js'
import { createRandom, type Random } from './random.js'
import { sampleSchema } from './sample-schema.js'

const CONNECTIONS = 4

jest.setTimeout(120_000)

describeTargets(serverKinds, (target) => {
  describe('indexed repository under simultaneous writers', () => {
    const connections: Connection[] = []
    const repositories: IndexedRepository[] = []
    beforeAll(async () => {
      for (let at = 0; at < CONNECTIONS; at++) {
        const connection = await openTarget(target)
        connections.push(connection)
        repositories.push(new IndexedRepository(async () => connection))
      }
    })
    afterAll(async () => {
      await Promise.all(connections.map((connection) => connection.close()))
    })
    const expectNothingLeft = async (schema: ModelSchema) => {
      expect(await keysUnder(connections[0]!, `${schema.prefix}:`)).toEqual([])
      expect(await keysUnder(connections[0]!, `idx:${schema.prefix}:`)).toEqual([])
    }

    test.each([1, 2, 3])('entries equal the records after random writes to few ids (seed %d)', async (seed) => {
      const schema = withComposites(sampleSchema(4, `storm${seed}`))
      let isWriting = true
      const readers = [0, 1].map((at) =>
        readUntil(() => !isWriting, repositories[at]!, schema, createRandom(seed + at)),
      )
      const writers = Array.from({ length: 12 }, (_, at) => {
        return write(repositories[at % CONNECTIONS]!, schema, createRandom(seed * 100 + at), 120)
      })
      await Promise.all(writers)
      isWriting = false
      for (const found of await Promise.all(readers)) expect(found).toEqual([])

      while ((await expiringSoon(repositories[0]!, schema)) > 0) await new Promise((resolve) => setImmediate(resolve))
      await repositories[0]!.count(schema, { type: 'all', of: [] })
      expect(await auditIndexes(connections[0]!, schema)).toEqual([])
      expect(await auditLives(connections[0]!, schema)).toEqual([])

      await repositories[0]!.delete(schema, ids)
      await expectNothingLeft(schema)
    })

    test('two updates of one record never leave a stale entry', async () => {
      const schema = sampleSchema(2, 'pairs')
      const [first, second] = [repositories[0]!, repositories[1]!]
      await first.insert(
        schema,
        { id: 'one', fields: ['ip', '0', 'userId', '0'], expiresAtMs: null },
        { replace: false },
      )
      for (let round = 0; round < 150; round++) {
        const change = (value: string) => ({ id: 'one', set: ['ip', value, 'name', value, 'userId', value], unset: [] })
        const outcomes = await Promise.all([
          first.update(schema, change(String(round))),
          second.update(schema, change(String(-round))),
        ])
        expect(outcomes).toEqual(['updated', 'updated'])
      }
      expect(await auditIndexes(connections[0]!, schema)).toEqual([])
      await first.delete(schema, ['one'])
      await expectNothingLeft(schema)
    })

    test('an update that races a delete never brings the record back', async () => {
      const schema = sampleSchema(2, 'races')
      const [first, second] = [repositories[0]!, repositories[1]!]
      for (let round = 0; round < 150; round++) {
        const id = `id${round}`
        const expiresAtMs = round % 2 === 0 ? null : Date.now() + 60_000
        await first.insert(schema, { id, fields: ['ip', 'a', 'userId', '1'], expiresAtMs }, { replace: false })
        const newId = round % 3 === 0 ? { newId: `${id}moved` } : {}
        const [, removed] = await Promise.all([
          second.update(schema, { id, ...newId, set: ['ip', 'b', 'userId', '2'], unset: [] }),
          first.delete(schema, [id]),
        ])
        if (removed[0]) expect(await first.fetch(schema, [id, `${id}moved`])).toEqual([null, null])
        else await first.delete(schema, [`${id}moved`])
      }
      expect(await first.count(schema, { type: 'all', of: [] })).toMatchObject({ count: 0 })
      await expectNothingLeft(schema)
    })

    test('of many simultaneous creators of one id exactly one succeeds', async () => {
      const schema = sampleSchema(6, 'creators')
      for (let round = 0; round < 20; round++) {
        const outcomes = await Promise.all(
          Array.from({ length: 16 }, (_, at) => {
            const record = { id: `id${round}`, fields: ['ip', String(at)], expiresAtMs: null }
            return repositories[at % CONNECTIONS]!.insert(schema, record, { replace: false })
          }),
        )
        expect(outcomes.filter((outcome) => outcome === 'inserted')).toHaveLength(1)
      }
      expect(await auditIndexes(connections[0]!, schema)).toEqual([])
      expect(await repositories[0]!.clear(schema)).toBe(20)
      await expectNothingLeft(schema)
    })
  })
})

function withComposites(schema: ModelSchema): ModelSchema {
  const composites = [
    ['ip', 'name'],
    ['active', 'userId', 'ip'],
  ].map((names) => ({ attributes: names.map((name) => schema.attributes.get(name)!) }))
  return { ...schema, composites }
}

const ids = Array.from({ length: 8 }, (_, at) => `id${at}`)
const values: Readonly<Record<string, readonly string[]>> = {
  ip: ['a', 'b', '', 'a:b'],
  name: ['anna', 'an', '\0', 'zoë'],
  userId: ['-1', '0', '7'],
  weight: ['0.5', 'Infinity'],
  active: ['0', '1'],
}

/** Random writes; deadlines are in the past or a few milliseconds ahead. */
async function write(repository: IndexedRepository, schema: ModelSchema, random: Random, operations: number) {
  for (let operation = 0; operation < operations; operation++) {
    const id = random.of(ids)
    const { set, unset } = randomChange(random)
    const deadline = random.of([null, Date.now() - 1, Date.now() + random.below(25)])
    switch (random.below(11)) {
      case 0:
      case 1:
        await repository.insert(schema, { id, fields: set, expiresAtMs: null }, { replace: random.below(2) === 0 })
        break
      case 2:
        await repository.insert(schema, { id, fields: set, expiresAtMs: deadline }, { replace: random.below(2) === 0 })
        break
      case 3:
        await repository.insertMany(
          schema,
          ids.map((each) => ({ id: each, fields: set, expiresAtMs: random.below(2) ? deadline : null })),
        )
        break
      case 4:
        await repository.delete(schema, [id, random.of(ids)])
        break
      case 5:
        await repository.expire(schema, id, deadline)
        break
      case 6:
        await repository.update(schema, { id, newId: random.of(ids), set, unset })
        break
      case 7: {
        const condition: Criterion = { type: 'equals', attribute: 'ip', value: random.of([null, ...values.ip!]) }
        if (random.below(3) === 0) await repository.deleteIf(schema, id, condition)
        else await repository.update(schema, { id, set, unset, condition, ...(deadline && { expiresAtMs: deadline }) })
        break
      }
      case 8:
        await repository.update(schema, {
          id,
          set: [],
          unset: ['ip'],
          increments: [
            { attribute: 'userId', by: '1' },
            { attribute: 'weight', by: '0.25', max: '1e+9' },
          ],
        })
        break
      default:
        await repository.update(schema, { id, set, unset })
    }
  }
}

/** Asks until told to stop; returns the answers that were wrong in themselves. */
async function readUntil(isOver: () => boolean, repository: IndexedRepository, schema: ModelSchema, random: Random) {
  const wrong: unknown[] = []
  while (!isOver()) {
    const attribute = random.of(['ip', 'name', 'userId', 'active'])
    const equal: Criterion = { type: 'equals', attribute, value: random.of([null, ...values[attribute]!]) }
    const ranged: Criterion = {
      type: 'range',
      attribute: 'userId',
      min: { value: '0', inclusive: random.below(2) === 0 },
    }
    const where: Criterion = { type: 'all', of: random.below(2) ? [equal] : [equal, ranged] }
    const order = random.of([
      [],
      [{ attribute: 'userId', direction: 'desc' }],
      [{ attribute: 'name', direction: 'asc' }],
    ] as const)
    const { records } = await repository.select(schema, { where, order, limit: 5, offset: 0, after: null })
    for (const record of records) if (!matches(schema, where, record)) wrong.push({ where, record })
    if (new Set(records.map((record) => record.id)).size !== records.length) wrong.push({ where, records })
  }
  return wrong
}

function randomChange(random: Random): { set: string[]; unset: string[] } {
  const set: string[] = []
  const unset: string[] = []
  for (const [name, pool] of Object.entries(values)) {
    const choice = random.below(4)
    if (choice === 0) unset.push(name)
    else if (choice < 3) set.push(name, random.of(pool))
  }
  return { set, unset }
}

async function expiringSoon(repository: IndexedRepository, schema: ModelSchema): Promise<number> {
  const deadlines = await Promise.all(ids.map((id) => repository.expiry(schema, id)))
  return deadlines.filter((deadline) => typeof deadline === 'number').length
}
