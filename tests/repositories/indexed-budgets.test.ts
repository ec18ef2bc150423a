import { expect, test } from '@jest/globals'
import type { Criterion } from '../../src/repositories/criteria.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { partitionOf } from '../../src/schema/partition.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { until } from '../support/until.js'
import { sampleSchema } from './sample-schema.js'

const everything: Criterion = { type: 'all', of: [] }
const from = (least: number): Criterion => {
  return { type: 'range', attribute: 'userId', min: { value: String(least), inclusive: true } }
}
const upTo = (most: number): Criterion => {
  return { type: 'range', attribute: 'userId', max: { value: String(most), inclusive: true } }
}

describeTargets(['redis-server'], (target) => {
  test('a call examines the fewer candidates the more conditions each may be tested for', async () => {
    const connection = await openTarget(target)
    const schema = sampleSchema(1, 'budgets')
    const repository = new IndexedRepository(async () => connection, { candidates: 400, chunk: 50 })
    const records = Array.from({ length: 1000 }, (_, at) => {
      return { id: `r${at}`, fields: ['userId', String(at), 'name', `n${at % 10}`], expiresAtMs: null }
    })
    await repository.insertMany(schema, records)
    // None holds of any record: each is tested for all.
    const alternatives = (number: number): Criterion => {
      const of = Array.from({ length: number }, (_, at): Criterion => ({ type: 'not', of: upTo(2000 + at) }))
      return { type: 'any', of: [...of, { type: 'not', of: from(500) }] }
    }
    const light = await repository.count(schema, alternatives(1))
    expect([light.count, light.trace.commands]).toEqual([500, 3])
    // 40 candidates in a call, and one call that finds the end.
    const heavy = await repository.count(schema, alternatives(79))
    expect([heavy.count, heavy.trace.commands]).toEqual([500, 26])
    const order = [
      { attribute: 'name', direction: 'desc' as const },
      { attribute: 'id', direction: 'asc' as const },
    ]
    const criteria = { where: alternatives(79), order, limit: null, offset: 0, after: null, fields: [] }
    const { records: found } = await repository.select(schema, criteria)
    const wanted = Array.from({ length: 500 }, (_, at) => `r${at}`)
    wanted.sort((left, right) => Number(right.at(-1)) - Number(left.at(-1)) || (left < right ? -1 : 1))
    expect(found.map(({ id }) => id)).toEqual(wanted)
    await repository.clear(schema)
    await connection.close()
  })

  test('an explanation counts all partitions, also while thousands of expired records leave one of them', async () => {
    const connection = await openTarget(target)
    const schema = sampleSchema(2, 'expiring')
    const repository = new IndexedRepository(async () => connection)
    const ids = Array.from({ length: 6000 }, (_, at) => `r${at}`)
    const [leaving, staying] = [0, 1].map((number) => ids.filter((id) => partitionOf(id, 2) === number))
    const expiresAtMs = Date.now() + 300
    await repository.insertMany(schema, [
      ...leaving!.slice(0, 2100).map((id) => ({ id, fields: [], expiresAtMs })),
      ...leaving!.slice(2100, 2110).map((id) => ({ id, fields: [], expiresAtMs: null })),
      ...staying!.slice(0, 20).map((id) => ({ id, fields: [], expiresAtMs: null })),
    ])
    await until(() => Date.now() > expiresAtMs + 50)
    const criteria = { where: everything, order: [], limit: 5, offset: 0, after: null }
    const { candidates, estimatedRows } = await repository.explain(schema, criteria)
    expect([candidates, estimatedRows]).toEqual([30, 30])
    await repository.clear(schema)
    await connection.close()
  })
})
