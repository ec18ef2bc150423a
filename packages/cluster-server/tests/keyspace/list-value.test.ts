import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ListValue } from '../../src/keyspace/list-value.js'

type Step =
  | { readonly type: 'left' | 'right'; readonly count: number }
  | { readonly type: 'popLeft' | 'popRight'; readonly count: number }
  | { readonly type: 'insert' | 'set' | 'trim' | 'removeAll' | 'removeLast'; readonly count: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom('left' as const, 'right' as const), count: fc.nat(200) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('popLeft' as const, 'popRight' as const, 'insert' as const, 'set' as const),
      count: fc.nat(150),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom('trim' as const, 'removeAll' as const, 'removeLast' as const),
      count: fc.nat(9),
    }),
  },
)

const apply = (list: ListValue, model: string[], { type, count }: Step, round: number): void => {
  const place = model.length === 0 ? 0 : (count * 7919) % model.length
  switch (type) {
    case 'left':
      for (let i = 0; i < count; i++) {
        list.pushLeft(String(i % 10))
        model.unshift(String(i % 10))
      }
      return
    case 'right':
      for (let i = 0; i < count; i++) {
        list.pushRight(String(i % 10))
        model.push(String(i % 10))
      }
      return
    case 'popLeft':
      for (let i = 0; i < count; i++) expect(list.popLeft()).toBe(model.shift())
      return
    case 'popRight':
      for (let i = 0; i < count; i++) expect(list.popRight()).toBe(model.pop())
      return
    case 'insert':
      list.insertAt(place, `i${round}`)
      model.splice(place, 0, `i${round}`)
      return
    case 'set':
      if (model.length === 0) return
      list.setAt(place, `s${round}`)
      model[place] = `s${round}`
      return
    case 'trim':
      list.trim(Math.min(count, model.length), Math.max(0, model.length - count))
      model.splice(0, model.length, ...model.slice(count, Math.max(0, model.length - count)))
      return
    case 'removeAll':
      expect(list.remove(String(count), Infinity, false)).toBe(model.filter((text) => text === String(count)).length)
      model.splice(0, model.length, ...model.filter((text) => text !== String(count)))
      return
    case 'removeLast': {
      const last = model.lastIndexOf(String(count))
      expect(list.remove(String(count), 1, true)).toBe(last === -1 ? 0 : 1)
      if (last !== -1) model.splice(last, 1)
      return
    }
    default: {
      throw new Error(type satisfies never)
    }
  }
}

describe('ListValue', () => {
  test('agrees with an array under pushes, pops and changes in the middle', () => {
    const property = fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), fc.nat(), (steps, low, high) => {
      const list = new ListValue()
      const model: string[] = []
      steps.forEach((next, round) => {
        apply(list, model, next, round)
        expect(list.size).toBe(model.length)
      })
      expect(list.slice(0, list.size)).toEqual(model)
      const from = low % (model.length + 1)
      const to = Math.min(model.length, from + (high % 300))
      expect(list.slice(from, to)).toEqual(model.slice(from, to))
      for (let i = -1; i <= model.length; i += 17) expect(list.at(i)).toBe(model[i])
      expect(list.copy().slice(0, list.size)).toEqual(model)
      const everywhere = { skip: 0, limit: Infinity, maxCompared: Infinity }
      const places = model.flatMap((text, i) => (text === '3' ? [i] : []))
      expect(list.find('3', { ...everywhere, fromEnd: false })).toEqual(places)
      expect(list.find('3', { ...everywhere, fromEnd: true })).toEqual(places.reverse())
    })
    fc.assert(property, { numRuns: 150 })
  })
})
