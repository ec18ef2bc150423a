import { toInteger } from '../runtime/conversion.js'
import { argumentError, libraryError } from '../runtime/lua-error.js'
import { formatDecimals, formatExponent, formatGeneral } from '../runtime/number-text.js'
import type { LuaFunction, LuaValue } from '../runtime/value.js'
import { numberArgument, textArgument } from './arguments.js'

interface Directive {
  readonly flags: string
  readonly width: number
  /** Undefined when there is no point. */
  readonly precision: number | undefined
  readonly conversion: string
}

const pad = (text: string, { flags, width }: Directive, zeros: boolean): string => {
  if (text.length >= width) return text
  if (flags.includes('-')) return text.padEnd(width)
  if (!zeros || !flags.includes('0')) return text.padStart(width)
  const prefix = /^[+\- ]?(?:0[xX])?/.exec(text)?.[0] ?? ''
  return prefix + text.slice(prefix.length).padStart(width - prefix.length, '0')
}

const signed = (text: string, { flags }: Directive): string => {
  if (text.startsWith('-')) return text
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text
}

const minimumDigits = (digits: string, precision: number | undefined): string => {
  // C prints nothing for a zero with the precision 0.
  if (precision === 0 && digits === '0') return ''
  return digits.padStart(precision ?? 0, '0')
}

/** A 64-bit integer of C from a double. */
const toBigInteger = (value: number): bigint => BigInt.asIntN(64, BigInt(Math.min(toInteger(value), 2 ** 63)))

const formatInteger = (value: number, directive: Directive): string => {
  const { conversion, flags, precision } = directive
  const zeros = precision === undefined
  const integer = value >= 2 ** 63 ? -(2n ** 63n) : toBigInteger(value)
  if (conversion === 'd' || conversion === 'i') {
    const digits = minimumDigits((integer < 0n ? -integer : integer).toString(), precision)
    return pad(signed(integer < 0n ? `-${digits}` : digits, directive), directive, zeros)
  }
  const unsigned = BigInt.asUintN(64, value >= 2 ** 63 && value < 2 ** 64 ? BigInt(value) : integer)
  const radix = conversion === 'o' ? 8 : conversion === 'u' ? 10 : 16
  let digits = minimumDigits(unsigned.toString(radix), precision)
  if (flags.includes('#') && conversion === 'o' && !digits.startsWith('0')) digits = `0${digits}`
  if (flags.includes('#') && radix === 16 && unsigned !== 0n) digits = `0x${digits}`
  return pad(conversion === 'X' ? digits.toUpperCase() : digits, directive, zeros)
}

const formatFixed = (value: number, precision: number): string => {
  if (value < 1e21) return formatDecimals(value, precision)
  return precision === 0 ? BigInt(value).toString() : `${BigInt(value)}.${'0'.repeat(precision)}`
}

const formatFloat = (value: number, directive: Directive): string => {
  const { conversion, flags } = directive
  const lower = conversion.toLowerCase()
  const negative = value < 0 || Object.is(value, -0)
  const size = Math.abs(value)
  let text: string
  let zeros = true
  if (!Number.isFinite(value)) {
    text = Number.isNaN(value) ? 'nan' : 'inf'
    zeros = false
  } else if (lower === 'e') text = formatExponent(size, directive.precision ?? 6)
  else if (lower === 'f') text = formatFixed(size, directive.precision ?? 6)
  else text = formatGeneral(size, directive.precision ?? 6, flags.includes('#'))
  if (flags.includes('#') && zeros && directive.precision === 0 && (lower === 'f' || lower === 'e')) {
    text = lower === 'f' ? `${text}.` : text.replace('e', '.e')
  }
  // The NaN of 0/0 has its sign bit set on x86.
  const sign = negative || Number.isNaN(value) ? `-${text}` : signed(text, directive)
  return pad(conversion === lower ? sign : sign.toUpperCase(), directive, zeros)
}

/** `%q`: a text that Lua reads back. */
const quote = (text: string): string =>
  `"${text.replace(/["\\\n\r\0]/g, (char) => (char === '\r' ? '\\r' : char === '\0' ? '\\000' : `\\${char}`))}"`

/** What goes through C's printf stops at a zero byte. */
const untilZero = (text: string): string => {
  const end = text.indexOf('\0')
  return end === -1 ? text : text.slice(0, end)
}

/** C's conversion of a double to `int`, and of that to a character; what does not fit in an `int` becomes its minimum. */
const toByte = (value: number): number => (Math.abs(value) < 2 ** 31 ? value & 255 : 0)

const parseDirective = (format: string, at: number): { directive: Directive; next: number } => {
  const match = /^([-+ #0]*)(\d{0,2})(\.(\d{0,2}))?/.exec(format.slice(at, at + 16))
  const [whole = '', flags = '', width = '', point, precision = ''] = match ?? []
  if (flags.length > 5) throw libraryError('invalid format (repeated flags)')
  const next = at + whole.length
  const conversion = format.charAt(next)
  if (conversion >= '0' && conversion <= '9') throw libraryError('invalid format (width or precision too long)')
  return {
    directive: {
      flags,
      width: Number(width),
      precision: point === undefined ? undefined : Number(precision),
      conversion,
    },
    next: next + 1,
  }
}

const convert = (directive: Directive, args: readonly LuaValue[], at: number): string => {
  const { conversion, precision } = directive
  switch (conversion) {
    case 'c':
      return untilZero(pad(String.fromCharCode(toByte(numberArgument(args, at))), directive, false))
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      return formatInteger(numberArgument(args, at), directive)
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
      return formatFloat(numberArgument(args, at), directive)
    case 'q':
      return quote(textArgument(args, at))
    case 's': {
      const text = textArgument(args, at)
      if (precision === undefined && text.length >= 100) return text
      const shown = untilZero(text)
      return pad(precision === undefined ? shown : shown.slice(0, precision), directive, false)
    }
    default:
      throw libraryError(`invalid option '%${conversion}' to 'format'`)
  }
}

/** `string.format`. */
export const format: LuaFunction = (...args) => {
  const template = textArgument(args, 0)
  let result = ''
  let used = 0
  for (let i = 0; i < template.length; ) {
    const at = template.indexOf('%', i)
    if (at === -1) return result + template.slice(i)
    result += template.slice(i, at)
    if (template.charAt(at + 1) === '%') {
      result += '%'
      i = at + 2
      continue
    }
    if (++used >= args.length) throw argumentError(used + 1, 'no value')
    const { directive, next } = parseDirective(template, at + 1)
    result += convert(directive, args, used)
    i = next
  }
  return result
}
