import type { Database, DatabaseListener } from '../keyspace/database.js'
import { typeOf } from '../keyspace/value.js'
import type { KeyspaceNotifications } from './keyspace-notifications.js'
import type { Propagation } from './propagation.js'
import type { Tracking } from './tracking.js'
import { WatchedKeys } from './watched-keys.js'

/** Hears of changed keys: to fail transactions that watch them, and to wake clients that wait for them. */
export class KeyspaceEvents implements DatabaseListener {
  /** Number of changes since the start. */
  changes = 0
  /** `lazyfree-lazy-expire`: the effect of an expiry is an UNLINK. */
  expiresLazily = false
  /** Keys that clients wait for, and that were changed since they were last looked at; in order, by database. */
  readonly readyKeys = new Map<number, Set<string>>()
  /** `lazyfree-lazy-eviction`: replicas are told to UNLINK what was evicted. */
  evictsLazily = false
  readonly #propagation: Propagation
  readonly #notifications: KeyspaceNotifications
  readonly #tracking: Tracking
  readonly watched = new WatchedKeys()
  readonly #awaited = new Map<number, Map<string, number>>()

  constructor(propagation: Propagation, notifications: KeyspaceNotifications, tracking: Tracking) {
    this.#propagation = propagation
    this.#notifications = notifications
    this.#tracking = tracking
  }

  changed(database: Database, key: string, event: string): void {
    this.changes++
    if (this.#notifications.isActive) this.#notifications.publish(database.index, key, event)
    if (this.#tracking.isActive) this.#tracking.invalidate(key, false)
    if (!this.watched.isEmpty) this.watched.touch(database, key)
  }

  get awaitsKeys(): boolean {
    return this.#awaited.size > 0
  }

  changedAside(): void {
    this.changes++
  }

  notified(database: Database, key: string, event: string): void {
    if (this.#notifications.isActive) this.#notifications.publish(database.index, key, event)
  }

  ready(database: Database, key: string): void {
    if (this.#awaited.size > 0 && this.#awaited.get(database.index)?.has(key)) this.#ready(database.index, key)
  }

  created(database: Database, key: string): void {
    this.ready(database, key)
    if (this.#notifications.isActive) this.#notifications.publish(database.index, key, 'new')
  }

  missed(database: Database, key: string): void {
    if (this.#notifications.isActive) this.#notifications.publish(database.index, key, 'keymiss')
  }

  /** An end by time is no change that the command which met the key made: it has an effect of its own. */
  expired(database: Database, key: string): void {
    this.#propagation.add(database.index, [this.expiresLazily ? 'UNLINK' : 'DEL', key])
    this.#tellOfEnd(database, key, 'expired')
  }

  evicted(database: Database, key: string): void {
    this.#propagation.add(database.index, [this.evictsLazily ? 'UNLINK' : 'DEL', key])
    // Each of them is a unit of its own.
    this.#propagation.flush()
    this.#tellOfEnd(database, key, 'evicted')
  }

  clearing(database: Database): void {
    this.changes++
    if (!this.watched.isEmpty) this.watched.clearing(database)
    for (const key of this.#awaited.get(database.index)?.keys() ?? []) {
      const value = database.peek(key)
      if (value !== undefined && typeOf(value) === 'stream') this.#ready(database.index, key)
    }
  }

  swapping(one: Database, other: Database): void {
    this.changes++
    if (!this.watched.isEmpty) this.watched.swapping(one, other)
    for (const { index } of one === other ? [] : [one, other]) {
      for (const key of this.#awaited.get(index)?.keys() ?? []) this.#ready(index, key)
    }
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

  #tellOfEnd(database: Database, key: string, event: 'expired' | 'evicted'): void {
    const { index } = database
    if (this.#notifications.isActive) this.#notifications.publish(index, key, event)
    if (this.#tracking.isActive) this.#tracking.invalidate(key, true)
    if (!this.watched.isEmpty) this.watched.touch(database, key)
    this.ready(database, key)
  }

  #ready(databaseIndex: number, key: string): void {
    const keys = this.readyKeys.get(databaseIndex)
    if (keys === undefined) this.readyKeys.set(databaseIndex, new Set([key]))
    else keys.add(key)
  }
}
