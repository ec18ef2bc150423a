import type { CommandContext, ServerState } from '../commands/context.js'
import type { Database } from '../keyspace/database.js'
import type { Client } from './client.js'

/** What a handler may touch, and what it said about the replication of its effect. */
export class ExecutionContext implements CommandContext {
  /** Effects in place of the command as it was sent; null while the handler named none. */
  effects: (readonly string[])[] | null = null
  isSilent = false
  isInTransaction = false
  #redacted: number[] | null = null

  constructor(
    readonly db: Database,
    readonly client: Client,
    readonly server: ServerState,
    public nowMs: number,
  ) {}

  propagate(...argv: string[]): void {
    if (this.effects === null) this.effects = [argv]
    else this.effects.push(argv)
  }

  redact(...indexes: number[]): void {
    this.#redacted = [...(this.#redacted ?? []), ...indexes]
  }

  /** The words of the command as others may see them. */
  shown(argv: readonly string[]): readonly string[] {
    const redacted = this.#redacted
    return redacted === null ? argv : argv.map((word, index) => (redacted.includes(index) ? '(redacted)' : word))
  }

  /** For the next command of the same client. */
  renew(nowMs: number): void {
    this.nowMs = nowMs
    this.effects = null
    this.isSilent = false
    this.#redacted = null
  }

  propagateNothing(): void {
    this.isSilent = true
  }
}
