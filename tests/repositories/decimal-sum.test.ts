import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DecimalSum } from '../../src/repositories/decimal-sum.js'

const sumOf = (...texts: string[]) => {
  const sum = new DecimalSum()
  for (const text of texts) sum.add(text)
  return sum.text
}

describe('a sum of numbers in text', () => {
  test.each<[string[], string]>([
    [[], '0'],
    [['0.1', '0.2'], '0.3'],
    [['9007199254740993', '1'], '9007199254740994'],
    [['-12.50', '0.5'], '-12'],
    [['-0.05'], '-0.05'],
    [['99999999999999999999.99', '0.01'], '100000000000000000000'],
    [['1e+21', '1'], '1e+21'],
    [['Infinity', '5'], 'Infinity'],
    [['Infinity', '-Infinity'], 'NaN'],
    [['NaN', '1'], 'NaN'],
  ])('of %j is %s', (texts, sum) => {
    expect(sumOf(...texts)).toBe(sum)
  })

  test('of integers is that of bigints', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })), (values) => {
        expect(sumOf(...values.map(String))).toBe(String(values.reduce((total, value) => total + value, 0n)))
      }),
    )
  })

  test.each(['', ' ', 'x', '1,5', '0x10y'])('refuses %j', (text) => {
    expect(() => sumOf(text)).toThrow('is not a number')
  })
})
