import type { Reply } from '../resp/reply.js'
import { wireError } from '../wire-errors.js'
import { ChunkCompiler, type CompiledChunk } from './chunk-compiler.js'
import { LuaSyntaxError } from './compiler/syntax-error.js'
import { FollowedHost } from './debugger/followed-host.js'
import type { DebugFrame, DebugTools, ScriptDebugger } from './debugger/script-debugger.js'
import type { CompiledScript, ScriptEngine, ScriptHost } from './engine.js'
import { Globals } from './library/globals.js'
import { Lrand48 } from './library/lrand48.js'
import { luaToReply } from './reply-conversion.js'
import { captureFrames, type Frame, forgetChunk } from './runtime/call-stack.js'
import { plainError } from './runtime/lua-error.js'
import { LuaTable } from './runtime/lua-table.js'
import { ScriptState } from './runtime/script-state.js'
import { first, type LuaFunction, type LuaValue } from './runtime/value.js'
import { errorReply, oneLine } from './script-error.js'
import { sha1 } from './sha1.js'

/** Chunk name of every script, as Redis gives it. */
const SOURCE = '@user_script'
/** That of what a debugger is told to run. */
const DEBUG_SOURCE = '@ldb_eval'
/** Functions that a debugger lists at most. */
const MOST_FRAMES = 200
/** Only a script that names coroutines pays for functions that can be suspended. */
const RESUMABLE = /\bcoroutine\b/

export interface LuaEngineOptions {
  /** Compiled scripts that are kept; the least recently used ones are compiled anew when they are needed. Default 500. */
  readonly compiledScripts?: number
}

/** Compiles Lua 5.1 to JavaScript. One engine serves one node; scripts run one at a time. */
export class LuaEngine implements ScriptEngine {
  readonly #state = new ScriptState()
  readonly #random = new Lrand48()
  readonly #globals: Globals
  readonly #compiler: ChunkCompiler
  readonly #limit: number
  /** Least recently used first. */
  readonly #compiled = new Map<string, CompiledChunk>()
  /** Chunks of the running script that `loadstring` made. */
  #loaded: string[] = []
  /** Whether the running script was compiled so that its functions can be suspended. */
  #resumable = false

  constructor(options: LuaEngineOptions = {}) {
    this.#limit = options.compiledScripts ?? 500
    this.#globals = new Globals(this.#state, (source, name) => this.#load(source, name), this.#random)
    this.#compiler = new ChunkCompiler(this.#globals, this.#state)
  }

  /** The number of scripts that are held in compiled form. */
  get compiledCount(): number {
    return this.#compiled.size
  }

  compile(source: string, digest = sha1(source)): CompiledScript {
    this.#chunk(digest, source)
    return {
      sha1: digest,
      run: (host, keys, argv) => this.#run(this.#chunk(digest, source), digest, host, keys, argv),
      debug: (host, keys, argv, follower) => {
        const chunk = this.#compileSource(source, true)
        try {
          return this.#run(chunk, digest, new FollowedHost(host, follower), keys, argv, follower)
        } finally {
          forgetChunk(chunk.url)
        }
      },
    }
  }

  #chunk(digest: string, source: string): CompiledChunk {
    const known = this.#compiled.get(digest)
    if (known !== undefined) {
      // Moved to the end only when others could push it out.
      if (this.#compiled.size >= this.#limit) {
        this.#compiled.delete(digest)
        this.#compiled.set(digest, known)
      }
      return known
    }
    const chunk = this.#compileSource(source)
    this.#compiled.set(digest, chunk)
    if (this.#compiled.size > this.#limit) this.#evict()
    return chunk
  }

  #compileSource(source: string, marksLines = false): CompiledChunk {
    try {
      return this.#compiler.compile(withoutShebang(source), SOURCE, RESUMABLE.test(source), marksLines)
    } catch (error) {
      if (error instanceof LuaSyntaxError) {
        throw wireError(`ERR Error compiling script (new function): ${oneLine(error.message)}`)
      }
      throw error
    }
  }

  #evict(): void {
    const [oldest] = this.#compiled
    if (oldest === undefined) return
    this.#compiled.delete(oldest[0])
    forgetChunk(oldest[1].url)
  }

  #load(source: string, name: string): LuaFunction {
    const chunk = this.#compiler.compile(source, name, this.#resumable)
    this.#loaded.push(chunk.url)
    return chunk.instantiate(this.#argument('KEYS'), this.#argument('ARGV'))
  }

  #debugTools(): DebugTools {
    return {
      evaluate: (code) => this.#evaluate(code),
      call: (argv) => {
        this.#globals.redis.pcall([...argv])
      },
      frames: () => scriptFrames(captureFrames(MOST_FRAMES)),
      argument: (name) => this.#argument(name),
    }
  }

  /** As an expression, if it is one. */
  #evaluate(code: string): LuaValue {
    const compile = (text: string): LuaFunction => this.#load(text, DEBUG_SOURCE)
    let body: LuaFunction
    try {
      body = compile(`return ${code}`)
    } catch (error) {
      if (!(error instanceof LuaSyntaxError)) throw error
      try {
        body = compile(code)
      } catch (second) {
        throw second instanceof LuaSyntaxError ? plainError(second.message) : second
      }
    }
    return first(body())
  }

  #argument(name: 'KEYS' | 'ARGV'): LuaTable {
    const table = this.#globals.global(name)
    return table instanceof LuaTable ? table : new LuaTable()
  }

  #run(
    chunk: CompiledChunk,
    digest: string,
    host: ScriptHost,
    keys: string[],
    argv: string[],
    follower: ScriptDebugger | null = null,
  ): Reply {
    const keyTable = new LuaTable(keys)
    const argumentTable = new LuaTable(argv)
    this.#globals.setArguments(keyTable, argumentTable)
    this.#state.start(host, follower)
    this.#resumable = chunk.resumable
    follower?.attach(this.#debugTools())
    try {
      const result = first(chunk.instantiate(keyTable, argumentTable)())
      return luaToReply(result, this.#state.protocol)
    } catch (error) {
      return errorReply(error, digest)
    } finally {
      this.#state.finish()
      this.#globals.setArguments(undefined, undefined)
      for (const url of this.#loaded) forgetChunk(url)
      this.#loaded = []
    }
  }
}

/** The functions of a script among frames, each by the name by which it was called. */
const scriptFrames = (frames: readonly Frame[]): readonly DebugFrame[] =>
  frames
    .filter(({ kind, position }) => kind === 'lua' && position.source === SOURCE)
    .map(({ position }, index, all) => ({ name: nameOf(all[index + 1]), line: position.line }))

const nameOf = (caller: Frame | undefined): string | undefined => {
  const name = caller?.callSite?.name
  return caller === undefined || name === '' ? undefined : name
}

/** A script may start with `#!lua flags=…`; the rest of that line is left empty, so that lines keep their numbers. */
const withoutShebang = (source: string): string => (source.startsWith('#!') ? source.replace(/^[^\n]*/, '') : source)
