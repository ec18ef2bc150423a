import { quoteText } from '../../quote-text.js'
import { LuaTable } from '../runtime/lua-table.js'
import { formatGeneral } from '../runtime/number-text.js'
import { typeName } from '../runtime/type-name.js'
import type { LuaValue } from '../runtime/value.js'

const DEEPEST = 10
const PRECISION = 6

const shownNumber = (value: number): string => {
  if (Number.isNaN(value)) return '-nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return formatGeneral(value, PRECISION)
}

/** A value as the debugger prints it: a table as its items, or as pairs when it is no list. */
export const shownValue = (value: LuaValue, depth = 0): string => {
  if (depth === DEEPEST) return '<max recursion level reached! Nested table?>'
  switch (typeof value) {
    case 'string':
      return quoteText(value)
    case 'number':
      return shownNumber(value)
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'nil'
    default:
      return value instanceof LuaTable ? shownTable(value, depth + 1) : `"${typeName(value)}@0x0"`
  }
}

const shownTable = (table: LuaTable, depth: number): string => {
  const items: string[] = []
  const pairs: string[] = []
  let isList = true
  for (let at = table.advance(0); at !== -1; at = table.advance(at + 1)) {
    const key = table.keyAt(at)
    const value = shownValue(table.valueAt(at), depth)
    items.push(value)
    isList &&= key === items.length
    pairs.push(`[${shownValue(key, depth)}]=${value}`)
  }
  return `{${(isList ? items : pairs).join('; ')}}`
}
