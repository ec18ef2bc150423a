import { describeClient } from '../../commands/connection/client-line.js'
import type { ServerState } from '../../commands/context.js'
import { infoText } from '../../commands/server/info.js'

/** A part of the report that cannot be made must not keep the others from being read. */
const attempt = (make: () => string): string => {
  try {
    return make()
  } catch (error) {
    return String(error)
  }
}

/**
 * What the log says of a crash, in the sections of redis-server: where it happened, INFO, and the clients.
 * @param stack where the program was, as JavaScript tells it
 */
export const crashReport = (server: ServerState, stack: string): string => {
  const clients = (): string =>
    [...server.clients.all()].map((client) => describeClient(client, server, { client, argv: [] })).join('\n')
  return `
=== ACTIVEREDIS BUG REPORT START ===

------ STACK TRACE ------
${stack}

------ INFO OUTPUT ------
${attempt(() => infoText(server, ['everything']).replaceAll('\r\n', '\n'))}
------ CLIENT LIST OUTPUT ------
${attempt(clients)}

=== ACTIVEREDIS BUG REPORT END ===
`
}
