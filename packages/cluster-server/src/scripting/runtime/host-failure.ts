import { positionOf } from './call-stack.js'
import { errorAt, LuaError } from './lua-error.js'

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
    ? error.message
    : ''

/** What V8 says when a string, an array or a table cannot grow any further. */
const EXHAUSTED = ['Invalid string length', 'Invalid array length', 'Map maximum size exceeded']

/**
 * What a script sees of an exception of JavaScript: an exhausted stack (a RangeError, or a SyntaxError when a regular
 * expression met it) or memory. Anything else is a fault of the engine or of its host and is thrown on. On a stack that is still
 * nearly full it throws such an exception itself, which the next `pcall` further out turns into a value.
 */
export const errorFromHost = (error: unknown): LuaError => {
  if (error instanceof LuaError) return error
  // Not `instanceof Error`: what overflows in a function of the host can be an error of another realm.
  const message = messageOf(error)
  // No regular expression here: on an exhausted stack compiling one fails with yet another error.
  if (message.includes('call stack') || message.includes('Stack overflow')) {
    return errorAt(positionOf(error), 'stack overflow')
  }
  if (EXHAUSTED.some((text) => message.startsWith(text))) {
    return new LuaError('not enough memory', { source: '=[C]', line: -1 })
  }
  throw error
}
