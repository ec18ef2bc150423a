/** Digits looked at to tell an exact tie from a number near it. */
const TIE_DIGITS = 25
/** Most decimals that JavaScript's own formatting takes. */
const MAX_DECIMALS = 100

/**
 * Rounds half to even, as C does; JavaScript rounds ties away from zero. `more` formats with extra digits; `digits` is
 * the part of the result that the rounding may change.
 */
const tiesToEven = (rounded: string, more: string, kept: number): string => {
  const rest = more.slice(kept)
  if (!/^5(?:0{10,})$/.test(rest) || !/[02468]$/.test(more.slice(0, kept).replace('.', ''))) return rounded
  return more.slice(0, kept)
}

/** C's `%.*f` of a finite number below 1e21. */
export const formatDecimals = (value: number, decimals: number): string => {
  const wanted = Math.min(decimals, MAX_DECIMALS)
  const rounded = value.toFixed(wanted)
  if (wanted + TIE_DIGITS > MAX_DECIMALS) return rounded
  const more = value.toFixed(wanted + TIE_DIGITS)
  if (wanted > 0) return tiesToEven(rounded, more, more.length - TIE_DIGITS)
  const point = more.indexOf('.')
  return tiesToEven(rounded, more.slice(0, point) + more.slice(point + 1), point)
}

const toExponential = (value: number, decimals: number): string => {
  const wanted = Math.min(decimals, MAX_DECIMALS)
  const rounded = value.toExponential(wanted)
  if (wanted + TIE_DIGITS > MAX_DECIMALS) return rounded
  const more = value.toExponential(wanted + TIE_DIGITS)
  const at = more.indexOf('e')
  const digits = wanted === 0 ? more.slice(0, at).replace('.', '') : more.slice(0, at)
  const kept = digits.length - TIE_DIGITS
  const even = tiesToEven('', digits, kept)
  return even === '' ? rounded : even + more.slice(at)
}

/** C's `%e` of a finite number: one digit, the given number of decimals, an exponent of two digits at least. */
export const formatExponent = (value: number, precision: number): string => {
  const text = toExponential(value, precision)
  const at = text.indexOf('e')
  const digits = text.slice(at + 2)
  return `${text.slice(0, at)}e${text[at + 1]}${digits.length < 2 ? `0${digits}` : digits}`
}

/** C's `%g` of a finite number; `keepZeros` is the flag `#`. */
export const formatGeneral = (value: number, precision: number, keepZeros = false): string => {
  const digits = Math.min(precision === 0 ? 1 : precision, MAX_DECIMALS)
  if (value === 0) {
    const zero = keepZeros ? `${(0).toFixed(digits - 1)}${digits === 1 ? '.' : ''}` : '0'
    return Object.is(value, -0) ? `-${zero}` : zero
  }
  const exponential = toExponential(value, digits - 1)
  const exponent = Number(exponential.slice(exponential.indexOf('e') + 1))
  const fixed = exponent >= -4 && exponent < digits
  const text = fixed ? formatDecimals(value, digits - 1 - exponent) : formatExponent(value, digits - 1)
  const at = fixed ? text.length : text.indexOf('e')
  let mantissa = text.slice(0, at)
  if (keepZeros) mantissa = mantissa.includes('.') ? mantissa : `${mantissa}.`
  else if (mantissa.includes('.')) mantissa = mantissa.replace(/\.?0+$/, '')
  return mantissa + text.slice(at)
}

const special = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return 'inf'
  // On x86 the NaN of 0/0 has its sign bit set, and C prints it; the sign of a NaN cannot be seen from here.
  return value === Number.NEGATIVE_INFINITY ? '-inf' : '-nan'
}

/** A number as Lua shows it: `%.14g`. */
export const numberToText = (value: number): string => {
  if (Number.isInteger(value) && value < 1e14 && value > -1e14) return Object.is(value, -0) ? '-0' : `${value}`
  return Number.isFinite(value) ? formatGeneral(value, 14) : special(value)
}

/** A number as Redis passes it to a command: an integer in full when it is exact, else `%.17g`. */
export const numberToArgument = (value: number): string => {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '-0' : `${value}`
  return Number.isFinite(value) ? formatGeneral(value, 17) : special(value)
}

const DECIMAL = /^[\t-\r ]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[\t-\r ]*$/
const HEXADECIMAL = /^[\t-\r ]*([+-]?)0[xX]([\da-fA-F]*)(?:\.([\da-fA-F]*))?(?:[pP]([+-]?\d+))?[\t-\r ]*$/
const NAMED = /^[\t-\r ]*([+-]?)(inf|infinity|nan(?:\([0-9a-zA-Z_]*\))?)[\t-\r ]*$/i

/** C's `strtod` over the whole text, with blanks around it; undefined when it is no number. */
export const textToNumber = (text: string): number | undefined => {
  const decimal = DECIMAL.exec(text)
  if (decimal !== null) return Number(decimal[1])
  const hexadecimal = HEXADECIMAL.exec(text)
  if (hexadecimal !== null) {
    const [, sign, whole = '', fraction = '', exponent = '0'] = hexadecimal
    if (whole === '' && fraction === '') return undefined
    let value = 0
    for (const digit of whole + fraction) value = value * 16 + Number.parseInt(digit, 16)
    value *= 2 ** (Number(exponent) - 4 * fraction.length)
    return sign === '-' ? -value : value
  }
  const named = NAMED.exec(text)
  if (named === null) return undefined
  if (named[2]?.toLowerCase().startsWith('n') === true) return Number.NaN
  return named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}
