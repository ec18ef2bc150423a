import { singleResultFunctions } from '../compiler/chunk-builder.js'
import { nameLibraryFunction } from '../runtime/call-stack.js'
import { LuaTable } from '../runtime/lua-table.js'
import type { LuaFunction, LuaValue } from '../runtime/value.js'

/** The members of a library by name; a function's place in the stack of Lua hangs on its being one of these. */
export type LibraryMembers = Readonly<Record<string, LuaValue>>

/** Prepares a function for scripts; `single` promises exactly one result, whatever the arguments. */
export const libraryFunction = (name: string, body: LuaFunction, single = false): LuaFunction => {
  nameLibraryFunction(name, body)
  if (single) singleResultFunctions.add(body)
  return body
}

/** A read-only library table. `single` names the functions that always have one result. */
export const createLibrary = (members: LibraryMembers, single: readonly string[] = []): LuaTable => {
  const table = new LuaTable()
  for (const [name, value] of Object.entries(members)) {
    table.set(name, typeof value === 'function' ? libraryFunction(name, value, single.includes(name)) : value)
  }
  table.readonly = true
  return table
}
