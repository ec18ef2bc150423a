import type { Database } from '../keyspace/database.js'
import type { Reply } from '../resp/reply.js'
import type { ClientState, CommandContext } from './context.js'

/** MULTI, EXEC and WATCH as their handlers see them; the dispatcher carries them out. */
export interface TransactionsState {
  /** MULTI: queues what the client sends from now on. */
  begin(client: ClientState): void
  /** DISCARD: forgets the queue and what is watched. */
  discard(client: ClientState): void
  /** EXEC: runs the queue, or answers why not; the client is outside of a transaction and watches nothing afterwards. */
  execute(context: CommandContext): Reply
  watch(client: ClientState, database: Database, keys: readonly string[]): void
  unwatch(client: ClientState): void
}
