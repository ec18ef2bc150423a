import type { RunningScript, ScriptIdentity } from '../commands/script-run.js'
import type { Client } from './client.js'

/** What a watch needs of the node. */
export interface ScriptWatchParts {
  nowMs(): number
  /** `busy-reply-threshold`; 0 lets scripts run for ever, and nobody is served meanwhile. */
  thresholdMs(): number
  /** Whether the heap is so full that the process would soon end by it. */
  isHeapFull(): boolean
  /** Answers other clients, within the call. */
  serveOthers(): void
  warn(message: string): void
}

/** How often the heap is looked at while a script runs. */
const HEAP_PAUSE_MS = 10
const OUT_OF_MEMORY = 'not enough memory'

/** Watches over the running script: lets others in when it takes long, and stops it when one of them asks for that. */
export class ScriptWatch implements RunningScript {
  readonly kind: ScriptIdentity['kind']
  readonly name: string
  readonly argv: readonly string[]
  readonly #caller: Client
  isTimedOut = false
  wrote = false
  readonly #parts: ScriptWatchParts
  readonly #startedAtMs: number
  #stopped: string | undefined
  #heapSeenAtMs = 0

  constructor(identity: ScriptIdentity, caller: Client, startedAtMs: number, parts: ScriptWatchParts) {
    this.kind = identity.kind
    this.name = identity.name
    this.argv = identity.argv
    this.#caller = caller
    this.#parts = parts
    this.#startedAtMs = startedAtMs
  }

  get callerId(): number {
    return this.#caller.id
  }

  get isReplicated(): boolean {
    return this.#caller.isReplicationStream
  }

  runMs(): number {
    return this.#parts.nowMs() - this.#startedAtMs
  }

  stop(message: string): void {
    this.#stopped = message
  }

  /** Stops it without an answer to its client. */
  abandon(): void {
    this.#caller.replyMode = 'off'
    this.#stopped = 'the server ends'
  }

  /** Looks at the clock, and at others when it is time. A text ends the script. */
  look(): string | undefined {
    const ranMs = this.runMs()
    if (ranMs - this.#heapSeenAtMs >= HEAP_PAUSE_MS) {
      this.#heapSeenAtMs = ranMs
      if (this.#parts.isHeapFull()) return this.#endForMemory()
    }
    if (!this.isTimedOut) {
      const thresholdMs = this.#parts.thresholdMs()
      if (thresholdMs <= 0 || ranMs < thresholdMs) return undefined
      const remedy = this.kind === 'script' ? 'SCRIPT KILL' : 'FUNCTION KILL'
      this.#parts.warn(
        `Slow script detected: still in execution after ${ranMs} milliseconds. You can try killing the script using the ${remedy} command. Script name is: ${this.name}.`,
      )
      this.isTimedOut = true
    }
    this.#parts.serveOthers()
    return this.#stopped
  }

  /** One script goes, rather than the process with all data. */
  #endForMemory(): string {
    this.#parts.warn(`The heap is nearly full: a script is stopped. Script name is: ${this.name}.`)
    return OUT_OF_MEMORY
  }
}
