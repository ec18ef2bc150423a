/** A value at which JavaScript's `toFixed` is no longer exact. */
const LARGEST_EXACT = 1e21

/**
 * Prints a double as C's `%.<digits>f` does: exactly, an exact tie rounded to the even digit; `inf`, `-inf`, `nan`.
 * `digits` is at most 50.
 */
export const formatFixed = (value: number, digits: number): string => {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  if (Math.abs(value) >= LARGEST_EXACT) return `${BigInt(value)}.${'0'.repeat(digits)}`
  const text = value.toFixed(digits)
  const signed = Object.is(value, -0) || (value < 0 && !text.startsWith('-')) ? `-${text}` : text
  if (!isTie(value, digits)) return signed
  const longer = value.toFixed(digits + 1)
  return Number(longer[longer.length - 2]) % 2 === 0 ? longer.slice(0, -1) : signed
}

/** JavaScript rounds a tie away from zero. A value has `n + 1` decimals, the last a 5, when it has `n + 1` binary ones. */
const isTie = (value: number, digits: number): boolean => {
  const scaled = value * 2 ** (digits + 1)
  return Number.isInteger(scaled) && scaled % 2 !== 0
}

/** As `%.17f`, without trailing zeros, and without the sign of a zero: how Redis prints coordinates. */
export const formatHuman = (value: number): string => {
  const text = formatFixed(value, 17)
  if (!text.includes('.')) return text
  const short = text.replace(/\.?0+$/, '')
  return short === '-0' ? '0' : short
}
