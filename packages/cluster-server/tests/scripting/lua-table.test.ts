import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LuaTable } from '../../src/scripting/runtime/lua-table.js'
import type { LuaValue } from '../../src/scripting/runtime/value.js'

const key: fc.Arbitrary<LuaValue> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -2, max: 24 }) },
  fc.constantFrom(0.5, 1.5, 2 ** 53, -0, true, false),
  fc.constantFrom(...'abcdefghijklmnop'),
)

const step = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('set' as const), key, fc.integer({ min: 1, max: 9 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('remove' as const), key, fc.constant(0)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('append' as const), fc.constant(0), fc.integer({ min: 1, max: 9 })) },
)

const entriesOf = (table: LuaTable): [LuaValue, LuaValue][] => {
  const entries: [LuaValue, LuaValue][] = []
  for (let at = table.advance(0); at !== -1; at = table.advance(at + 1)) {
    entries.push([table.keyAt(at), table.valueAt(at)])
  }
  return entries
}

const byKey = (entries: Iterable<[LuaValue, LuaValue]>): string[] =>
  Array.from(entries, ([k, v]) => `${typeof k} ${String(k)}=${String(v)}`).sort()

describe('LuaTable', () => {
  test('holds the same entries as a map, whatever is stored, removed and appended', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const table = new LuaTable()
        const model = new Map<LuaValue, LuaValue>()
        for (const [action, at, value] of steps) {
          if (action === 'set') {
            table.set(at, value)
            model.set(at, value)
          } else if (action === 'remove') {
            table.set(at, undefined)
            model.delete(at)
          } else {
            const end = table.length() + 1
            table.set(end, value)
            model.set(end, value)
          }
          const length = table.length()
          expect(length === 0 || model.has(length)).toBe(true)
          expect(model.has(length + 1)).toBe(false)
        }
        expect(byKey(entriesOf(table))).toEqual(byKey(model))
        for (const [k, v] of model) expect(table.get(k)).toBe(v)
        const numbers = [...model.keys()].filter((k): k is number => typeof k === 'number' && k > 0)
        expect(table.maxIndex()).toBe(Math.max(0, ...numbers))
      }),
      { numRuns: 1500 },
    )
  })

  test('a traversal that clears or changes what it visits meets every entry once', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 40 }), (given) => {
        const table = new LuaTable()
        const clears = new Map<LuaValue, boolean>()
        for (const [k, clear] of given) {
          table.set(k, 1)
          clears.set(k, clear)
        }
        const seen: LuaValue[] = []
        for (let at = table.advance(0); at !== -1; at = table.advance(at + 1)) {
          const k = table.keyAt(at)
          seen.push(k)
          table.set(k, clears.get(k) === true ? undefined : 2)
          expect(table.cursorOf(k)).toBe(at)
        }
        expect(seen.map(String).sort()).toEqual([...clears.keys()].map(String).sort())
        expect(byKey(entriesOf(table))).toEqual(byKey([...clears].filter(([, clear]) => !clear).map(([k]) => [k, 2])))
      }),
      { numRuns: 1500 },
    )
  })

  test('removed keys do not pile up', () => {
    const table = new LuaTable()
    for (let i = 0; i < 10_000; i++) {
      table.set(`key${i}`, 1)
      table.set(`key${i}`, undefined)
    }
    expect(table.advance(0)).toBe(-1)
    table.set('last', 1)
    expect(entriesOf(table)).toEqual([['last', 1]])
  })
})
