import { lt } from '../runtime/comparison.js'
import { toText } from '../runtime/conversion.js'
import { libraryError, plainError } from '../runtime/lua-error.js'
import type { LuaTable } from '../runtime/lua-table.js'
import { typeName } from '../runtime/type-name.js'
import { first, isTrue, type LuaFunction, type LuaResult, type LuaValue, NOTHING } from '../runtime/value.js'
import { functionArgument, integerArgument, optionalInteger, optionalText, tableArgument } from './arguments.js'
import { createLibrary } from './library.js'

const checkWritable = (table: LuaTable): void => {
  if (table.readonly) throw plainError('Attempt to modify a readonly table')
}

const concat: LuaFunction = (...args) => {
  const table = tableArgument(args, 0)
  const separator = optionalText(args, 1, '')
  const from = optionalInteger(args, 2, 1)
  const to = args[3] === undefined ? table.length() : integerArgument(args, 3)
  let result = ''
  for (let i = from; i <= to; i++) {
    const value = table.get(i)
    const text = toText(value)
    if (text === undefined) {
      throw libraryError(`invalid value (${typeName(value)}) at index ${i} in table for 'concat'`)
    }
    result += i === from ? text : separator + text
  }
  return result
}

const insert: LuaFunction = (...args) => {
  const table = tableArgument(args, 0)
  const end = table.length() + 1
  if (args.length === 2) {
    checkWritable(table)
    table.set(end, args[1])
    return NOTHING
  }
  if (args.length !== 3) throw libraryError("wrong number of arguments to 'insert'")
  const at = integerArgument(args, 1)
  checkWritable(table)
  const items = table.denseItems()
  if (items !== undefined && at >= 1 && at < end && args[2] !== undefined) {
    table.append(items[end - 2])
    items.copyWithin(at, at - 1, end - 1)
    items[at - 1] = args[2]
    return NOTHING
  }
  for (let i = Math.max(end, at); i > at; i--) table.set(i, table.get(i - 1))
  table.set(at, args[2])
  return NOTHING
}

const remove: LuaFunction = (...args) => {
  const table = tableArgument(args, 0)
  const end = table.length()
  const at = optionalInteger(args, 1, end)
  if (at < 1 || at > end) return NOTHING
  checkWritable(table)
  const value = table.get(at)
  const items = table.denseItems()
  if (items !== undefined && items.length === end) items.copyWithin(at - 1, at, end)
  else for (let i = at; i < end; i++) table.set(i, table.get(i + 1))
  table.set(end, undefined)
  return value
}

/** Orders by `<` or by a function of the script, which may be inconsistent or fail. */
const sort: LuaFunction = (...args) => {
  const table = tableArgument(args, 0)
  const compare = args[1] === undefined ? undefined : functionArgument(args, 1)
  checkWritable(table)
  const length = table.length()
  const items: LuaValue[] = []
  for (let i = 1; i <= length; i++) items.push(table.get(i))
  const less: (a: LuaValue, b: LuaValue) => boolean =
    compare === undefined ? (a, b) => lt(a, b) : (a, b) => isTrue(first(compare(a, b)))
  mergeSort(items, less)
  items.forEach((item, index) => {
    table.set(index + 1, item)
  })
  return NOTHING
}

/** JavaScript's own sort never hands a nil to the comparison, and hides errors of order; Lua's does neither. */
const mergeSort = (items: LuaValue[], less: (a: LuaValue, b: LuaValue) => boolean): void => {
  if (items.length < 2) return
  let from = items.slice()
  let into = items.slice()
  for (let width = 1; width < items.length; width *= 2) {
    for (let start = 0; start < items.length; start += 2 * width) {
      const middle = Math.min(start + width, items.length)
      const end = Math.min(start + 2 * width, items.length)
      let left = start
      let right = middle
      for (let at = start; at < end; at++) {
        const takeRight = right < end && (left >= middle || less(from[right], from[left]))
        into[at] = takeRight ? from[right++] : from[left++]
      }
    }
    ;[from, into] = [into, from]
  }
  for (let i = 0; i < items.length; i++) items[i] = from[i]
}

const foreachi: LuaFunction = (...args) => {
  const table = tableArgument(args, 0)
  const visit = functionArgument(args, 1)
  const length = table.length()
  for (let i = 1; i <= length; i++) {
    const result = first(visit(i, table.get(i)))
    if (result !== undefined) return result
  }
  return NOTHING
}

const foreach: LuaFunction = (...args): LuaResult => {
  const table = tableArgument(args, 0)
  const visit = functionArgument(args, 1)
  for (let at = table.advance(0); at !== -1; at = table.advance(at + 1)) {
    const result = first(visit(table.keyAt(at), table.valueAt(at)))
    if (result !== undefined) return result
  }
  return NOTHING
}

/** The library `table`. */
export const createTableLibrary = (): LuaTable =>
  createLibrary(
    {
      concat,
      foreach,
      foreachi,
      getn: (...args) => tableArgument(args, 0).length(),
      insert,
      maxn: (...args) => tableArgument(args, 0).maxIndex(),
      remove,
      setn: (...args) => {
        tableArgument(args, 0)
        throw libraryError("'setn' is obsolete")
      },
      sort,
    },
    ['concat', 'getn', 'maxn'],
  )
