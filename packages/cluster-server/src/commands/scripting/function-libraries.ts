import { textBytes } from '../../keyspace/memory-cost.js'
import type { ScriptHost } from '../../scripting/engine.js'
import { LibraryEngine, type LibraryFunction, type LoadedLibrary } from '../../scripting/library-engine.js'
import { parseLibraryMetadata } from '../../scripting/library-metadata.js'
import { WireError, wireError } from '../../wire-errors.js'
import type { ServerState } from '../context.js'

/** A library of functions; `source` is what FUNCTION LOAD was given. */
export interface Library {
  readonly name: string
  readonly source: string
  readonly functions: ReadonlyMap<string, LibraryFunction>
}

interface OwnLibrary extends Library {
  readonly loaded: LoadedLibrary
}

/** What happens to the libraries that exist when others are restored. */
export type RestorePolicy = 'append' | 'replace' | 'flush'

/** What is kept of a library besides its source. */
const LIBRARY_BYTES = 256

/** The only engine, as Redis spells it. Its name is compared without regard to case. */
export const ENGINE = 'LUA'

/** Libraries and their functions; the names of functions are one space, without regard to case. */
class LibrarySet {
  readonly libraries = new Map<string, OwnLibrary>()
  readonly functions = new Map<string, LibraryFunction>()

  link(library: OwnLibrary): void {
    this.libraries.set(library.name, library)
    for (const [name, each] of library.functions) {
      const key = name.toLowerCase()
      if (!this.functions.has(key)) this.functions.set(key, each)
    }
  }

  unlink(library: OwnLibrary): void {
    this.libraries.delete(library.name)
    for (const name of library.functions.keys()) this.functions.delete(name.toLowerCase())
  }

  /** The name of a function that exists already. */
  collision(functions: ReadonlyMap<string, LibraryFunction>): string | undefined {
    for (const name of functions.keys()) if (this.functions.has(name.toLowerCase())) return name
    return undefined
  }
}

/** The functions of one node: FUNCTION LOAD brings them, FCALL calls them, replicas and files hold their sources. */
export class FunctionLibraries {
  readonly #engine = new LibraryEngine()
  #current = new LibrarySet()
  /** Libraries were loaded, deleted or restored so often. */
  changes = 0

  get libraryCount(): number {
    return this.#current.libraries.size
  }

  /** What the sources take, in bytes. */
  get bytes(): number {
    let bytes = 0
    for (const source of this.sources()) bytes += textBytes(source) + LIBRARY_BYTES
    return bytes
  }

  get functionCount(): number {
    return this.#current.functions.size
  }

  find(name: string): LibraryFunction | undefined {
    return this.#current.functions.get(name.toLowerCase())
  }

  all(): Iterable<Library> {
    return this.#current.libraries.values()
  }

  /** The sources of all libraries, from which `restore` makes the same functions. */
  sources(): string[] {
    return [...this.#current.libraries.values()].map(({ source }) => source)
  }

  /** Loads a library. @returns its name, or why it cannot be loaded; then nothing has changed. */
  load(source: string, host: ScriptHost, replace: boolean): string | WireError {
    const outcome = this.#add(this.#current, source, host, replace)
    if (!(outcome instanceof WireError)) this.changes++
    return outcome
  }

  delete(name: string): boolean {
    const library = this.#current.libraries.get(name)
    if (library === undefined) return false
    this.#current.unlink(library)
    library.loaded.release()
    this.changes++
    return true
  }

  clear(): void {
    this.#replaceAll(new LibrarySet())
  }

  /** Loads several libraries, all or none. @returns why they cannot be loaded; then nothing has changed. */
  restore(sources: readonly string[], policy: RestorePolicy, host: ScriptHost): WireError | null {
    const restored = new LibrarySet()
    for (const source of sources) {
      const outcome = this.#add(restored, source, host, false)
      if (!(outcome instanceof WireError)) continue
      this.#release(restored)
      return outcome
    }
    if (policy === 'flush') {
      this.#replaceAll(restored)
      return null
    }
    const refusal = this.#join(restored, policy === 'replace')
    if (refusal !== null) this.#release(restored)
    return refusal
  }

  #add(set: LibrarySet, source: string, host: ScriptHost, replace: boolean): string | WireError {
    const metadata = parseLibraryMetadata(source)
    if (metadata instanceof WireError) return metadata
    const { name, engine, code } = metadata
    if (engine.toUpperCase() !== ENGINE) return wireError(`ERR Engine '${engine}' not found`)
    const old = set.libraries.get(name)
    if (old !== undefined && !replace) return wireError(`ERR Library '${name}' already exists`)
    if (old !== undefined) set.unlink(old)
    let outcome: LoadedLibrary | WireError | undefined
    try {
      outcome = this.#loadFunctions(set, code, host)
      if (outcome instanceof WireError) return outcome
    } finally {
      // When something was thrown, too: the old one stays.
      if (old !== undefined && (outcome === undefined || outcome instanceof WireError)) set.link(old)
    }
    old?.loaded.release()
    set.link({ name, source, functions: outcome.functions, loaded: outcome })
    return name
  }

  #loadFunctions(set: LibrarySet, code: string, host: ScriptHost): LoadedLibrary | WireError {
    const loaded = this.#engine.load(code, host)
    if (loaded instanceof WireError) return loaded
    const collision = set.collision(loaded.functions)
    if (loaded.functions.size > 0 && collision === undefined) return loaded
    loaded.release()
    return wireError(
      collision === undefined ? 'ERR No functions registered' : `ERR Function ${collision} already exists`,
    )
  }

  #join(restored: LibrarySet, replace: boolean): WireError | null {
    const current = this.#current
    const replaced: OwnLibrary[] = []
    const refuse = (message: string): WireError => {
      for (const library of replaced) current.link(library)
      return wireError(message)
    }
    for (const name of restored.libraries.keys()) {
      const old = current.libraries.get(name)
      if (old === undefined) continue
      if (!replace) return refuse(`ERR Library ${name} already exists`)
      current.unlink(old)
      replaced.push(old)
    }
    const collision = current.collision(
      new Map([...restored.libraries.values()].flatMap((each) => [...each.functions])),
    )
    if (collision !== undefined) return refuse(`ERR Function ${collision} already exists`)
    for (const library of restored.libraries.values()) current.link(library)
    for (const { loaded } of replaced) loaded.release()
    this.changes++
    return null
  }

  #replaceAll(next: LibrarySet): void {
    this.#release(this.#current)
    this.#current = next
    this.changes++
  }

  #release(set: LibrarySet): void {
    for (const { loaded } of set.libraries.values()) loaded.release()
  }
}

const libraries = new WeakMap<ServerState, FunctionLibraries>()

/** The functions of a node; the engine is made with the first look at them. */
export const functionsOf = (server: ServerState): FunctionLibraries => {
  let own = libraries.get(server)
  if (own === undefined) {
    own = new FunctionLibraries()
    libraries.set(server, own)
  }
  return own
}
