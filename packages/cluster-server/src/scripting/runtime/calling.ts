import { errorAt, type LuaError, plainError } from './lua-error.js'
import { metamethod } from './metatables.js'
import type { OperationSite } from './operation-site.js'
import { typeName } from './type-name.js'
import { first, type LuaFunction, type LuaResult, type LuaValue } from './value.js'

/** `attempt to index local 'a' (a nil value)`. */
export const typeError = (site: OperationSite, action: string, name: string, value: LuaValue): LuaError => {
  const type = typeName(value)
  return errorAt(site.position, `attempt to ${action} ${name === '' ? `a ${type} value` : `${name} (a ${type} value)`}`)
}

/**
 * The function that a value is or stands for. The one for a value that cannot be called throws when it is called, so
 * that the arguments are evaluated before, as in Lua.
 */
export const callable = (value: LuaValue, site: OperationSite): LuaFunction => {
  if (typeof value === 'function') return value
  const handler = metamethod(value, '__call')
  if (typeof handler === 'function') return (...args) => handler(value, ...args)
  return () => {
    throw typeError(site, 'call', site.left, value)
  }
}

/** Calls any value from a library function. */
export const call = (value: LuaValue, args: readonly LuaValue[]): LuaResult => {
  if (typeof value === 'function') return value(...args)
  const handler = metamethod(value, '__call')
  if (typeof handler === 'function') return handler(value, ...args)
  throw plainError(`attempt to call a ${typeName(value)} value`)
}

/** Calls a metamethod; only its first result counts. */
export const callMetamethod = (handler: LuaValue, ...args: LuaValue[]): LuaValue => first(call(handler, args))
