import { REGISTERS } from './dense-registers.js'

/** The greatest rank that a hash can have. */
const LARGEST_RANK = 51
/** 0.5 / ln 2. */
const ALPHA = 0.7213475204444817
/** What a C conversion to a 64-bit integer makes of anything too large for one. */
const OVERFLOWN = 2 ** 63

/** Number of registers by value; a register has six bits. */
export const newHistogram = (): Uint32Array => new Uint32Array(64)

/**
 * How many different elements were seen, from the histogram of the registers.
 * Source: Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284.
 */
export const estimate = (histogram: Uint32Array): number => {
  let sum = REGISTERS * tau((REGISTERS - at(histogram, LARGEST_RANK)) / REGISTERS)
  for (let rank = LARGEST_RANK - 1; rank >= 1; rank--) sum = (sum + at(histogram, rank)) * 0.5
  sum += REGISTERS * sigma(at(histogram, 0) / REGISTERS)
  const cardinality = Math.round((ALPHA * REGISTERS * REGISTERS) / sum)
  return Math.min(cardinality, OVERFLOWN)
}

const at = (histogram: Uint32Array, rank: number): number => histogram[rank] ?? 0

const sigma = (share: number): number => {
  if (share === 1) return Infinity
  let power = share
  let weight = 1
  let sum = share
  for (;;) {
    const before = sum
    power *= power
    sum += power * weight
    weight += weight
    if (sum === before) return sum
  }
}

const tau = (share: number): number => {
  if (share === 0 || share === 1) return 0
  let root = share
  let weight = 1
  let sum = 1 - share
  for (;;) {
    const before = sum
    root = Math.sqrt(root)
    weight *= 0.5
    sum -= (1 - root) * (1 - root) * weight
    if (sum === before) return sum / 3
  }
}
