import type { ServerState } from '../commands/context.js'
import { LatencyHistogram } from '../commands/latency-histogram.js'
import type { CommandStatistics } from '../commands/statistics.js'
import type { ExecutionContext } from './execution-context.js'
import type { GateSettings } from './gate-settings.js'
import type { PreparedCommand } from './prepared-command.js'
import type { TurnClock } from './turn-clock.js'

/** As many brief commands share two looks at the clock. */
const LARGEST_GROUP = 16
/**
 * In microseconds: a group of brief commands does not take so long by itself, so that whatever does was held up. A slow log
 * or a latency monitor that asks for less means each command by itself.
 */
const COARSE_MICROSECONDS = 5000

/**
 * How long commands take: for INFO, LATENCY and SLOWLOG. A look at the machine's clock takes as long as a brief command.
 * Therefore those that follow each other without a gap are timed together, and each counts with its share.
 */
export class CommandTimes {
  readonly #server: ServerState
  readonly #clock: TurnClock
  readonly #settings: GateSettings
  readonly #group: CommandStatistics[] = []
  /** The last one of the group. */
  #last: PreparedCommand | null = null
  #lastContext: ExecutionContext | null = null
  #lastArgv: readonly string[] = []

  constructor(server: ServerState, clock: TurnClock, settings: GateSettings) {
    this.#server = server
    this.#clock = clock
    this.#settings = settings
  }

  /** Whether brief commands may be timed together. */
  get sharesLooks(): boolean {
    const { slowLogMicroseconds, latencyThresholdMicroseconds } = this.#settings
    const isCoarse = slowLogMicroseconds < 0 || slowLogMicroseconds >= COARSE_MICROSECONDS
    return isCoarse && latencyThresholdMicroseconds >= COARSE_MICROSECONDS
  }

  /** A brief command has run, and its time is to be shared. @returns whether the group should be ended now */
  share(command: PreparedCommand, context: ExecutionContext, argv: readonly string[]): boolean {
    this.#last = command
    this.#lastContext = context
    this.#lastArgv = argv
    return this.#group.push(command.statistics) >= LARGEST_GROUP
  }

  /**
   * Ends a group: the time up to now was that of its commands, but no more than `most` microseconds for each. Without one
   * it does nothing.
   */
  endGroup(most = Number.POSITIVE_INFINITY): void {
    const group = this.#group
    const size = group.length
    if (size === 0) return
    const startedAt = this.#clock.microseconds
    this.#clock.look()
    const elapsed = Math.min(this.#clock.microseconds - startedAt, size * most)
    for (let i = 0, counted = 0; i < size; i++) {
      const upTo = Math.floor((elapsed * (i + 1)) / size)
      const counters = group[i]
      if (counters !== undefined) this.#count(counters, upTo - counted)
      counted = upTo
    }
    group.length = 0
    // Brief commands are not slow by themselves: if the process was held up, it does not matter in which of them.
    if (most === Number.POSITIVE_INFINITY && this.#last !== null && this.#lastContext !== null) {
      this.#judge(this.#last, this.#lastContext, this.#lastArgv, elapsed)
    }
    this.#lastArgv = []
  }

  /** To be called before a turn begins: the time of a group that was left open is not known. */
  dropGroup(): void {
    if (this.#group.length === 0) return
    for (const counters of this.#group) this.#count(counters, 0)
    this.#group.length = 0
    this.#lastArgv = []
  }

  /** The command ran from `startedAt`, in microseconds of the clock, until now. `isOver`: it does not wait. */
  note(
    command: PreparedCommand,
    context: ExecutionContext,
    argv: readonly string[],
    startedAt: number,
    isOver: boolean,
  ): void {
    this.#clock.look()
    const microseconds = this.#clock.microseconds - startedAt
    const counters = command.statistics
    if (isOver) this.#count(counters, microseconds)
    else counters.microseconds += microseconds
    if (microseconds >= this.#settings.latencyThresholdMicroseconds) this.#addLatencyEvent(command, microseconds)
    // Who waits is in the log once it is served.
    if (isOver) this.#logIfSlow(command, context, argv, microseconds)
  }

  /** A client that waited was served: the time that this took is its command's, the time that it waited is not. */
  noteServed(command: PreparedCommand, context: ExecutionContext, argv: readonly string[], startedAt: number): void {
    this.#clock.look()
    const microseconds = this.#clock.microseconds - startedAt
    this.#count(command.statistics, microseconds)
    this.#logIfSlow(command, context, argv, microseconds)
  }

  #count(counters: CommandStatistics, microseconds: number): void {
    counters.microseconds += microseconds
    if (!this.#settings.tracksLatency) return
    counters.latency ??= new LatencyHistogram()
    counters.latency.record(microseconds)
  }

  #judge(command: PreparedCommand, context: ExecutionContext, argv: readonly string[], microseconds: number): void {
    if (microseconds < COARSE_MICROSECONDS) return
    if (microseconds >= this.#settings.latencyThresholdMicroseconds) this.#addLatencyEvent(command, microseconds)
    this.#logIfSlow(command, context, argv, microseconds)
  }

  #addLatencyEvent(command: PreparedCommand, microseconds: number): void {
    const event = command.command.flags.includes('fast') ? 'fast-command' : 'command'
    this.#server.statistics.latency.add(event, Math.floor(microseconds / 1000), this.#clock.nowMs)
  }

  #logIfSlow(command: PreparedCommand, context: ExecutionContext, argv: readonly string[], microseconds: number): void {
    // CONFIG SET is judged by what it set.
    this.#settings.refresh()
    const { slowLogMicroseconds, slowLogLength } = this.#settings
    if (slowLogMicroseconds < 0 || microseconds < slowLogMicroseconds || command.skipsSlowLog) return
    const { address, name } = context.client
    const at = Math.floor(this.#clock.nowMs / 1000)
    this.#server.statistics.logSlow(
      { at, microseconds, argv: context.shown(argv), address, clientName: name },
      slowLogLength,
    )
  }
}
