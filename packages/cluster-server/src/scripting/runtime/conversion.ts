import { numberToText, textToNumber } from './number-text.js'
import type { LuaValue } from './value.js'

/** A number, or a text that reads as one. */
export const toNumber = (value: LuaValue): number | undefined => {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? textToNumber(value) : undefined
}

/** A text, or a number as text. */
export const toText = (value: LuaValue): string | undefined => {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? numberToText(value) : undefined
}

/** C's conversion of a double to a 64-bit integer, as far as a double can hold it. */
export const toInteger = (value: number): number => {
  if (Number.isNaN(value)) return -(2 ** 63)
  return Math.trunc(Math.min(Math.max(value, -(2 ** 63)), 2 ** 63)) + 0
}
