import type { Blocked } from '../commands/blocked.js'
import type { ServerState } from '../commands/context.js'
import { undoLog } from '../keyspace/undo-log.js'
import type { Reply } from '../resp/reply.js'
import { WireError, wireError } from '../wire-errors.js'
import type { ExecutionContext } from './execution-context.js'
import type { KeyspaceEvents } from './keyspace-events.js'
import type { PreparedCommand } from './prepared-command.js'
import type { Propagation } from './propagation.js'

/** What runs commands needs of the node. */
export interface CommandRunnerParts {
  readonly server: ServerState
  readonly events: KeyspaceEvents
  readonly propagation: Propagation
  /** Hears of an exception that is no answer: an error in this program. */
  readonly onInternalError: (error: unknown, command: string) => void
}

/**
 * Runs handlers, and collects their effects. Whatever they throw becomes an answer. What a command that writes had changed
 * before it met an error in this program is taken back, and nobody is told of it: see `UndoLog` for what that leaves.
 * Of a transaction or a script that is the one command, not those before it.
 */
export class CommandRunner {
  readonly #parts: CommandRunnerParts
  readonly #events: KeyspaceEvents
  readonly #propagation: Propagation

  constructor(parts: CommandRunnerParts) {
    this.#parts = parts
    this.#events = parts.events
    this.#propagation = parts.propagation
  }

  run(command: PreparedCommand, context: ExecutionContext, argv: readonly string[]): Reply | Blocked {
    const changesBefore = this.#events.changes
    let outcome: Reply | Blocked
    if (command.isWrite) undoLog.open(context.db)
    try {
      outcome = command.run(context, argv)
    } catch (error) {
      outcome = this.#caught(error, command, context, changesBefore)
    }
    if (command.isWrite) undoLog.close()
    if (outcome instanceof WireError) this.#count(outcome)
    if (this.#propagation.isHeard) this.#collectEffect(context, argv, this.#events.changes !== changesBefore)
    return outcome
  }

  /** As `run`, with `retry` in place of the handler: a client that waits is served, or goes on waiting (undefined). */
  retry(
    command: PreparedCommand,
    context: ExecutionContext,
    argv: readonly string[],
    retry: () => Reply | undefined,
  ): Reply | undefined {
    const changesBefore = this.#events.changes
    let outcome: Reply | undefined
    if (command.isWrite) undoLog.open(context.db)
    try {
      outcome = retry()
    } catch (error) {
      outcome = this.#caught(error, command, context, changesBefore)
    }
    if (command.isWrite) undoLog.close()
    if (outcome instanceof WireError) this.#count(outcome)
    this.#collectEffect(context, argv, this.#events.changes !== changesBefore)
    return outcome
  }

  /** The answer to whom a command threw something at. */
  asAnswer(error: unknown, command: string): WireError {
    if (error instanceof WireError) return error
    this.#parts.onInternalError(error, command)
    return wireError(`ERR internal error in '${command}'`)
  }

  #caught(error: unknown, command: PreparedCommand, context: ExecutionContext, changesBefore: number): WireError {
    const answer = this.asAnswer(error, command.fullName)
    // A script has its log closed by the first command that writes: what it ran before stays.
    if (answer !== error && undoLog.isOpen) this.#undo(command, context, changesBefore)
    return answer
  }

  #count(error: WireError): void {
    if (!error.isCounted) this.#parts.server.statistics.countError(error.code)
  }

  #undo(command: PreparedCommand, context: ExecutionContext, changesBefore: number): void {
    this.#events.changes = changesBefore
    context.effects = null
    try {
      undoLog.undo()
    } catch (error) {
      this.#parts.onInternalError(error, command.fullName)
    }
  }

  #collectEffect(context: ExecutionContext, argv: readonly string[], changed: boolean): void {
    const { index } = context.db
    if (context.effects !== null) {
      for (const effect of context.effects) this.#propagation.add(index, effect)
      context.effects = null
    } else if (changed && !context.isSilent) this.#propagation.add(index, argv)
  }
}
