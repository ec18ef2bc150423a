import { callMetamethod } from './calling.js'
import { errorAt, type LuaError, libraryError } from './lua-error.js'
import { LuaTable } from './lua-table.js'
import { metamethod } from './metatables.js'
import type { OperationSite } from './operation-site.js'
import { typeName } from './type-name.js'
import { isTrue, type LuaValue } from './value.js'

const orderMessage = (left: LuaValue, right: LuaValue): string => {
  const [a, b] = [typeName(left), typeName(right)]
  return a === b ? `attempt to compare two ${a} values` : `attempt to compare ${a} with ${b}`
}

const orderError = (left: LuaValue, right: LuaValue, site: OperationSite | undefined): LuaError =>
  site === undefined ? libraryError(orderMessage(left, right)) : errorAt(site.position, orderMessage(left, right))

/** Both operands need the same handler, as Lua 5.1 demands of comparisons. */
const sharedHandler = (left: LuaValue, right: LuaValue, event: string): LuaValue => {
  if (typeName(left) !== typeName(right)) return undefined
  const handler = metamethod(left, event)
  return handler !== undefined && handler === metamethod(right, event) ? handler : undefined
}

/** `left < right`; a library function passes no site. */
export const lt = (left: LuaValue, right: LuaValue, site?: OperationSite): boolean => {
  if (typeof left === 'number' && typeof right === 'number') return left < right
  if (typeof left === 'string' && typeof right === 'string') return left < right
  const handler = sharedHandler(left, right, '__lt')
  if (handler === undefined) throw orderError(left, right, site)
  return isTrue(callMetamethod(handler, left, right))
}

/** `left <= right`, by `__le` or else by `not (right < left)`. */
export const le = (left: LuaValue, right: LuaValue, site?: OperationSite): boolean => {
  if (typeof left === 'number' && typeof right === 'number') return left <= right
  if (typeof left === 'string' && typeof right === 'string') return left <= right
  const handler = sharedHandler(left, right, '__le')
  if (handler !== undefined) return isTrue(callMetamethod(handler, left, right))
  const reverse = sharedHandler(right, left, '__lt')
  if (reverse === undefined) throw orderError(left, right, site)
  return !isTrue(callMetamethod(reverse, right, left))
}

export const gt = (left: LuaValue, right: LuaValue, site: OperationSite): boolean => lt(right, left, site)
export const ge = (left: LuaValue, right: LuaValue, site: OperationSite): boolean => le(right, left, site)

/** Equality of values that are not identical: only two tables with a common `__eq` can still be equal. */
export const eq = (left: LuaValue, right: LuaValue): boolean => {
  if (!(left instanceof LuaTable) || !(right instanceof LuaTable)) return false
  const handler = sharedHandler(left, right, '__eq')
  return handler !== undefined && isTrue(callMetamethod(handler, left, right))
}
