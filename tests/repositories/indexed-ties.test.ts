import { expect, test } from '@jest/globals'
import { Query } from '../../src/query/query.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { InsertRows } from '../../src/repositories/indexed/insert-rows.js'
import { partitionOfTagText } from '../../src/repositories/indexed/layout.js'
import { insertScript } from '../../src/repositories/indexed/scripts/insert-script.js'
import { sendWrite } from '../../src/repositories/indexed/send-write.js'
import type { StoredRecord } from '../../src/repositories/repository.js'
import type { Ranged } from '../../src/schema/attribute-types.js'
import { partitionOfTag } from '../../src/schema/partition.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { sampleSchema } from './sample-schema.js'

const PARTITIONS = 3
const ROWS = 30
/** Of both partitions. */
const ALL = ROWS + ROWS / 3

const tagIn = (partition: number): string => {
  for (let at = 0; ; at++) if (partitionOfTag(`t${at}`, PARTITIONS) === partition) return `t${at}`
}

describeTargets(['redis-server'], (target) => {
  test('records with one id and one time of creation under several hash tags are answers of their own', async () => {
    const connection = await openTarget(target)
    const sample = sampleSchema(PARTITIONS, 'ties')
    const schema = { ...sample, hashTag: sample.attributes.get('ip')! }
    for (const partition of [0, 1]) {
      const tag = tagIn(partition)
      const rows = new InsertRows(schema)
      // The second has few: what it has lies between, and behind, what the first brings in one call.
      for (let at = 0; at < ROWS; at += partition === 0 ? 1 : 3) {
        rows.add({ id: `id${10 + at}`, fields: ['ip', tag, 'userId', '1'], expiresAtMs: null })
      }
      const args = rows.args({ replace: false, createdAtMs: 1_700_000_000_000 })
      await sendWrite(connection, schema, partitionOfTagText(schema, tag), insertScript, args)
    }
    const where = { type: 'all', of: [] } as const
    const orders = [[], [{ attribute: 'userId', direction: 'desc' }]] as const
    for (const budget of [{ candidates: 3, chunk: 2 }, undefined]) {
      const repository = new IndexedRepository(async () => connection, budget)
      for (const order of orders) {
        for (const limit of [...Array.from({ length: ALL }, (_, at) => at + 1), null]) {
          const page = await repository.select(schema, { where, order, limit, offset: 0, after: null })
          expect(page.records.length).toBe(limit ?? ALL)
          expect(page.hasMore).toBe(limit !== null && limit < ALL)
        }
      }
    }
    await new IndexedRepository(async () => connection).clear(schema)
    await connection.close()
  })

  test('cursors stand between such records, forwards and backwards; one of an earlier version skips the second', async () => {
    const connection = await openTarget(target)
    const repository = new IndexedRepository(async () => connection)
    const sample = sampleSchema(PARTITIONS, 'twins')
    const schema = { ...sample, hashTag: sample.attributes.get('ip')! }
    for (const partition of [0, 1, 2]) {
      const rows = new InsertRows(schema)
      for (const id of ['a', 'b', 'b\0', 'b\ue000', '\u{10FFFF}']) {
        rows.add({ id, fields: ['ip', tagIn(partition), 'name', 'x'], expiresAtMs: null })
      }
      const args = rows.args({ replace: false, createdAtMs: 1_700_000_000_000 })
      await sendWrite(connection, schema, partitionOfTagText(schema, tagIn(partition)), insertScript, args)
    }
    const source = {
      schema,
      repository: () => repository,
      materialise: async (records: readonly StoredRecord[]) => [...records],
    }
    const query = new Query<{ id: string; ip: string; name: Ranged<string> }>(source as never)
    const nameOf = (row: object) => JSON.stringify(row)
    for (const asked of [
      query,
      query.latest(),
      query.orderBy('name', 'desc'),
      query.orderBy('id'),
      query.orderBy('id', 'desc'),
    ]) {
      const all = (await asked.get()).map(nameOf)
      expect(new Set(all).size).toBe(15)
      for (const size of [1, 2, 4]) {
        const [forwards, backwards]: string[][] = [[], []]
        let page = await asked.cursorPaginate({ size })
        for (;;) {
          forwards!.push(...page.rows.map(nameOf))
          if (page.next === null) break
          page = await asked.cursorPaginate({ size, after: page.next })
        }
        expect(forwards).toEqual(all)
        backwards!.unshift(...page.rows.map(nameOf))
        while (page.previous !== null) {
          page = await asked.cursorPaginate({ size, before: page.previous })
          backwards!.unshift(...page.rows.map(nameOf))
        }
        expect(backwards).toEqual(all)
      }
    }
    const question = { where: { type: 'all', of: [] }, order: [], limit: 1, offset: 0 } as const
    const { positions } = await repository.select(schema, { ...question, after: null })
    const { tie: _tie, ...old } = positions[0]!
    const next = await repository.select(schema, { ...question, after: old })
    expect(next.records.map(({ id }) => id)).toEqual(['b'])
    await repository.clear(schema)
    await connection.close()
  })
})
