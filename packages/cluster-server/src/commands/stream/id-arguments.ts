import { narrowInt64, parseInt64 } from '../../int64.js'
import { FIRST_ID, followingId, LAST_ID, LAST_SEQUENCE, precedingId, type StreamId } from '../../keyspace/stream-id.js'
import { wireError } from '../../wire-errors.js'
import { untilNul } from '../arguments.js'

export const INVALID_ID = wireError('ERR Invalid stream ID specified as stream command argument')
const INVALID_START = wireError('ERR invalid start ID for the interval')
const INVALID_END = wireError('ERR invalid end ID for the interval')
const LONGEST_ID = 127

/**
 * An unsigned integer of 64 bits; undefined for anything else. What is not written in the one proper way is left to
 * `strtoull`, which skips spaces and zeros, takes a sign, and wraps what is negative.
 * Source: `string2ull` in `util.c` of Redis 7.0.
 */
const unsignedInteger = (text: string): number | bigint | undefined => {
  const plain = parseInt64(text)
  if (plain !== undefined) return plain < 0 ? undefined : plain
  const [, sign, digits] = /^[ \t\n\v\f\r]*([+-]?)(\d+)$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const size = BigInt(digits)
  if (size > LAST_SEQUENCE) return undefined
  return narrowInt64(sign === '-' ? BigInt.asUintN(64, -size) : size)
}

/** An id for a new entry: `seq` is null where the server shall choose it. */
export interface NewId {
  readonly ms: number | bigint
  readonly seq: number | bigint | null
}

const readId = (text: string, missingSequence: number | bigint, mayOmit: boolean): NewId | undefined => {
  if (text.length > LONGEST_ID) return undefined
  const written = untilNul(text)
  const dash = written.indexOf('-')
  const ms = unsignedInteger(dash === -1 ? written : written.slice(0, dash))
  if (ms === undefined) return undefined
  if (dash === -1) return { ms, seq: missingSequence }
  const sequence = written.slice(dash + 1)
  if (mayOmit && sequence === '*') return { ms, seq: null }
  const seq = unsignedInteger(sequence)
  return seq === undefined ? undefined : { ms, seq }
}

/** An id, whose second half is 0 where it is missing; undefined when it is none. */
export const parseId = (text: string, missingSequence: number | bigint = 0): StreamId | undefined =>
  readId(text, missingSequence, false) as StreamId | undefined

/** An id, whose second half is 0 where it is missing. @throws INVALID_ID */
export const idArgument = (text: string): StreamId => {
  const id = parseId(text)
  if (id === undefined) throw INVALID_ID
  return id
}

/** An id of a new entry: `5-1`, `5`, `5-*`. @throws INVALID_ID */
export const newIdArgument = (text: string): NewId => {
  const id = readId(text, 0, true)
  if (id === undefined) throw INVALID_ID
  return id
}

/** An id, or `-` for the first there can be, or `+` for the last. @throws INVALID_ID */
export const boundArgument = (text: string, missingSequence: number | bigint = 0): StreamId => {
  const written = text.length > LONGEST_ID ? text : untilNul(text)
  if (written === '-') return FIRST_ID
  if (written === '+') return LAST_ID
  const id = parseId(text, missingSequence)
  if (id === undefined) throw INVALID_ID
  return id
}

const isExclusive = (text: string): boolean => text.length > 1 && text.startsWith('(')

/** The first id of an interval; `(5-1` begins after 5-1. @throws WireError */
export const intervalStart = (text: string): StreamId => {
  if (!isExclusive(text)) return boundArgument(text)
  const start = followingId(idArgument(text.slice(1)))
  if (start === undefined) throw INVALID_START
  return start
}

/** The last id of an interval; `(5-1` ends before 5-1, and `5` after the last id with that time. @throws WireError */
export const intervalEnd = (text: string): StreamId => {
  if (!isExclusive(text)) return boundArgument(text, LAST_SEQUENCE)
  const id = parseId(text.slice(1), LAST_SEQUENCE)
  if (id === undefined) throw INVALID_ID
  const end = precedingId(id)
  if (end === undefined) throw INVALID_END
  return end
}
