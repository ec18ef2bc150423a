import { toInteger, toNumber, toText } from '../runtime/conversion.js'
import { argumentError } from '../runtime/lua-error.js'
import { LuaTable } from '../runtime/lua-table.js'
import { typeName } from '../runtime/type-name.js'
import type { LuaFunction, LuaValue } from '../runtime/value.js'

type Arguments = readonly LuaValue[]

/** The type of an argument, which may be missing. Positions count from 0 here, and from 1 in messages. */
const givenType = (args: Arguments, at: number): string => (at < args.length ? typeName(args[at]) : 'no value')

const mismatch = (args: Arguments, at: number, expected: string): Error | object =>
  argumentError(at + 1, `${expected} expected, got ${givenType(args, at)}`)

/** A text or a number; throws "bad argument" otherwise. */
export const textArgument = (args: Arguments, at: number): string => {
  const value = args[at]
  if (typeof value === 'string') return value
  const text = toText(value)
  if (text === undefined) throw mismatch(args, at, 'string')
  return text
}

export const numberArgument = (args: Arguments, at: number): number => {
  const value = args[at]
  if (typeof value === 'number') return value
  const number = toNumber(value)
  if (number === undefined) throw mismatch(args, at, 'number')
  return number
}

export const integerArgument = (args: Arguments, at: number): number => toInteger(numberArgument(args, at))

export const optionalInteger = (args: Arguments, at: number, otherwise: number): number =>
  args[at] === undefined ? otherwise : integerArgument(args, at)

export const optionalText = (args: Arguments, at: number, otherwise: string): string =>
  args[at] === undefined ? otherwise : textArgument(args, at)

export const tableArgument = (args: Arguments, at: number): LuaTable => {
  const value = args[at]
  if (!(value instanceof LuaTable)) throw mismatch(args, at, 'table')
  return value
}

export const functionArgument = (args: Arguments, at: number): LuaFunction => {
  const value = args[at]
  if (typeof value !== 'function') throw mismatch(args, at, 'function')
  return value
}

/** Any value, nil included, but not nothing. */
export const anyArgument = (args: Arguments, at: number): LuaValue => {
  if (at >= args.length) throw argumentError(at + 1, 'value expected')
  return args[at]
}
