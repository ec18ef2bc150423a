import type { Coroutine } from './coroutine.js'
import type { LuaTable } from './lua-table.js'

/** A Lua value. `nil` is `undefined`; text is latin1, one character for one byte. */
export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction | LightUserdata | Coroutine

/** What a call gives back: one value as it is, any other number of values as a `Multi`. */
export type LuaResult = LuaValue | Multi

/** Missing arguments are `undefined`; a function that must tell `nil` from nothing looks at the number of arguments. */
export type LuaFunction = (...args: LuaValue[]) => LuaResult

/** No value, or two and more; a single value is never wrapped. The array is shared: do not change it. */
export class Multi {
  constructor(readonly values: readonly LuaValue[]) {}
}

/** The result of a function that returns nothing. */
export const NOTHING = new Multi([])

/** An opaque value with an identity only, such as `cjson.null`. */
export class LightUserdata {
  constructor(readonly label: string) {}
}

/** The first of the values of a call, or nil. */
export const first = (result: LuaResult): LuaValue => (result instanceof Multi ? result.values[0] : result)

/** All values of a call. */
export const spread = (result: LuaResult): readonly LuaValue[] => (result instanceof Multi ? result.values : [result])

/** Packs a list of values as the result of a call. */
export const pack = (values: readonly LuaValue[]): LuaResult => {
  if (values.length === 1) return values[0]
  return values.length === 0 ? NOTHING : new Multi(values)
}

/** Whether a value counts as true in a condition: all but `nil` and `false`. */
export const isTrue = (value: LuaValue): boolean => value !== undefined && value !== false
