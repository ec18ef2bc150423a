import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { sampleSchema } from './sample-schema.js'

describeTargets(['redis-server', 'redis-cluster'], (target) => {
  describe('records of many megabytes', () => {
    const schema = sampleSchema(4, 'large')
    const rows = Array.from({ length: 40 }, (_, at) => {
      return { id: `r${10 + at}`, fields: ['userId', String(at % 7), 'note', 'x'.repeat(400_000)], expiresAtMs: null }
    })
    let connection: Connection
    let repository: IndexedRepository

    beforeAll(async () => {
      connection = await openTarget(target)
      repository = new IndexedRepository(async () => connection)
      await repository.insertMany(schema, rows)
    })
    afterAll(async () => {
      await repository.clear(schema)
      await connection.close()
    })

    test.each([
      ['in order of creation', []],
      ['in order of an attribute', [{ attribute: 'userId', direction: 'desc' }]],
      [
        'in several orders',
        [
          { attribute: 'userId', direction: 'desc' },
          { attribute: 'id', direction: 'asc' },
        ],
      ],
    ] as const)('come in several answers, each row once, %s', async (_, order) => {
      const where = { type: 'all', of: [] } as const
      const { records, trace } = await repository.select(schema, { where, order, limit: 40, offset: 0, after: null })
      expect(records.map(({ id }) => id).sort()).toEqual(rows.map(({ id }) => id))
      expect(new Set(records.map(({ fields }) => fields.at(-1)?.length))).toEqual(new Set([400_000]))
      expect(trace.roundTrips).toBeGreaterThan(1)
    })
  })
})
