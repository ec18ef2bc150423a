import { type Reply, Status } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { defineCommand } from '../command.js'

const IN_PROGRESS = wireError('ERR Background append only file rewriting already in progress')
const FAILED = wireError(
  "ERR Can't execute an AOF background rewriting. Please check the server logs for more information.",
)
const SCHEDULED = new Status('Background append only file rewriting scheduled')
const STARTED = new Status('Background append only file rewriting started')

export const bgrewriteaof = defineCommand({
  name: 'bgrewriteaof',
  arity: 1,
  flags: ['admin', 'noscript', 'no_async_loading'],
  categories: [],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Writes all data as they are now to a new append-only file while the server goes on working',
  run({ server, isInTransaction }): Reply {
    const start = server.persistence.appendLog.rewrite(isInTransaction)
    switch (start) {
      case 'started':
        return STARTED
      case 'scheduled':
        return SCHEDULED
      case 'inProgress':
        throw IN_PROGRESS
      case 'failed':
        throw FAILED
      default:
        return start satisfies never
    }
  },
})
