import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { arcSine, cosine, sine } from '../../src/commands/geo/trigonometry.js'

const BITS = 256n
const ONE = 1n << BITS

/** A double as a multiple of 2^-256. */
const fixed = (value: number): bigint => {
  let exponent = 0n
  let whole = value
  while (!Number.isInteger(whole)) {
    whole *= 2
    exponent++
  }
  return (BigInt(whole) << BITS) >> exponent
}

/** The series of the sine (`from` 1) or of the cosine (`from` 0), to about 240 bits. */
const series = (x: bigint, from: 0 | 1): bigint => {
  const square = (x * x) >> BITS
  let term = from === 1 ? x : ONE
  let sum = term
  for (let n = BigInt(from) + 1n; term !== 0n && term !== -1n; n += 2n) {
    term = -((term * square) >> BITS) / (n * (n + 1n))
    sum += term
  }
  return sum
}

/** Whether no double is nearer to `exact` than `value`. */
const isNearest = (value: number, exact: bigint): boolean => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const distance = (candidate: number): bigint => {
    const difference = fixed(candidate) - exact
    return difference < 0n ? -difference : difference
  }
  return [-1n, 1n].every((step) => {
    view.setBigUint64(0, bits + step)
    return distance(value) <= distance(view.getFloat64(0))
  })
}

describe('trigonometry', () => {
  const angles = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }).filter((angle) => Math.abs(angle) > 1e-9)

  test('rounds sines and cosines to the nearest double', () => {
    const property = fc.property(angles, (angle) => {
      expect(isNearest(sine(angle), series(fixed(angle), 1))).toBe(true)
      expect(isNearest(cosine(angle), series(fixed(angle), 0))).toBe(true)
    })
    fc.assert(property, { numRuns: 200 })
  })

  test('answers an arc sine whose neighbours have a sine that is not nearer', () => {
    const property = fc.property(fc.double({ min: 1e-9, max: 0.999, noNaN: true }), (value) => {
      const angle = arcSine(value)
      const error = series(fixed(angle), 1) - fixed(value)
      const slope = series(fixed(angle), 0)
      const exact = fixed(angle) - (error * ONE) / slope
      expect(isNearest(angle, exact)).toBe(true)
    })
    fc.assert(property, { numRuns: 200 })
    expect([arcSine(0), arcSine(1), arcSine(1.5)]).toEqual([0, Math.PI / 2, Number.NaN])
  })
})
