import type { Reply } from '../../resp/reply.js'
import type { LuaValue } from '../runtime/value.js'

/** A name and a value of a script. */
export type NamedValue = readonly [name: string, value: LuaValue]

/** What can be seen where a script has stopped: the variables of the function, and those of the functions around it. */
export interface VisibleVariables {
  readonly own: readonly NamedValue[]
  readonly outer: readonly NamedValue[]
}

/** Where the source of a frame is. */
export interface DebugFrame {
  /** Undefined for the script itself. */
  readonly name: string | undefined
  readonly line: number
}

/** What a debugger may ask of the engine while a script has stopped. */
export interface DebugTools {
  /** Runs a text as an expression, or as statements. @throws LuaError */
  evaluate(code: string): LuaValue
  /** `redis.call`; an error is not raised. */
  call(argv: readonly string[]): void
  /** The functions that are running, innermost first. */
  frames(): readonly DebugFrame[]
  /** KEYS or ARGV. */
  argument(name: 'KEYS' | 'ARGV'): LuaValue
}

/** Follows a script that runs, and may keep it waiting. */
export interface ScriptDebugger {
  /** The script begins. */
  attach(tools: DebugTools): void
  /** A line is about to run. @throws LuaError to end the script */
  line(line: number, variables: () => VisibleVariables): void
  /** The next line stops again, though it may be the same one. */
  forgetLine(): void
  /** `redis.call` runs a command, and has its reply. */
  command(argv: readonly string[]): void
  replied(reply: Reply, protocol: 2 | 3): void
  /** `redis.breakpoint` */
  breakpoint(): void
  /** `redis.debug` */
  print(values: readonly LuaValue[]): void
  /** Asked from time to time while a loop runs. */
  tick(): void
}
