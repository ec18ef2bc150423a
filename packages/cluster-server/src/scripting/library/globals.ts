import type { StaticGlobals } from '../compiler/chunk-builder.js'
import { toText } from '../runtime/conversion.js'
import { raisingHandlers } from '../runtime/indexing.js'
import { libraryError } from '../runtime/lua-error.js'
import { LuaTable } from '../runtime/lua-table.js'
import type { ScriptState } from '../runtime/script-state.js'
import type { LuaValue } from '../runtime/value.js'
import { baseFunctions, type Load, SINGLE_BASE_FUNCTIONS } from './base-library.js'
import { createBitLibrary } from './bit-library.js'
import { createCjsonLibrary } from './cjson/cjson-library.js'
import { createCmsgpackLibrary } from './cmsgpack/cmsgpack-library.js'
import { createCoroutineLibrary } from './coroutine-library.js'
import { libraryFunction } from './library.js'
import type { Lrand48 } from './lrand48.js'
import { createMathLibrary } from './math-library.js'
import { createRedisLibrary, type RedisLibrary } from './redis-library.js'
import { stringLibrary } from './string-library.js'
import { createStructLibrary } from './struct-library.js'
import { createTableLibrary } from './table-library.js'

/** The globals of all scripts: read-only, and an error for a name that does not exist. */
export class Globals implements StaticGlobals {
  /** The table `_G`. */
  readonly table = new LuaTable()
  readonly redis: RedisLibrary

  constructor(state: ScriptState, load: Load, random: Lrand48) {
    this.redis = createRedisLibrary(state)
    const members: Record<string, LuaValue> = {
      ...baseFunctions(state, load),
      _G: this.table,
      bit: createBitLibrary(),
      cjson: createCjsonLibrary(),
      cmsgpack: createCmsgpackLibrary(),
      coroutine: createCoroutineLibrary(state),
      math: createMathLibrary(random),
      redis: this.redis.table,
      string: stringLibrary,
      struct: createStructLibrary(),
      table: createTableLibrary(),
    }
    for (const [name, value] of Object.entries(members)) {
      const single = SINGLE_BASE_FUNCTIONS.includes(name)
      this.table.set(name, typeof value === 'function' ? libraryFunction(name, value, single) : value)
    }
    const metatable = LuaTable.fromFields(['__index'], [libraryFunction('__index', missingGlobal)])
    metatable.readonly = true
    this.table.metatable = metatable
    this.table.readonly = true
  }

  global(name: string): LuaValue {
    return this.table.getField(name)
  }

  field(table: string, name: string): LuaValue {
    const library = table === '_G' ? undefined : this.table.getField(table)
    return library instanceof LuaTable ? library.getField(name) : undefined
  }

  /** Sets KEYS and ARGV, which every run brings along. */
  setArguments(keys: LuaTable | undefined, argv: LuaTable | undefined): void {
    this.table.setField('KEYS', keys)
    this.table.setField('ARGV', argv)
  }
}

/** `__index` of tables that have no field but those that they were made with. */
export const missingGlobal = (...args: LuaValue[]): LuaValue => {
  throw libraryError(missingText(args[1]))
}

const missingText = (name: LuaValue): string =>
  `Script attempted to access nonexistent global variable '${toText(name) ?? '?'}'`

raisingHandlers.set(missingGlobal, missingText)
