import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { comesBefore } from '../../src/keyspace/ordered-entries.js'
import { type SortedSetLimits, SortedSetValue } from '../../src/keyspace/sorted-set-value.js'

const LIMITS: SortedSetLimits = { maxPackedMembers: 128, maxPackedBytes: 64 }
const bySortOrder = (a: [string, number], b: [string, number]): number => (comesBefore(a[1], a[0], b[1], b[0]) ? -1 : 1)

const member = fc.integer({ min: 0, max: 120 }).map((number) => `m${number}`)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('set' as const), member, score: fc.integer({ min: -9, max: 9 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('delete' as const), member, score: fc.constant(0) }) },
)

describe('SortedSetValue', () => {
  test('agrees with a map that is sorted for each question, across the change from arrays to a tree', () => {
    const property = fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const set = new SortedSetValue()
      const model = new Map<string, number>()
      for (const { type, member, score } of steps) {
        if (type === 'set') {
          expect(set.set(member, score, LIMITS)).toBe(!model.has(member))
          model.set(member, score)
        } else expect(set.delete(member)).toBe(model.delete(member))
      }
      const expected = [...model].sort(bySortOrder)
      expect(set.size).toBe(model.size)
      expect(set.slice(0, set.size).members).toEqual(expected.map(([name]) => name))
      expected.forEach(([name, score], rank) => {
        expect(set.score(name)).toBe(score)
        expect(set.rank(name)).toBe(rank)
      })
      expect(set.countBefore((score) => score < 3)).toBe(expected.filter(([, score]) => score < 3).length)
      expect(set.copy().slice(0, set.size)).toEqual(set.slice(0, set.size))
    })
    fc.assert(property, { numRuns: 100 })
  })

  test.each([3, 100])(
    'a copy of %i large members keeps the sign of a zero score, as Redis does in a skiplist',
    (size) => {
      const set = new SortedSetValue()
      for (let number = 0; number < size; number++) {
        set.set(`m${number}`, number === 1 ? -0 : number, { maxPackedMembers: 0, maxPackedBytes: 64 })
      }
      expect(set.copy().score('m1')).toBe(-0)
    },
  )

  test('a scan meets every member that is present all along, whatever else changes', () => {
    const set = new SortedSetValue()
    for (let i = 0; i < 500; i++) set.set(`keep${i}`, i, LIMITS)
    for (let i = 0; i < 500; i++) set.set(`gone${i}`, i, LIMITS)
    const met = new Set<string>()
    let cursor = 0
    let round = 0
    do {
      const step = set.scan(cursor, 10)
      expect(step.members.length).toBeLessThanOrEqual(10)
      for (const name of step.members) met.add(name)
      cursor = step.cursor
      set.delete(`gone${round}`)
      set.set(`keep${round % 500}`, -round, LIMITS)
      set.set(`new${round++}`, round, LIMITS)
    } while (cursor !== 0)
    for (let i = 0; i < 500; i++) expect(met).toContain(`keep${i}`)
  })

  test('reports itself packed up to the configured number and length of members, and never again afterwards', () => {
    const set = new SortedSetValue()
    for (let i = 0; i < 128; i++) set.set(`m${i}`, i, LIMITS)
    expect(set.encoding).toBe('listpack')
    set.set('one more', 1, LIMITS)
    expect(set.encoding).toBe('skiplist')
    for (let i = 0; i < 128; i++) set.delete(`m${i}`)
    expect(set.encoding).toBe('skiplist')
    const long = new SortedSetValue()
    long.set('x'.repeat(65), 1, LIMITS)
    expect(long.encoding).toBe('skiplist')
  })

  test('loses the sign of a zero while it is packed, and keeps it afterwards', () => {
    const set = new SortedSetValue()
    set.set('a', -0, LIMITS)
    expect(Object.is(set.score('a'), 0)).toBe(true)
    set.set('x'.repeat(65), -0, LIMITS)
    expect(Object.is(set.score('x'.repeat(65)), -0)).toBe(true)
  })

  test('answers order questions on 200,000 members, and ranks agree with positions', () => {
    const set = new SortedSetValue()
    const count = 200_000
    for (let i = 0; i < count; i++) set.set(`m${i}`, (i * 7919) % count, LIMITS)
    for (const place of [0, 1, 4711, count / 2, count - 1]) {
      const [name] = set.slice(place, place + 1).members
      expect(set.score(name!)).toBe(place)
      expect(set.rank(name!)).toBe(place)
      expect(set.countBefore((score) => score < place)).toBe(place)
    }
  })
})
