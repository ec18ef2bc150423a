import { wireError } from '../../wire-errors.js'
import { defineCommand } from '../command.js'

const NOT_REWRITTEN = wireError(
  "ERR Can't execute an AOF background rewriting. Please check the server logs for more information.",
)

/** There is no append-only file to rewrite: the command fails as it does in Redis when the disk refuses. */
export const bgrewriteaof = defineCommand({
  name: 'bgrewriteaof',
  arity: 1,
  flags: ['admin', 'noscript', 'no_async_loading'],
  categories: [],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Would rewrite the append-only file, which this server does not have',
  run({ server }) {
    server.log('warning', 'This server writes no append-only file: there is nothing to rewrite')
    throw NOT_REWRITTEN
  },
})
