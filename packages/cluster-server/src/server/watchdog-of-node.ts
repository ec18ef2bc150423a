import { describeClient } from '../commands/connection/client-line.js'
import type { Client } from '../dispatch/client.js'
import type { Engine } from './engine.js'
import type { LogLevel } from './node-options.js'
import { Watchdog } from './watchdog/watchdog.js'

/** What is being loaded in the place of the data. */
const loadingOf = ({ persistence, server }: Engine): string | null => {
  if (!persistence.isLoading) return null
  const transfer = server.replication.primary?.transfer ?? null
  if (transfer === null) return 'The file of the data is being loaded'
  const { readBytes, totalBytes } = transfer
  const size = totalBytes > 0 ? `${readBytes} of ${totalBytes}` : String(readBytes)
  return `The copy of the primary is being loaded (${size} bytes have come)`
}

const lastClientOf = ({ clients, server }: Engine): string | null => {
  let last: Client | null = null
  for (const client of clients.all()) if (client.lastActiveMs >= (last?.lastActiveMs ?? 0)) last = client
  return last === null ? null : describeClient(last, server, { client: last, argv: [] })
}

/** The watchdog of a node. `logFile`: see `NodeOptions`. */
export const createWatchdog = (
  engine: Engine,
  logFile: string | undefined,
  log: (level: LogLevel, message: string) => void,
): Watchdog =>
  new Watchdog({
    config: engine.config,
    program: new URL('./watchdog/watchdog-thread.js', import.meta.url),
    logFile: logFile ?? null,
    loading: () => loadingOf(engine),
    lastClient: () => lastClientOf(engine),
    log,
  })
