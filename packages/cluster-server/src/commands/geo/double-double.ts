/** A number as the unevaluated sum of two doubles, about 106 bits exact: `low` is less than half a unit of `high`. */
export interface DoubleDouble {
  readonly high: number
  readonly low: number
}

/** 2^27 + 1 splits a double in halves whose products are exact. */
const SPLITTER = 134217729

/** `a + b`, exactly. */
export const exactSum = (a: number, b: number): DoubleDouble => {
  const high = a + b
  const part = high - a
  return { high, low: a - (high - part) + (b - part) }
}

/** `a * b`, exactly. */
const exactProduct = (a: number, b: number): DoubleDouble => {
  const high = a * b
  const shiftedA = a * SPLITTER
  const upperA = shiftedA - (shiftedA - a)
  const lowerA = a - upperA
  const shiftedB = b * SPLITTER
  const upperB = shiftedB - (shiftedB - b)
  const lowerB = b - upperB
  const low = upperA * upperB - high + upperA * lowerB + lowerA * upperB + lowerA * lowerB
  return { high, low }
}

/** A sum of which the second part is the smaller one. */
const normalised = (high: number, low: number): DoubleDouble => {
  const sum = high + low
  return { high: sum, low: low - (sum - high) }
}

/** `a + b`. */
export const add = (a: DoubleDouble, b: DoubleDouble): DoubleDouble => {
  const sum = exactSum(a.high, b.high)
  return normalised(sum.high, sum.low + a.low + b.low)
}

/** `a * b`. */
export const multiply = (a: DoubleDouble, b: DoubleDouble): DoubleDouble => {
  const product = exactProduct(a.high, b.high)
  return normalised(product.high, product.low + (a.high * b.low + a.low * b.high))
}
