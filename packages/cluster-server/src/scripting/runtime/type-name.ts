import { Coroutine } from './coroutine.js'
import { LuaTable } from './lua-table.js'
import { LightUserdata, type LuaValue } from './value.js'

/** The answer of `type`. */
export const typeName = (value: LuaValue): string => {
  if (value === undefined) return 'nil'
  if (typeof value !== 'object') return typeof value
  if (value instanceof LuaTable) return 'table'
  if (value instanceof LightUserdata) return 'userdata'
  if (value instanceof Coroutine) return 'thread'
  return value satisfies never
}
