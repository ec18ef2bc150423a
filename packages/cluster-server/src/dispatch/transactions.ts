import type { ClientState, CommandContext } from '../commands/context.js'
import type { TransactionsState } from '../commands/transactions-state.js'
import type { Database } from '../keyspace/database.js'
import { detach } from '../keyspace/detach.js'
import { EncodedReply, NULL_ARRAY, type Reply } from '../resp/reply.js'
import { encodeReply } from '../resp/reply-encoder.js'
import { EXEC_ABORT, wireError } from '../wire-errors.js'
import { Client, type QueuedCommand } from './client.js'
import type { KeyspaceEvents } from './keyspace-events.js'

const EXEC_WITHOUT_MULTI = wireError('ERR EXEC without MULTI')
const DISCARD_WITHOUT_MULTI = wireError('ERR DISCARD without MULTI')
const NESTED_MULTI = wireError('ERR MULTI calls can not be nested')
const WATCH_INSIDE_MULTI = wireError('ERR WATCH inside MULTI is not allowed')
const NO_TRANSACTIONS_HERE = wireError('ERR This Redis command is not allowed from script')

/** MULTI, EXEC and WATCH. */
export class Transactions implements TransactionsState {
  readonly #events: KeyspaceEvents
  readonly #runQueued: (client: Client, queued: QueuedCommand) => Reply

  constructor(events: KeyspaceEvents, runQueued: (client: Client, queued: QueuedCommand) => Reply) {
    this.#events = events
    this.#runQueued = runQueued
  }

  begin(client: ClientState): void {
    const own = asClient(client)
    if (own.transaction !== null) throw NESTED_MULTI
    own.transaction = { queue: [], failed: false }
  }

  discard(client: ClientState): void {
    const own = asClient(client)
    if (own.transaction === null) throw DISCARD_WITHOUT_MULTI
    this.leave(own)
  }

  /** Ends a transaction, if there is one, and forgets what is watched. */
  leave(client: Client): void {
    client.transaction = null
    this.#events.watched.unwatch(client)
  }

  execute(context: CommandContext): Reply {
    const client = asClient(context.client)
    const { transaction } = client
    if (transaction === null) throw EXEC_WITHOUT_MULTI
    const watchFailed = client.watchFailed || this.#events.watched.hasExpired(client, context.server.databases)
    this.leave(client)
    if (transaction.failed) throw EXEC_ABORT
    if (watchFailed) return NULL_ARRAY
    return this.#runAll(client, transaction.queue)
  }

  /** HELLO in a transaction changes the protocol from its own answer on: those before it keep theirs. */
  #runAll(client: Client, queue: readonly QueuedCommand[]): Reply {
    let speaks = client.protocol
    let replies: Reply[] = []
    for (const queued of queue) {
      const reply = this.#runQueued(client, queued)
      if (client.protocol !== speaks) {
        const before = speaks
        replies = replies.map((each) => new EncodedReply(encodeReply(each, before)))
        speaks = client.protocol
      }
      replies.push(reply)
    }
    return replies
  }

  watch(client: ClientState, database: Database, keys: readonly string[]): void {
    const own = asClient(client)
    if (own.transaction !== null) throw WATCH_INSIDE_MULTI
    if (own.watchFailed) return
    for (const name of keys) {
      const key = detach(name)
      if (own.watched.some((watched) => watched.key === key && watched.databaseIndex === database.index)) continue
      this.#events.watched.watch(own, database, key)
    }
  }

  unwatch(client: ClientState): void {
    this.#events.watched.unwatch(asClient(client))
  }
}

const asClient = (client: ClientState): Client => {
  if (client instanceof Client) return client
  throw NO_TRANSACTIONS_HERE
}
