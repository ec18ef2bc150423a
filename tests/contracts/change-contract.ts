import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { applyChange } from '../../src/repositories/apply-change.js'
import type { Bound, Criterion } from '../../src/repositories/criteria.js'
import { fieldOf, fieldsOf, pairsOf } from '../../src/repositories/fields.js'
import type { Increment, RecordChange, StoredRecord } from '../../src/repositories/repository.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { changeSchema } from '../repositories/sample-schema.js'
import { type ContractContext, everything } from './contract-context.js'

const pools: Readonly<Record<string, readonly string[]>> = {
  ip: ['a', 'b', '', 'a:b', 'a%+b', '%null'],
  name: ['an', 'anna', '', 'zoë', 'a\0b', '😀', '\uffee'],
  views: ['-3', '0', '7', '9007199254740991', '-9007199254740991'],
  total: ['-1', '5', '100', '9007199254740990'],
  balance: ['0', '-99999999999999999999', '123456789012345678901234567890', '9007199254740993'],
  weight: ['0.1', '-2.5', '1e+21', '1e-7', '3', '123456789.123'],
  ratio: ['0.2', '1e+300', '5e-324', '0', 'Infinity', 'NaN'],
  seenAt: [
    '1969-12-31T23:59:59.999Z',
    '2024-02-29T00:00:00.000Z',
    '+012024-01-01T00:00:00.001Z',
    '-000001-12-31T23:00:00.000Z',
  ],
  bornAt: ['2024-01-01T00:00:00.000Z', '2024-01-01T00:00:00.001Z'],
  active: ['0', '1'],
  note: ['x', 'line\r\n', '%2B', 'y:z'],
}
const numbers: Readonly<Record<string, readonly string[]>> = {
  views: ['1', '-1', '0', '9007199254740991', '-42'],
  total: ['1', '-5', '10'],
  balance: ['1', '-1', '99999999999999999999', '-123456789012345678901234567890'],
  weight: ['0.2', '-0.1', '1e+21', '1', '-2.5', '0.30000000000000004'],
  ratio: ['0.1', '-0.2', '1e+300', '5e-324', '-0.3'],
}
const ids = ['one', 'two', 'ü3']

/** What every repository promises about changes that depend on what is stored. */
export function itChangesOnCondition(context: ContractContext): void {
  describe('a conditional change', () => {
    let number = 0
    let schema: ModelSchema = changeSchema(context.partitions, 'changes')
    beforeEach(async () => {
      await context.repository.clear(schema)
      schema = changeSchema(context.partitions, `changes${++number}`)
    })
    afterAll(async () => {
      await context.repository.clear(schema)
    })
    const insert = (id: string, fields: Record<string, string>, expiresAtMs: number | null = null) =>
      context.repository.insert(
        schema,
        { id, fields: fieldsOf(Object.entries(fields)), expiresAtMs },
        { replace: false },
      )
    const update = (change: Partial<RecordChange>) =>
      context.repository.update(schema, { id: 'one', set: [], unset: [], ...change })
    const read = async (id = 'one') => {
      const [record] = await context.repository.fetch(schema, [id])
      return record ? Object.fromEntries(pairsOf(record.fields)) : null
    }
    const idsOf = async (where: Criterion) => {
      const page = { order: [], limit: null, offset: 0, after: null }
      return (await context.repository.select(schema, { where, ...page })).records.map((record) => record.id)
    }

    test('is made where the stored record fulfils the condition, and else answers with that record', async () => {
      await insert('one', { ip: 'a', total: '5', note: 'x' })
      const condition: Criterion = { type: 'range', attribute: 'total', min: { value: '5', inclusive: true } }
      expect(await update({ set: ['ip', 'b', 'total', '4'], condition })).toBe('updated')
      const outcome = await update({ set: ['ip', 'c'], unset: ['note'], condition })
      expect(outcome).toMatchObject({ type: 'conflict', stored: { id: 'one' } })
      expect(Object.fromEntries(pairsOf((outcome as { stored: StoredRecord }).stored.fields))).toEqual({
        ip: 'b',
        total: '4',
        note: 'x',
      })
      expect(await read()).toEqual({ ip: 'b', total: '4', note: 'x' })
      expect(await idsOf({ type: 'equals', attribute: 'ip', value: 'b' })).toEqual(['one'])
      expect(await update({ id: 'none', condition })).toBe('missing')
    })

    test('refuses an attribute that is not declared, and an order among values that have none', async () => {
      await insert('one', { ip: 'a' })
      const refused = { code: 'INVALID_ARGUMENT' }
      const equal: Criterion = { type: 'equals', attribute: 'nope', value: null }
      await expect(update({ condition: equal })).rejects.toMatchObject(refused)
      const range: Criterion = { type: 'range', attribute: 'balance', min: { value: '1', inclusive: true } }
      await expect(update({ condition: { type: 'not', of: range } })).rejects.toMatchObject(refused)
      await expect(context.repository.deleteIf(schema, 'one', range)).rejects.toMatchObject(refused)
    })

    test('may change the key and the deadline with the fields', async () => {
      await insert('one', { ip: 'a', views: '1' })
      const deadline = Date.now() + 3_600_000
      const condition: Criterion = { type: 'equals', attribute: 'ip', value: 'a' }
      expect(await update({ newId: 'two', set: ['ip', 'b'], condition, expiresAtMs: deadline })).toBe('updated')
      expect(await read('two')).toEqual({ ip: 'b', views: '1' })
      expect(await context.repository.expiry(schema, 'two')).toBe(deadline)
      expect(await update({ id: 'two', newId: 'one', condition })).toMatchObject({ type: 'conflict' })
      expect(await update({ id: 'two', expiresAtMs: null })).toBe('updated')
      expect(await context.repository.expiry(schema, 'two')).toBeNull()
      expect(await update({ id: 'two', expiresAtMs: Date.now() - 5 })).toBe('updated')
      expect(await read('two')).toBeNull()
      expect(await idsOf(everything)).toEqual([])
    })

    test('adds to numbers exactly, and moves their entries', async () => {
      await insert('one', { views: '9007199254740990', balance: '99999999999999999999', weight: '0.1', ip: 'a' })
      const increments: Increment[] = [
        { attribute: 'views', by: '1' },
        { attribute: 'balance', by: '1' },
        { attribute: 'weight', by: '0.2' },
        { attribute: 'total', by: '-4' },
      ]
      expect(await update({ increments, set: ['note', 'n'] })).toEqual({
        type: 'updated',
        values: ['9007199254740991', '100000000000000000000', '0.3', '-4'],
      })
      expect(await read()).toEqual({
        views: '9007199254740991',
        balance: '100000000000000000000',
        weight: '0.3',
        total: '-4',
        ip: 'a',
        note: 'n',
      })
      expect(await idsOf({ type: 'equals', attribute: 'balance', value: '100000000000000000000' })).toEqual(['one'])
      expect(await idsOf({ type: 'equals', attribute: 'balance', value: '99999999999999999999' })).toEqual([])
      const above: Bound = { value: '0.25', inclusive: true }
      expect(await idsOf({ type: 'range', attribute: 'weight', min: above })).toEqual(['one'])
    })

    test('refuses a result out of range, with the number that is stored', async () => {
      await insert('one', { views: '5', ratio: '1e+308' })
      const stock = { attribute: 'views', by: '-6', min: '0' }
      expect(await update({ increments: [stock], set: ['ip', 'b'] })).toMatchObject({
        type: 'outOfRange',
        increment: stock,
        current: '5',
      })
      expect(await update({ increments: [{ attribute: 'views', by: '6', max: '10' }] })).toMatchObject({ current: '5' })
      expect(await update({ increments: [{ attribute: 'views', by: '9007199254740991' }] })).toMatchObject({
        type: 'outOfRange',
        increment: { max: '9007199254740991' },
      })
      expect(await update({ increments: [{ attribute: 'ratio', by: '1e+308' }] })).toMatchObject({ type: 'outOfRange' })
      expect(await update({ increments: [{ attribute: 'total', by: '-1', min: '0' }] })).toMatchObject({ current: '0' })
      expect(await read()).toEqual({ views: '5', ratio: '1e+308' })
    })

    test('refuses to add to what is no number', async () => {
      await insert('one', { views: '5', note: 'x', total: 'many' })
      const refused = { code: 'INVALID_ARGUMENT' }
      await expect(update({ increments: [{ attribute: 'note', by: '1' }] })).rejects.toMatchObject(refused)
      await expect(update({ increments: [{ attribute: 'seenAt', by: '1' }] })).rejects.toMatchObject(refused)
      await expect(update({ increments: [{ attribute: 'views', by: '1.5' }] })).rejects.toMatchObject(refused)
      await expect(update({ increments: [{ attribute: 'weight', by: 'NaN' }] })).rejects.toMatchObject(refused)
      const twice = [
        { attribute: 'views', by: '1' },
        { attribute: 'views', by: '1' },
      ]
      await expect(update({ increments: twice })).rejects.toMatchObject(refused)
      await expect(
        update({ increments: [{ attribute: 'views', by: '1' }], set: ['views', '2'] }),
      ).rejects.toMatchObject(refused)
      await expect(update({ increments: [{ attribute: 'total', by: '1' }] })).rejects.toMatchObject({ code: 'CAST' })
      expect(await read()).toEqual({ views: '5', note: 'x', total: 'many' })
    })

    test('a removal happens where the stored record fulfils the condition', async () => {
      await insert('one', { ip: 'a', total: '5' })
      const [low, high] = ['4', '6'].map((value): Criterion => {
        return { type: 'range', attribute: 'total', max: { value, inclusive: true } }
      })
      expect(await context.repository.deleteIf(schema, 'one', low!)).toMatchObject({
        type: 'conflict',
        stored: { id: 'one' },
      })
      expect(await context.repository.delete(schema, ['one', 'none'], low)).toEqual([false, false])
      expect(await context.repository.deleteIf(schema, 'one', high!)).toBe('deleted')
      expect(await context.repository.deleteIf(schema, 'one', high!)).toBe('missing')
      await insert('two', { total: '6' })
      expect(await context.repository.delete(schema, ['one', 'two'], high)).toEqual([false, true])
      expect(await idsOf(everything)).toEqual([])
    })

    test('an extension gives a later deadline to records that have an earlier one', async () => {
      const [soon, later, latest] = [1, 2, 3].map((hours) => Date.now() + hours * 3_600_000)
      await insert('one', { ip: 'a' }, soon)
      await insert('two', { ip: 'a' })
      await insert('ü3', { ip: 'a' }, latest)
      await context.repository.extend(schema, ['one', 'two', 'ü3', 'none'], later!)
      const deadlines = await Promise.all(ids.map((id) => context.repository.expiry(schema, id)))
      expect(deadlines).toEqual([later, null, latest])
    })

    test('ends as the definition in memory says, whatever is stored and demanded', async () => {
      await fc.assert(
        fc.asyncProperty(storedFields, changes, async (fields, wanted) => {
          await context.repository.delete(schema, ids)
          const stored: StoredRecord = { id: 'one', fields }
          await context.repository.insert(schema, { ...stored, expiresAtMs: null }, { replace: false })
          const change = { id: 'one', ...wanted }
          const expected = applyChange(schema, stored, change)
          const outcome = await context.repository.update(schema, change)
          if (expected.type === 'applied') {
            const values = change.increments.map(({ attribute }) => expected.fields.get(attribute))
            expect(outcome).toEqual(values.length === 0 ? 'updated' : { type: 'updated', values })
            expect(await read(change.newId ?? 'one')).toEqual(Object.fromEntries(expected.fields))
          } else {
            expect(outcome).toMatchObject({ type: expected.type })
            expect(await read()).toEqual(Object.fromEntries(pairsOf(fields)))
          }
          for (const attribute of schema.searchable) {
            const value = fieldOf(
              fieldsOf(Object.entries((await read(change.newId ?? 'one')) ?? (await read())!)),
              attribute.name,
            )
            expect(await idsOf({ type: 'equals', attribute: attribute.name, value })).toHaveLength(1)
          }
        }),
        { numRuns: runsFor(context.repository.name) },
      )
    })
  })
}

function runsFor(repository: string): number {
  const [inMemory, indexed, other] = process.env.FULL === '1' ? [2000, 400, 100] : [400, 50, 20]
  return repository === 'array' ? inMemory : repository === 'indexed' ? indexed : other
}

const names = Object.keys(pools)
const storedFields = fc
  .record(
    Object.fromEntries(Object.entries(pools).map(([name, values]) => [name, fc.option(fc.constantFrom(...values))])),
  )
  .map((row) => Object.entries(row).flatMap(([name, value]) => (value === null ? [] : [name, value!])))

const leaf: fc.Arbitrary<Criterion> = fc.oneof(
  fc.constantFrom(...names, 'id').chain((attribute) => {
    const values = fc.option(fc.constantFrom(...(pools[attribute] ?? ids)))
    return fc
      .tuple(fc.constantFrom('equals', 'notEquals'), values)
      .map(([type, value]) => ({ type, attribute, value }) as Criterion)
  }),
  fc.constantFrom(...names, 'id').chain((attribute) => {
    const values = fc.array(fc.option(fc.constantFrom(...(pools[attribute] ?? ids))), { maxLength: 4 })
    return fc
      .tuple(fc.constantFrom('in', 'notIn'), values)
      .map(([type, list]) => ({ type, attribute, values: list }) as Criterion)
  }),
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('id', 'ip', 'name', 'views', 'total', 'weight', 'ratio', 'seenAt', 'bornAt', 'note')
      .chain((attribute) => {
        const values = (pools[attribute] ?? ids).filter((value) => value !== 'NaN')
        const end = fc.record({ value: fc.constantFrom(...values), inclusive: fc.boolean() })
        return fc.tuple(end, end, fc.constantFrom('min', 'max', 'both')).map(
          ([min, max, ends]): Criterion => ({
            type: 'range',
            attribute,
            ...(ends !== 'max' && { min }),
            ...(ends !== 'min' && { max }),
          }),
        )
      }),
  },
  fc
    .tuple(
      fc.constantFrom('id', 'ip', 'name', 'note'),
      fc.array(fc.constantFrom('', 'a', 'n', 'o', '😀', '\0', '%', 'x'), { minLength: 1, maxLength: 4 }),
    )
    .map(([attribute, parts]): Criterion => ({ type: 'like', attribute, pattern: { parts } })),
)

const condition = fc.letrec<{ criterion: Criterion }>((tie) => ({
  criterion: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(fc.constantFrom('all', 'any'), fc.array(tie('criterion'), { maxLength: 3 })).map(([type, of]) => {
      return { type, of } as Criterion
    }),
    tie('criterion').map((of): Criterion => ({ type: 'not', of })),
  ),
})).criterion

const increments = fc.subarray(Object.keys(numbers), { maxLength: 3 }).chain((chosen) =>
  fc.tuple(
    ...chosen.map((attribute) => {
      const value = fc.constantFrom(...numbers[attribute]!)
      const limit = fc.option(value, { nil: undefined, freq: 2 })
      return fc
        .record({ attribute: fc.constant(attribute), by: value, min: limit, max: limit })
        .map((made): Increment => {
          const { min, max, ...increment } = made
          return { ...increment, ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
        })
    }),
  ),
)

const changes = fc
  .record({
    increments,
    condition: fc.option(condition, { nil: undefined, freq: 3 }),
    newId: fc.option(fc.constantFrom('two', 'ü3'), { nil: undefined, freq: 4 }),
    row: fc.record(
      Object.fromEntries(
        Object.entries(pools).map(([name, values]) => [
          name,
          fc.option(fc.option(fc.constantFrom(...values.filter((value) => value !== 'NaN'))), {
            nil: undefined,
            freq: 2,
          }),
        ]),
      ),
    ),
  })
  .map(({ row, increments, condition, newId }) => {
    const taken = new Set(increments.map(({ attribute }) => attribute))
    const given = Object.entries(row).filter(([name, value]) => value !== undefined && !taken.has(name))
    return {
      set: given.flatMap(([name, value]) => (value === null ? [] : [name, value!])),
      unset: given.filter(([, value]) => value === null).map(([name]) => name),
      increments,
      ...(condition !== undefined && { condition }),
      ...(newId !== undefined && { newId }),
    }
  })
