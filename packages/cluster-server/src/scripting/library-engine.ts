import type { Reply } from '../resp/reply.js'
import { type WireError, wireError } from '../wire-errors.js'
import { ChunkCompiler } from './chunk-compiler.js'
import { LuaSyntaxError } from './compiler/syntax-error.js'
import type { ScriptHost } from './engine.js'
import { Globals } from './library/globals.js'
import { Lrand48 } from './library/lrand48.js'
import { createLoadTable, type Register, type Registration } from './library/registration-library.js'
import { checkLibraryName } from './library-metadata.js'
import { luaToReply } from './reply-conversion.js'
import { forgetChunk } from './runtime/call-stack.js'
import { errorFromHost } from './runtime/host-failure.js'
import { LuaError, ScriptStopped } from './runtime/lua-error.js'
import { LuaTable } from './runtime/lua-table.js'
import { ScriptState } from './runtime/script-state.js'
import { first, type LuaFunction } from './runtime/value.js'
import { errorReply, errorText, oneLine } from './script-error.js'
import type { ScriptFlag } from './script-flags.js'

/** Chunk name of every library, as Redis gives it. */
const SOURCE = '@user_function'
const RESUMABLE = /\bcoroutine\b/
const DUPLICATE = 'Function already exists in the library'

/** One function of a library. */
export interface LibraryFunction {
  readonly name: string
  readonly description: string | null
  readonly flags: ReadonlySet<ScriptFlag>
  /** Runs the function to its end; errors are returned, nothing is thrown. */
  run(host: ScriptHost, keys: string[], argv: string[]): Reply
}

/** The functions of a library by name; `release` ends their use. */
export interface LoadedLibrary {
  readonly functions: ReadonlyMap<string, LibraryFunction>
  release(): void
}

/** Loads libraries of functions, and calls these. One engine serves one node; it shares nothing with that of scripts. */
export class LibraryEngine {
  readonly #state = new ScriptState()
  readonly #globals: Globals
  readonly #compiler: ChunkCompiler
  #register: Register | null = null
  /** Chunks of the running function that `loadstring` made. */
  #loaded: string[] = []
  #resumable = false

  constructor() {
    this.#globals = new Globals(this.#state, (source, name) => this.#loadString(source, name), new Lrand48())
    const loadTable = createLoadTable(this.#state, this.#globals.redis.table, () => this.#register)
    this.#compiler = new ChunkCompiler(this.#globals, this.#state, loadTable)
  }

  /**
   * Compiles and runs the code of a library, which registers its functions. `host` logs for it, and stops it with the
   * text of `interrupted`.
   * @returns an error with Redis' text when it does not compile, or fails.
   */
  load(code: string, host: ScriptHost): LoadedLibrary | WireError {
    const functions = new Map<string, LibraryFunction>()
    const resumable = RESUMABLE.test(code)
    let url = ''
    try {
      const chunk = this.#compiler.compile(code, SOURCE, resumable)
      url = chunk.url
      this.#register = (registration) => {
        const { name } = registration
        const refusal = checkLibraryName(name)
        if (refusal !== null) return refusal.message.slice('ERR '.length)
        if (functions.has(name)) return DUPLICATE
        functions.set(name, this.#functionOf(registration, resumable))
        return null
      }
      this.#runLoading(chunk.instantiate(new LuaTable(), new LuaTable()), host)
      return { functions, release: () => forgetChunk(url) }
    } catch (error) {
      if (error instanceof LuaSyntaxError) return wireError(`ERR Error compiling function: ${oneLine(error.message)}`)
      forgetChunk(url)
      return wireError(oneLine(`ERR Error registering functions: ${loadingError(error)}`))
    } finally {
      this.#register = null
    }
  }

  #runLoading(main: LuaFunction, host: ScriptHost): void {
    this.#state.start(host)
    this.#state.loading = true
    try {
      main()
    } finally {
      this.#state.loading = false
      this.#state.finish()
    }
  }

  #functionOf({ name, description, flags, body }: Registration, resumable: boolean): LibraryFunction {
    const run: LibraryFunction['run'] = (host, keys, argv) => {
      this.#state.start(host)
      this.#resumable = resumable
      try {
        return luaToReply(first(body(new LuaTable(keys), new LuaTable(argv))), this.#state.protocol)
      } catch (error) {
        return errorReply(error, name)
      } finally {
        this.#state.finish()
        for (const url of this.#loaded) forgetChunk(url)
        this.#loaded = []
      }
    }
    return { name, description, flags, run }
  }

  #loadString(source: string, name: string): LuaFunction {
    const chunk = this.#compiler.compile(source, name, this.#resumable)
    this.#loaded.push(chunk.url)
    return chunk.instantiate(new LuaTable(), new LuaTable())
  }
}

const loadingError = (error: unknown): string => {
  if (error instanceof ScriptStopped) return `ERR ${error.message}`
  return errorText((error instanceof LuaError ? error : errorFromHost(error)).value)
}
