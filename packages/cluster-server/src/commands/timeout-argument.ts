import { parseDouble } from '../double-text.js'
import { wireError } from '../wire-errors.js'

const NOT_A_NUMBER = wireError('ERR timeout is not a float or out of range')
const OUT_OF_RANGE = wireError('ERR timeout is out of range')
const NEGATIVE = wireError('ERR timeout is negative')
const LARGEST = 9223372036854775807

/**
 * The time until which a command waits, in Unix milliseconds, from its timeout in seconds, which may have a fraction;
 * 0 seconds wait for ever. @throws WireError
 */
export const waitUntil = (text: string, nowMs: number): number => {
  const seconds = parseDouble(text)
  if (seconds === undefined || Number.isNaN(seconds)) throw NOT_A_NUMBER
  // Redis multiplies with more bits than a double has: 0.057 * 1000 is 57 there and slightly above it here.
  const milliseconds = Math.ceil(Number((seconds * 1000).toPrecision(15)))
  if (milliseconds > LARGEST) throw OUT_OF_RANGE
  if (milliseconds < 0) throw NEGATIVE
  if (milliseconds === 0) return Infinity
  if (milliseconds + nowMs >= LARGEST) throw OUT_OF_RANGE
  return nowMs + milliseconds
}
