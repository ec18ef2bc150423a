import type { Reply } from '../resp/reply.js'

/** What a script may do; from its shebang line, or from the command that started it. */
export interface ScriptPermissions {
  /** EVAL_RO, EVALSHA_RO, or the flag `no-writes`. */
  readonly readOnly: boolean
  /** The flag `allow-oom`. */
  readonly allowOom: boolean
  /** The first key that the command declares; a script that may not cross slots is bound to its slot. */
  readonly firstKey: string | undefined
  /** Scripts without a shebang line may use keys of several slots that this node serves. */
  readonly allowCrossSlot: boolean
}

/** What runs: a script by its digest, or a function by its name; `argv` is the command that started it. */
export interface ScriptIdentity {
  readonly kind: 'script' | 'function'
  readonly name: string
  readonly argv: readonly string[]
}

/** The script that runs now, as commands see it that are served meanwhile. */
export interface RunningScript extends ScriptIdentity {
  /** It runs longer than `busy-reply-threshold`: others are answered, most of them with an error. */
  readonly isTimedOut: boolean
  readonly wrote: boolean
  /** A primary sent it: it runs to its end. */
  readonly isReplicated: boolean
  readonly callerId: number
  runMs(): number
  /** Ends it soon, with an error that it cannot catch. */
  stop(message: string): void
}

/** A script that is under way: the commands that it runs share one moment, one unit of replication and one client. */
export interface ScriptRun {
  /** Protocol of the replies; `redis.setresp`. Starts as 2. */
  protocol: 2 | 3
  /** Who gets what runs, in bits of `EFFECT_TARGETS`; `redis.set_repl`. Starts as all. */
  targets: number
  /** Whether a write command was run. */
  readonly wrote: boolean
  /**
   * Runs one command, the name first, after Redis' checks for scripts. Every error is returned as a `WireError`;
   * nothing is thrown. A SELECT lasts until the end of the script.
   */
  call(argv: readonly string[]): Reply
  /** Whether the user of the script may run that command; undefined when there is no such command. */
  mayRun(argv: readonly string[]): boolean | undefined
  /** Its commands have taken so long that `interrupted` is to be called before the next one. */
  readonly isDue: boolean
  /** To be called from time to time while the script runs: serves others when it takes long. A text ends the script. */
  interrupted(): string | undefined
  /** To be called once, when the script has ended. */
  finish(): void
}
