import { Status } from '../resp/reply.js'
import type { Client } from './client.js'
import type { ExecutionContext } from './execution-context.js'

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
}

/** Text in quotation marks, with everything but printable ASCII escaped; `sdscatrepr` of Redis. */
export const quoteText = (text: string): string => {
  const escaped = text.replace(
    /[\\"]|[^ -~]/g,
    (character) => SPECIAL[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return `"${escaped}"`
}

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
