import { callMetamethod, typeError } from './calling.js'
import { toText } from './conversion.js'
import { errorAt, type LuaError, plainError } from './lua-error.js'
import { LuaTable } from './lua-table.js'
import { metamethod } from './metatables.js'
import type { OperationSite } from './operation-site.js'
import type { LuaFunction, LuaValue } from './value.js'

/** Longest chain of `__index` or `__newindex` tables. */
const MAX_CHAIN = 100

/**
 * Handlers of `__index` that do nothing but raise an error. Where the compiler noted the line of the operation, it is
 * raised there: the stack shows no call at that place.
 */
export const raisingHandlers = new WeakMap<LuaFunction, (key: LuaValue) => string>()

/** `object[key]`; library functions pass no site. */
export const index = (object: LuaValue, key: LuaValue, site?: OperationSite): LuaValue => {
  if (object instanceof LuaTable) {
    const value = object.get(key)
    if (value !== undefined || object.metatable === undefined) return value
  }
  return indexByHandler(object, key, site)
}

/** `object.key` with a name as the key. */
export const field = (object: LuaValue, key: string, site?: OperationSite): LuaValue => {
  if (object instanceof LuaTable) {
    const value = object.getField(key)
    if (value !== undefined || object.metatable === undefined) return value
  }
  return indexByHandler(object, key, site)
}

const indexByHandler = (object: LuaValue, key: LuaValue, site: OperationSite | undefined): LuaValue => {
  let at = object
  for (let chain = 0; chain < MAX_CHAIN; chain++) {
    if (at instanceof LuaTable) {
      const value = at.get(key)
      if (value !== undefined) return value
    }
    const handler = metamethod(at, '__index')
    if (handler === undefined) {
      if (at instanceof LuaTable) return undefined
      throw failure(site, 'index', chain === 0 ? (site?.left ?? '') : '', at)
    }
    if (typeof handler === 'function') {
      const raised = raisingHandlers.get(handler)
      if (raised !== undefined && site !== undefined) throw errorAt(site.position, raised(key))
      return callMetamethod(handler, at, key)
    }
    at = handler
  }
  throw message(site, 'loop in gettable')
}

/** `object[key] = value`. */
export const setIndex = (object: LuaValue, key: LuaValue, value: LuaValue, site?: OperationSite): void => {
  if (object instanceof LuaTable && object.metatable === undefined && !object.readonly) {
    checkKey(key, site)
    object.set(key, value)
  } else setByHandler(object, key, value, site)
}

/** `object.key = value` with a name as the key. */
export const setField = (object: LuaValue, key: string, value: LuaValue, site?: OperationSite): void => {
  if (object instanceof LuaTable && object.metatable === undefined && !object.readonly) object.setField(key, value)
  else setByHandler(object, key, value, site)
}

const setByHandler = (object: LuaValue, key: LuaValue, value: LuaValue, site: OperationSite | undefined): void => {
  let at = object
  for (let chain = 0; chain < MAX_CHAIN; chain++) {
    if (at instanceof LuaTable) {
      if (at.readonly) throw message(site, 'Attempt to modify a readonly table')
      checkKey(key, site)
      const handler = at.get(key) === undefined ? at.metamethod('__newindex') : undefined
      if (handler === undefined) {
        at.set(key, value)
        return
      }
      if (typeof handler === 'function') {
        handler(at, key, value)
        return
      }
      at = handler
      continue
    }
    const handler = metamethod(at, '__newindex')
    if (handler === undefined) throw failure(site, 'index', chain === 0 ? (site?.left ?? '') : '', at)
    if (typeof handler === 'function') {
      handler(at, key, value)
      return
    }
    at = handler
  }
  throw message(site, 'loop in settable')
}

/** Refuses the keys that no table can have. */
export const checkKey = (key: LuaValue, site?: OperationSite): void => {
  if (key === undefined) throw message(site, 'table index is nil')
  if (typeof key === 'number' && Number.isNaN(key)) throw message(site, 'table index is NaN')
}

const message = (site: OperationSite | undefined, text: string): LuaError =>
  site === undefined ? plainError(text) : errorAt(site.position, text)

const failure = (site: OperationSite | undefined, action: string, name: string, value: LuaValue): LuaError =>
  typeError(site ?? { position: { source: '=[C]', line: -1 }, left: '', right: '' }, action, name, value)

/** The operator `#`: strings and tables only; `__len` has no say over tables in 5.1. */
export const len = (value: LuaValue, site: OperationSite): number => {
  if (typeof value === 'string') return value.length
  if (value instanceof LuaTable) return value.length()
  throw typeError(site, 'get length of', site.left, value)
}

/** The operator `..` for operands that are not both strings. */
export const concat = (left: LuaValue, right: LuaValue, site: OperationSite): LuaValue => {
  const a = toText(left)
  const b = toText(right)
  if (a !== undefined && b !== undefined) return a + b
  const handler = metamethod(left, '__concat') ?? metamethod(right, '__concat')
  if (handler !== undefined) return callMetamethod(handler, left, right)
  const [culprit, name] = a === undefined ? [left, site.left] : [right, site.right]
  throw typeError(site, 'concatenate', name, culprit)
}
