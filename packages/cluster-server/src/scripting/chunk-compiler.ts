import type { Environment } from './compiler/chunk-builder.js'
import { generateCode } from './compiler/code-generator.js'
import { parseChunk } from './compiler/parser.js'
import { LuaSyntaxError } from './compiler/syntax-error.js'
import { ipairsStep, next } from './library/base-library.js'
import type { Globals } from './library/globals.js'
import { add, div, mod, mul, pow, power, sub, unm } from './runtime/arithmetic.js'
import { registerChunk } from './runtime/call-stack.js'
import { callable } from './runtime/calling.js'
import { chunkName } from './runtime/chunk-name.js'
import { eq, ge, gt, le, lt } from './runtime/comparison.js'
import { activate, resumable } from './runtime/coroutine.js'
import { checkKey, concat, field, index, len, setField, setIndex } from './runtime/indexing.js'
import { createIterate, forNumber } from './runtime/iteration.js'
import { errorAt } from './runtime/lua-error.js'
import { LuaTable } from './runtime/lua-table.js'
import { metamethod } from './runtime/metatables.js'
import type { OperationSite } from './runtime/operation-site.js'
import type { ScriptState } from './runtime/script-state.js'
import { type LuaFunction, type LuaValue, Multi, NOTHING, pack, spread } from './runtime/value.js'

/** Makes the main function of one run. */
export type MainFactory = (keys: LuaTable, argv: LuaTable) => LuaFunction

/** A compiled chunk; `url` names it in stack traces until it is forgotten. */
export interface CompiledChunk {
  readonly url: string
  /** Its functions can be suspended by a coroutine. */
  readonly resumable: boolean
  readonly instantiate: MainFactory
}

/** Marks of positional items in the entries of a mixed table constructor. */
const ITEM = Symbol('item')
const REST = Symbol('rest')

/** A table with items and fields, in the order in which they are written. */
const construct = (entries: (LuaValue | typeof ITEM | typeof REST | LuaValue[])[], site: OperationSite): LuaTable => {
  const items: LuaValue[] = []
  const fields: [key: LuaValue, value: LuaValue][] = []
  for (let i = 0; i < entries.length; i += 2) {
    const [key, value] = [entries[i], entries[i + 1]]
    if (key === ITEM) items.push(value as LuaValue)
    else if (key === REST) items.push(...(value as LuaValue[]))
    else {
      checkKey(key as LuaValue, site)
      fields.push([key as LuaValue, value as LuaValue])
    }
  }
  const table = LuaTable.fromItems(items)
  table.reserve(fields.length)
  const { length } = items
  for (const [key, value] of fields) {
    // Items are stored last, and so win over fields with their number.
    if (typeof key !== 'number' || !(key > 0 && key <= length)) table.set(key, value)
  }
  return table
}

/** `arg` of a vararg function. */
const argTable = (values: LuaValue[]): LuaTable => {
  const table = LuaTable.fromItems([...values])
  table.setField('n', values.length)
  return table
}

const noGlobal = (name: string, site: OperationSite): never => {
  throw errorAt(site.position, `Script attempted to access nonexistent global variable '${name}'`)
}

const setGlobal = (_value: LuaValue, site: OperationSite): never => {
  throw errorAt(site.position, 'Attempt to modify a readonly table')
}

/** Turns source into functions, with everything that generated code refers to. */
export class ChunkCompiler {
  readonly #globals: Globals
  readonly #names: readonly string[]
  readonly #values: readonly unknown[]
  readonly #environment: Environment

  /** `loadTable` holds what a library finds while it is loaded; without it the chunks are scripts. */
  constructor(globals: Globals, state: ScriptState, loadTable?: LuaTable) {
    this.#globals = globals
    this.#environment = loadTable === undefined ? 'script' : 'library'
    const loadGlobal = (name: string, site: OperationSite): LuaValue =>
      loadTable?.getField(name) ?? noGlobal(name, site)
    function* resume(target: LuaValue, site: OperationSite, args: LuaValue[]) {
      const handler = typeof target === 'function' ? undefined : metamethod(target, '__call')
      if (typeof handler === 'function') return yield* activate(handler, [target, ...args])
      return yield* activate(callable(target, site), args)
    }
    const runtime = {
      R: state,
      T: LuaTable,
      M: Multi,
      N: NOTHING,
      ITEM,
      REST,
      add,
      sub,
      mul,
      div,
      mod,
      pow,
      power,
      unm,
      lt,
      le,
      gt,
      ge,
      eq,
      len,
      concat,
      index,
      field,
      setIndex,
      setField,
      noGlobal,
      loadGlobal,
      setGlobal,
      callable,
      resume,
      resumable,
      spread,
      pack,
      construct,
      argTable,
      forNumber,
      iterate: createIterate(next, ipairsStep),
      redisCall: globals.redis.call,
      redisPcall: globals.redis.pcall,
    }
    this.#names = Object.keys(runtime)
    this.#values = Object.values(runtime)
  }

  /**
   * Compiles latin1 source. `source` is its name for Lua (`@user_script`, `=name`, or the text itself). With `marksLines` a
   * debugger can follow it.
   * @throws LuaSyntaxError with Lua's message.
   */
  compile(text: string, source: string, resumableFunctions: boolean, marksLines = false): CompiledChunk {
    const { redis } = this.#globals
    try {
      const generated = generateCode(parseChunk(text, chunkName(source), marksLines), {
        source,
        globals: this.#globals,
        resumable: resumableFunctions,
        environment: this.#environment,
        calls: { call: redis.table.getField('call'), pcall: redis.table.getField('pcall') },
      })
      const url = registerChunk({ source, callSites: generated.callSites })
      const factory = new Function(...this.#names, 'S', 'L', `${generated.body}\n//# sourceURL=${url}`)
      return {
        url,
        resumable: resumableFunctions,
        instantiate: factory(...this.#values, generated.sites, generated.constants),
      }
    } catch (error) {
      // Source that nests without brackets (`a..b..c…`, long chains of operators) is limited by the stack.
      if (error instanceof Error && error.name === 'RangeError') {
        throw new LuaSyntaxError(`${chunkName(source)}:1: chunk has too many syntax levels`)
      }
      throw error
    }
  }
}
