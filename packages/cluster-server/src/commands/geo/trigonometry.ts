import { add, type DoubleDouble, exactSum, multiply } from './double-double.js'

// The functions of Math are off by one unit in the last place now and then, and not the same in every version of V8.
// These round correctly, but for about one value in a hundred million; a good C library agrees with them nearly always.

/** pi / 2 in three parts. */
const HALF_PI = [1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33] as const
/** The series below are for this range only. */
const LARGEST = 3.2

const ONE: DoubleDouble = { high: 1, low: 0 }

/** 1/3!, 1/5!, 1/7! with the signs of the series, exact to 106 bits; the rest in double precision is exact enough. */
const SINE_HEAD: readonly DoubleDouble[] = [
  { high: -0.16666666666666666, low: -9.25185853854297e-18 },
  { high: 0.008333333333333333, low: 1.1564823173178714e-19 },
  { high: -0.0001984126984126984, low: -1.7209558293420705e-22 },
]
const SINE_TAIL = [
  2.7557319223985893e-6, -2.505210838544172e-8, 1.6059043836821613e-10, -7.647163731819816e-13, 2.8114572543455206e-15,
  -8.22063524662433e-18, 1.9572941063391263e-20,
]
/** 1/2!, 1/4!, 1/6! with the signs of the series. */
const COSINE_HEAD: readonly DoubleDouble[] = [
  { high: -0.5, low: 0 },
  { high: 0.041666666666666664, low: 2.3129646346357427e-18 },
  { high: -0.001388888888888889, low: 5.300543954373577e-20 },
]
const COSINE_TAIL = [
  2.48015873015873e-5, -2.755731922398589e-7, 2.08767569878681e-9, -1.1470745597729725e-11, 4.779477332387385e-14,
  -1.5619206968586225e-16, 4.110317623312165e-19, -8.896791392450574e-22,
]

/** 1 + x * (head0 + x * (head1 + … x * tail)). */
const series = (x: DoubleDouble, head: readonly DoubleDouble[], tail: readonly number[]): DoubleDouble => {
  let rest = 0
  for (let i = tail.length - 1; i >= 0; i--) rest = rest * x.high + (tail[i] as number)
  let sum: DoubleDouble = { high: rest, low: 0 }
  for (let i = head.length - 1; i >= 0; i--) sum = add(multiply(sum, x), head[i] as DoubleDouble)
  return add(multiply(sum, x), ONE)
}

/** The sine of an angle plus `turns` quarters of a circle. */
const sineOf = (angle: number, turns: number): DoubleDouble => {
  const quarters = Math.round(angle / HALF_PI[0])
  // The first difference is exact, as both sides are close to each other.
  const near = exactSum(angle - quarters * HALF_PI[0], -quarters * HALF_PI[1])
  const rest: DoubleDouble = { high: near.high, low: near.low - quarters * HALF_PI[2] }
  const square = multiply(rest, rest)
  const position = (quarters + turns) & 3
  const isOdd = (position & 1) === 1
  const value = isOdd ? series(square, COSINE_HEAD, COSINE_TAIL) : multiply(rest, series(square, SINE_HEAD, SINE_TAIL))
  return position < 2 ? value : { high: -value.high, low: -value.low }
}

/** The sine of an angle; correctly rounded from -pi to pi. */
export const sine = (angle: number): number =>
  angle !== 0 && Math.abs(angle) < LARGEST ? sineOf(angle, 0).high : Math.sin(angle)

/** The cosine of an angle; correctly rounded from -pi to pi. */
export const cosine = (angle: number): number => (Math.abs(angle) < LARGEST ? sineOf(angle, 1).high : Math.cos(angle))

/** The angle from 0 to pi/2 of a sine; correctly rounded. NaN for a sine above 1. */
export const arcSine = (value: number): number => {
  const angle = Math.asin(value)
  if (!(value > 0 && value < 1)) return angle
  // One step of Newton's method doubles the number of exact digits.
  const { high, low } = sineOf(angle, 0)
  return angle + (value - high - low) / sineOf(angle, 1).high
}
