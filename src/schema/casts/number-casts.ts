import { type Cast, CastMismatch } from '../cast.js'

/** Whole numbers that a `number` holds exactly, ±(2^53 − 1); also given as bigint or as decimal text. */
export const integerCast: Cast<number> = {
  name: 'integer',
  order: 'score',
  isText: false,
  expects: 'an integer between -9007199254740991 and 9007199254740991',
  toStored: (value) => String(toInteger(value)),
  fromStored: (text) => toInteger(text),
  rank: Number,
}

/**
 * Every `number`, with the shortest text that reads back as the same number: integers stay integers. -0 is 0, which it
 * equals. Infinity is allowed; NaN too, where no range index needs its place. Also given as decimal text.
 */
export const floatCast: Cast<number> = {
  name: 'float',
  order: 'score',
  isText: false,
  expects: 'a number',
  toStored: (value) => String(toFloat(value) + 0),
  fromStored: (text) => toFloat(text) + 0,
  rank: Number,
}

function toInteger(value: unknown): number {
  const number = typeof value === 'number' ? value : Number(requireDecimal(value, /^[+-]?\d+$/))
  if (!Number.isSafeInteger(number)) throw new CastMismatch()
  return number + 0
}

function toFloat(value: unknown): number {
  if (typeof value === 'number') return value
  const text = requireDecimal(value, decimalForm)
  const number = Number(text)
  if (/^[+-]?\d+$/.test(text) && !isSameInteger(number, text)) {
    throw new CastMismatch('a number cannot hold it exactly; a bigint can')
  }
  return number
}

/** Large numbers have a shortest text that is an integer, but not the one that they hold: `123456789012345680000`. */
function isSameInteger(number: number, text: string): boolean {
  return String(number) === text || (Number.isFinite(number) && BigInt(number) === BigInt(text.replace('+', '')))
}

const decimalForm = /^([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?Infinity|NaN)$/

function requireDecimal(value: unknown, form: RegExp): string {
  const text = typeof value === 'bigint' ? String(value) : value
  if (typeof text !== 'string' || !form.test(text)) throw new CastMismatch()
  return text
}
