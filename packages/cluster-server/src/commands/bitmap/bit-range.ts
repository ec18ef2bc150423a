import type { ReadableText } from '../../keyspace/long-text.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { optionAt } from '../arguments.js'

/** Bits from `first` to `last`, both inclusive; empty when `first` is greater. */
export interface BitRange {
  readonly first: number
  readonly last: number
}

/** Whether the word at `index` makes a range one of bits; bytes without it. @throws SYNTAX_ERROR */
export const isBitUnit = (argv: readonly string[], index: number): boolean => {
  if (argv.length <= index) return false
  const word = optionAt(argv, index)
  if (word !== 'BIT' && word !== 'BYTE') throw SYNTAX_ERROR
  return word === 'BIT'
}

/** The bits between two positions of a string of `byteLength` bytes; negative positions count from the end. */
export const bitRange = (start: number, end: number, byteLength: number, inBits: boolean): BitRange => {
  const size = inBits ? byteLength * 8 : byteLength
  const from = Math.max(0, start < 0 ? size + start : start)
  const to = Math.min(size - 1, Math.max(0, end < 0 ? size + end : end))
  if (from > to) return { first: 0, last: -1 }
  return inBits ? { first: from, last: to } : { first: from * 8, last: to * 8 + 7 }
}

/** The bit at `position`, 0 being the most significant of the first byte; 0 behind the end. */
export const bitAt = (text: ReadableText, position: number): 0 | 1 => {
  const byte = Math.floor(position / 8)
  return byte < text.length && (text.charCodeAt(byte) >> (7 - (position % 8))) & 1 ? 1 : 0
}
