import type { Reply } from '../resp/reply.js'
import type { ScriptDebugger } from './debugger/script-debugger.js'

/** What a script may ask of the server that runs it. */
export interface ScriptHost {
  /**
   * Runs one command for `redis.call` / `redis.pcall`; `argv` are latin1 strings, the name first. An error reply is
   * returned as a `WireError` value; the engine decides whether it is raised (`call`) or handed over (`pcall`).
   */
  call(argv: string[]): Reply
  /** `redis.log`; the level is 0 (debug) to 3 (warning). */
  log(level: number, message: string): void
  /** `redis.setresp`: the protocol version, 2 or 3, in which later replies of `call` are converted. */
  setProtocol(version: 2 | 3): void
  /** `redis.replicate_commands` and `redis.set_repl`; the latter's mask has bit 1 for AOF and bit 2 for replicas. */
  setReplication(mask: number): void
  /**
   * Asked from time to time while a script runs, at the latest after some million steps. A text ends the script with
   * that error, which no `pcall` catches; it is the whole message, without code and position.
   */
  interrupted?(): string | undefined
  /** What `call` did took so long that `interrupted` is to be asked next. */
  readonly isDue?: boolean
  /**
   * `redis.acl_check_cmd`: whether the user may run that command, undefined for one that does not exist; without it
   * everything is allowed.
   */
  mayRun?(argv: string[]): boolean | undefined
}

/** A script that was compiled once and can run any number of times. */
export interface CompiledScript {
  /** SHA1 of the source, 40 lower-case hexadecimal digits. */
  readonly sha1: string
  /**
   * Runs the script to its end. The result is converted to a reply as Redis converts it. A run-time error is returned
   * as a `WireError` with Redis' text; nothing is thrown. Both arrays are taken over.
   */
  run(host: ScriptHost, keys: string[], argv: string[]): Reply
  /** The same, followed by a debugger; compiled anew for it. */
  debug(host: ScriptHost, keys: string[], argv: string[], follower: ScriptDebugger): Reply
}

/** A Lua 5.1 implementation with Redis' libraries. */
export interface ScriptEngine {
  /**
   * Compiles `source` (latin1).
   * @throws WireError `ERR Error compiling script (new function): user_script:LINE: …`
   */
  compile(source: string): CompiledScript
}
