import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { NameTable } from '../../src/keyspace/name-table.js'

const name = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map(String),
  fc.integer({ min: 0, max: 40 }).map((n) => `a longer name ${n}`),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 9 }),
)

test('a table of names behaves as a Map with dense positions', () => {
  const change = fc.record({ name, removes: fc.boolean() })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400 }), (changes) => {
      const table = new NameTable()
      const names = new Set<string>()
      for (const { name, removes } of changes) {
        if (removes) {
          const before = table.find(name)
          expect(table.remove(name)).toBe(before)
          expect(before !== undefined).toBe(names.delete(name))
        } else if (table.find(name) === undefined) {
          table.add(name)
          names.add(name)
        }
        expect(table.size).toBe(names.size)
      }
      expect([...table.names].sort()).toEqual([...names].sort())
      for (const each of names) {
        const position = table.find(each)
        expect(position).toBeDefined()
        expect(table.at(position as number)).toBe(each)
      }
      expect(table.find('not there')).toBeUndefined()
    }),
    { numRuns: process.env.FULL === '1' ? 5000 : 300 },
  )
})

test('what was removed comes back where it was', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 60 }), fc.nat(), (names, pick) => {
      const table = new NameTable()
      for (const each of names) table.add(each)
      const removed = names[pick % names.length] as string
      const hole = table.remove(removed) as number
      table.putBack(removed, hole)
      expect(table.names).toEqual(names)
      expect(names.map((each) => table.find(each))).toEqual(names.map((_, index) => index))
    }),
  )
})

test('many names are found, and all of them can go', () => {
  const table = new NameTable()
  for (let i = 0; i < 200_000; i++) table.add(`name:${i}`)
  for (let i = 0; i < 200_000; i++) if (table.find(`name:${i}`) !== i) throw new Error(`name:${i} is lost`)
  for (let i = 0; i < 200_000; i += 2) table.remove(`name:${i}`)
  for (let i = 0; i < 200_000; i++) {
    const position = table.find(`name:${i}`)
    if (i % 2 === 0) expect(position).toBeUndefined()
    else if (table.at(position as number) !== `name:${i}`) throw new Error(`name:${i} is lost`)
  }
  for (let i = 1; i < 200_000; i += 2) table.remove(`name:${i}`)
  expect(table.size).toBe(0)
})
