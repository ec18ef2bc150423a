import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeSegment, encodeSegment, NULL_SEGMENT } from '../../src/schema/key-encoding.js'

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('%', ':', '{', '}', '*', '\0', '\n', 'n', 'u', 'l', '2', '5', 'A', 'é', '😀') }),
)

describe('encodeSegment', () => {
  test('leaves ordinary text, also beyond ASCII, as it is', () => {
    expect(encodeSegment('192.168.1.* Zürich 東京 [a-z]?\\')).toBe('192.168.1.* Zürich 東京 [a-z]?\\')
  })

  test('escapes what has a meaning in a key, and control characters', () => {
    expect(encodeSegment('a:b{c}%\0\n\x7f')).toBe('a%3Ab%7Bc%7D%25%00%0A%7F')
  })

  test('null, the empty text and the text null are three segments', () => {
    expect(new Set([encodeSegment(null), encodeSegment(''), encodeSegment('null'), encodeSegment('%null')]).size).toBe(
      4,
    )
    expect(encodeSegment(null)).toBe(NULL_SEGMENT)
  })

  test('every text comes back unchanged, and the segment holds no separator and no brace', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const segment = encodeSegment(value)
        expect(segment).not.toMatch(/[:{}]/)
        expect(segment).not.toBe(NULL_SEGMENT)
        expect(decodeSegment(segment)).toBe(value)
      }),
      { numRuns: 500 },
    )
  })

  test('different texts have different segments', () => {
    fc.assert(
      fc.property(hostile, hostile, (left, right) => {
        expect(encodeSegment(left) === encodeSegment(right)).toBe(left === right)
      }),
    )
  })

  test('works on bytes: the UTF-8 form of the segment is the escaped UTF-8 form of the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const bytes = Buffer.from(value, 'utf8').toString('latin1')
        expect(Buffer.from(encodeSegment(bytes), 'latin1').toString('utf8')).toBe(encodeSegment(value))
      }),
    )
  })
})

describe('decodeSegment', () => {
  test.each(['%', '%2', '%zz', '%41', '%3a', '%nul'])('refuses %s, which the encoder does not write', (segment) => {
    expect(() => decodeSegment(segment)).toThrow(RangeError)
  })
})
