import { isOutOfRange, parseDouble } from '../double-text.js'
import { parseInt64 } from '../int64.js'
import { NOT_A_FLOAT, NOT_AN_INTEGER, type WireError, wireError } from '../wire-errors.js'

const BEYOND_32_BITS = wireError('ERR value is out of range, value must between -2147483648 and 2147483647')

/** The argument at `index`, which the arity of the command promises; empty text behind the end. */
export const argument = (argv: readonly string[], index: number): string => argv[index] ?? ''

/** The option word at `index` in upper case; empty text behind the end. */
export const optionAt = (argv: readonly string[], index: number): string => (argv[index] ?? '').toUpperCase()

/** Text up to a NUL, where a string of C ends. */
export const untilNul = (text: string): string => {
  const end = text.indexOf('\0')
  return end === -1 ? text : text.slice(0, end)
}

/** A 64-bit integer, exactly. @throws `error` */
export const int64Argument = (text: string, error: WireError = NOT_AN_INTEGER): number | bigint => {
  const value = parseInt64(text)
  if (value === undefined) throw error
  return value
}

/**
 * A 64-bit integer that only serves as an index, a count or a limit: outside the safe range it is rounded, which no
 * collection is large enough to notice. @throws `error`
 */
export const integerArgument = (text: string, error: WireError = NOT_AN_INTEGER): number =>
  Number(int64Argument(text, error))

/** An integer of 32 bits, of which Redis says so. @throws WireError */
export const int32Argument = (text: string): number => {
  const value = integerArgument(text)
  if (value < -(2 ** 31) || value >= 2 ** 31) throw BEYOND_32_BITS
  return value
}

/** An integer from `minimum` to `maximum`. @throws `error` */
export const boundedArgument = (text: string, minimum: number, maximum: number, error: WireError): number => {
  const value = integerArgument(text, error)
  if (value < minimum || value > maximum) throw error
  return value
}

/** A double that is not NaN and not out of range. @throws `error` */
export const doubleArgument = (text: string, error: WireError = NOT_A_FLOAT): number => {
  const value = parseDouble(text)
  if (value === undefined || Number.isNaN(value) || isOutOfRange(text, value)) throw error
  return value
}
