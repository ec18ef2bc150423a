import { describeClient } from '../commands/connection/client-line.js'
import type { Client } from '../dispatch/client.js'
import { ClientEviction } from './client-eviction.js'
import type { Engine } from './engine.js'
import type { LogLevel } from './node-options.js'
import { OutputLimits } from './output-limits.js'

/** Who takes more of a node than its settings allow: output that nobody reads, memory, time without a command. They are closed. */
export class ClientLimits {
  readonly #engine: Engine
  readonly #log: (level: LogLevel, message: string) => void
  readonly #output: OutputLimits
  readonly #eviction: ClientEviction

  constructor(engine: Engine, log: (level: LogLevel, message: string) => void) {
    this.#engine = engine
    this.#log = log
    this.#output = new OutputLimits(engine.config, engine.server.clock)
    this.#eviction = new ClientEviction({
      config: engine.config,
      nowMs: () => engine.server.clock.nowMs(),
      clients: () => engine.clients.all(),
      evict: (client) => this.#evict(client),
      warn: (message) => log('warning', message),
    })
  }

  /** Whether the memory of all clients together is limited. */
  get limitsMemory(): boolean {
    return this.#eviction.isActive
  }

  /** Whether so much output waits for the client that it has to go, now or for too long; the log says so. */
  exceedsOutput(client: Client, bytes: number): boolean {
    return this.#output.exceeds(client, bytes) && this.#logSlowReader(client)
  }

  /** As `exceedsOutput`, for the limit that holds at once. */
  exceedsHardLimit(client: Client, bytes: number): boolean {
    return this.#output.exceedsHard(client, bytes) && this.#logSlowReader(client)
  }

  /** Whether any amount of output would be too much for the client. */
  limitsOutput(client: Client): boolean {
    return this.#eviction.isActive || this.#output.exceedsHard(client, Number.MAX_SAFE_INTEGER)
  }

  /** The client may take more or less memory than before. */
  note(client: Client): void {
    this.#eviction.note(client)
  }

  /** Closes those who take most, while all together take too much. */
  enforceMemory(): void {
    this.#eviction.enforce()
  }

  forget(client: Client): void {
    this.#output.forget(client)
    this.#eviction.forget(client)
  }

  /** To be called several times a second. */
  cron(): void {
    this.#closeIdle()
    this.#closeSlowReaders()
    this.#eviction.refresh()
  }

  #evict(client: Client): void {
    this.#log('notice', `Evicting client: ${this.#describe(client)}`)
    this.#engine.server.statistics.evictedClients++
    client.connection?.close()
  }

  /** The time above a soft limit runs while nothing is sent, too. */
  #closeSlowReaders(): void {
    for (const client of this.#output.slowReaders) {
      if (!this.#output.exceeds(client, client.outputBytes)) continue
      this.#logSlowReader(client, 'closed')
      client.connection?.close()
    }
  }

  #closeIdle(): void {
    const { config, clients, server } = this.#engine
    const timeoutMs = config.number('timeout') * 1000
    if (timeoutMs === 0) return
    const nowMs = server.clock.nowMs()
    for (const client of [...clients.all()]) {
      const waits = client.activity !== 'ready' || client.isMonitor || client.subscriptionCount > 0
      if (!waits && !client.isReplica && !client.isReplicationStream && nowMs - client.lastActiveMs > timeoutMs)
        client.connection?.close()
    }
  }

  /** @returns true, as what it says is true. */
  #logSlowReader(client: Client, verb = 'scheduled to be closed ASAP'): true {
    this.#log('warning', `Client ${this.#describe(client)} ${verb} for overcoming of output buffer limits.`)
    return true
  }

  #describe(client: Client): string {
    return describeClient(client, this.#engine.server, { client, argv: [] })
  }
}
