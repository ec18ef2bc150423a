import { expect, test } from '@jest/globals'
import { fieldOf } from '../../src/repositories/fields.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { decimalCast } from '../../src/schema/casts/decimal-cast.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { auditIndexes } from './index-auditor.js'
import { schemaOf } from './sample-schema.js'

const schema = schemaOf('large', 1, { balance: [decimalCast(2), 'range'] })

describeTargets(['redis-server', 'embedded-cluster'], (target) => {
  test('decimals beyond the range of a double are incremented, and ranked at the end', async () => {
    const connection = await openTarget(target)
    const repository = new IndexedRepository(async () => connection)
    const edge = '9'.repeat(308)
    for (const sign of ['', '-']) {
      const record = { id: `x${sign}`, fields: ['balance', `${sign}${edge}.00`], expiresAtMs: null }
      await repository.insert(schema, record, { replace: false })
      const by = `${sign}${edge}0.00`
      const change = { id: `x${sign}`, set: [], unset: [], increments: [{ attribute: 'balance', by }] }
      const sum = `${BigInt(sign + edge) + BigInt(`${sign}${edge}0`)}.00`
      expect(await repository.update(schema, change)).toEqual({ type: 'updated', values: [sum] })
      const [found] = await repository.fetch(schema, [`x${sign}`])
      expect(fieldOf(found!.fields, 'balance')).toBe(sum)
    }
    expect(await auditIndexes(connection, schema)).toEqual([])
    const order = [{ attribute: 'balance', direction: 'asc' as const }]
    const question = { where: { type: 'all' as const, of: [] }, order, limit: null, offset: 0, after: null }
    expect((await repository.select(schema, question)).records.map(({ id }) => id)).toEqual(['x-', 'x'])
    await repository.clear(schema)
    await connection.close()
  })
})
