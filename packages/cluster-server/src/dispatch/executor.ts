import { Blocked } from '../commands/blocked.js'
import { busyError } from '../commands/busy.js'
import type { ServerState } from '../commands/context.js'
import type { Effect } from '../commands/replication-state.js'
import type { RunningScript, ScriptIdentity, ScriptPermissions, ScriptRun } from '../commands/script-run.js'
import type { ExpiryMode } from '../keyspace/database.js'
import { NO_REPLY, PushReply, QUEUED, type Reply } from '../resp/reply.js'
import { WireError, wireError } from '../wire-errors.js'
import { transactionRefusal } from './access-control.js'
import type { BlockedClients, ParkedClient } from './blocked-clients.js'
import type { Client, QueuedCommand } from './client.js'
import type { CommandIndex } from './command-index.js'
import { CommandRunner } from './command-runner.js'
import { CommandTimes } from './command-times.js'
import { ExecutionContext } from './execution-context.js'
import type { Gates } from './gates.js'
import { isHeapFull } from './heap-limit.js'
import type { KeyspaceEvents } from './keyspace-events.js'
import type { MonitorFeed } from './monitor-feed.js'
import type { PauseControl } from './pause-control.js'
import { PlainCommands } from './plain-commands.js'
import type { PreparedCommand } from './prepared-command.js'
import type { Propagation } from './propagation.js'
import { dropAnsweredReplica } from './replica-answers.js'
import { ScriptExecution, type ScriptExecutionParts } from './script-execution.js'
import { ScriptWatch, type ScriptWatchParts } from './script-watch.js'
import type { Tracking } from './tracking.js'
import type { Transactions } from './transactions.js'
import { TurnClock } from './turn-clock.js'

/** The parts that the executor brings together. */
export interface ExecutorParts {
  readonly server: ServerState
  readonly commands: CommandIndex
  readonly gates: Gates
  readonly events: KeyspaceEvents
  readonly propagation: Propagation
  readonly blocked: BlockedClients
  readonly transactions: Transactions
  readonly pause: PauseControl
  readonly monitors: MonitorFeed
  readonly tracking: Tracking
  /** Serves other connections within the call: their requests come back through `execute`. */
  readonly serveOthers: () => void
  /** Hears of an exception that is no answer: an error in this program. */
  readonly onInternalError: (error: unknown, command: string) => void
}

/** What lies between the commands of a script is its own time: no more than this is taken to be that of a brief one. */
const MOST_MICROSECONDS = 20

/** Runs commands, one unit after the other: a unit is a command, a transaction or a script with all that it runs. */
export class Executor {
  readonly #parts: ExecutorParts
  readonly #server: ServerState
  #nowMs = 0
  readonly #clock: TurnClock
  readonly #watchParts: ScriptWatchParts
  readonly #scriptParts: ScriptExecutionParts
  readonly #runner: CommandRunner
  readonly #times: CommandTimes
  readonly #plain: PlainCommands
  #script: ScriptWatch | null = null
  /** Of the brief commands of scripts: their handlers are done with it when they return. */
  #scriptContext: ExecutionContext | null = null
  /** A script is interrupted to serve others: nothing may touch the data or its time. */
  #isInterrupted = false
  #isInTransaction = false
  /** Clients that could be served, but for keys that may not change now. */
  readonly #postponed: { readonly parked: ParkedClient; readonly readyKey: string }[] = []
  #expiryMode: ExpiryMode = 'remove'
  /** Of the command that a client sent: the keys that it happens to remove have nothing to do with each other. */
  #touchesArbitraryKeys = false

  constructor(parts: ExecutorParts) {
    this.#parts = parts
    this.#server = parts.server
    this.#clock = new TurnClock(parts.server.clock)
    const { server, gates } = parts
    this.#scriptParts = this.#makeScriptParts(parts)
    this.#runner = new CommandRunner(parts)
    this.#times = new CommandTimes(server, this.#clock, gates.settings)
    this.#plain = new PlainCommands({ ...parts, runner: this.#runner, times: this.#times, clock: this.#clock })
    this.#watchParts = {
      nowMs: () => server.clock.nowMs(),
      thresholdMs: () => server.config.number('busy-reply-threshold'),
      isHeapFull,
      serveOthers: () => this.#serveOthers(),
      warn: (message) => server.log('warning', message),
    }
  }

  /**
   * Runs one request of a client, and answers it unless it has to wait. `isFirst` is false for a request that follows
   * another one in the same turn of the event loop; `endTurn` is to be called behind the last one.
   */
  execute(client: Client, argv: readonly string[], isFirst = true): void {
    if (this.#isInterrupted) {
      this.#answer(client, argv)
      return
    }
    const command = this.#parts.commands.find(argv)
    if (isFirst) this.#beginTurn()
    if (command?.isPlain && this.#runPlain(client, command, argv)) return
    this.#plain.close()
    this.#times.endGroup()
    this.#begin(client)
    const { tracking } = this.#parts
    if (tracking.isActive) tracking.begin(client)
    client.lastActiveMs = this.#nowMs
    this.#answer(client, argv)
    try {
      if (tracking.isActive) tracking.answered()
      this.#finish(client)
      if (tracking.isActive) this.#finishTracked(client, argv)
    } catch (error) {
      // Whoever listens to effects has failed, not the command, which is answered.
      this.#parts.onInternalError(error, client.lastCommand)
    }
  }

  /** All that arrived together has been run. */
  endTurn(): void {
    // Those who are served while a script runs share nothing with its commands.
    if (!this.#isInterrupted) this.#times.endGroup()
  }

  /** The script that runs now. */
  get runningScript(): RunningScript | null {
    return this.#script
  }

  #answer(client: Client, argv: readonly string[]): void {
    const skipsReply = client.replyMode === 'skipNext'
    const outcome = this.#processSafely(client, argv)
    if (client.isAsking) this.#endAsking(client)
    if (outcome instanceof Blocked) return
    if (client.isReplica && outcome !== NO_REPLY) return void dropAnsweredReplica(this.#server, client, outcome)
    // CLIENT REPLY silences answers, not what a subscriber is told.
    if (client.replyMode === 'on' || outcome instanceof PushReply) client.reply(outcome)
    if (skipsReply && client.replyMode === 'skipNext') client.replyMode = 'on'
  }

  /**
   * Applies what a primary sent: every command runs without gates, as one unit, and nothing is reported to effect
   * listeners. Answers come back in order; an error among them means that this copy differs from the primary.
   */
  applyEffects(client: Client, effects: readonly Effect[]): Reply[] {
    const { propagation, commands } = this.#parts
    this.#beginTurn()
    this.#begin(client)
    propagation.enabled = false
    try {
      return effects.map(({ databaseIndex, argv }) => {
        client.databaseIndex = databaseIndex
        const command = commands.find(argv)
        const refusal = commands.refusal(command, argv)
        if (refusal !== null || command === undefined) return refusal
        const outcome = this.#call(command, this.#context(client), argv)
        return outcome instanceof Blocked ? outcome.deniedReply : outcome
      })
    } finally {
      propagation.enabled = true
      propagation.noteApplied(effects)
      this.#finish(client)
    }
  }

  /** Runs what a log has, as one unit, past all gates, and told to nobody; nobody who waits is served in between. */
  replay(client: Client, unit: readonly Effect[]): Reply[] {
    const { propagation, commands } = this.#parts
    this.#begin(client)
    propagation.enabled = false
    try {
      return unit.map(({ databaseIndex, argv }) => {
        client.databaseIndex = databaseIndex
        const command = commands.find(argv)
        const refusal = commands.refusal(command, argv)
        if (refusal !== null || command === undefined) return refusal
        const outcome = this.#runner.run(command, this.#context(client), argv)
        return outcome instanceof Blocked ? outcome.deniedReply : outcome
      })
    } finally {
      propagation.enabled = true
    }
  }

  /** Whether the commands of a transaction are running. */
  get isInTransaction(): boolean {
    return this.#isInTransaction
  }

  /** Runs `work` outside of any command, such as the removal of expired keys, as a unit of its own. */
  runUnit(client: Client, work: (nowMs: number) => void): void {
    this.#beginTurn()
    this.#begin(client)
    work(this.#nowMs)
    this.#parts.propagation.flush(true)
    this.#finish(client)
  }

  startScript(context: ExecutionContext, permissions: ScriptPermissions, identity: ScriptIdentity): ScriptRun {
    const watch = new ScriptWatch(identity, context.client, this.#clock.nowMs, this.#watchParts)
    this.#script = watch
    return new ScriptExecution(context, permissions, watch, this.#scriptParts)
  }

  #makeScriptParts({ commands, gates, propagation }: ExecutorParts): ScriptExecutionParts {
    return {
      commands,
      gates,
      propagation,
      microseconds: () => this.#clock.microseconds,
      finished: () => {
        this.#times.endGroup(MOST_MICROSECONDS)
        this.#script = null
      },
      call: (client, command, argv) => {
        if (this.#mayShareTime(command, argv)) return this.#callBriefly(client, command, argv)
        this.#times.endGroup(MOST_MICROSECONDS)
        // What the script did before is not the command's time.
        this.#clock.look()
        const outcome = this.#call(command, this.#context(client), argv)
        return outcome instanceof Blocked ? outcome.deniedReply : outcome
      },
    }
  }

  #mayShareTime(command: PreparedCommand, argv: readonly string[]): boolean {
    const { tracking, monitors } = this.#parts
    if (!command.isPlain || !command.isBrief(argv)) return false
    return this.#times.sharesLooks && !tracking.isActive && !monitors.isActive
  }

  /** A brief command of a script, of which nobody else is told. */
  #callBriefly(client: Client, command: PreparedCommand, argv: readonly string[]): Reply {
    let context = this.#scriptContext
    if (context?.client !== client || context.db.index !== client.databaseIndex) {
      context = this.#context(client)
      this.#scriptContext = context
    }
    context.renew(this.#nowMs)
    context.db.countsLookups = command.isReadOnly
    const outcome = this.#runner.run(command, context, argv)
    command.statistics.calls++
    this.#server.statistics.commands++
    if (outcome instanceof WireError) command.statistics.failed++
    if (this.#times.share(command, context, argv)) this.#times.endGroup(MOST_MICROSECONDS)
    return outcome instanceof Blocked ? outcome.deniedReply : outcome
  }

  /** One command of a transaction; its gates were passed when it was queued, apart from those that time changes. */
  runQueued(client: Client, { command, argv }: QueuedCommand): Reply {
    if (!client.user.isUnrestricted) {
      const denied = this.#parts.gates.access.refusal(client, command, argv, 'multi', transactionRefusal)
      if (denied !== null) return denied
    }
    const context = this.#context(client)
    context.isInTransaction = true
    this.#isInTransaction = true
    const outcome = this.#call(command, context, argv)
    this.#isInTransaction = false
    return outcome instanceof Blocked ? outcome.deniedReply : outcome
  }

  /** The node ends while a script is interrupted: it is stopped, and its client gets no answer. */
  abandonScript(): void {
    if (this.#script === null) return
    this.#script.abandon()
    this.#parts.propagation.discard()
  }

  /** Lets other clients in while a script runs. */
  #serveOthers(): void {
    this.#isInterrupted = true
    try {
      this.#parts.serveOthers()
    } finally {
      this.#isInterrupted = false
    }
  }

  /** ASKING holds for one command, or for all of a transaction. */
  #endAsking(client: Client): void {
    client.isAsking = false
    if (client.transaction !== null) client.asking = true
  }

  /**
   * Sends away the clients that wait for keys of slots which this node does not serve any more, or while the cluster is
   * down. To be called from time to time.
   */
  redirectWaiting(): void {
    const { blocked, gates } = this.#parts
    if (this.#server.cluster === null || blocked.count === 0) return
    for (const { client, command, blocked: wait } of blocked.waitingForKeys()) {
      const refusal = gates.waitingRefusal(client, command, wait.keys)
      if (refusal === null) continue
      this.#server.statistics.countError(refusal.code)
      blocked.release(client, refusal)
    }
  }

  /** Tries again every client that waits for something else than a key. */
  retryWaiting(): void {
    this.#beginTurn()
    for (const parked of this.#parts.blocked.waitingForNoKey()) this.#retry(parked)
    for (const { parked, readyKey } of this.#postponed.splice(0)) this.#retry(parked, readyKey)
    if (this.#parts.events.readyKeys.size > 0) this.#serveReadyKeys()
  }

  /** Time has passed since the last command, and anything may have happened. */
  #beginTurn(): void {
    this.#times.dropGroup()
    this.#clock.begin()
    this.#plain.close()
  }

  /** @returns false, and nothing done, when the command has to take the long way */
  #runPlain(client: Client, command: PreparedCommand, argv: readonly string[]): boolean {
    const plain = this.#plain
    if (!plain.isOpenTo(client)) {
      this.#begin(client)
      plain.open(client, this.#nowMs)
      if (!plain.isOpenTo(client)) return false
    } else if (this.#clock.nowMs !== this.#nowMs) this.#begin(client)
    try {
      if (!plain.run(client, command, argv)) return false
      this.#touchesArbitraryKeys = false
      this.#finish(client)
    } catch (error) {
      // Whoever listens to effects has failed, not the command, which is answered.
      this.#parts.onInternalError(error, client.lastCommand)
    }
    return true
  }

  #begin(client: Client): void {
    const { server } = this.#parts
    this.#parts.gates.settings.refresh()
    const { nowMs } = this.#clock
    const mode = this.#expiryModeFor(client, nowMs)
    if (nowMs === this.#nowMs && mode === this.#expiryMode) return
    this.#nowMs = nowMs
    this.#expiryMode = mode
    for (const database of server.databases) {
      database.nowMs = nowMs
      database.expiryMode = mode
    }
  }

  #expiryModeFor(client: Client, nowMs: number): ExpiryMode {
    if (client.isReplicationStream) return 'ignore'
    if (this.#parts.pause.isActive(nowMs)) return 'hide'
    if (this.#server.replication.role !== 'replica') return 'remove'
    return this.#parts.gates.settings.replicaIsReadOnly ? 'hide' : 'hideFromReads'
  }

  #finishTracked(client: Client, argv: readonly string[]): void {
    const { tracking, commands } = this.#parts
    const keepsCaching = client.tracking?.cachingGiven === true && commands.find(argv)?.keepsCaching === true
    tracking.finish(client, keepsCaching)
  }

  #finish(client: Client): void {
    const { propagation } = this.#parts
    if (propagation.isHeard) {
      propagation.flush(this.#touchesArbitraryKeys)
      this.#touchesArbitraryKeys = false
      client.writtenOffset = this.#server.replication.offset
    }
    if (this.#parts.events.readyKeys.size === 0) return
    this.#times.endGroup()
    this.#serveReadyKeys()
  }

  /** An exception outside of a handler is an error of this program too, and must not end it. */
  #processSafely(client: Client, argv: readonly string[]): Reply | Blocked {
    try {
      return this.#process(client, argv)
    } catch (error) {
      return this.#runner.asAnswer(error, (argv[0] ?? '').toLowerCase().slice(0, 128))
    }
  }

  #process(client: Client, argv: readonly string[]): Reply | Blocked {
    const { commands, gates, pause } = this.#parts
    const found = commands.find(argv)
    // Of a refused command, too; of an unknown one nothing is remembered.
    client.lastCommand = found?.fullName ?? 'NULL'
    const { asking } = client
    client.isAsking = asking
    client.asking = false
    const unusable = commands.refusal(found, argv)
    if (unusable !== null || found === undefined) return this.#refuse(client, found, unusable ?? NO_REPLY)
    const command = found.isJudgedByCall ? found.judged(this.#server, argv) : found
    if (!client.isReplicationStream) {
      // What waits for data to be loaded is judged when they are.
      const waits = pause.waitsForLoading(client, this.#nowMs)
      const refusal = waits ? null : gates.refusal(client, command, argv, asking)
      if (refusal !== null) return this.#refuse(client, command, refusal)
      if (this.#isInterrupted && this.#script !== null && !command.isAllowedWhileBusy) {
        return this.#refuse(client, command, busyError(this.#script))
      }
      if (pause.holds(client, command, this.#nowMs, argv)) {
        client.asking = asking
        return pause.hold(client, argv)
      }
    }
    this.#touchesArbitraryKeys = command.touchesArbitraryKeys
    if (client.transaction !== null && !command.runsAtOnce) {
      client.transaction.queue.push({ command, argv })
      return QUEUED
    }
    const context = this.#context(client)
    const outcome = this.#call(command, context, argv)
    if (!(outcome instanceof Blocked)) return outcome
    if (client.isReplicationStream || client.connection === null) return outcome.deniedReply
    this.#parts.blocked.park({ client, command, argv, context, blocked: outcome })
    return outcome
  }

  /** A refused command fails the transaction that it should have been part of. */
  #refuse(client: Client, command: PreparedCommand | undefined, reply: Reply): Reply {
    if (command !== undefined) command.statistics.rejected++
    if (reply instanceof WireError) this.#server.statistics.countError(reply.code)
    if (command?.runsTransaction && reply instanceof WireError) {
      this.#parts.transactions.leave(client)
      const isRedirection = reply.code === 'MOVED' || reply.code === 'ASK' || reply.code === 'CROSSSLOT'
      const isDown = reply.code === 'CLUSTERDOWN' || reply.code === 'TRYAGAIN'
      if (isRedirection || isDown) return reply
      return wireError(`EXECABORT Transaction discarded because of: ${reply.message.replace(/^ERR /, '')}`)
    }
    if (client.transaction !== null) client.transaction.failed = true
    return reply
  }

  #context(client: Client): ExecutionContext {
    const db = this.#server.databases[client.databaseIndex]
    if (db === undefined) throw new RangeError(`No database ${client.databaseIndex}`)
    return new ExecutionContext(db, client, this.#server, this.#nowMs)
  }

  /** Runs a handler, counts it, and collects its effect. Whatever it throws becomes an answer. */
  #call(command: PreparedCommand, context: ExecutionContext, argv: readonly string[]): Reply | Blocked {
    const { statistics } = this.#server
    const { monitors, tracking } = this.#parts
    if (tracking.isActive) tracking.enter(context.client, command, argv)
    if (monitors.isActive && command.command.traits?.includes('monitoredFirst')) {
      monitors.feed(context, context.shown(argv))
    }
    context.db.countsLookups = command.isReadOnly
    const startedAt = this.#clock.microseconds
    const outcome = this.#runner.run(command, context, argv)
    this.#times.note(command, context, argv, startedAt, !(outcome instanceof Blocked))
    // After it has run: EXEC is told of behind its commands, and RESET to nobody that it silences.
    if (monitors.isActive && !command.skipsMonitor) monitors.feed(context, context.shown(argv))
    command.statistics.calls++
    statistics.commands++
    if (outcome instanceof WireError) command.statistics.failed++
    if (tracking.isActive && command.readsForTracking) tracking.remember(context.client)
    return outcome
  }

  /** Serves waiting clients in order, until no key has become ready by serving others. */
  #serveReadyKeys(): void {
    const { readyKeys } = this.#parts.events
    while (readyKeys.size > 0) {
      const ready = [...readyKeys].flatMap(([index, keys]) => [...keys].map((key) => ({ index, key })))
      readyKeys.clear()
      for (const { index, key } of ready) {
        for (const parked of this.#parts.blocked.waitingFor(index, key)) this.#retry(parked, key)
      }
    }
  }

  #retry(parked: ParkedClient, readyKey?: string): void {
    const { client, command, argv, context, blocked } = parked
    if (!this.#parts.blocked.isParked(parked)) return
    if (readyKey !== undefined && this.#parts.pause.concernsHeldKeys(client, command, argv)) {
      this.#postponed.push({ parked, readyKey })
      return
    }
    this.#begin(client)
    context.db.countsLookups = command.isReadOnly
    if (this.#parts.tracking.isActive) this.#parts.tracking.serve(client)
    const startedAt = this.#clock.microseconds
    const reply = this.#runner.retry(command, context, argv, () => blocked.retry(readyKey))
    if (reply instanceof WireError) command.statistics.failed++
    if (reply !== undefined) this.#times.noteServed(command, context, argv, startedAt)
    if (reply !== undefined) this.#parts.blocked.release(client, reply)
    if (this.#parts.tracking.isActive) this.#parts.tracking.afterServing()
    this.#parts.propagation.flush()
  }
}
