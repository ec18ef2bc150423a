import { ConnectionError, ServerError } from '../errors/connection-errors.js'
import type { Outcome, Request } from './connection.js'
import type { NodeReply } from './node-reply.js'
import { requestName } from './wire-command.js'

/** The error that a final reply means to the caller, or its value. */
export function toOutcome(connection: string, address: string, request: Request, reply: NodeReply): Outcome {
  switch (reply.type) {
    case 'value':
      return { ok: true, value: reply.value }
    case 'error':
      return {
        ok: false,
        error: new ServerError(connection, requestName(request), reply.message, { cause: reply.cause }),
      }
    case 'notSent':
      return { ok: false, error: notReached(connection, address, reply.cause) }
    case 'lost':
      return {
        ok: false,
        error: new ConnectionError(
          connection,
          `${address} went away before it answered ${requestName(request)} (${reason(reply.cause)}); ` +
            'it may or may not have been executed',
          { cause: reply.cause, address, wasSent: true },
        ),
      }
    default:
      return reply satisfies never
  }
}

/** Nothing was sent: no socket, or the server refused the credentials or the database. */
export const notReached = (connection: string, address: string, cause: Error): ConnectionError => {
  const problem = cause.name === 'ReplyError' ? 'refuses the connection' : 'cannot be reached'
  return new ConnectionError(connection, `${address} ${problem}: ${reason(cause)}`, { cause, address, wasSent: false })
}

/** The connection was closed by its owner. */
export const closedError = (connection: string): ConnectionError =>
  new ConnectionError(connection, 'it is closed', { wasSent: false })

const reason = (cause: Error): string => cause.message || ('code' in cause ? String(cause.code) : cause.name)
