import { OK, type Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { Blocked } from '../blocked.js'
import { busyError } from '../busy.js'
import { defineCommand } from '../command.js'

const OPTIONS: ReadonlySet<string> = new Set(['NOSAVE', 'SAVE', 'NOW', 'FORCE', 'ABORT'])
const NONE_IN_PROGRESS = wireError('ERR No shutdown in progress.')
const FAILED = wireError('ERR Errors trying to SHUTDOWN. Check logs.')

export const shutdown = defineCommand({
  name: 'shutdown',
  arity: -1,
  flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
  categories: [],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(N) when saving, where N is the number of keys, otherwise O(1)',
  summary: 'Writes the data to the file, if it is to be saved, and closes the server',
  arguments: [
    {
      name: 'nosave_save',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'nosave', type: 'pure-token', token: 'NOSAVE' },
        { name: 'save', type: 'pure-token', token: 'SAVE' },
      ],
    },
    { name: 'now', type: 'pure-token', token: 'NOW', optional: true, since: '7.0.0' },
    { name: 'force', type: 'pure-token', token: 'FORCE', optional: true, since: '7.0.0' },
    { name: 'abort', type: 'pure-token', token: 'ABORT', optional: true, since: '7.0.0' },
  ],
  run({ server }, argv): Reply | Blocked {
    const options = argv.slice(1).map((word) => word.toUpperCase())
    const has = (option: string): boolean => options.includes(option)
    if (options.some((option) => !OPTIONS.has(option)) || (has('NOSAVE') && has('SAVE'))) throw SYNTAX_ERROR
    if (has('ABORT')) {
      if (options.some((option) => option !== 'ABORT')) throw SYNTAX_ERROR
      if (!server.abortShutdown()) throw NONE_IN_PROGRESS
      return OK
    }
    const { runningScript } = server
    if (runningScript?.isTimedOut && !has('NOSAVE')) throw busyError(runningScript)
    const attempt = server.shutdown({
      saves: has('NOSAVE') ? false : has('SAVE') ? true : null,
      now: has('NOW'),
      force: has('FORCE'),
    })
    if (attempt.hasFailed) throw FAILED
    // Nobody answers a shutdown that succeeds: the connection ends.
    return new Blocked([], Number.POSITIVE_INFINITY, FAILED, () => (attempt.hasFailed ? FAILED : undefined))
  },
})
