/**
 * Prints a double as C's `%.17g` does: up to 17 significant digits, no trailing zeros, `inf`, `-inf`, `nan`, `-0`.
 * This is how Redis 7.0 prints scores.
 */
export const formatDouble = (value: number): string => {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '-0' : String(value)
  if (Number.isNaN(value)) return 'nan'
  if (value === Infinity) return 'inf'
  if (value === -Infinity) return '-inf'
  return formatSignificant(value, 17)
}

/** Prints a finite double as C's `%.<digits>g` does. */
export const formatSignificant = (value: number, digits: number): string => {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa, exponentText] = roundHalfEven(value, digits).split('e') as [string, string]
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < digits) return positional(mantissa, exponent)
  const size = Math.abs(exponent)
  return `${trimZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${size < 10 ? `0${size}` : size}`
}

/**
 * Hazard: JavaScript rounds an exact tie away from zero and C to even; 100000000000000.125 shows it. A tie has exactly
 * one digit more than asked for, a 5, and nothing behind it.
 */
const roundHalfEven = (value: number, digits: number): string => {
  const rounded = value.toExponential(digits - 1)
  const longer = value.toExponential(digits)
  const end = longer.indexOf('e')
  if (longer[end - 1] !== '5') return rounded
  const exact = value.toExponential(100)
  const kept = exact.indexOf('.') + digits
  if (!/^5?0*$/.test(exact.slice(kept, exact.indexOf('e'))) || exact[kept] !== '5') return rounded
  const lastKept = longer.charCodeAt(end - 2) - 48
  return lastKept % 2 === 0 ? longer.slice(0, end - 1) + longer.slice(end) : rounded
}

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

const positional = (mantissa: string, exponent: number): string => {
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.slice(sign.length).replace('.', '')
  if (exponent < 0) return sign + trimZeros(`0.${'0'.repeat(-exponent - 1)}${digits}`)
  if (exponent + 1 >= digits.length) return sign + digits + '0'.repeat(exponent + 1 - digits.length)
  return sign + trimZeros(`${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`)
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)\.?([\da-f]*)(?:p([+-]?\d+))?$/i
const INFINITE = /^([+-]?)inf(?:inity)?$/i

/** The value of up to 15 digits, which every double holds exactly; -1 for any other text. */
const parseShortInteger = (text: string): number => {
  if (text.length === 0 || text.length > 15) return -1
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/**
 * Parses a whole text as C's `strtod` does (decimal, hexadecimal, infinity). Undefined for NaN and for anything else;
 * a number too large for a double is an infinity, one too small is 0: see `isOutOfRange`.
 */
export const parseDouble = (text: string): number | undefined => {
  const short = parseShortInteger(text)
  if (short !== -1) return short
  if (DECIMAL.test(text)) return Number(text)
  const infinite = INFINITE.exec(text)
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity
  const hexadecimal = HEXADECIMAL.exec(text)
  if (!hexadecimal) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = hexadecimal
  if (whole === '' && fraction === '') return undefined
  const size = Number(BigInt(`0x0${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -size : size
}

/**
 * Parses a number where Redis hands a text to `strtod` without looking at its length: the text ends at a zero byte,
 * leading white space is skipped, and no text at all is 0.
 */
export const parseCDouble = (text: string): number | undefined => {
  const end = text.indexOf('\0')
  const written = (end === -1 ? text : text.slice(0, end)).replace(/^[ \t\n\v\f\r]+/, '')
  return written === '' && (text === '' || end === 0) ? 0 : parseDouble(written)
}

/** Whether `value`, parsed from `text`, left the range of a double: infinite or 0 without being written so. */
export const isOutOfRange = (text: string, value: number): boolean => {
  if (value !== 0 && Number.isFinite(value)) return false
  const [written = ''] = text.split('\0', 1)
  if (value === 0) return /[1-9a-f]/i.test(written.replace(/^[+-]?0x/i, '').replace(/[ep][+-]?\d+$/i, ''))
  return !Number.isNaN(value) && !INFINITE.test(written.trimStart())
}
