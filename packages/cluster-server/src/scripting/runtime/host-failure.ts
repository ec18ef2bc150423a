import { positionOf } from './call-stack.js'
import { errorAt, LuaError } from './lua-error.js'

/**
 * What a script sees of an exception of JavaScript: an exhausted stack (a RangeError, or a SyntaxError when a regular
 * expression met it) or memory. Anything else is a fault of the
 * engine or of its host and is thrown on.
 */
export const errorFromHost = (error: unknown): LuaError => {
  if (error instanceof LuaError) return error
  if (!(error instanceof Error)) throw error
  // No regular expression here: on an exhausted stack compiling one fails with yet another error.
  const { message } = error
  if (message.includes('call stack') || message.includes('Stack overflow')) {
    return errorAt(positionOf(error), 'stack overflow')
  }
  if (message.startsWith('Invalid string length') || message.startsWith('Invalid array length')) {
    return new LuaError('not enough memory', { source: '=[C]', line: -1 })
  }
  throw error
}
