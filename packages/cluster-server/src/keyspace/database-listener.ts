import type { Database } from './database.js'

/** Hears of every change of a database: WATCH, blocked clients, notifications and replication hang there. */
export interface DatabaseListener {
  /** `event` is the name of Redis' keyspace event. */
  changed(database: Database, key: string, event: string): void
  /** Something changed that no transaction watches, such as a consumer group: it is replicated like any other change. */
  changedAside(database: Database, key: string): void
  /** Something is to be published of `key`. */
  notified(database: Database, key: string, event: string): void
  /** Whether any client waits for a key: `ready` is of no use otherwise. */
  readonly awaitsKeys: boolean
  /** Clients that wait for `key` may find what they wait for, or that it is gone for good. */
  ready(database: Database, key: string): void
  /** `key` is stored, and was not before; `changed` follows. */
  created(database: Database, key: string): void
  /** A command that only reads did not find `key`. */
  missed(database: Database, key: string): void
  /** The deadline of `key` has passed and it was removed; `changed` is not called for it. */
  expired(database: Database, key: string): void
  /** `key` was removed to make room; `changed` is not called for it. */
  evicted(database: Database, key: string): void
  /** Every key is about to be removed. */
  clearing(database: Database): void
  /** The contents of the two are about to be exchanged. */
  swapping(one: Database, other: Database): void
}

/**
 * What an access to an expired key does: `remove` it; `hide` it (a replica, which waits for its primary's DEL);
 * `hideFromReads`, and remove it for a command that writes (a replica that takes writes of its own); or `ignore` the
 * deadline (a replica that applies its primary's stream).
 */
export type ExpiryMode = 'remove' | 'hide' | 'hideFromReads' | 'ignore'

/** Which removals count as left to a background thread: `lazyfree-lazy-expire` and `lazyfree-lazy-server-del`. */
export interface LazyFreeing {
  readonly expired: boolean
  readonly overwritten: boolean
}
