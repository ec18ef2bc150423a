import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hashSlot, SLOT_COUNT } from '../../src/schema/hash-slot.js'
import { MAX_PARTITIONS, partitionOf, partitionTags, tagOf } from '../../src/schema/partition.js'

/** The specification's CRC16, bit by bit: the check of the table-driven one. */
function slowSlot(text: string): number {
  let crc = 0
  for (const byte of Buffer.from(text, 'utf8')) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc % 16384
}

describe('hashSlot', () => {
  test('agrees with the values that redis-server 7.0.15 answers to CLUSTER KEYSLOT', () => {
    expect(hashSlot('123456789')).toBe(12739)
    expect(hashSlot('foo')).toBe(12182)
    expect(hashSlot('{user1000}.following')).toBe(hashSlot('{user1000}.followers'))
    expect(hashSlot('foo{}{bar}')).toBe(slowSlot('foo{}{bar}'))
    expect(hashSlot('foo{{bar}}zap')).toBe(slowSlot('{bar'))
    expect(hashSlot('foo{bar}{zap}')).toBe(slowSlot('bar'))
    expect(hashSlot('')).toBe(0)
  })

  test('is CRC16 of the UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const plain = text.replaceAll('{', '')
        expect(hashSlot(plain)).toBe(slowSlot(plain))
      }),
    )
  })
})

describe('partitionTags', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 12, 64, 100, 256])('tag i of %i hashes into the i-th equal slot range', (count) => {
    const tags = partitionTags(count)
    expect(tags).toHaveLength(count)
    const wrong = tags.filter((tag, index) => {
      const range = Math.floor((hashSlot(`visits:{${tag}}:id:x`) * count) / SLOT_COUNT)
      return !/^[0-9.]+[a-z]+$/.test(tag) || range !== index
    })
    expect(wrong).toEqual([])
  })

  test('six partitions lie evenly on clusters of 1, 2, 3 and 6 primaries whichever way the ranges are rounded', () => {
    for (const primaries of [1, 2, 3, 6]) {
      for (const round of [Math.floor, Math.round, Math.ceil]) {
        const perPrimary = new Map<number, number>()
        for (const tag of partitionTags(6)) {
          const slot = slowSlot(tag)
          const bounds = Array.from({ length: primaries }, (_, index) => round((index * SLOT_COUNT) / primaries))
          const owner = bounds.findLastIndex((first) => slot >= first)
          perPrimary.set(owner, (perPrimary.get(owner) ?? 0) + 1)
        }
        expect([...perPrimary.values()]).toEqual(Array.from({ length: primaries }, () => 6 / primaries))
      }
    }
  })

  test('tags are pinned: stored data is found by them', () => {
    expect(partitionTags(6)).toMatchInlineSnapshot(`
[
  "6.0ad",
  "6.1h",
  "6.2d",
  "6.3dd",
  "6.4h",
  "6.5ap",
]
`)
    expect(partitionTags(1)).toMatchInlineSnapshot(`
[
  "1.0c",
]
`)
  })

  test('layouts with different numbers of partitions share no tag', () => {
    const tags = [1, 2, 3, 4, 6, 12, 64].flatMap((count) => partitionTags(count))
    expect(new Set(tags).size).toBe(tags.length)
  })

  test.each([0, -1, 1.5, Number.NaN, MAX_PARTITIONS + 1])('refuses %d partitions', (count) => {
    expect(() => partitionTags(count)).toThrow(`partitions is ${count}`)
  })
})

describe('partitionOf', () => {
  test('is pinned: stored data is found by it', () => {
    const ids = ['', '1', '2', '42', 'visit-7', '0193a3d0-7d1c-7000-8000-000000000001', 'Zürich']
    expect(ids.map((id) => partitionOf(id, 6))).toMatchInlineSnapshot(`
[
  4,
  1,
  1,
  0,
  2,
  4,
  4,
]
`)
  })

  test('stays in range and agrees with the tag', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 64 }), (id, count) => {
        const index = partitionOf(id, count)
        expect(Number.isInteger(index) && index >= 0 && index < count).toBe(true)
        expect(tagOf(id, count)).toBe(partitionTags(count)[index])
      }),
    )
  })

  test.each([
    ['consecutive numbers', (index: number) => String(index)],
    ['time-ordered ids', (index: number) => `0193a3d0-7d1c-7${index.toString(16).padStart(3, '0')}-8000-0123456789ab`],
  ])('spreads %s within a tenth of even', (_, id) => {
    const counts = new Array<number>(6).fill(0)
    for (let index = 0; index < 60_000; index++) {
      const partition = partitionOf(id(index), 6)
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(1000)
  })
})
