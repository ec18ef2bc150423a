/**
 * The text of a double as Redis 7.0 prints scores and other doubles: C's `%.17g`, and `inf`, `-inf`, `nan`.
 * Source: `addReplyDouble` in `networking.c`.
 */
export const formatDouble = (value: number): string => {
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return Object.is(value, -0) ? '-0' : String(value)
  if (value === Number.POSITIVE_INFINITY) return 'inf'
  if (value === Number.NEGATIVE_INFINITY) return '-inf'
  if (Number.isNaN(value)) return 'nan'
  return formatGeneral(value, 17)
}

/** C's `%.<digits>g` of a finite number other than zero; `digits` is 1 to 40. */
export const formatGeneral = (value: number, digits: number): string => {
  const [mantissa = '', exponentText = '0'] = roundHalfEven(value, digits).split('e')
  const exponent = Number(exponentText)
  const sign = mantissa.startsWith('-') ? '-' : ''
  const significant = mantissa.replace(/[-.]/g, '').replace(/0+$/, '')
  if (exponent < -4 || exponent >= digits) {
    const fraction = significant.length > 1 ? `.${significant.slice(1)}` : ''
    const size = String(Math.abs(exponent)).padStart(2, '0')
    return `${sign}${significant.charAt(0)}${fraction}e${exponent < 0 ? '-' : '+'}${size}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${significant}`
  const whole = significant.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = significant.slice(exponent + 1)
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`
}

/** `toExponential` breaks a tie away from zero, C to the even digit. A tie is exact: nothing but zeros follows its 5. */
const roundHalfEven = (value: number, digits: number): string => {
  const rounded = value.toExponential(digits - 1)
  const exact = value.toExponential(Math.min(100, digits + 40))
  const separator = exact.indexOf('e')
  const mantissaStart = exact.indexOf('.') + 1
  if (!/^50*$/.test(exact.slice(mantissaStart + digits - 1, separator))) return rounded
  const truncated = exact.slice(0, mantissaStart + digits - 1)
  const lastDigit = Number(truncated.replace('.', '').slice(-1))
  return lastDigit % 2 === 0 ? truncated.replace(/\.$/, '') + exact.slice(separator) : rounded
}
