import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { fieldOf, fieldsOf } from '../../src/repositories/fields.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { RedisRepository } from '../../src/repositories/redis/redis-repository.js'
import type { Repository } from '../../src/repositories/repository.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets, serverKinds, type Target } from '../support/targets.js'
import { auditIndexes } from './index-auditor.js'
import { changeSchema } from './sample-schema.js'

const WRITERS = 8

jest.setTimeout(120_000)

const repositories: Readonly<Record<string, (connection: Connection) => Repository>> = {
  indexed: (connection) => new IndexedRepository(async () => connection),
  redis: (connection) => new RedisRepository(async () => connection),
}

describeTargets(serverKinds, (target: Target) => {
  for (const [name, open] of Object.entries(repositories)) {
    describe(`simultaneous changes in the ${name} repository`, () => {
      const connections: Connection[] = []
      const writers: Repository[] = []
      const schema = changeSchema(3, `racing${name}`)
      const rounds = name === 'indexed' ? 60 : 5
      beforeAll(async () => {
        for (let at = 0; at < WRITERS; at++) connections.push(await openTarget(target))
        for (const connection of connections) writers.push(open(connection))
      })
      afterAll(async () => {
        await writers[0]!.clear(schema)
        await Promise.all(connections.map((connection) => connection.close()))
      })
      const insert = (id: string, fields: Record<string, string>) =>
        writers[0]!.insert(
          schema,
          { id, fields: fieldsOf(Object.entries(fields)), expiresAtMs: null },
          { replace: true },
        )
      const read = async (id: string, attribute: string) => {
        const [record] = await writers[0]!.fetch(schema, [id])
        return fieldOf(record!.fields, attribute)
      }
      const audit = async () => (name === 'indexed' ? auditIndexes(connections[0]!, schema) : [])

      test('no increment is lost, whatever else is saved', async () => {
        await insert('one', { ip: 'a', total: '0', views: '0', balance: '99999999999999999999' })
        let added = 0
        await Promise.all(
          writers.map(async (writer, at) => {
            for (let round = 0; round < rounds; round++) {
              const outcome = await writer.update(schema, {
                id: 'one',
                set: ['note', `${at}`],
                unset: [],
                increments: [
                  { attribute: 'total', by: '1' },
                  { attribute: 'balance', by: '1' },
                  { attribute: 'views', by: '1' },
                ],
              })
              if (outcome !== 'missing') added++
              await writer.update(schema, { id: 'one', set: ['ip', `${at}`, 'weight', `${round}`], unset: [] })
            }
          }),
        )
        // The layout of redis can miss a record whose key changes while it is looked for, and says so.
        if (name === 'indexed') expect(added).toBe(WRITERS * rounds)
        expect(await read('one', 'total')).toBe(String(added))
        expect(await read('one', 'views')).toBe(String(added))
        expect(await read('one', 'balance')).toBe(String(99999999999999999999n + BigInt(added)))
        expect(await audit()).toEqual([])
      })

      test('a floor is never passed, and what there is is taken', async () => {
        const stock = 3 * WRITERS
        await insert('two', { total: String(stock) })
        const outcomes = await Promise.all(
          writers.flatMap((writer) =>
            Array.from({ length: 5 }, () =>
              writer.update(schema, {
                id: 'two',
                set: [],
                unset: [],
                increments: [{ attribute: 'total', by: '-1', min: '0' }],
              }),
            ),
          ),
        )
        const taken = outcomes.filter((outcome) => typeof outcome === 'object' && outcome.type === 'updated')
        expect(taken).toHaveLength(stock)
        expect(outcomes.filter((outcome) => typeof outcome !== 'object' || outcome.type !== 'updated')).toEqual(
          Array.from({ length: 2 * WRITERS }, () => expect.objectContaining({ type: 'outOfRange', current: '0' })),
        )
        expect(await read('two', 'total')).toBe('0')
      })

      test('of writers with one condition exactly one wins, and the others are shown what it wrote', async () => {
        for (let round = 0; round < rounds / 5; round++) {
          const id = `lock${round}`
          await insert(id, { ip: 'free', note: 'n' })
          const outcomes = await Promise.all(
            writers.map((writer, at) =>
              writer.update(schema, {
                id,
                set: ['ip', `owner${at}`],
                unset: [],
                condition: { type: 'equals', attribute: 'ip', value: 'free' },
              }),
            ),
          )
          const winners = outcomes.flatMap((outcome, at) => (outcome === 'updated' ? [at] : []))
          expect(winners).toHaveLength(1)
          const stored = `owner${winners[0]}`
          expect(await read(id, 'ip')).toBe(stored)
          for (const outcome of outcomes) {
            if (typeof outcome !== 'object' || outcome.type !== 'conflict') continue
            expect(fieldOf(outcome.stored.fields, 'ip')).toBe(stored)
          }
        }
        expect(await audit()).toEqual([])
      })

      test('of those who remove on a condition exactly one does', async () => {
        await insert('three', { ip: 'free' })
        const outcomes = await Promise.all(
          writers.map((writer) => writer.deleteIf(schema, 'three', { type: 'equals', attribute: 'ip', value: 'free' })),
        )
        expect(outcomes.filter((outcome) => outcome === 'deleted')).toHaveLength(1)
        expect(outcomes.filter((outcome) => outcome === 'missing')).toHaveLength(WRITERS - 1)
      })
    })
  }
})
