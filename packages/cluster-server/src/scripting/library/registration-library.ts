import { errorTable } from '../reply-conversion.js'
import { captureFrames } from '../runtime/call-stack.js'
import { toText } from '../runtime/conversion.js'
import { index } from '../runtime/indexing.js'
import { LuaError, raisedAt } from '../runtime/lua-error.js'
import { LuaTable } from '../runtime/lua-table.js'
import type { ScriptState } from '../runtime/script-state.js'
import { type LuaFunction, type LuaValue, NOTHING } from '../runtime/value.js'
import { type ScriptFlag, scriptFlag } from '../script-flags.js'
import { missingGlobal } from './globals.js'
import { libraryFunction } from './library.js'

/** A function as `redis.register_function` takes it. */
export interface Registration {
  readonly name: string
  readonly description: string | null
  readonly flags: ReadonlySet<ScriptFlag>
  readonly body: LuaFunction
}

/** Takes a registration, or answers why it cannot, code first. */
export type Register = (registration: Registration) => string | null

/** What a library finds in `redis` while it is loaded, apart from `register_function`. */
const SHARED = ['log', 'LOG_DEBUG', 'LOG_VERBOSE', 'LOG_NOTICE', 'LOG_WARNING', 'REDIS_VERSION', 'REDIS_VERSION_NUM']

const failure = (message: string): LuaError => new LuaError(errorTable(`ERR ${message}`), raisedAt(captureFrames()))

const readFlags = (table: LuaTable): ReadonlySet<ScriptFlag> => {
  const flags = new Set<ScriptFlag>()
  for (let at = 1; ; at++) {
    const value = index(table, at)
    if (value === undefined) return flags
    const flag = scriptFlag((toText(value) ?? '').toLowerCase())
    if (flag === undefined) throw failure('unknown flag given')
    flags.add(flag)
  }
}

const readNamed = (table: LuaValue): Registration => {
  if (!(table instanceof LuaTable)) {
    throw failure(
      'calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).',
    )
  }
  let name: string | undefined
  let description: string | undefined
  let body: LuaFunction | undefined
  let flags: ReadonlySet<ScriptFlag> = new Set()
  const text = (value: LuaValue, argument: string): string => {
    const given = toText(value)
    if (given === undefined) throw failure(`${argument} argument given to redis.register_function must be a string`)
    return given
  }
  for (let at = table.advance(0); at !== -1; at = table.advance(at + 1)) {
    const key = toText(table.keyAt(at))
    const value = table.valueAt(at)
    switch (key?.toLowerCase()) {
      case undefined:
        throw failure('named argument key given to redis.register_function is not a string')
      case 'function_name':
        name = text(value, 'function_name')
        break
      case 'description':
        description = text(value, 'description')
        break
      case 'callback':
        if (typeof value !== 'function')
          throw failure('callback argument given to redis.register_function must be a function')
        body = value
        break
      case 'flags':
        if (!(value instanceof LuaTable))
          throw failure('flags argument to redis.register_function must be a table representing function flags')
        flags = readFlags(value)
        break
      default:
        throw failure('unknown argument given to redis.register_function')
    }
  }
  if (name === undefined) throw failure('redis.register_function must get a function name argument')
  if (body === undefined) throw failure('redis.register_function must get a callback argument')
  return { name, description: description ?? null, flags, body }
}

const readPositional = (first: LuaValue, body: LuaValue): Registration => {
  const name = toText(first)
  if (name === undefined) throw failure('first argument to redis.register_function must be a string')
  if (typeof body !== 'function') throw failure('second argument to redis.register_function must be a function')
  return { name, description: null, flags: new Set(), body }
}

/**
 * The globals of a library while it is loaded: a table `redis` that registers functions, and an error for every other
 * name. `redis` is the table that scripts get; `register` is asked for at each registration.
 */
export const createLoadTable = (state: ScriptState, redis: LuaTable, register: () => Register | null): LuaTable => {
  const registerFunction: LuaFunction = (...args) => {
    const take = register()
    if (!state.loading || take === null) {
      throw failure('redis.register_function can only be called on FUNCTION LOAD command')
    }
    if (args.length < 1 || args.length > 2) throw failure('wrong number of arguments to redis.register_function')
    const registration = args.length === 1 ? readNamed(args[0]) : readPositional(args[0], args[1])
    const refusal = take(registration)
    if (refusal !== null) throw failure(refusal)
    return NOTHING
  }
  const api = new LuaTable()
  for (const name of SHARED) api.set(name, redis.getField(name))
  api.set('register_function', libraryFunction('register_function', registerFunction))
  const metatable = LuaTable.fromFields(['__index'], [libraryFunction('__index', missingGlobal)])
  metatable.readonly = true
  api.metatable = metatable
  api.readonly = true
  return LuaTable.fromFields(['redis'], [api])
}
