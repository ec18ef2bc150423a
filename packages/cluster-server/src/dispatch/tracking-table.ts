import { detach } from '../keyspace/detach.js'

/** Which clients, by their ids, are thought to hold which keys. Keys are names without a database, as in Redis. */
export class TrackingTable {
  readonly #holders = new Map<string, Set<number>>()
  /** Number of pairs of a key and a client. */
  itemCount = 0

  get keyCount(): number {
    return this.#holders.size
  }

  add(slice: string, clientId: number): void {
    let holders = this.#holders.get(slice)
    if (holders === undefined) {
      holders = new Set()
      this.#holders.set(detach(slice), holders)
    }
    if (holders.has(clientId)) return
    holders.add(clientId)
    this.itemCount++
  }

  /** Forgets a key. @returns who was thought to hold it. */
  take(key: string): ReadonlySet<number> | undefined {
    const holders = this.#holders.get(key)
    if (holders === undefined) return undefined
    this.#holders.delete(key)
    this.itemCount -= holders.size
    return holders
  }

  /** The key that has been in the table for longest. */
  oldest(): string | undefined {
    return this.#holders.keys().next().value
  }

  clear(): void {
    this.#holders.clear()
    this.itemCount = 0
  }
}
