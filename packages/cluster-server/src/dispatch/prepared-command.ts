import type { Blocked } from '../commands/blocked.js'
import type { Command, CommandFlag, CommandTrait } from '../commands/command.js'
import type { CommandContext, ServerState } from '../commands/context.js'
import { getKeys } from '../commands/keys-of-command.js'
import type { CommandStatistics, Statistics } from '../commands/statistics.js'
import type { Reply } from '../resp/reply.js'
import { wrongArity } from '../wire-errors.js'
import { type KeyRange, keyRangeOf, keysInRange } from './key-range.js'

/** The flags of commands that only read or write data. */
const PLAIN_FLAGS: ReadonlySet<CommandFlag> = new Set(['write', 'readonly', 'denyoom', 'fast'])

/** Up to so many words, of so many bytes in all, a command is brief. */
const FEW_WORDS = 8
const FEW_BYTES = 4096

/** A command with all that the gates ask of it worked out once, so that they do not search lists of flags. */
export class PreparedCommand {
  /** `get`, `client|list`. */
  readonly fullName: string
  readonly isWrite: boolean
  readonly isReadOnly: boolean
  readonly deniesOom: boolean
  readonly isNoScript: boolean
  readonly needsNoLogin: boolean
  readonly isForbiddenInTransactions: boolean
  /** The setting that has to allow it; null for most. */
  readonly guard: 'debug' | 'module' | null
  readonly mayReplicate: boolean
  readonly skipsMonitor: boolean
  readonly skipsSlowLog: boolean
  readonly isAsking: boolean
  readonly isStale: boolean
  readonly isAllowedWhileBusy: boolean
  readonly isAllowedWhileLoading: boolean
  readonly isDeniedByAsyncLoading: boolean
  readonly allowedInAnyContext: boolean
  readonly failsWithSaving: boolean
  readonly runsAtOnce: boolean
  readonly runsTransaction: boolean
  readonly touchesArbitraryKeys: boolean
  /** Whether routing looks at it: it has key specifications, or keys that only it can find. */
  readonly hasKeys: boolean
  /** SSUBSCRIBE and the like: what routing looks at are channels. */
  readonly namesShardChannels: boolean
  /** It runs a script, which may use keys that it does not name. */
  readonly runsScript: boolean
  /** MIGRATE. */
  readonly movesKeys: boolean
  /** CLIENT CACHING is still to hold for the command after this one. */
  readonly keepsCaching: boolean
  /** Tracked clients are told when the keys that it read change. */
  readonly readsForTracking: boolean
  readonly subcommands: ReadonlyMap<string, PreparedCommand> | null
  readonly #keyRange: KeyRange | null
  readonly #statisticsStore: Statistics
  #statistics: CommandStatistics | null = null
  readonly #variants = new Map<string, PreparedCommand>()
  /** `judged` has to be asked. */
  readonly isJudgedByCall: boolean
  /** It reads or writes data and ends at once; what decides on the next command stays as it is. */
  readonly isPlain: boolean
  /** Its words alone say how much it does. */
  readonly #isBrief: boolean

  constructor(
    readonly command: Command,
    statistics: Statistics,
    container?: Command,
  ) {
    const is = (flag: CommandFlag): boolean => command.flags.includes(flag)
    const acts = (trait: CommandTrait): boolean => command.traits?.includes(trait) ?? false
    this.#statisticsStore = statistics
    this.fullName = container === undefined ? command.name : `${container.name}|${command.name}`
    this.isJudgedByCall = command.flagsOf !== undefined
    this.isWrite = is('write')
    this.isReadOnly = is('readonly')
    this.deniesOom = is('denyoom')
    this.isNoScript = is('noscript')
    this.needsNoLogin = is('no_auth')
    this.isForbiddenInTransactions = is('no_multi')
    this.guard = acts('forDebugging') ? 'debug' : acts('forModules') ? 'module' : null
    this.mayReplicate = is('write') || is('may_replicate')
    this.skipsMonitor = is('skip_monitor') || is('admin')
    this.skipsSlowLog = is('skip_slowlog')
    this.isAsking = is('asking')
    this.isStale = is('stale')
    this.isAllowedWhileBusy = is('allow_busy')
    this.isAllowedWhileLoading = is('loading')
    this.isDeniedByAsyncLoading = is('no_async_loading')
    this.allowedInAnyContext = acts('anyContext')
    this.failsWithSaving = acts('failsWithSaving')
    this.runsAtOnce = acts('unqueued')
    this.runsTransaction = acts('runsTransaction')
    this.touchesArbitraryKeys = acts('touchesArbitraryKeys')
    this.hasKeys = (command.keySpecs?.length ?? 0) > 0 || command.findKeys !== undefined
    this.#keyRange = keyRangeOf(command)
    this.isPlain =
      this.hasKeys &&
      command.subcommands === undefined &&
      command.run !== undefined &&
      command.flags.every((flag) => PLAIN_FLAGS.has(flag)) &&
      command.flagsOf === undefined &&
      (command.traits?.length ?? 0) === 0
    const says = (name: string): boolean => command.arguments?.some((each) => each.name === name) ?? false
    this.#isBrief = (is('fast') || command.complexity === 'O(1)') && !says('count') && !says('trim')
    this.namesShardChannels = command.keySpecs?.some(({ flags }) => flags.includes('not_key')) ?? false
    this.movesKeys = acts('movesKeys')
    this.runsScript = command.categories.includes('scripting')
    this.keepsCaching = container?.traits?.includes('keepsCaching') ?? false
    // A script that cannot write reads nothing by itself; its commands do.
    this.readsForTracking = this.isReadOnly && !command.categories.includes('scripting')
    this.subcommands =
      command.subcommands === undefined
        ? null
        : new Map(command.subcommands.map((sub) => [sub.name, new PreparedCommand(sub, statistics, command)]))
  }

  /** Counters, listed in INFO from the first use on. */
  get statistics(): CommandStatistics {
    this.#statistics ??= this.#statisticsStore.of(this.fullName)
    return this.#statistics
  }

  /** As which command this call is judged, where its arguments decide on its flags. */
  judged(server: ServerState, argv: readonly string[]): PreparedCommand {
    const flags = this.command.flagsOf?.(server, argv) ?? null
    if (flags === null) return this
    const key = flags.join(' ')
    let variant = this.#variants.get(key)
    if (variant === undefined) {
      const { flagsOf: _decided, ...command } = this.command
      variant = new PreparedCommand({ ...command, flags }, this.#statisticsStore)
      this.#variants.set(key, variant)
    }
    return variant
  }

  /** Runs the handler; `CommandIndex.refusal` has sorted out commands without one. */
  run(context: CommandContext, argv: readonly string[]): Reply | Blocked {
    return this.command.run === undefined ? wrongArity(this.fullName) : this.command.run(context, argv)
  }

  /** Whether it takes next to no time with these words, as they are few and short. */
  isBrief(argv: readonly string[]): boolean {
    if (!this.#isBrief || argv.length > FEW_WORDS) return false
    let bytes = 0
    for (let i = 0; i < argv.length; i++) bytes += (argv[i] as string).length
    return bytes <= FEW_BYTES
  }

  acceptsArity(words: number): boolean {
    const { arity } = this.command
    return arity >= 0 ? words === arity : words >= -arity
  }

  keysOf(argv: readonly string[]): readonly string[] {
    return this.#keyRange === null ? getKeys(this.command, argv) : keysInRange(this.#keyRange, argv)
  }
}
