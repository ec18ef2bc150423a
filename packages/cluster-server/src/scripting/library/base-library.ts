import { call, callMetamethod } from '../runtime/calling.js'
import { toNumber } from '../runtime/conversion.js'
import { checkKey } from '../runtime/indexing.js'
import { argumentError, libraryError, plainError, userError } from '../runtime/lua-error.js'
import { LuaTable } from '../runtime/lua-table.js'
import { metamethod, metatableOf } from '../runtime/metatables.js'
import { numberToText } from '../runtime/number-text.js'
import type { ScriptState } from '../runtime/script-state.js'
import { typeName } from '../runtime/type-name.js'
import { isTrue, type LuaFunction, type LuaValue, Multi, NOTHING, pack, spread } from '../runtime/value.js'
import {
  anyArgument,
  functionArgument,
  integerArgument,
  optionalInteger,
  optionalText,
  tableArgument,
  textArgument,
} from './arguments.js'
import { caughtText, caughtValue, guarded } from './protected-call.js'

/** Most values that a call can pass, as the stack of Redis' Lua allows. */
const MAX_RESULTS = 8000
const VERSION = 'Lua 5.1'

const addresses = new WeakMap<object, string>()
let addressCount = 0

/** A stand-in for the address of an object: unique, and stable while the object lives. */
const addressOf = (value: object): string => {
  let address = addresses.get(value)
  if (address === undefined) {
    address = `0x${(0x7f0000000000 + 32 * ++addressCount).toString(16)}`
    addresses.set(value, address)
  }
  return address
}

/** The text of any value, by `__tostring` where there is one. */
export const display = (value: LuaValue): LuaValue => {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return numberToText(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'undefined':
      return 'nil'
    default: {
      const handler = metamethod(value, '__tostring')
      return handler === undefined ? `${typeName(value)}: ${addressOf(value)}` : callMetamethod(handler, value)
    }
  }
}

/** `next`: the entry after a key, in the order of the traversal. */
export const next: LuaFunction = (...args) => {
  const table = tableArgument(args, 0)
  const key = args[1]
  const from = key === undefined ? -1 : table.cursorOf(key)
  if (key !== undefined && from === -1) throw libraryError("invalid key to 'next'")
  const at = table.advance(from + 1)
  return at === -1 ? undefined : new Multi([table.keyAt(at), table.valueAt(at)])
}

export const ipairsStep: LuaFunction = (...args) => {
  const table = tableArgument(args, 0)
  const at = integerArgument(args, 1) + 1
  const value = table.get(at)
  return value === undefined ? undefined : new Multi([at, value])
}

const tonumber: LuaFunction = (...args) => {
  const base = optionalInteger(args, 1, 10)
  if (base === 10) return toNumber(anyArgument(args, 0))
  const text = textArgument(args, 0)
  if (base < 2 || base > 36) throw argumentError(2, 'base out of range')
  const match = /^[\t-\r ]*([+-]?)(0[xX])?([0-9a-zA-Z]*)[\t-\r ]*$/.exec(text)
  if (match === null) return undefined
  const [, sign, hexadecimal = '', rest = ''] = match
  const digits = hexadecimal !== '' && base !== 16 ? hexadecimal + rest : rest
  if (digits === '') return hexadecimal === '' ? undefined : 0
  let value = 0
  for (const digit of digits) {
    const amount = Number.parseInt(digit, 36)
    if (amount >= base) return undefined
    value = value * base + amount
  }
  // `strtoul`: too much is the greatest value, and a minus sign wraps around.
  value = Math.min(value, 2 ** 64)
  return sign === '-' && value !== 0 ? 2 ** 64 - value : value
}

const select: LuaFunction = (...args) => {
  if (args[0] === '#') return args.length - 1
  const at = integerArgument(args, 0)
  if (at < 0) {
    if (args.length + at < 1) throw argumentError(1, 'index out of range')
    return pack(args.slice(args.length + at))
  }
  if (at === 0) throw argumentError(1, 'index out of range')
  return pack(args.slice(at))
}

/** `unpack(list [, i [, j]])`. */
const unpack: LuaFunction = (...args) => {
  const table = tableArgument(args, 0)
  const from = optionalInteger(args, 1, 1)
  const to = args[2] === undefined ? table.length() : integerArgument(args, 2)
  if (from > to) return NOTHING
  if (to - from >= MAX_RESULTS) throw libraryError('too many results to unpack')
  const values: LuaValue[] = []
  for (let i = from; i <= to; i++) values.push(table.get(i))
  return pack(values)
}

const setMetatable: LuaFunction = (...args) => {
  const table = tableArgument(args, 0)
  const metatable = args[1]
  if (args.length < 2 || (metatable !== undefined && !(metatable instanceof LuaTable))) {
    throw argumentError(2, 'nil or table expected')
  }
  if (table.metamethod('__metatable') !== undefined) throw libraryError('cannot change a protected metatable')
  if (table.readonly) throw plainError('Attempt to modify a readonly table')
  table.metatable = metatable
  return table
}

/** Compiles source at run time; the answer is a function, or nil and a message. */
export type Load = (source: string, chunkName: string) => LuaFunction

const loading = (load: Load, source: string, chunkName: string) => {
  try {
    return load(source, chunkName)
  } catch (error) {
    if (error instanceof Error && error.name === 'LuaSyntaxError') return new Multi([undefined, error.message])
    throw error
  }
}

/** The global functions. */
export const baseFunctions = (state: ScriptState, load: Load): Record<string, LuaValue> => ({
  _VERSION: VERSION,
  next,
  tonumber,
  select,
  unpack,
  setmetatable: setMetatable,
  assert: (...args) => {
    if (isTrue(anyArgument(args, 0))) return pack(args)
    throw libraryError(optionalText(args, 1, 'assertion failed!'))
  },
  collectgarbage: (...args) => {
    const option = optionalText(args, 0, 'collect')
    if (!['stop', 'restart', 'collect', 'count', 'step', 'setpause', 'setstepmul'].includes(option)) {
      throw argumentError(1, `invalid option '${option}'`)
    }
    return option === 'count' ? process.memoryUsage().heapUsed / 1024 : option === 'step' ? true : 0
  },
  error: (...args) => {
    throw userError(args[0], optionalInteger(args, 1, 1))
  },
  gcinfo: () => Math.floor(process.memoryUsage().heapUsed / 1024),
  getmetatable: (...args) => {
    const metatable = metatableOf(anyArgument(args, 0))
    return metatable?.getField('__metatable') ?? metatable
  },
  ipairs: (...args) => new Multi([ipairsStep, tableArgument(args, 0), 0]),
  load: (...args) => {
    const read = functionArgument(args, 0)
    let source = ''
    for (;;) {
      const [piece] = spread(read())
      if (piece === undefined || piece === '') break
      if (typeof piece !== 'string') return new Multi([undefined, 'reader function must return a string'])
      source += piece
    }
    return loading(load, source, optionalText(args, 1, '=(load)'))
  },
  loadstring: (...args) => {
    const source = textArgument(args, 0)
    return loading(load, source, optionalText(args, 1, source))
  },
  pairs: (...args) => new Multi([next, tableArgument(args, 0), undefined]),
  pcall: (...args) => {
    const target = anyArgument(args, 0)
    return guarded(
      state,
      () => new Multi([true, ...spread(call(target, args.slice(1)))]),
      (error) => new Multi([false, caughtText(error)]),
    )
  },
  rawequal: (...args) => anyArgument(args, 0) === anyArgument(args, 1),
  rawget: (...args) => {
    const table = tableArgument(args, 0)
    return table.get(anyArgument(args, 1))
  },
  rawset: (...args) => {
    const table = tableArgument(args, 0)
    const key = anyArgument(args, 1)
    const value = anyArgument(args, 2)
    if (table.readonly) throw plainError('Attempt to modify a readonly table')
    checkKey(key)
    table.set(key, value)
    return table
  },
  tostring: (...args) => display(anyArgument(args, 0)),
  type: (...args) => typeName(anyArgument(args, 0)),
  xpcall: (...args) => {
    const target = anyArgument(args, 0)
    const handler = anyArgument(args, 1)
    return guarded(
      state,
      () => new Multi([true, ...spread(call(target, []))]),
      (error) => new Multi([false, ...spread(call(handler, [caughtValue(error)]))]),
    )
  },
})

/** Of those, the ones with exactly one result. */
export const SINGLE_BASE_FUNCTIONS = [
  'getmetatable',
  'rawequal',
  'rawget',
  'setmetatable',
  'tonumber',
  'tostring',
  'type',
]
