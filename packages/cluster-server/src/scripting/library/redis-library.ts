import { WireError } from '../../wire-errors.js'
import { errorTable, replyToLua } from '../reply-conversion.js'
import { captureFrames, nameLibraryFunction } from '../runtime/call-stack.js'
import { toInteger, toNumber, toText } from '../runtime/conversion.js'
import { LuaError, raisedAt } from '../runtime/lua-error.js'
import { LuaTable } from '../runtime/lua-table.js'
import { numberToArgument } from '../runtime/number-text.js'
import type { ScriptState } from '../runtime/script-state.js'
import { type LuaValue, NOTHING } from '../runtime/value.js'
import { sha1 } from '../sha1.js'
import { createLibrary } from './library.js'

/** The version whose behaviour scripts get. */
const VERSION = '7.0.15'
const VERSION_NUMBER = 0x07000f
const LOG_LEVELS = { LOG_DEBUG: 0, LOG_VERBOSE: 1, LOG_NOTICE: 2, LOG_WARNING: 3 }
const REPLICATION = { REPL_AOF: 1, REPL_SLAVE: 2, REPL_REPLICA: 2, REPL_ALL: 3, REPL_NONE: 0 }

const NO_ARGUMENT = 'ERR Please specify at least one argument for this redis lib call'
const BAD_ARGUMENT = 'ERR Lua redis lib command arguments must be strings or integers'

/** What `redis.call` does when generated code calls it with one array of arguments. */
export type ArrayCall = (args: LuaValue[]) => LuaValue

export interface RedisLibrary {
  readonly table: LuaTable
  /** `redis.call` and `redis.pcall` for generated code. */
  readonly call: ArrayCall
  readonly pcall: ArrayCall
}

const isTextList = (args: LuaValue[]): args is string[] => {
  for (let i = 0; i < args.length; i++) {
    const value = args[i]
    if (typeof value === 'number') args[i] = numberToArgument(value)
    else if (typeof value !== 'string') return false
  }
  return true
}

/** The library `redis`. */
export const createRedisLibrary = (state: ScriptState): RedisLibrary => {
  const run = (args: LuaValue[]): LuaValue | WireError => {
    if (args.length === 0) return new WireError(NO_ARGUMENT)
    if (!isTextList(args)) return new WireError(BAD_ARGUMENT)
    state.ensureStack()
    const reply = state.host.call(args)
    if (state.host.isDue) state.tick()
    return reply instanceof WireError ? reply : replyToLua(reply, state.protocol)
  }

  const call: ArrayCall = (args) => {
    const result = run(args)
    if (result instanceof WireError) throw new LuaError(replyErrorTable(result), raisedAt(captureFrames()))
    return result
  }

  const pcall: ArrayCall = (args) => {
    const result = run(args)
    if (!(result instanceof WireError)) return result
    return replyErrorTable(result)
  }

  // The frames of generated code name these functions, so that they count as library functions.
  nameLibraryFunction('call', call)
  nameLibraryFunction('pcall', pcall)

  const table = createLibrary(
    {
      ...LOG_LEVELS,
      ...REPLICATION,
      REDIS_VERSION: VERSION,
      REDIS_VERSION_NUM: VERSION_NUMBER,
      call: (...args) => call(args),
      pcall: (...args) => pcall(args),
      acl_check_cmd: (...args) => {
        if (args.length === 0) throw raise(NO_ARGUMENT)
        if (!isTextList(args)) throw raise(BAD_ARGUMENT)
        if (state.host.mayRun === undefined) return true
        const allowed = state.host.mayRun(args)
        if (allowed === undefined) throw raise('ERR Invalid command passed to redis.acl_check_cmd()')
        return allowed
      },
      breakpoint: () => {
        state.debugger?.breakpoint()
        return state.debugger !== null
      },
      debug: (...args) => {
        state.debugger?.print(args)
        return NOTHING
      },
      error_reply: (...args) => statusTable(args, 'err'),
      status_reply: (...args) => statusTable(args, 'ok'),
      log: (...args) => {
        if (args.length < 2) throw raise('ERR redis.log() requires two arguments or more.')
        const level = toNumber(args[0])
        if (level === undefined) throw raise('ERR First argument must be a number (log level).')
        if (toInteger(level) < 0 || toInteger(level) > 3) throw raise('ERR Invalid debug level.')
        const words = args.slice(1).map(toText)
        state.host.log(toInteger(level), words.filter((word) => word !== undefined).join(' '))
        return NOTHING
      },
      replicate_commands: () => true,
      set_repl: (...args) => {
        if (args.length !== 1) throw raise('ERR redis.set_repl() requires two arguments.')
        const mask = toInteger(toNumber(args[0]) ?? 0)
        if ((mask & ~REPLICATION.REPL_ALL) !== 0) {
          throw raise('ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.')
        }
        state.host.setReplication(mask)
        return NOTHING
      },
      setresp: (...args) => {
        if (args.length !== 1) throw raise('ERR redis.setresp() requires one argument.')
        const protocol = toInteger(toNumber(args[0]) ?? 0)
        if (protocol !== 2 && protocol !== 3) throw raise('ERR RESP version must be 2 or 3.')
        state.protocol = protocol
        state.host.setProtocol(protocol)
        return NOTHING
      },
      sha1hex: (...args) => {
        if (args.length !== 1) throw raise('ERR wrong number of arguments')
        return sha1(toText(args[0]) ?? '')
      },
    },
    ['call', 'pcall', 'acl_check_cmd', 'breakpoint', 'error_reply', 'status_reply', 'replicate_commands', 'sha1hex'],
  )
  return { table, call, pcall }
}

/** The table of an error of `redis.call`. The statistics count what a command answers when it is run. */
const replyErrorTable = ({ message }: WireError): LuaTable =>
  message === NO_ARGUMENT || message === BAD_ARGUMENT
    ? errorTable(message)
    : LuaTable.fromFields(['ignore_error_stats_update', 'err'], [true, message])

/** An error of a command or of the library: a table, whose text starts with a code. */
const raise = (message: string): LuaError => new LuaError(errorTable(message), raisedAt(captureFrames()))

const statusTable = (args: readonly LuaValue[], name: 'ok' | 'err'): LuaTable => {
  const [text] = args
  if (args.length !== 1 || typeof text !== 'string') return errorTable('ERR wrong number or type of arguments')
  if (name === 'ok') return LuaTable.fromFields(['ok'], [text])
  // Without a code in front the text gets the general one.
  const body = text.startsWith('-') ? text.slice(1) : text
  const message = body.includes(' ') ? body : `ERR ${body}`
  return errorTable(message)
}
