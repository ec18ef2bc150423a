import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import type { Order, Position } from '../../src/repositories/criteria.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { createRandom } from './random.js'
import { sampleSchema } from './sample-schema.js'

const awkward = ['a:b', 'a%41', '{x}', ':', 'ä', '\u{1F600}', '\ue000', 'line\nfeed', 'a\0']
const orders: readonly (readonly Order[])[] = (['asc', 'desc'] as const).flatMap((direction) =>
  (['userId', 'seenAt'] as const).map((attribute) => [{ attribute, direction }]),
)

describeTargets(['redis-server', 'redis-cluster'], (target) => {
  describe.each([1, 5])('in %i partitions', (partitions) => {
    const schema = sampleSchema(partitions, `order${partitions}`)
    let connection: Connection
    let quick: IndexedRepository
    /** It reads one entry at a time, which the beginning of the script leaves to the rest of it. */
    let thorough: IndexedRepository

    beforeAll(async () => {
      connection = await openTarget(target)
      quick = new IndexedRepository(async () => connection)
      thorough = new IndexedRepository(async () => connection, { candidates: 10_000, chunk: 1 })
      const random = createRandom(partitions)
      for (const ids of [awkward, Array.from({ length: 50 }, (_, at) => `v${at}`), ['last']]) {
        await quick.insertMany(
          schema,
          ids.map((id) => {
            const seen = new Date(Date.UTC(2024, 0, 1 + random.below(9))).toISOString()
            const fields = ['userId', String(random.below(7) - 3), 'seenAt', seen, 'name', `n${random.below(3)}`]
            return { id, fields, expiresAtMs: null }
          }),
        )
      }
    })
    afterAll(async () => {
      await quick.clear(schema)
      await connection.close()
    })

    const expectAlike = async () => {
      for (const order of orders) {
        for (const limit of [7, 59, 60, 61, null]) {
          for (const fields of [undefined, ['name']]) {
            const criteria = {
              where: { type: 'all', of: [] } as const,
              order,
              limit,
              offset: 0,
              ...(fields && { fields }),
            }
            const { trace: _, ...page } = await quick.select(schema, { ...criteria, after: null })
            const { trace, ...expected } = await thorough.select(schema, { ...criteria, after: null })
            expect(page).toEqual(expected)
            expect(trace.plan).toContain(String(order[0]?.attribute))
          }
        }
      }
    }

    test('a page by a range index is the same, whichever part of the script answers', expectAlike)

    test('pages that follow each other are the whole', async () => {
      for (const order of orders) {
        const criteria = { where: { type: 'all', of: [] } as const, order, limit: 9, offset: 0 }
        const ids: string[] = []
        let after: Position | null = null
        for (;;) {
          const page = await quick.select(schema, { ...criteria, after })
          ids.push(...page.records.map(({ id }) => id))
          if (!page.hasMore) break
          after = page.positions.at(-1) ?? null
        }
        const whole = await thorough.select(schema, { ...criteria, limit: null, after: null })
        expect(ids).toEqual(whole.records.map(({ id }) => id))
      }
    })

    test('so it is with rows that have no value', async () => {
      for (const id of ['none1', 'none2']) {
        await quick.insert(schema, { id, fields: ['name', 'n1'], expiresAtMs: null }, { replace: false })
        await expectAlike()
      }
      await quick.delete(schema, ['none1', 'none2'])
    })

    test('so it is while some records expire, and after some have expired', async () => {
      await quick.expire(schema, 'v7', Date.now() + 600_000)
      await expectAlike()
      await quick.expire(schema, 'v8', Date.now() - 1000)
      await expectAlike()
    })
  })
})
