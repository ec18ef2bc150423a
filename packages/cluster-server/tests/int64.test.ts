import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addInt64, parseInt64 } from '../src/int64.js'

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

describe('64-bit integers', () => {
  test('are read exactly, as a number where that is exact', () => {
    const property = fc.property(int64, (value) => {
      const parsed = parseInt64(String(value))
      expect(BigInt(parsed!)).toBe(value)
      expect(typeof parsed).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint')
    })
    fc.assert(property)
  })

  test.each([
    '',
    '-',
    '+1',
    '01',
    '-0',
    '00',
    ' 1',
    '1 ',
    '1.0',
    '1e3',
    '0x1',
    '9223372036854775808',
    '-9223372036854775809',
  ])('are not read from %j', (text) => {
    expect(parseInt64(text)).toBeUndefined()
  })

  test('are added exactly, or not at all when the sum needs more bits', () => {
    const property = fc.property(int64, int64, (a, b) => {
      const sum = addInt64(parseInt64(String(a))!, parseInt64(String(b))!)
      const fits = a + b >= -(2n ** 63n) && a + b < 2n ** 63n
      expect(sum === undefined ? undefined : BigInt(sum)).toBe(fits ? a + b : undefined)
    })
    fc.assert(property)
  })
})
