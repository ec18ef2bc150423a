import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { distinctPositions, repeatedPositions } from '../../src/commands/random-choice.js'
import { Random } from '../differential/random.js'

describe('random positions', () => {
  test('are different from one another, and all of them when as many are asked for as there are', () => {
    const property = fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(500), fc.nat(), (size, wanted, seed) => {
      const random = new Random(seed)
      const count = Math.min(size, wanted)
      const positions = distinctPositions(size, count, () => random.next())
      expect(new Set(positions).size).toBe(count)
      expect(positions.every((position) => position >= 0 && position < size)).toBe(true)
    })
    fc.assert(property)
  })

  test.each([
    ['different', (random: Random) => distinctPositions(10, 3, () => random.next())],
    ['repeated', (random: Random) => repeatedPositions(10, 3, () => random.next())],
  ])('fall on each place equally often: %s', (_name, choose) => {
    const random = new Random(7)
    const hits = new Array<number>(10).fill(0)
    for (let round = 0; round < 20_000; round++) for (const position of choose(random)) hits[position]!++
    // 6,000 are expected for each; the seed is fixed, and five standard deviations are about 370.
    for (const count of hits) expect(Math.abs(count - 6000)).toBeLessThan(370)
  })
})
