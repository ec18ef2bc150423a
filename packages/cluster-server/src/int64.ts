const MAX_INT64 = 9223372036854775807n
const MIN_INT64 = -9223372036854775808n

/**
 * Parses a signed 64-bit integer in its only accepted form: no sign `+`, no leading zeros, no spaces, not `-0`.
 * The answer is a `bigint` only outside the safe range of `number`; undefined when `text` is anything else.
 * Source: `string2ll` in Redis' `util.c`.
 */
export const parseInt64 = (text: string): number | bigint | undefined => {
  const length = text.length
  if (length === 0 || length > 20) return undefined
  let at = 0
  const negative = text.charCodeAt(0) === 45
  if (negative) {
    at = 1
    if (length === 1) return undefined
  }
  const first = text.charCodeAt(at)
  if (first === 48) return length === 1 ? 0 : undefined
  if (first < 49 || first > 57) return undefined
  let value = 0
  for (let i = at; i < length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  if (value <= Number.MAX_SAFE_INTEGER) return negative ? -value : value
  const exact = BigInt(text)
  return fitsInt64(exact) ? exact : undefined
}

/** Whether `value` is within -2^63 and 2^63-1. */
export const fitsInt64 = (value: bigint): boolean => value >= MIN_INT64 && value <= MAX_INT64

/** The same integer, as a `number` where that is exact. */
export const narrowInt64 = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value

/** `a + b` in 64 bits; undefined when it overflows. */
export const addInt64 = (a: number | bigint, b: number | bigint): number | bigint | undefined => {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum === 0 ? 0 : sum
  }
  const sum = BigInt(a) + BigInt(b)
  return fitsInt64(sum) ? narrowInt64(sum) : undefined
}

/** The same integer modulo 2^64, between -2^63 and 2^63-1: what 64-bit arithmetic without a check leaves. */
export const wrapInt64 = (value: bigint): number | bigint => narrowInt64(BigInt.asIntN(64, value))
