const MANTISSA_BITS = 64
const LARGEST_EXPONENT = 16384
/** Redis refuses a longer text. */
const LONGEST_TEXT = 5 * 1024 - 1

/**
 * A number in the 80-bit extended format of x86, in which Redis adds for INCRBYFLOAT and HINCRBYFLOAT: 64 bits of
 * mantissa, rounded half to even. The value is `mantissa * 2 ** exponent`.
 */
export type LongDouble = { readonly mantissa: bigint; readonly exponent: number } | { readonly infinity: 1 | -1 }

const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)\.?([\da-f]*)(?:p([+-]?\d+))?$/i
const INFINITE = /^([+-]?)inf(?:inity)?$/i

/** Parses a whole text as C's `strtold` does; undefined for NaN, for anything else, and where the range is left. */
export const parseLongDouble = (text: string): LongDouble | undefined => {
  if (text.length > LONGEST_TEXT) return undefined
  const infinite = INFINITE.exec(text)
  if (infinite) return { infinity: infinite[1] === '-' ? -1 : 1 }
  const decimal = DECIMAL.exec(text)
  const match = decimal ?? HEXADECIMAL.exec(text)
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(decimal ? whole + fraction : `0x${whole}${fraction}`)
  const signed = sign === '-' ? -digits : digits
  if (digits === 0n) return { mantissa: 0n, exponent: 0 }
  const written = Number(exponentText)
  const exponent = written - (decimal ? fraction.length : 4 * fraction.length)
  // Far outside the range the power alone would be a number of millions of digits.
  if (Math.abs(exponent) > 4 * LARGEST_EXPONENT) return undefined
  const value = decimal ? fromDecimal(signed, exponent) : rounded(signed, exponent, false)
  if ('infinity' in value) return undefined
  return bitLength(value.mantissa) + value.exponent < -16444 ? undefined : value
}

/** `a + b`; undefined when the sum is infinite or not a number. */
export const addLongDoubles = (a: LongDouble, b: LongDouble): LongDouble | undefined => {
  if ('infinity' in a || 'infinity' in b) return undefined
  const exponent = Math.min(a.exponent, b.exponent)
  const sum = (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent))
  const value = rounded(sum, exponent, false)
  return 'infinity' in value ? undefined : value
}

/** The least integer that is not below `value * factor`, the product rounded to 64 bits first; undefined for infinities. */
export const ceilProduct = (value: LongDouble, factor: bigint): bigint | undefined => {
  const product = 'infinity' in value ? value : rounded(value.mantissa * factor, value.exponent, false)
  if ('infinity' in product) return undefined
  const { mantissa, exponent } = product
  return exponent >= 0 ? mantissa << BigInt(exponent) : -(-mantissa >> BigInt(-exponent))
}

/** Prints as C's `%.17Lf`, without trailing zeros and without a negative zero. Source: `ld2string` in Redis' `util.c`. */
export const formatLongDouble = (value: LongDouble): string => {
  if ('infinity' in value) return value.infinity === 1 ? 'inf' : '-inf'
  const { mantissa, exponent } = value
  if (mantissa === 0n) return '0'
  const negative = mantissa < 0n
  const size = negative ? -mantissa : mantissa
  const scaled = size * 10n ** 17n
  const units = exponent >= 0 ? scaled << BigInt(exponent) : divideHalfEven(scaled, 1n << BigInt(-exponent), false)
  const digits = String(units).padStart(18, '0')
  const text = `${digits.slice(0, -17)}.${digits.slice(-17)}`.replace(/\.?0+$/, '')
  return negative && text !== '0' ? `-${text}` : text
}

const fromDecimal = (digits: bigint, exponent: number): LongDouble => {
  if (exponent >= 0) return rounded(digits * 10n ** BigInt(exponent), 0, false)
  const divisor = 10n ** BigInt(-exponent)
  // Two bits more than the mantissa, and whether anything was left, are enough to round.
  const shift = Math.max(0, MANTISSA_BITS + 2 - (bitLength(digits) - bitLength(divisor)))
  const size = digits < 0n ? -digits : digits
  const dividend = size << BigInt(shift)
  const quotient = dividend / divisor
  return rounded(digits < 0n ? -quotient : quotient, -shift, quotient * divisor !== dividend)
}

/** Rounds to 64 bits of mantissa; `inexact` says that the exact size is slightly above that of `mantissa`. */
const rounded = (mantissa: bigint, exponent: number, inexact: boolean): LongDouble => {
  const negative = mantissa < 0n
  const size = negative ? -mantissa : mantissa
  const surplus = bitLength(size) - MANTISSA_BITS
  const kept = surplus > 0 ? divideHalfEven(size, 1n << BigInt(surplus), inexact) : size
  const keptExponent = surplus > 0 ? exponent + surplus : exponent
  if (bitLength(kept) + keptExponent > LARGEST_EXPONENT) return { infinity: negative ? -1 : 1 }
  return { mantissa: negative ? -kept : kept, exponent: keptExponent }
}

const divideHalfEven = (dividend: bigint, divisor: bigint, inexact: boolean): bigint => {
  const quotient = dividend / divisor
  const twice = (dividend - quotient * divisor) * 2n
  if (twice < divisor) return quotient
  if (twice > divisor || inexact) return quotient + 1n
  return quotient & 1n ? quotient + 1n : quotient
}

const bitLength = (value: bigint): number => (value < 0n ? -value : value).toString(2).length
