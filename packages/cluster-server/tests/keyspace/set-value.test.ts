import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type SetLimits, SetValue } from '../../src/keyspace/set-value.js'

const LIMITS: SetLimits = { maxIntegers: 20 }
const member = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -30, max: 30 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('a', '007', '-0', '9223372036854775807', '9223372036854775808', '') },
)

describe('SetValue', () => {
  test('agrees with a set of texts, as integers and as anything', () => {
    const step = fc.record({ adds: fc.boolean(), member })
    const property = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const set = new SetValue()
      const model = new Set<string>()
      for (const { adds, member } of steps) {
        if (adds) {
          expect(set.add(member, LIMITS)).toBe(!model.has(member))
          model.add(member)
        } else expect(set.delete(member)).toBe(model.delete(member))
        expect(set.has(member)).toBe(model.has(member))
      }
      expect([...set.members()].sort()).toEqual([...model].sort())
      expect([...set.copy().members()].sort()).toEqual([...model].sort())
      expect(Array.from({ length: set.size }, (_, i) => set.at(i))).toEqual([...set.members()])
    })
    fc.assert(property, { numRuns: 300 })
  })

  test('is an intset while all members are 64-bit integers and few', () => {
    const set = new SetValue()
    for (let i = 0; i < 20; i++) set.add(String(i), LIMITS)
    expect(set.encoding).toBe('intset')
    set.add('20', LIMITS)
    expect(set.encoding).toBe('hashtable')
    const wide = new SetValue()
    wide.add('9223372036854775807', LIMITS)
    wide.add('1', LIMITS)
    expect(wide.encoding).toBe('intset')
    wide.add('9223372036854775808', LIMITS)
    expect(wide.encoding).toBe('hashtable')
  })

  test('a scan meets every member that is present all along while others are removed', () => {
    const set = new SetValue()
    for (let i = 0; i < 400; i++) set.add(`m${i}`, LIMITS)
    const met = new Set<string>()
    let cursor = 0
    let round = 1
    do {
      const step = set.scan(cursor, 9)
      expect(step.members.length).toBeLessThanOrEqual(9)
      for (const name of step.members) met.add(name)
      cursor = step.cursor
      set.delete(`m${round}`)
      round += 2
    } while (cursor !== 0)
    for (let i = 0; i < 400; i += 2) expect(met).toContain(`m${i}`)
  })
})
