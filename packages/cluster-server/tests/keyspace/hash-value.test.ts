import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type HashLimits, HashValue } from '../../src/keyspace/hash-value.js'

const LIMITS: HashLimits = { maxPackedFields: 8, maxPackedBytes: 200 }
const bytes = fc.uint8Array({ maxLength: 4 }).map((codes) => String.fromCharCode(...codes))
const value = fc.oneof(
  bytes,
  fc.nat(300).map((length) => '\x80'.repeat(length)),
)
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('set' as const), field: bytes, value }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('delete' as const), field: bytes, value }) },
)

const pairsOf = (hash: HashValue): [string, string][] => {
  const flat = hash.pairs()
  return flat.flatMap((field, i): [string, string][] => (i % 2 === 0 ? [[field, flat[i + 1]!]] : [])).sort()
}

describe('HashValue', () => {
  test('agrees with a map of bytes, packed and unpacked', () => {
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const hash = new HashValue()
      const model = new Map<string, string>()
      for (const { type, field, value } of steps) {
        if (type === 'set') {
          expect(hash.set(field, value, LIMITS)).toBe(!model.has(field))
          model.set(field, value)
        } else expect(hash.delete(field)).toBe(model.delete(field))
        expect(hash.size).toBe(model.size)
      }
      expect(pairsOf(hash)).toEqual([...model].sort())
      expect(pairsOf(hash.copy())).toEqual([...model].sort())
      for (const [field, value] of model) expect(hash.get(field)).toBe(value)
      expect([...hash.fields()].sort()).toEqual([...model.keys()].sort())
      expect([...hash.values()].sort()).toEqual([...model.values()].sort())
    })
    fc.assert(property, { numRuns: 300 })
  })

  test('sets many fields as it sets them one by one', () => {
    const pair = fc.tuple(bytes, value)
    const property = fc.property(
      fc.array(fc.array(pair, { minLength: 1, maxLength: 7 }), { maxLength: 5 }),
      (rounds) => {
        const together = new HashValue()
        const singly = new HashValue()
        for (const pairs of rounds) {
          const created = pairs.filter(([field, text]) => singly.set(field, text, LIMITS)).length
          expect(together.setAll(['HSET', 'key', ...pairs.flat()], 2, LIMITS)).toBe(created)
          expect(pairsOf(together)).toEqual(pairsOf(singly))
          expect(together.size).toBe(singly.size)
        }
      },
    )
    fc.assert(property, { numRuns: 300 })
  })

  test('is packed until a field too many or a text too long arrives', () => {
    const hash = new HashValue()
    for (let i = 0; i < 8; i++) hash.set(`f${i}`, 'x'.repeat(200), LIMITS)
    hash.set('f0', 'again', LIMITS)
    expect(hash.encoding).toBe('listpack')
    hash.set('f8', '', LIMITS)
    expect(hash.encoding).toBe('hashtable')
    const long = new HashValue()
    long.set('f', 'x'.repeat(201), LIMITS)
    expect(long.encoding).toBe('hashtable')
  })

  test('a scan meets every field that is present all along, in steps of the asked size', () => {
    const hash = new HashValue()
    for (let i = 0; i < 300; i++) hash.set(`f${i}`, 'v', LIMITS)
    const met = new Set<string>()
    let cursor = 0
    let round = 0
    do {
      const step = hash.scan(cursor, 7)
      expect(step.pairs.length).toBeLessThanOrEqual(14)
      step.pairs.forEach((text, i) => {
        if (i % 2 === 0) met.add(text)
      })
      cursor = step.cursor
      hash.delete(`f${((round * 13) % 300) | 1}`)
      hash.set(`new${round++}`, 'v', LIMITS)
    } while (cursor !== 0)
    for (let i = 0; i < 300; i += 2) expect(met).toContain(`f${i}`)
  })
})
