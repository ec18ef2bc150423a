import { type Cast, CastMismatch } from '../cast.js'

/** The most digits behind the point. */
const MAX_DIGITS = 30

/** Decimal numbers of up to so many digits are told apart by a double, and so by the score of a range index. */
const EXACT_DIGITS = 15

/**
 * Decimal numbers with a fixed number of digits behind the point, as text: `'123.46'`. Also given as numbers and bigints; what
 * has more digits is rounded, halves away from zero. In a range index values of more than 15 digits are refused, because the
 * score of a sorted set is a double. Throws a `TypeError` for a number of digits that is no integer from 0 to 30.
 */
export function decimalCast(digits: number): Cast<string> {
  if (!Number.isInteger(digits) || digits < 0 || digits > MAX_DIGITS) {
    throw new TypeError(`decimal needs its digits behind the point, 0 to ${MAX_DIGITS}: 'decimal:2'`)
  }
  return {
    name: `decimal:${digits}`,
    order: 'score',
    isText: false,
    expects: 'a decimal number',
    toStored: (value) => toDecimal(value, digits),
    rounding: (value) => roundingOf(value, digits),
    fromStored: (text) => toDecimal(text, digits),
    rank: Number,
    hasExactRank: (stored) => stored.replace(/\D/g, '').replace(/^0+/, '').length <= EXACT_DIGITS,
  }
}

const decimalForm = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/

function toDecimal(value: unknown, digits: number): string {
  const { isNegative, units, scale } = parse(value)
  const rounded = round(units, scale - digits)
  const text = String(rounded).padStart(digits + 1, '0')
  const point = text.length - digits
  const plain = digits === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`
  return isNegative && rounded !== 0n ? `-${plain}` : plain
}

function roundingOf(value: unknown, digits: number): number {
  const { isNegative, units, scale } = parse(value)
  if (scale <= digits) return 0
  const excess = round(units, scale - digits) * 10n ** BigInt(scale - digits) - units
  if (excess === 0n) return 0
  return excess > 0n === isNegative ? -1 : 1
}

/** A number: `units` × 10^-`scale`, without its sign. */
interface Decimal {
  readonly isNegative: boolean
  readonly units: bigint
  readonly scale: number
}

function parse(value: unknown): Decimal {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') throw new CastMismatch()
  const [match, sign, whole = '', fraction = '', exponent = '0'] = decimalForm.exec(String(value)) ?? []
  if (match === undefined || whole + fraction === '') throw new CastMismatch()
  return { isNegative: sign === '-', units: BigInt(whole + fraction), scale: fraction.length - Number(exponent) }
}

/** `units` without the last `excess` digits, halves up. */
function round(units: bigint, excess: number): bigint {
  if (excess <= 0) return units * 10n ** BigInt(-excess)
  const divisor = 10n ** BigInt(excess)
  return (units * 2n + divisor) / (divisor * 2n)
}
