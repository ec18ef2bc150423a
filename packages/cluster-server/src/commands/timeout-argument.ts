import { ceilProduct, parseLongDouble } from '../long-double.js'
import { wireError } from '../wire-errors.js'
import { int64Argument } from './arguments.js'

const NOT_A_NUMBER = wireError('ERR timeout is not a float or out of range')
const NEGATIVE = wireError('ERR timeout is negative')
const LARGEST = 9223372036854775807n

/**
 * The time until which a command waits, in Unix milliseconds, from its timeout in seconds, which may have a fraction;
 * 0 seconds wait for ever. A timeout beyond 64 bits of milliseconds overflows in Redis 7.0, and so is negative.
 * @throws WireError
 */
export const waitUntil = (text: string, nowMs: number): number => {
  const seconds = parseLongDouble(text)
  if (!seconds) throw NOT_A_NUMBER
  const milliseconds = ceilProduct(seconds, 1000n)
  if (milliseconds === undefined || milliseconds < 0n || milliseconds > LARGEST) throw NEGATIVE
  return endOfWait(milliseconds, nowMs)
}

const NOT_MILLISECONDS = wireError('ERR timeout is not an integer or out of range')

/** An end beyond 64 bits, which overflows in Redis 7.0, never comes. */
const endOfWait = (milliseconds: bigint, nowMs: number): number =>
  milliseconds === 0n || milliseconds > LARGEST - BigInt(nowMs) ? Infinity : nowMs + Number(milliseconds)

/** As `waitUntil`, from a timeout in whole milliseconds. @throws WireError */
export const waitUntilMilliseconds = (text: string, nowMs: number): number => {
  const milliseconds = int64Argument(text, NOT_MILLISECONDS)
  if (milliseconds < 0) throw NEGATIVE
  return endOfWait(BigInt(milliseconds), nowMs)
}
