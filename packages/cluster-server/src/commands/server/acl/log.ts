import type { AccessLogEntry } from '../../../acl/access-log.js'
import { DoubleReply, MapReply, OK } from '../../../resp/reply.js'
import { argument, integerArgument } from '../../arguments.js'
import { type Command, defineCommand } from '../../command.js'
import { unknownForm } from '../../unknown-form.js'

const SHOWN_BY_DEFAULT = 10

const describe = (entry: AccessLogEntry, nowMs: number): MapReply =>
  new MapReply([
    'count',
    entry.count,
    'reason',
    entry.reason,
    'context',
    entry.context,
    'object',
    entry.object,
    'username',
    entry.userName,
    'age-seconds',
    new DoubleReply((nowMs - entry.atMs) / 1000),
    'client-info',
    entry.client,
  ])

const log = defineCommand({
  name: 'log',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(N) where N is the number of entries shown.',
  summary: 'Shows what was refused lately, or forgets it',
  arguments: [
    {
      name: 'operation',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'count', type: 'integer' },
        { name: 'reset', type: 'pure-token', token: 'RESET' },
      ],
    },
  ],
  run({ server }, argv) {
    const { log } = server.access
    if (argv.length > 3) throw unknownForm(argv)
    if (argument(argv, 2).toLowerCase() === 'reset') {
      log.clear()
      return OK
    }
    const count = argv.length === 3 ? integerArgument(argument(argv, 2)) : SHOWN_BY_DEFAULT
    const nowMs = server.clock.nowMs()
    return log.entries.slice(0, Math.max(0, count)).map((entry) => describe(entry, nowMs))
  },
})

/** ACL LOG, as a list like those of the other subcommands. */
export const logCommands: readonly Command[] = [log]
