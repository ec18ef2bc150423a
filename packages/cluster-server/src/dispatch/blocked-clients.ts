import type { Blocked } from '../commands/blocked.js'
import type { Reply } from '../resp/reply.js'
import { type WireError, wireError } from '../wire-errors.js'
import type { Client } from './client.js'
import type { ExecutionContext } from './execution-context.js'
import type { KeyspaceEvents } from './keyspace-events.js'
import type { PreparedCommand } from './prepared-command.js'

/** Calls back after a time; the function that it returns cancels that. */
export type Timer = (delayMs: number, callback: () => void) => () => void

/** A client that waits, and the command that it waits in. */
export interface ParkedClient {
  readonly client: Client
  readonly command: PreparedCommand
  readonly argv: readonly string[]
  readonly context: ExecutionContext
  readonly blocked: Blocked
}

interface Place extends ParkedClient {
  readonly cancelTimer: () => void
}

const UNBLOCKED = wireError('UNBLOCKED client unblocked via CLIENT UNBLOCK')
/** The longest delay that a timer of Node takes; a longer wait is looked at again then. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** The clients that wait in a blocking command, in the order in which they came. */
export class BlockedClients {
  readonly #events: KeyspaceEvents
  readonly #timer: Timer
  readonly #nowMs: () => number
  readonly #places = new Map<Client, Place>()
  /** By database and key; clients in order of arrival, as a Set keeps them. */
  readonly #waiting = new Map<string, Set<Place>>()

  constructor(events: KeyspaceEvents, timer: Timer, nowMs: () => number) {
    this.#events = events
    this.#timer = timer
    this.#nowMs = nowMs
  }

  get count(): number {
    return this.#places.size
  }

  park(parked: ParkedClient): void {
    const { client, blocked, context } = parked
    const place: Place = { ...parked, cancelTimer: this.#startTimer(client, blocked) }
    client.activity = 'blocked'
    this.#places.set(client, place)
    for (const key of new Set(blocked.keys)) {
      this.#events.await(context.db.index, key)
      const name = placeName(context.db.index, key)
      const places = this.#waiting.get(name)
      if (places === undefined) this.#waiting.set(name, new Set([place]))
      else places.add(place)
    }
  }

  /** Those who wait for a key, in order; a copy, as serving one changes the list. */
  waitingFor(databaseIndex: number, key: string): readonly ParkedClient[] {
    return [...(this.#waiting.get(placeName(databaseIndex, key)) ?? [])]
  }

  /** Those who wait for something else than keys. */
  waitingForNoKey(): readonly ParkedClient[] {
    return [...this.#places.values()].filter((place) => place.blocked.keys.length === 0)
  }

  /** Those who wait for keys. */
  waitingForKeys(): readonly ParkedClient[] {
    return [...this.#places.values()].filter((place) => place.blocked.keys.length > 0)
  }

  isParked(parked: ParkedClient): boolean {
    return this.#places.get(parked.client)?.blocked === parked.blocked
  }

  /** Ends the wait with an answer, and goes on with what the client sent meanwhile. */
  release(client: Client, reply: Reply): void {
    if (!this.forget(client)) return
    client.activity = 'ready'
    if (client.replyMode === 'on') client.reply(reply)
    client.connection?.resume()
  }

  /** CLIENT UNBLOCK. */
  unblock(client: Client, withError: boolean): boolean {
    const place = this.#places.get(client)
    if (place === undefined || !place.blocked.isInterruptible) return false
    // Redis counts it as a failure either way.
    place.command.statistics.failed++
    if (withError) place.context.server.statistics.countError(UNBLOCKED.code)
    this.release(client, withError ? UNBLOCKED : place.blocked.timeoutReply)
    return true
  }

  /** Ends every wait with `error`, when the node changes its role. */
  releaseAll(error: WireError): void {
    for (const client of [...this.#places.keys()]) this.release(client, error)
  }

  /** Takes a client that is gone out of every queue. @returns false when it did not wait. */
  forget(client: Client): boolean {
    const place = this.#places.get(client)
    if (place === undefined) return false
    place.cancelTimer()
    this.#places.delete(client)
    const { index } = place.context.db
    for (const key of new Set(place.blocked.keys)) {
      this.#events.stopAwaiting(index, key)
      const places = this.#waiting.get(placeName(index, key))
      places?.delete(place)
      if (places?.size === 0) this.#waiting.delete(placeName(index, key))
    }
    return true
  }

  #startTimer(client: Client, blocked: Blocked): () => void {
    if (blocked.untilMs === Number.POSITIVE_INFINITY) return () => {}
    let cancel = (): void => {}
    const arm = (): void => {
      const delayMs = blocked.untilMs - this.#nowMs()
      if (delayMs <= 0) this.release(client, blocked.timeoutReply)
      else cancel = this.#timer(Math.min(delayMs, MAX_DELAY_MS), arm)
    }
    // Even a wait that is over already ends only after the command that began it.
    cancel = this.#timer(Math.min(Math.max(0, blocked.untilMs - this.#nowMs()), MAX_DELAY_MS), arm)
    return () => cancel()
  }
}

const placeName = (databaseIndex: number, key: string): string => `${databaseIndex}:${key}`
