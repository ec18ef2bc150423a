import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import type { Criterion } from '../../src/repositories/criteria.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import type { Repository } from '../../src/repositories/repository.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { createRandom } from './random.js'
import { sampleSchema } from './sample-schema.js'

const awkward = ['a:b', 'a%41', 'aA', '{x}', '%3A', ':', 'ä', '\u{1F600}', '\ue000', 'line\nfeed', 'a\0', 'a']
const all: Criterion = { type: 'all', of: [] }
const ip: Criterion = { type: 'equals', attribute: 'ip', value: '10.0.0.1' }
const active: Criterion = { type: 'equals', attribute: 'active', value: 'true' }
const both: Criterion = { type: 'all', of: [ip, active] }

describeTargets(['redis-server', 'redis-cluster'], (target) => {
  describe.each([1, 5])('in %i partitions', (partitions) => {
    const schema = sampleSchema(partitions, `quick${partitions}`)
    let connection: Connection
    let quick: Repository
    /** Its budget is less than any page. */
    let thorough: Repository

    beforeAll(async () => {
      connection = await openTarget(target)
      quick = new IndexedRepository(async () => connection)
      thorough = new IndexedRepository(async () => connection, { candidates: 1, chunk: 50 })
      for (const [batch, ids] of [
        awkward,
        Array.from({ length: 60 }, (_, at) => `v${at * 7}`),
        ['last', 'v1'],
      ].entries()) {
        await quick.insertMany(
          schema,
          ids.map((id, at) => {
            const fields = ['ip', `10.0.0.${at % 3 === 0 ? 1 : 2}`, 'name', `n${batch}`, 'active', String(at % 2 === 0)]
            return { id, fields: at % 5 === 0 ? fields.slice(0, 2) : fields, expiresAtMs: null }
          }),
        )
      }
    })
    afterAll(async () => {
      await quick.clear(schema)
      await connection.close()
    })

    const expectAlike = async () => {
      for (const where of [all, ip, active, both]) {
        for (const order of [[], [{ attribute: null, direction: 'desc' }]] as const) {
          for (const [limit, offset] of [
            [1, 0],
            [7, 0],
            [7, 9],
            [30, 0],
            [500, 0],
            [null, 0],
            [null, 5],
          ] as const) {
            for (const fields of [undefined, [], ['name', 'ip']]) {
              const criteria = { where, order, limit, offset, after: null, ...(fields && { fields }) }
              const { trace: _, ...page } = await quick.select(schema, criteria)
              const { trace, ...expected } = await thorough.select(schema, criteria)
              expect({ ...page, plan: '' }).toEqual({ ...expected, plan: '' })
              expect(trace.roundTrips).toBeGreaterThan(0)
            }
          }
        }
      }
    }

    test('a page by creation is the same whether the light script answers or the general one', expectAlike)

    test('so it is while some records expire, and after some have expired', async () => {
      await quick.insertMany(schema, [{ id: 'mortal', fields: ['ip', '10.0.0.1'], expiresAtMs: Date.now() + 600_000 }])
      await expectAlike()
      await quick.expire(schema, 'v7', Date.now() - 1000)
      await expectAlike()
    })

    test('a cursor of its last row goes on with the next', async () => {
      const ids: string[] = []
      const criteria = { where: ip, order: [], limit: 4, offset: 0 }
      for (let page = await quick.select(schema, { ...criteria, after: null }); ; ) {
        ids.push(...page.records.map(({ id }) => id))
        const after = page.positions.at(-1)
        if (!page.hasMore || after === undefined) break
        page = await quick.select(schema, { ...criteria, after })
      }
      const whole = await thorough.select(schema, { ...criteria, limit: null, after: null })
      expect(ids).toEqual(whole.records.map(({ id }) => id))
    })

    // The script looks at blocks of 256 members, and finds the times between members that share one by those.
    test('ids come with their times of creation, however many successive ones share one', async () => {
      const own = sampleSchema(partitions, `times${partitions}`)
      const random = createRandom(partitions)
      const made: string[] = []
      for (const size of [
        1,
        2,
        600,
        3,
        1,
        1,
        40,
        7,
        300,
        4,
        1,
        ...Array.from({ length: 40 }, () => 1 + random.below(9)),
      ]) {
        const ids = Array.from({ length: size }, () => `t${random.below(1e9)}-${made.length}`)
        const fields = () => [
          'ip',
          `10.0.0.${1 + random.below(5) * random.below(2)}`,
          'active',
          String(random.below(9) > 0),
        ]
        await quick.insertMany(
          own,
          ids.map((id) => ({ id, fields: fields(), expiresAtMs: null })),
        )
        made.push(...ids)
      }
      for (const where of [all, ip, both]) {
        for (const order of [[], [{ attribute: null, direction: 'desc' }]] as const) {
          const criteria = { where, order, limit: null, offset: 0, after: null, fields: [] }
          const page = await quick.select(own, criteria)
          const expected = await thorough.select(own, criteria)
          expect(page.records).toEqual(expected.records)
          expect(page.positions).toEqual(expected.positions)
          expect(page.records.length).toBeGreaterThan(256)
        }
      }
      await quick.clear(own)
    })
  })
})
