import { Blocked } from '../commands/blocked.js'
import type { ServerState } from '../commands/context.js'
import type { Database } from '../keyspace/database.js'
import { WireError } from '../wire-errors.js'
import type { Client } from './client.js'
import type { CommandRunner } from './command-runner.js'
import type { CommandTimes } from './command-times.js'
import { ExecutionContext } from './execution-context.js'
import type { Gates } from './gates.js'
import type { MonitorFeed } from './monitor-feed.js'
import type { PauseControl } from './pause-control.js'
import type { PreparedCommand } from './prepared-command.js'
import type { Tracking } from './tracking.js'
import type { TurnClock } from './turn-clock.js'

/** The parts that are asked whether they have a say in what a client sends. */
export interface PlainCommandParts {
  readonly server: ServerState
  readonly gates: Gates
  readonly pause: PauseControl
  readonly monitors: MonitorFeed
  readonly tracking: Tracking
  readonly runner: CommandRunner
  readonly times: CommandTimes
  readonly clock: TurnClock
}

/**
 * The short way of commands that only read or write data (`PreparedCommand.isPlain`). Such a command changes nothing that
 * decides on the next one: neither who the client is, nor the state of the node. What stands between request and handler is
 * therefore asked once for as many plain commands as follow each other, with the same answer as the long way would give
 * each of them. Where anything at all has a say, the way is closed, and the long way is taken.
 */
export class PlainCommands {
  readonly #parts: PlainCommandParts
  readonly #server: ServerState
  readonly #runner: CommandRunner
  readonly #times: CommandTimes
  readonly #clock: TurnClock
  /** For whom the way is open; null: it has to be asked. */
  #client: Client | null = null
  #database: Database | null = null
  #isClustered = false
  #sharesLooks = false
  /** The one of all plain commands: their handlers are done with it when they return. */
  #context: ExecutionContext | null = null

  constructor(parts: PlainCommandParts) {
    this.#parts = parts
    this.#server = parts.server
    this.#runner = parts.runner
    this.#times = parts.times
    this.#clock = parts.clock
  }

  /** Whether the way is open for `client`, as it was when last asked. */
  isOpenTo(client: Client): boolean {
    return this.#client === client
  }

  /** To be called when anything but a plain command may have run. */
  close(): void {
    this.#client = null
  }

  /** Asks all who could have a say. The settings and the time of the databases have to be those of this moment. */
  open(client: Client, nowMs: number): void {
    const { gates, pause, monitors, tracking } = this.#parts
    const { replication, persistence, databases, cluster } = this.#server
    const { settings } = gates
    const isOpen =
      client.transaction === null &&
      client.replyMode === 'on' &&
      !client.asking &&
      !client.isReplicationStream &&
      !client.isReplica &&
      client.connection !== null &&
      client.user.isUnrestricted &&
      (client.authenticated || !gates.access.isLoginRequired) &&
      (client.protocol === 3 || client.subscriptionCount === 0) &&
      settings.maxMemoryBytes === 0 &&
      settings.minReplicas === 0 &&
      replication.role !== 'replica' &&
      !persistence.restricts &&
      !tracking.isActive &&
      !monitors.isActive &&
      !pause.mayHold(nowMs)
    const database = databases[client.databaseIndex]
    if (!isOpen || database === undefined) return
    this.#client = client
    this.#database = database
    this.#context = new ExecutionContext(database, client, this.#server, nowMs)
    this.#isClustered = cluster !== null
    this.#sharesLooks = this.#times.sharesLooks
  }

  /**
   * Runs a command of the client for whom the way is open, and answers it.
   * @returns false, and nothing done, when it has to take the long way
   */
  run(client: Client, command: PreparedCommand, argv: readonly string[]): boolean {
    const context = this.#context
    const database = this.#database
    if (context === null || database === null || !command.acceptsArity(argv.length)) return false
    // A file may have become impossible to write in the middle of a turn.
    if (this.#server.persistence.restricts) return false
    if (this.#isClustered && command.hasKeys && this.#isRedirected(client, command, argv)) return false
    const times = this.#times
    const isShared = this.#sharesLooks && command.isBrief(argv)
    if (!isShared) times.endGroup()
    client.lastCommand = command.fullName
    client.lastActiveMs = database.nowMs
    context.renew(database.nowMs)
    database.countsLookups = command.isReadOnly
    const startedAt = this.#clock.microseconds
    const outcome = this.#runner.run(command, context, argv)
    const reply = outcome instanceof Blocked ? outcome.deniedReply : outcome
    command.statistics.calls++
    this.#server.statistics.commands++
    if (reply instanceof WireError) command.statistics.failed++
    client.reply(reply)
    if (!isShared) times.note(command, context, argv, startedAt, true)
    else if (times.share(command, context, argv)) times.endGroup()
    return true
  }

  #isRedirected(client: Client, command: PreparedCommand, argv: readonly string[]): boolean {
    return this.#parts.gates.redirectionOf(client, command, command.keysOf(argv), false) !== null
  }
}
