import { detach } from '../keyspace/detach.js'
import type { Client } from './client.js'

interface Prefix {
  readonly clients: Set<Client>
  /** The keys that changed since the last round, and who changed each last: nobody when it expired. */
  readonly changes: Map<string, Client | null>
}

const inByteOrder = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** The prefixes in broadcasting mode, and what changed below them. */
export class TrackingBroadcast {
  readonly #prefixes = new Map<string, Prefix>()

  /** Number of prefixes with a client. */
  get size(): number {
    return this.#prefixes.size
  }

  /** @returns the prefix as it is kept. */
  add(slice: string, client: Client): string {
    const existing = this.#prefixes.get(slice)
    if (existing !== undefined) {
      existing.clients.add(client)
      return slice
    }
    const name = detach(slice)
    this.#prefixes.set(name, { clients: new Set([client]), changes: new Map() })
    return name
  }

  remove(name: string, client: Client): void {
    const prefix = this.#prefixes.get(name)
    prefix?.clients.delete(client)
    if (prefix?.clients.size === 0) this.#prefixes.delete(name)
  }

  /** @returns whether a round has something to tell. */
  note(key: string, changedBy: Client | null): boolean {
    let isNoted = false
    for (const [name, { changes }] of this.#prefixes) {
      if (!key.startsWith(name)) continue
      changes.set(detach(key), changedBy)
      isNoted = true
    }
    return isNoted
  }

  /** Hands over what changed since the last round, by prefix in order, keys in the order of their bytes. */
  round(tell: (client: Client, keys: readonly string[]) => void): void {
    for (const [, { clients, changes }] of [...this.#prefixes].sort(([one], [other]) => inByteOrder(one, other))) {
      if (changes.size === 0) continue
      const noted = [...changes].sort(([one], [other]) => inByteOrder(one, other))
      changes.clear()
      for (const client of clients) {
        const skipsOwn = client.tracking?.skipsOwnChanges ?? false
        const keys = noted.filter(([, changedBy]) => !skipsOwn || changedBy !== client).map(([key]) => key)
        if (keys.length > 0) tell(client, keys)
      }
    }
  }
}
