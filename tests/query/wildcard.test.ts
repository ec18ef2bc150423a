import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { escapeWildcards, parsePattern } from '../../src/query/wildcard.js'
import { isLike } from '../../src/repositories/evaluate.js'

const hostile = fc.string({ unit: fc.constantFrom('*', '\\', 'a', 'b', '?', '[', 'é') })
const like = (text: string, pattern: string): boolean => isLike(text, parsePattern(pattern))

/** The meaning of a pattern, by a regular expression. */
function matchesByExpression(text: string, pattern: string): boolean {
  const source = pattern.replace(/\\\\|\\\*|\*|./gsu, (token) => {
    if (token === '*') return '[^]*'
    const literal = token.length === 2 && token.startsWith('\\') ? token.slice(1) : token
    return literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  })
  return new RegExp(`^${source}$`, 'u').test(text)
}

describe('patterns', () => {
  test.each([
    ['192.168.*', ['192.168.', '']],
    ['*1*', ['', '1', '']],
    ['*', ['', '']],
    ['a**b', ['a', 'b']],
    ['plain', ['plain']],
    ['', ['']],
    ['a\\*b', ['a*b']],
    ['a\\\\*', ['a\\', '']],
    ['C:\\dir', ['C:\\dir']],
    ['end\\', ['end\\']],
  ])('%j has the parts %j', (pattern, parts) => {
    expect(parsePattern(pattern)).toEqual({ parts })
  })

  test('match as the regular expression that they stand for', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, pattern) => {
        expect(like(text, pattern)).toBe(matchesByExpression(text, pattern))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('escapeWildcards', () => {
  test('makes a text that matches itself and nothing else', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, other) => {
        expect(parsePattern(escapeWildcards(text))).toEqual({ parts: [text] })
        expect(like(other, escapeWildcards(text))).toBe(other === text)
      }),
      { numRuns: 500 },
    )
  })

  test('holds with wildcards put around it', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, other) => {
        expect(like(other, `${escapeWildcards(text)}*`)).toBe(other.startsWith(text))
        expect(like(other, `*${escapeWildcards(text)}`)).toBe(other.endsWith(text))
        expect(like(other, `*${escapeWildcards(text)}*`)).toBe(other.includes(text))
      }),
      { numRuns: 500 },
    )
  })
})
