import { quoteText } from '../quote-text.js'
import { Status } from '../resp/reply.js'
import type { Client } from './client.js'
import type { ExecutionContext } from './execution-context.js'

/** The clients in MONITOR: each gets a line for every command that runs. */
export class MonitorFeed {
  readonly #clients = new Set<Client>()

  get isActive(): boolean {
    return this.#clients.size > 0
  }

  add(client: Client): void {
    client.isMonitor = true
    this.#clients.add(client)
  }

  remove(client: Client): void {
    client.isMonitor = false
    this.#clients.delete(client)
  }

  feed(context: ExecutionContext, argv: readonly string[]): void {
    const { client, server } = context
    const microseconds = server.clock.nowMicroseconds()
    const time = `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, '0')}`
    const line = `${time} [${client.databaseIndex} ${client.address}] ${argv.map(quoteText).join(' ')}`
    for (const monitor of this.#clients) monitor.push(new Status(line))
  }
}
