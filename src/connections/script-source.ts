import type { Request } from './connection.js'

/** Decides who brings the source of a script to a server. */
export interface ScriptCarrier {
  /** True for the one that has to. */
  claimScript(sha1: string): boolean
}

/**
 * Decides when a script travels with its source. First its SHA1 goes alone. When a server does not know it, the first
 * request that comes again brings the source, and those sent behind it find it there: a batch of thousands costs one copy,
 * not one for each. Whoever fails a second time brings the source himself.
 */
export class ScriptSource {
  readonly #sha1: string | null
  #refusals = 0

  constructor(request: Request) {
    this.#sha1 = request.type === 'script' ? request.script.sha1 : null
  }

  /** True when the next attempt carries the source. Ask once for each attempt, directly before sending it. */
  isDue(node: ScriptCarrier): boolean {
    if (this.#sha1 === null || this.#refusals === 0) return false
    return node.claimScript(this.#sha1) || this.#refusals > 1
  }

  /** Takes note of NOSCRIPT. False: it makes no sense to try again. */
  wasMissing(): boolean {
    this.#refusals += 1
    return this.#sha1 !== null && this.#refusals <= 2
  }
}
