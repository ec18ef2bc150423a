import type { ScriptDebugger, VisibleVariables } from '../debugger/script-debugger.js'
import type { ScriptHost } from '../engine.js'
import { captureFrames } from './call-stack.js'
import { libraryError, raisedAt, ScriptStopped } from './lua-error.js'

/** Function calls between two looks at the host. */
const CALL_BATCH = 4096
/** Nested calls from which on the stack is probed before the host is entered. */
const DEEP = 400
/** Frames that a command of the host may need. */
const PROBE_FRAMES = 400

const probe = (frames: number): number => (frames === 0 ? 0 : 1 + probe(frames - 1))

/** What the running script counts, and the host that it runs for. One object serves all scripts of an engine. */
export class ScriptState {
  /** Nested calls of Lua functions; whoever catches an error sets it back. */
  depth = 0
  /** Calls until the host is asked again. */
  fuel = CALL_BATCH
  /** A library is being loaded: its code finds little more than `redis.register_function`. */
  loading = false
  /** How replies reach the script, and how its result is read; `redis.setresp` sets it. */
  protocol: 2 | 3 = 2
  #host: ScriptHost | undefined
  #debugger: ScriptDebugger | null = null

  /** @throws Error outside of a script. */
  get host(): ScriptHost {
    if (this.#host === undefined) throw new Error('no script is running')
    return this.#host
  }

  /** Who follows the running script; null without. */
  get debugger(): ScriptDebugger | null {
    return this.#debugger
  }

  /** Generated code that a debugger follows comes to a line. */
  line(line: number, variables: () => VisibleVariables): void {
    this.#debugger?.line(line, variables)
  }

  forgetLine(): void {
    this.#debugger?.forgetLine()
  }

  start(host: ScriptHost, follower: ScriptDebugger | null = null): void {
    this.#host = host
    this.#debugger = follower
    this.depth = 0
    this.protocol = 2
    this.fuel = CALL_BATCH
  }

  finish(): void {
    this.#host = undefined
    this.#debugger = null
  }

  /** A batch of function calls is used up. */
  refuel(): void {
    this.fuel = CALL_BATCH
    this.tick()
  }

  /** A batch of loop iterations is used up; answers 0, the new count. */
  tick(): number {
    const message = this.#host?.interrupted?.()
    if (message !== undefined) throw new ScriptStopped(message, raisedAt(captureFrames()))
    return 0
  }

  /** Makes an overflow of the stack happen here rather than in the middle of a command, which it would leave half done. */
  ensureStack(): void {
    if (this.depth <= DEEP) return
    try {
      probe(PROBE_FRAMES)
    } catch {
      throw libraryError('stack overflow')
    }
  }
}
