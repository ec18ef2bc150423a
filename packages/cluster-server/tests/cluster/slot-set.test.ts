import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SlotSet } from '../../src/cluster/slot-set.js'

test('a set of slots behaves as a Set', () => {
  const slot = fc.oneof(fc.integer({ min: 0, max: 16383 }), fc.integer({ min: 0, max: 20 }), fc.constant(16383))
  fc.assert(
    fc.property(fc.array(fc.record({ slot, removes: fc.boolean() }), { maxLength: 200 }), (changes) => {
      const slots = new SlotSet()
      const model = new Set<number>()
      for (const { slot, removes } of changes) {
        expect(slots.has(slot)).toBe(model.has(slot))
        if (removes) expect(slots.remove(slot)).toBe(model.delete(slot))
        else expect(slots.add(slot)).toBe(model.size < model.add(slot).size)
      }
      const ascending = [...model].sort((a, b) => a - b)
      expect([...slots]).toEqual(ascending)
      expect(slots.size).toBe(model.size)
      expect(slots.first).toBe(ascending[0])
      expect(slots.ranges().flatMap(({ start, end }) => ascending.filter((n) => n >= start && n <= end))).toEqual(
        ascending,
      )
      expect(
        slots.ranges().every(({ start, end }, i, all) => start <= end && start > (all[i - 1]?.end ?? -2) + 1),
      ).toBe(true)
      expect(ascending.every((n) => ((slots.bytes[n >> 3] as number) >> (n & 7)) & 1)).toBe(true)
    }),
  )
})

test('a copy is a set of its own, whether of a set or of a bitmap from the wire', () => {
  const slots = new SlotSet()
  for (const slot of [0, 7, 8, 16383]) slots.add(slot)
  for (const copy of [SlotSet.copyOf(slots), SlotSet.copyOf(Buffer.from(slots.bytes))]) {
    expect(copy.equals(slots)).toBe(true)
    expect(copy.equals(Buffer.from(slots.bytes))).toBe(true)
    expect(copy.size).toBe(4)
    copy.remove(7)
    expect(copy.equals(slots)).toBe(false)
    copy.clear()
    expect([...copy]).toEqual([])
    expect(copy.first).toBeUndefined()
  }
  expect(slots.ranges()).toEqual([
    { start: 0, end: 0 },
    { start: 7, end: 8 },
    { start: 16383, end: 16383 },
  ])
})

test('what is no slot is in no set', () => {
  const slots = new SlotSet()
  for (const none of [-1, 16384, 70000]) {
    expect(slots.add(none)).toBe(false)
    expect(slots.has(none)).toBe(false)
    expect(slots.remove(none)).toBe(false)
  }
  expect(slots.size).toBe(0)
  expect(() => SlotSet.copyOf(new Uint8Array(2047))).toThrow('2048 bytes, not 2047')
})

test('the slots of a set without those of another one are told in order', () => {
  const slots = fc.uniqueArray(fc.nat(16383), { maxLength: 200 })
  fc.assert(
    fc.property(slots, slots, fc.boolean(), (ones, others, overlap) => {
      const [one, other] = [new SlotSet(), new SlotSet()]
      for (const slot of ones) one.add(slot)
      for (const slot of overlap ? [...others, ...ones.slice(1)] : others) other.add(slot)
      expect(one.without(other)).toEqual([...one].filter((slot) => !other.has(slot)))
    }),
  )
})

test('a set knows its ranges and its size after each change, also one that came from the wire', () => {
  const slot = fc.oneof(fc.nat(16383), fc.integer({ min: 0, max: 70 }))
  fc.assert(
    fc.property(fc.array(slot), fc.array(slot), (ones, changes) => {
      const first = new SlotSet()
      for (const one of ones) first.add(one)
      const slots = SlotSet.copyOf(Buffer.from(first.bytes))
      const expected = new Set(ones)
      for (const change of changes) {
        expect(slots.ranges()).toBe(slots.ranges())
        if (expected.delete(change)) expect(slots.remove(change)).toBe(true)
        else expect(expected.add(change) && slots.add(change)).toBe(true)
        const listed = slots
          .ranges()
          .flatMap(({ start, end }) => Array.from({ length: end - start + 1 }, (_, n) => start + n))
        expect(listed).toEqual([...expected].sort((a, b) => a - b))
        expect(slots.size).toBe(expected.size)
      }
      slots.clear()
      expect(slots.ranges()).toEqual([])
    }),
    { numRuns: 30 },
  )
})
