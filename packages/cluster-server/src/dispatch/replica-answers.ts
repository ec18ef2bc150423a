import { describeClient } from '../commands/connection/client-line.js'
import type { ServerState } from '../commands/context.js'
import { WireError } from '../wire-errors.js'
import type { Client } from './client.js'

/**
 * A replica has sent a command that has an answer. It would become a part of the stream, so that the replica is
 * disconnected instead. Source of the words: `_addReplyToBufferOrList` and `afterErrorReply` of Redis 7.0.15.
 */
export const dropAnsweredReplica = (server: ServerState, client: Client, answer: unknown): void => {
  const command = client.lastCommand === 'NULL' ? '<unknown>' : client.lastCommand
  if (answer instanceof WireError) {
    const text = answer.code === 'ERR' ? answer.message.slice(4) : `-${answer.message}`
    server.statistics.unexpectedErrors++
    server.log(
      'warning',
      `== CRITICAL == This master is sending an error to its replica: '${text}' after processing the command '${command}'`,
    )
  }
  const described = describeClient(client, server, { client, argv: [] })
  server.log('warning', `Replica generated a reply to command '${command}', disconnecting it: ${described}`)
  client.connection?.close()
}
