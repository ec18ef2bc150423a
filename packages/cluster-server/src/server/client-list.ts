import type { ClientRegistry, PauseMode, PausePurpose } from '../commands/client-registry.js'
import type { ClientState } from '../commands/context.js'
import type { BlockedClients } from '../dispatch/blocked-clients.js'
import { Client } from '../dispatch/client.js'
import type { MonitorFeed } from '../dispatch/monitor-feed.js'
import type { PauseControl } from '../dispatch/pause-control.js'
import type { Tracking } from '../dispatch/tracking.js'

/** The connected clients of a node, in order of connection. */
export class ClientList implements ClientRegistry {
  readonly #clients = new Map<number, Client>()
  readonly #blocked: BlockedClients
  readonly #pause: PauseControl
  readonly #monitors: MonitorFeed
  readonly #tracking: Tracking
  #lastId = 0

  constructor(blocked: BlockedClients, pause: PauseControl, monitors: MonitorFeed, tracking: Tracking) {
    this.#blocked = blocked
    this.#pause = pause
    this.#monitors = monitors
    this.#tracking = tracking
  }

  get size(): number {
    return this.#clients.size
  }

  get blockedCount(): number {
    return this.#blocked.count + this.#pause.count
  }

  all(): Iterable<Client> {
    return this.#clients.values()
  }

  get(id: number): Client | undefined {
    return this.#clients.get(id)
  }

  /** An id that no client of this node had before. */
  nextId(): number {
    return ++this.#lastId
  }

  add(client: Client): void {
    this.#clients.set(client.id, client)
  }

  remove(client: Client): void {
    this.#clients.delete(client.id)
    this.#blocked.forget(client)
    this.#pause.forget(client)
    this.#monitors.remove(client)
    this.#tracking.disable(client)
  }

  unblock(id: number, withError: boolean): boolean {
    const client = this.#clients.get(id)
    return client !== undefined && this.#blocked.unblock(client, withError)
  }

  pause(mode: PauseMode, untilMs: number, purpose?: PausePurpose): void {
    this.#pause.pause(mode, untilMs, purpose)
  }

  unpause(purpose?: PausePurpose): void {
    this.#pause.unpause(purpose)
  }

  endMonitor(client: ClientState): void {
    if (client instanceof Client) this.#monitors.remove(client)
  }

  monitor(client: ClientState): void {
    if (client instanceof Client) this.#monitors.add(client)
  }
}
