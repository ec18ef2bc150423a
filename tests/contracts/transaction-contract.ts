import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { CrossSlotError } from '../../src/errors/connection-errors.js'
import { InvalidArgumentError } from '../../src/errors/usage-errors.js'
import { fieldOf } from '../../src/repositories/fields.js'
import type { TransactionWrite } from '../../src/repositories/repository.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { sampleSchema } from '../repositories/sample-schema.js'
import { type ContractContext, equals, everything } from './contract-context.js'

/** What transactions promise, where a repository has them. */
export function itAppliesTransactions(context: ContractContext): void {
  /** The suite's model and another one, with all records of one tag in one slot. */
  const schemas = (): readonly [ModelSchema, ModelSchema] => {
    const { prefix, partitions, attributes } = context.schema
    const hashTag = attributes.get('ip')!
    return [
      { ...context.schema, hashTag },
      { ...sampleSchema(partitions, `${prefix}y`), hashTag },
    ]
  }
  const insert = (schema: ModelSchema, id: string, fields: string[], replace = false): TransactionWrite => {
    return { type: 'insert', schema, record: { id, fields: ['ip', 't', ...fields], expiresAtMs: null }, replace }
  }
  const key = (id: string) => ({ id, tag: 't' })

  test('a transaction writes to records of several models, or to none', async () => {
    const { repository } = context
    if (repository.transact === undefined) return
    const [one, other] = schemas()
    await repository.clear(one)
    const first = await repository.transact([insert(one, 'a', ['userId', '1']), insert(other, 'a', ['name', 'x'])])
    expect(first).toEqual({ type: 'applied', values: [[], []] })
    const second = await repository.transact([
      { type: 'update', schema: one, change: { id: 'a', tag: 't', set: ['userId', '2'], unset: [] } },
      { type: 'delete', schema: other, key: key('a') },
      insert(other, 'b', []),
      insert(one, 'a2', ['userId', '9'], true),
    ])
    expect(second).toEqual({ type: 'applied', values: [[], [], [], []] })
    expect((await repository.fetch(one, [key('a')]))[0]!.fields).toContain('2')
    expect(await repository.fetch(other, [key('a'), key('b')])).toEqual([null, { id: 'b', fields: ['ip', 't'] }])
    const refused: [TransactionWrite, unknown][] = [
      [insert(one, 'a', []), 'duplicate'],
      [{ type: 'delete', schema: one, key: key('nobody') }, 'missing'],
      [{ type: 'update', schema: one, change: { id: 'nobody', tag: 't', set: [], unset: [] } }, 'missing'],
    ]
    for (const [write, outcome] of refused) {
      const writes = [insert(other, 'c', []), { type: 'delete', schema: other, key: key('b') } as const, write]
      expect(await repository.transact(writes)).toEqual({ type: 'refused', write: 2, outcome })
    }
    expect((await repository.count(other, everything)).count).toBe(1)
    await repository.clear(one)
    await repository.clear(other)
  })

  test('a transaction tests conditions, and adds to numbers', async () => {
    const { repository } = context
    if (repository.transact === undefined) return
    const [one, other] = schemas()
    await repository.clear(one)
    await repository.transact([insert(one, 'a', ['userId', '5']), insert(other, 'a', ['userId', '1', 'note', 'n'])])
    const add = (by: string, more: object = {}): TransactionWrite => {
      const change = { id: 'a', tag: 't', set: [], unset: [], increments: [{ attribute: 'userId', by, ...more }] }
      return { type: 'update', schema: one, change }
    }
    expect(await repository.transact([add('-2', { min: '0' })])).toEqual({ type: 'applied', values: [['3']] })
    const below = await repository.transact([insert(other, 'b', []), add('-4', { min: '0' })])
    expect(below).toMatchObject({ type: 'refused', write: 1, outcome: { type: 'outOfRange', current: '3' } })
    const condition = equals('note', 'other')
    const conflict = await repository.transact([add('1'), { type: 'delete', schema: other, key: key('a'), condition }])
    expect(conflict).toMatchObject({ type: 'refused', write: 1, outcome: { type: 'conflict', stored: { id: 'a' } } })
    expect(fieldOf((await repository.fetch(one, [key('a')]))[0]!.fields, 'userId')).toBe('3')
    expect((await repository.count(one, equals('ip', 't'))).count).toBe(1)
    await repository.clear(one)
    await repository.clear(other)
  })

  test('increments of transactions that run at once all count', async () => {
    const { repository } = context
    if (repository.transact === undefined) return
    const [one] = schemas()
    await repository.clear(one)
    await repository.transact([insert(one, 'a', ['userId', '0']), insert(one, 'b', ['userId', '0'])])
    const move = () => {
      const change = (id: string, by: string): TransactionWrite => ({
        type: 'update',
        schema: one,
        change: { id, tag: 't', set: [], unset: [], increments: [{ attribute: 'userId', by }] },
      })
      return repository.transact!([change('a', '1'), change('b', '-1')])
    }
    await Promise.all(Array.from({ length: 30 }, move))
    const stored = await repository.fetch(one, [key('a'), key('b')])
    expect(stored.map((record) => fieldOf(record!.fields, 'userId'))).toEqual(['30', '-30'])
    await repository.clear(one)
  })

  test('records in other slots and second writes to one record are refused before anything is sent', async () => {
    const { repository } = context
    if (repository.transact === undefined) return
    const [one, other] = schemas()
    const elsewhere = { ...sampleSchema(context.partitions + 1, `${one.prefix}z`), hashTag: one.hashTag! }
    await expect(repository.transact([insert(one, 'a', []), insert(elsewhere, 'a', [])])).rejects.toThrow(
      CrossSlotError,
    )
    await expect(repository.transact([insert(one, 'a', []), insert(one, 'a', [])])).rejects.toThrow(
      InvalidArgumentError,
    )
    const rename = { id: 'a', tag: 't', newId: 'b', set: [], unset: [] }
    await expect(repository.transact([{ type: 'update', schema: one, change: rename }])).rejects.toThrow(
      InvalidArgumentError,
    )
    const unplaced = { type: 'delete', schema: one, key: 'a' } as const
    await expect(repository.transact([unplaced])).rejects.toThrow(InvalidArgumentError)
    expect(await repository.transact([])).toEqual({ type: 'applied', values: [] })
    expect((await repository.count(other, everything)).count).toBe(0)
  })

  test('whatever a transaction does, the records are those that the same writes in memory make', async () => {
    const { repository } = context
    if (repository.transact === undefined) return
    const [one] = schemas()
    const id = fc.constantFrom('a', 'b', 'c')
    const write = fc.oneof(
      fc.record({ type: fc.constant('insert' as const), id, userId: fc.nat(9), replace: fc.boolean() }),
      fc.record({ type: fc.constant('update' as const), id, userId: fc.nat(9) }),
      fc.record({ type: fc.constant('delete' as const), id }),
    )
    const transactions = fc.array(fc.uniqueArray(write, { selector: (one) => one.id, minLength: 1 }), {
      minLength: 1,
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(transactions, async (given) => {
        await repository.clear(one)
        const model = new Map<string, number>()
        for (const writes of given) {
          const next = new Map(model)
          let isRefused = false
          for (const one of writes) {
            const exists = next.has(one.id)
            if (one.type === 'insert' ? exists && !one.replace : !exists) isRefused = true
            if (one.type === 'delete') next.delete(one.id)
            else next.set(one.id, one.userId)
          }
          const outcome = await repository.transact!(
            writes.map((step): TransactionWrite => {
              if (step.type === 'delete') return { type: 'delete', schema: one, key: key(step.id) }
              const set = ['userId', String(step.userId)]
              if (step.type === 'insert') return insert(one, step.id, set, step.replace)
              return { type: 'update', schema: one, change: { id: step.id, tag: 't', set, unset: [] } }
            }),
          )
          expect(outcome.type).toBe(isRefused ? 'refused' : 'applied')
          if (isRefused) continue
          model.clear()
          for (const [name, value] of next) model.set(name, value)
        }
        for (let userId = 0; userId < 10; userId++) {
          const where = equals('userId', String(userId))
          const page = await repository.select(one, { where, order: [], limit: null, offset: 0, after: null })
          const expected = [...model].filter(([, value]) => value === userId).map(([name]) => name)
          expect(page.records.map((record) => record.id).sort()).toEqual(expected.sort())
        }
      }),
      { numRuns: 15 },
    )
    await repository.clear(one)
  })
}
