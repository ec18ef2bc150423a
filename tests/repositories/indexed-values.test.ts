import { expect, test } from '@jest/globals'
import type { Criterion } from '../../src/repositories/criteria.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { decimalCast } from '../../src/schema/casts/decimal-cast.js'
import { integerCast } from '../../src/schema/casts/number-casts.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { schemaOf } from './sample-schema.js'

const ROWS = 3000
const everything: Criterion = { type: 'all', of: [] }
/** Beyond the precision of a double: they have one score. */
const alike = ['9007199254740992.1', '9007199254740992.2', '9007199254740992.3']
const texts = ['', 'a', 'a\0', 'a\u0001', 'ab', 'ü', '\u{1F600}']

const schema = schemaOf('valued', 2, {
  level: [integerCast, 'range'],
  name: [textCast, 'range'],
  amount: [decimalCast(1), 'range'],
  serial: [textCast, 'range'],
})

describeTargets(['embedded-node', 'redis-server'], (target) => {
  test('values are counted in few bounded calls, and numbers of one score by their texts', async () => {
    const connection = await openTarget(target)
    const whole = new IndexedRepository(async () => connection)
    const inSteps = new IndexedRepository(async () => connection, { candidates: 40, chunk: 10 })
    await whole.clear(schema)
    const expected = {
      level: new Map<string | null, number>(),
      name: new Map<string | null, number>(),
      amount: new Map<string | null, number>(),
      serial: new Map<string | null, number>(),
    }
    const rows = Array.from({ length: ROWS }, (_, at) => {
      const values = {
        level: at % 7 === 6 ? null : String(at % 7),
        name: texts[at % texts.length] ?? '',
        amount: at % 100 === 0 ? (alike[(at / 100) % 3] ?? '') : '1.0',
        serial: `s${at}`,
      }
      for (const name of ['level', 'name', 'amount', 'serial'] as const) {
        expected[name].set(values[name], (expected[name].get(values[name]) ?? 0) + 1)
      }
      const fields = Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [name, value]))
      return { id: `v${at}`, fields, expiresAtMs: null }
    })
    await whole.insertMany(schema, rows)
    for (const repository of [whole, inSteps]) {
      for (const [name, counts] of Object.entries(expected)) {
        const { counts: found, trace } = await repository.countBy(schema, everything, name)
        expect([name, found]).toEqual([name, counts])
        expect(trace.plan).toContain(`the values in the index of ${name}`)
        // 1500 records of each partition, of which a walk would read 40 in a call.
        if (repository === inSteps && name !== 'serial') expect(trace.roundTrips).toBeLessThan(8)
        if (repository === whole) expect(trace.roundTrips).toBe(1)
      }
      const some = await repository.countBy(schema, { type: 'equals', attribute: 'level', value: '3' }, 'name')
      expect([...some.counts.values()].reduce((sum, count) => sum + count, 0)).toBe(expected.level.get('3'))
    }
    await whole.clear(schema)
    await connection.close()
  })

  test('values of records that have expired are not counted', async () => {
    const connection = await openTarget(target)
    const repository = new IndexedRepository(async () => connection)
    await repository.clear(schema)
    const add = (id: string, level: string, expiresAtMs: number | null) =>
      repository.insert(schema, { id, fields: ['level', level], expiresAtMs }, { replace: false })
    for (let at = 0; at < 20; at++) await add(`v${at}`, String(at % 2), at % 4 === 0 ? Date.now() + 100_000 : null)
    await repository.delete(schema, ['v1', 'v2'])
    await repository.expire(schema, 'v4', Date.now() - 1)
    expect((await repository.countBy(schema, everything, 'level')).counts).toEqual(
      new Map([
        ['0', 8],
        ['1', 9],
      ]),
    )
    await repository.clear(schema)
    await connection.close()
  })
})
