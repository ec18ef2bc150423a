import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compareBytes, compareUnits, isOrderedByUnits } from '../../src/repositories/byte-order.js'
import { isLike, matches } from '../../src/repositories/evaluate.js'
import { recordOrder } from '../../src/repositories/record-order.js'
import { sampleSchema } from './sample-schema.js'

const schema = sampleSchema(1)

describe('compareBytes', () => {
  test('orders text as its UTF-8 bytes are ordered', () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 })
    const sign = (left: string, right: string) => Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(right)))
    fc.assert(
      fc.property(text, text, fc.constantFrom('', '\uffff', '\u{10000}', '\ue000'), (left, right, end) => {
        expect(Math.sign(compareBytes(left, right + end))).toBe(sign(left, right + end))
        expect(Math.sign(compareBytes(left + end, left + right))).toBe(sign(left + end, left + right))
      }),
    )
  })

  test('is what `<` says of text that is ordered by its units', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'B', '~', 'é', '\u{d7ff}', '\u{e000}', '\u{10000}'),
      maxLength: 6,
    })
    fc.assert(
      fc.property(text, text, (left, right) => {
        if (isOrderedByUnits(left + right)) expect(compareUnits(left, right)).toBe(Math.sign(compareBytes(left, right)))
        else expect(left + right).toMatch(/[\u{e000}\u{10000}]/u)
      }),
    )
  })
})

describe('isLike', () => {
  test('equals the regular expression of the pattern', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })
    fc.assert(
      fc.property(short, fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 2 })), (text, parts) => {
        const escaped = parts.map((part) => part.replaceAll('.', '\\.'))
        expect(isLike(text, { parts })).toBe(new RegExp(`^${escaped.join('.*')}$`).test(text))
      }),
      { numRuns: 2000 },
    )
  })

  test('does not let the parts overlap', () => {
    expect(isLike('aba', { parts: ['ab', 'ba'] })).toBe(false)
    expect(isLike('abba', { parts: ['ab', 'ba'] })).toBe(true)
    expect(isLike('aa', { parts: ['a', 'a', 'a'] })).toBe(false)
  })
})

describe('matches', () => {
  const record = { id: 'one', fields: ['ip', '', 'userId', '10', 'name', 'b'] }

  test('compares numbers by value and text by bytes', () => {
    const above = (attribute: string, value: string) => {
      return matches(schema, { type: 'range', attribute, min: { value, inclusive: true } }, record)
    }
    expect([above('userId', '9'), above('userId', '11'), above('name', 'a'), above('name', 'ba')]).toEqual([
      true,
      false,
      true,
      false,
    ])
  })

  test('finds null equal to null alone, in no range and like no pattern', () => {
    const attribute = 'weight'
    expect(matches(schema, { type: 'equals', attribute, value: null }, record)).toBe(true)
    expect(matches(schema, { type: 'notEquals', attribute, value: '1' }, record)).toBe(true)
    expect(matches(schema, { type: 'notIn', attribute, values: ['1', null] }, record)).toBe(false)
    expect(matches(schema, { type: 'range', attribute, min: { value: '-Infinity', inclusive: true } }, record)).toBe(
      false,
    )
    expect(matches(schema, { type: 'like', attribute, pattern: { parts: ['', ''] } }, record)).toBe(false)
    expect(matches(schema, { type: 'equals', attribute: 'ip', value: null }, record)).toBe(false)
  })
})

describe('recordOrder', () => {
  test('is a total order: the same in any sequence of comparison', () => {
    const rank = fc.option(fc.constantFrom(-1, 0, 1), { nil: null })
    const key = fc.record({
      ranks: fc.tuple(rank, rank),
      createdAtMs: fc.constantFrom(1, 2),
      id: fc.constantFrom('a', 'b', 'ü'),
    })
    const order = recordOrder(schema, [
      { attribute: 'userId', direction: 'desc' },
      { attribute: 'weight', direction: 'asc' },
    ])
    fc.assert(
      fc.property(key, key, key, (a, b, c) => {
        expect(Math.abs(Math.sign(order.compare(a, b)) + Math.sign(order.compare(b, a)))).toBe(0)
        if (order.compare(a, b) <= 0 && order.compare(b, c) <= 0) expect(order.compare(a, c)).toBeLessThanOrEqual(0)
      }),
    )
  })
})
