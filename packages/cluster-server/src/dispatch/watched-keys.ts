import type { Database } from '../keyspace/database.js'
import type { Client, WatchedKey } from './client.js'

/**
 * The keys that clients watch, and which of their transactions have failed. A key that had expired before WATCH counts as
 * absent: that it is removed later is no change. Source: `touchWatchedKey` and `touchAllWatchedKeysInDb` of Redis 7.0.
 */
export class WatchedKeys {
  readonly #watchers = new Map<number, Map<string, Set<Client>>>()

  /** Whether nobody watches anything. */
  get isEmpty(): boolean {
    return this.#watchers.size === 0
  }

  watch(client: Client, database: Database, key: string): void {
    const { index } = database
    client.watched.push({ databaseIndex: index, key, wasExpired: database.isExpired(key) })
    const keys = this.#watchers.get(index) ?? new Map<string, Set<Client>>()
    this.#watchers.set(index, keys)
    const clients = keys.get(key)
    if (clients === undefined) keys.set(key, new Set([client]))
    else clients.add(client)
  }

  unwatch(client: Client): void {
    this.#forget(client)
    client.watchFailed = false
  }

  /** Whether a key that was alive at WATCH has expired since. */
  hasExpired(client: Client, databases: readonly Database[]): boolean {
    return client.watched.some(
      ({ databaseIndex, key, wasExpired }) => !wasExpired && databases[databaseIndex]?.isExpired(key),
    )
  }

  /** `key` was changed. */
  touch(database: Database, key: string): void {
    for (const client of [...this.#clientsOf(database.index, key)]) {
      const watched = watchedBy(client, database.index, key)
      if (watched?.wasExpired && !database.isStored(key)) watched.wasExpired = false
      else this.#fail(client)
    }
  }

  /** Every key of `database` is about to be removed. */
  clearing(database: Database): void {
    for (const key of [...(this.#watchers.get(database.index)?.keys() ?? [])]) {
      if (database.isStored(key)) this.#replace(database, key, null)
    }
  }

  /** The contents of the two are about to be exchanged. */
  swapping(one: Database, other: Database): void {
    if (one === other) return
    for (const [database, next] of [
      [one, other],
      [other, one],
    ] as const) {
      for (const key of [...(this.#watchers.get(database.index)?.keys() ?? [])]) {
        if (database.isStored(key) || next.isStored(key)) this.#replace(database, key, next)
      }
    }
  }

  /** What is stored under `key` is about to become what is stored in `next`. */
  #replace(database: Database, key: string, next: Database | null): void {
    for (const client of [...this.#clientsOf(database.index, key)]) {
      const watched = watchedBy(client, database.index, key)
      if (watched?.wasExpired) {
        if (!next?.isStored(key)) {
          watched.wasExpired = false
          continue
        }
        if (next.isExpired(key)) continue
      } else if (watched !== undefined && !database.isStored(key) && next?.isExpired(key)) {
        watched.wasExpired = true
        continue
      }
      this.#fail(client)
    }
  }

  #clientsOf(databaseIndex: number, key: string): Iterable<Client> {
    return this.#watchers.get(databaseIndex)?.get(key) ?? []
  }

  /** A transaction fails once: nothing else that the client watches matters any more. */
  #fail(client: Client): void {
    this.#forget(client)
    client.watchFailed = true
  }

  #forget(client: Client): void {
    for (const { databaseIndex, key } of client.watched) {
      const keys = this.#watchers.get(databaseIndex)
      const clients = keys?.get(key)
      clients?.delete(client)
      if (clients?.size === 0) keys?.delete(key)
      if (keys?.size === 0) this.#watchers.delete(databaseIndex)
    }
    client.watched = []
  }
}

const watchedBy = (client: Client, databaseIndex: number, key: string): WatchedKey | undefined =>
  client.watched.find((watched) => watched.databaseIndex === databaseIndex && watched.key === key)
