import { textBytes } from '../../keyspace/memory-cost.js'
import type { CompiledScript } from '../../scripting/engine.js'
import { LuaEngine } from '../../scripting/lua-engine.js'
import { sha1 } from '../../scripting/sha1.js'
import { parseShebang, type ScriptDeclaration } from '../../scripting/shebang.js'
import { WireError } from '../../wire-errors.js'
import type { ServerState } from '../context.js'

/** What is kept of a script besides its source: digest, declaration, place in the table. */
const SCRIPT_BYTES = 256

/** A script that EVAL or SCRIPT LOAD brought. */
export interface CachedScript {
  readonly script: CompiledScript
  readonly declaration: ScriptDeclaration
}

/**
 * The scripts of one node. As in Redis they stay until SCRIPT FLUSH; only their compiled form is bounded, and is made
 * again when it is needed.
 */
export class ScriptCache {
  readonly #engine = new LuaEngine()
  readonly #scripts = new Map<string, CachedScript>()
  #bytes = 0
  /** What was asked for last, and found. */
  #lastDigest = ''
  #last: CachedScript | undefined = undefined

  get size(): number {
    return this.#scripts.size
  }

  /** What the sources take, in bytes; their compiled form is bounded and not counted. */
  get bytes(): number {
    return this.#bytes
  }

  /** The script with a digest of 40 hexadecimal digits, in either case of letters. */
  find(digest: string): CachedScript | undefined {
    // A command asks twice with the very same text, which is seen without reading it.
    if (digest === this.#lastDigest) return this.#last
    this.#last = this.#scripts.get(digest) ?? this.#scripts.get(digest.toLowerCase())
    this.#lastDigest = digest
    return this.#last
  }

  /** Compiles and keeps a script. @throws WireError when it does not compile or its first line is wrong. */
  add(source: string): CachedScript {
    const digest = sha1(source)
    const known = this.#scripts.get(digest)
    if (known !== undefined) return known
    const declaration = parseShebang(source)
    if (declaration instanceof WireError) throw declaration
    const cached = { script: this.#engine.compile(source, digest), declaration }
    this.#scripts.set(digest, cached)
    this.#lastDigest = ''
    this.#bytes += textBytes(source) + SCRIPT_BYTES
    return cached
  }

  clear(): void {
    this.#scripts.clear()
    this.#lastDigest = ''
    this.#last = undefined
    this.#bytes = 0
  }
}

const caches = new WeakMap<ServerState, ScriptCache>()

/** The scripts of a node; the engine is made with the first of them. */
export const scriptsOf = (server: ServerState): ScriptCache => {
  let cache = caches.get(server)
  if (cache === undefined) {
    cache = new ScriptCache()
    caches.set(server, cache)
  }
  return cache
}
