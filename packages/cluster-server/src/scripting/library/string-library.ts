import { isLibraryFunction } from '../runtime/call-stack.js'
import { argumentError, libraryError, plainError } from '../runtime/lua-error.js'
import type { LuaTable } from '../runtime/lua-table.js'
import { STRING_METATABLE } from '../runtime/metatables.js'
import { type LuaFunction, pack } from '../runtime/value.js'
import { functionArgument, integerArgument, optionalInteger, textArgument } from './arguments.js'
import { createLibrary } from './library.js'
import { format } from './string-format.js'
import { searchFunctions } from './string-search.js'

/** Longest text that a script may build in one step. */
const MAX_LENGTH = 512 * 1024 * 1024
const MAX_RESULTS = 8000

/** The header of a binary chunk of Lua 5.1. No reader accepts one, so that the code behind it is left out. */
const BINARY_CHUNK = '\x1bLuaQ\0\x01\x04\x08\x04\x08\0'

/** A position that may count from the end, as one from the start. */
const fromStart = (position: number, length: number): number =>
  position >= 0 ? position : Math.max(position + length + 1, 0)

const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase())
const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())

const byte: LuaFunction = (...args) => {
  const text = textArgument(args, 0)
  const from = fromStart(optionalInteger(args, 1, 1), text.length)
  const to = Math.min(fromStart(optionalInteger(args, 2, from), text.length), text.length)
  const start = Math.max(from, 1)
  if (to - start >= MAX_RESULTS) throw libraryError('string slice too long')
  const bytes: number[] = []
  for (let i = start; i <= to; i++) bytes.push(text.charCodeAt(i - 1))
  return pack(bytes)
}

const char: LuaFunction = (...args) => {
  const codes = args.map((_each, index) => {
    const code = integerArgument(args, index)
    if (code < 0 || code > 255) throw argumentError(index + 1, 'invalid value')
    return code
  })
  return String.fromCharCode(...codes)
}

const sub: LuaFunction = (...args) => {
  const text = textArgument(args, 0)
  const from = Math.max(fromStart(integerArgument(args, 1), text.length), 1)
  const to = fromStart(optionalInteger(args, 2, -1), text.length)
  return from > to ? '' : text.slice(from - 1, to)
}

const rep: LuaFunction = (...args) => {
  const text = textArgument(args, 0)
  const count = Math.max(integerArgument(args, 1), 0)
  if (text.length * count > MAX_LENGTH) throw plainError('not enough memory')
  return text.repeat(count)
}

/** The library `string`, read-only and the same for all engines, as it hangs on the metatable of all strings. */
export const stringLibrary: LuaTable = createLibrary(
  {
    ...searchFunctions,
    byte,
    char,
    dump: (...args) => {
      if (isLibraryFunction(functionArgument(args, 0))) throw libraryError('unable to dump given function')
      return BINARY_CHUNK
    },
    format,
    len: (...args) => textArgument(args, 0).length,
    lower: (...args) => lower(textArgument(args, 0)),
    rep,
    reverse: (...args) => Array.from(textArgument(args, 0)).reverse().join(''),
    sub,
    upper: (...args) => upper(textArgument(args, 0)),
  },
  ['char', 'format', 'gmatch', 'gfind', 'len', 'lower', 'rep', 'reverse', 'sub', 'upper'],
)
STRING_METATABLE.setField('__index', stringLibrary)
