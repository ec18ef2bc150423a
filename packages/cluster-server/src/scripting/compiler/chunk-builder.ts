import type { CallSite } from '../runtime/call-stack.js'
import type { OperationSite } from '../runtime/operation-site.js'
import type { LuaFunction, LuaValue } from '../runtime/value.js'

/** What every script finds by name, fixed for the life of the engine: the compiler refers to it directly. */
export interface StaticGlobals {
  /** A global other than KEYS and ARGV; undefined if there is none. */
  global(name: string): LuaValue
  /** A field of a global library table. */
  field(table: string, name: string): LuaValue
}

/**
 * Who runs a chunk. The names of a `script` are those of `StaticGlobals` at any time; a `library` finds nothing but
 * what registers functions while it is loaded, and the rest when its functions are called.
 */
export type Environment = 'script' | 'library'

/** Library functions whose result is exactly one value, so that callers need not look. */
export const singleResultFunctions = new WeakSet<LuaFunction>()

/** Text as a literal of JavaScript. */
export const literal = (text: string): string =>
  JSON.stringify(text).replace(/[\u2028\u2029]/g, (char) => (char === '\u2028' ? '\\u2028' : '\\u2029'))

/** Collects what the functions of one chunk have in common: sites and constants that the generated code names. */
export class ChunkBuilder {
  readonly sites: OperationSite[] = []
  readonly constants: LuaValue[] = []
  readonly #callSites: CallSite[] = []
  readonly #constantIndex = new Map<LuaValue, number>()

  constructor(
    readonly source: string,
    readonly globals: StaticGlobals,
    /** Functions are generators, so that a coroutine can stop in the middle of them. */
    readonly resumable: boolean,
    readonly environment: Environment = 'script',
  ) {}

  /** The name of a new site. */
  site(line: number, left = '', right = ''): string {
    this.sites.push({ position: { source: this.source, line }, left, right })
    return `S${this.sites.length - 1}`
  }

  /** Starts a line of generated code that belongs to a call. */
  callSite(site: CallSite): string {
    this.#callSites.push(site)
    return `\n/*@${this.#callSites.length - 1}*/`
  }

  /** The name of a value that the code refers to. */
  constant(value: LuaValue): string {
    let index = this.#constantIndex.get(value)
    if (index === undefined) {
      index = this.constants.length
      this.constants.push(value)
      this.#constantIndex.set(value, index)
    }
    return `L${index}`
  }

  /** Declares the names of sites and constants in front of the code. */
  declarations(): string {
    const names = [
      ...this.sites.map((_site, index) => `S${index}=S[${index}]`),
      ...this.constants.map((_constant, index) => `L${index}=L[${index}]`),
    ]
    return names.length === 0 ? '' : `const ${names.join(',')};`
  }

  /** Call sites by line of the finished code. `new Function` puts `headerLines` lines in front. */
  callSitesByLine(code: string, headerLines: number): Map<number, CallSite> {
    const byLine = new Map<number, CallSite>()
    code.split('\n').forEach((line, index) => {
      const mark = /^\/\*@(\d+)\*\//.exec(line)
      const site = mark === null ? undefined : this.#callSites[Number(mark[1])]
      if (site !== undefined) byLine.set(index + 1 + headerLines, site)
    })
    return byLine
  }
}
