import type { Database, DatabaseListener } from '../keyspace/database.js'
import type { Client } from './client.js'
import type { KeyspaceNotifications } from './keyspace-notifications.js'
import type { Propagation } from './propagation.js'
import type { Tracking } from './tracking.js'

/** Hears of changed keys: to fail transactions that watch them, and to wake clients that wait for them. */
export class KeyspaceEvents implements DatabaseListener {
  /** Number of changes since the start. */
  changes = 0
  /** Keys that clients wait for, and that were changed since they were last looked at; in order, by database. */
  readonly readyKeys = new Map<number, Set<string>>()
  readonly #propagation: Propagation
  readonly #notifications: KeyspaceNotifications
  readonly #tracking: Tracking
  readonly #watchers = new Map<number, Map<string, Set<Client>>>()
  readonly #awaited = new Map<number, Map<string, number>>()

  constructor(propagation: Propagation, notifications: KeyspaceNotifications, tracking: Tracking) {
    this.#propagation = propagation
    this.#notifications = notifications
    this.#tracking = tracking
  }

  changed(database: Database, key: string, event: string): void {
    this.changes++
    if (this.#notifications.isActive) this.#notifications.publish(database.index, key, event)
    if (this.#tracking.isActive) this.#tracking.invalidate(key, event === 'expired' || event === 'evicted')
    if (this.#watchers.size > 0) this.#touch(database.index, key)
    if (this.#awaited.size > 0 && this.#awaited.get(database.index)?.has(key)) this.#ready(database.index, key)
  }

  created(database: Database, key: string): void {
    if (this.#notifications.isActive) this.#notifications.publish(database.index, key, 'new')
  }

  missed(database: Database, key: string): void {
    if (this.#notifications.isActive) this.#notifications.publish(database.index, key, 'keymiss')
  }

  expired(database: Database, key: string): void {
    this.#propagation.add(database.index, ['DEL', key])
  }

  clearing(database: Database): void {
    this.changes++
    for (const key of this.#watchers.get(database.index)?.keys() ?? []) {
      if (database.peek(key) !== undefined) this.#touch(database.index, key)
    }
  }

  swapping(one: Database, other: Database): void {
    this.changes++
    for (const { index } of [one, other]) {
      for (const key of this.#watchers.get(index)?.keys() ?? []) {
        if (one.peek(key) !== undefined || other.peek(key) !== undefined) this.#touch(index, key)
      }
      for (const key of this.#awaited.get(index)?.keys() ?? []) this.#ready(index, key)
    }
  }

  watch(client: Client, databaseIndex: number, key: string): void {
    const keys = this.#watchers.get(databaseIndex) ?? new Map<string, Set<Client>>()
    this.#watchers.set(databaseIndex, keys)
    const clients = keys.get(key)
    if (clients === undefined) keys.set(key, new Set([client]))
    else clients.add(client)
  }

  unwatch(client: Client): void {
    for (const { databaseIndex, key } of client.watched) {
      const keys = this.#watchers.get(databaseIndex)
      const clients = keys?.get(key)
      clients?.delete(client)
      if (clients?.size === 0) keys?.delete(key)
      if (keys?.size === 0) this.#watchers.delete(databaseIndex)
    }
    client.watched = []
    client.watchFailed = false
  }

  /** From now on changes of `key` make it ready; once more for each call. */
  await(databaseIndex: number, key: string): void {
    const keys = this.#awaited.get(databaseIndex) ?? new Map<string, number>()
    this.#awaited.set(databaseIndex, keys)
    keys.set(key, (keys.get(key) ?? 0) + 1)
  }

  /** Takes back one call of `await`. */
  stopAwaiting(databaseIndex: number, key: string): void {
    const keys = this.#awaited.get(databaseIndex)
    const count = keys?.get(key) ?? 0
    if (count > 1) keys?.set(key, count - 1)
    else keys?.delete(key)
    if (keys?.size === 0) this.#awaited.delete(databaseIndex)
  }

  #touch(databaseIndex: number, key: string): void {
    for (const client of this.#watchers.get(databaseIndex)?.get(key) ?? []) client.watchFailed = true
  }

  #ready(databaseIndex: number, key: string): void {
    const keys = this.readyKeys.get(databaseIndex)
    if (keys === undefined) this.readyKeys.set(databaseIndex, new Set([key]))
    else keys.add(key)
  }
}
