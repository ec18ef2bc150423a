import { positionOf } from './call-stack.js'
import { errorAt, LuaError } from './lua-error.js'

/**
 * What a script sees of an exception of JavaScript: an exhausted stack or memory. Anything else is a fault of the
 * engine or of its host and is thrown on.
 */
export const errorFromHost = (error: unknown): LuaError => {
  if (error instanceof LuaError) return error
  if (!isRangeError(error)) throw error
  if (/call stack/i.test(error.message)) return errorAt(positionOf(error), 'stack overflow')
  if (/invalid (string|array) length/i.test(error.message)) {
    return new LuaError('not enough memory', { source: '=[C]', line: -1 })
  }
  throw error
}

/** By name: under a test runner the error may come from another realm. */
const isRangeError = (error: unknown): error is RangeError =>
  error instanceof RangeError || (error instanceof Error && error.name === 'RangeError')
