import { LuaTable } from './lua-table.js'
import type { LuaValue } from './value.js'

/** The metatable that all strings share; the string library is its `__index`. */
export const STRING_METATABLE = new LuaTable()
STRING_METATABLE.readonly = true

export const metatableOf = (value: LuaValue): LuaTable | undefined => {
  if (value instanceof LuaTable) return value.metatable
  return typeof value === 'string' ? STRING_METATABLE : undefined
}

/** What a value does on an event such as `__add`; undefined without one. */
export const metamethod = (value: LuaValue, event: string): LuaValue => metatableOf(value)?.getField(event)
