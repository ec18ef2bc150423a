import type { Reply } from '../resp/reply.js'
import type { Blocked } from './blocked.js'
import type { CommandContext, ServerState } from './context.js'

/** The flags of `COMMAND INFO`, spelt as Redis 7.0 prints them. */
export type CommandFlag =
  | 'write'
  | 'readonly'
  | 'denyoom'
  | 'admin'
  | 'pubsub'
  | 'noscript'
  | 'blocking'
  | 'loading'
  | 'stale'
  | 'skip_monitor'
  | 'skip_slowlog'
  | 'asking'
  | 'fast'
  | 'no_auth'
  | 'may_replicate'
  | 'no_mandatory_keys'
  | 'protected'
  | 'no_async_loading'
  | 'no_multi'
  | 'allow_busy'
  | 'movablekeys'

/** One way in which a command names its keys, as in `COMMAND INFO`'s key specifications. */
export interface KeySpec {
  readonly flags: readonly (
    | 'RO'
    | 'RW'
    | 'OW'
    | 'RM'
    | 'access'
    | 'update'
    | 'insert'
    | 'delete'
    | 'not_key'
    | 'incomplete'
    | 'variable_flags'
  )[]
  /** What else is to know of it, as `COMMAND INFO` prints it. */
  readonly notes?: string
  /** Where the keys begin: at a fixed position, or after a keyword; `unknown` needs a `findKeys` at the command. */
  readonly begin: { readonly index: number } | { readonly keyword: string; readonly startFrom: number } | 'unknown'
  /**
   * How far they reach from there. `range`: `lastKey` relative to the beginning (-1: to the end of the command),
   * `step` and `limit` as in Redis. `keyNum`: a count at `keyNumIndex`, the first key at `firstKey`, both relative.
   */
  readonly find:
    | { readonly range: { readonly lastKey: number; readonly step: number; readonly limit: number } }
    | { readonly keyNum: { readonly keyNumIndex: number; readonly firstKey: number; readonly step: number } }
    | 'unknown'
}

/** A key in the words of a command. */
export interface KeyReference {
  /** Index in `argv`. */
  readonly index: number
  readonly flags: KeySpec['flags']
}

/**
 * How the gates treat a command beyond its flags. `anyContext`: also allowed to a RESP2 client that is subscribed.
 * `unqueued`: runs at once between MULTI and EXEC. `runsTransaction`: is judged by the commands that are queued.
 * `touchesArbitraryKeys`: meets keys that it was not asked for, and may remove them as expired.
 * `forDebugging`, `forModules`: only with `enable-debug-command`, `enable-module-command`. `monitoredFirst`: MONITOR is told before it runs, not after.
 * `movesKeys`: runs here whatever becomes of the slot of its keys, once that is on its way.
 * `keepsCaching`: on a container; CLIENT CACHING holds beyond its subcommands for the command that follows.
 */
export type CommandTrait =
  | 'anyContext'
  | 'unqueued'
  | 'runsTransaction'
  | 'touchesArbitraryKeys'
  | 'forDebugging'
  | 'forModules'
  | 'monitoredFirst'
  | 'failsWithSaving'
  | 'keepsCaching'
  | 'movesKeys'

/** One documented argument, as in `COMMAND DOCS`. */
export interface CommandArgument {
  readonly name: string
  readonly type: 'string' | 'integer' | 'double' | 'key' | 'pattern' | 'unix-time' | 'pure-token' | 'oneof' | 'block'
  readonly token?: string
  readonly optional?: boolean
  readonly multiple?: boolean
  /** The token is repeated with each value. */
  readonly multipleToken?: boolean
  readonly since?: string
  readonly deprecatedSince?: string
  readonly keySpecIndex?: number
  readonly arguments?: readonly CommandArgument[]
}

/**
 * All that is known of a command, in one literal. Arity errors, ACL, routing and redirection, MULTI rules, replication,
 * `COMMAND` and the generated tests derive from it; no gate mentions a command by name.
 */
export interface Command {
  /** Lower case; a subcommand carries its own name only (`setname`, in the `subcommands` of `client`). */
  readonly name: string
  /** Number of words with the name (and, for a subcommand, the container's name); negative: at least so many. */
  readonly arity: number
  readonly flags: readonly CommandFlag[]
  readonly keySpecs?: readonly KeySpec[]
  /** ACL categories without `@`; those that follow from the flags (`read`, `write`, `fast`, `slow` …) are derived. */
  readonly categories: readonly string[]
  readonly group: string
  readonly since: string
  readonly complexity: string
  readonly summary: string
  readonly arguments?: readonly CommandArgument[]
  /** The tips of `COMMAND INFO`, such as `nondeterministic_output`. */
  readonly tips?: readonly string[]
  /** `deprecated` or `syscmd` in `COMMAND DOCS`. */
  readonly docFlags?: readonly string[]
  readonly deprecatedSince?: string
  readonly replacedBy?: string
  readonly traits?: readonly CommandTrait[]
  readonly subcommands?: readonly Command[]
  /** The channels that the command subscribes to or publishes to, from its first argument on; for access rules. */
  readonly channels?: { readonly reach: 'one' | 'all'; readonly arePatterns?: boolean }
  /**
   * The keys in `argv`, where key specifications cannot tell: they are `unknown`, or their flags depend on options.
   * A wrong command has none.
   */
  findKeys?(argv: readonly string[]): readonly KeyReference[]
  /**
   * The flags by which this very call is judged, where the arguments decide on them: a script declares its own. Null:
   * those of the command.
   */
  flagsOf?(server: ServerState, argv: readonly string[]): readonly CommandFlag[] | null
  /**
   * Runs the command to its end, synchronously: the event loop is the lock. `argv[0]` is the name as it was sent.
   * Absent on a pure container such as `config`.
   */
  run?(context: CommandContext, argv: readonly string[]): Reply | Blocked
}

/** Declares a command; the identity function, for its types. */
export const defineCommand = (command: Command): Command => command

/** Key specification of a command whose keys are `argv[first]` to `argv[last]` (-1: to the end). */
export const keyRange = (flags: KeySpec['flags'], first: number, last: number = first, step = 1): KeySpec => ({
  flags,
  begin: { index: first },
  find: { range: { lastKey: last < 0 ? last : last - first, step, limit: 0 } },
})
