import { OK, type Reply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, integerArgument } from '../arguments.js'
import { defineCommand } from '../command.js'
import { helpCommand } from '../help-command.js'
import type { SlowLogEntry } from '../statistics.js'

const BAD_COUNT = wireError('ERR count should be greater than or equal to -1')
const DEFAULT_COUNT = 10
const describe = ({ id, at, microseconds, argv, address, clientName }: SlowLogEntry): Reply => [
  id,
  at,
  microseconds,
  argv,
  address,
  clientName,
]

const get = defineCommand({
  name: 'get',
  arity: -2,
  flags: ['admin', 'loading', 'stale'],
  categories: [],
  tips: ['request_policy:all_nodes', 'nondeterministic_output'],
  group: 'server',
  since: '2.2.12',
  complexity: 'O(N) where N is the number of entries',
  summary: 'Lists the slowest commands of late',
  arguments: [{ name: 'count', type: 'integer', optional: true }],
  run({ server }, argv) {
    const count = argv.length > 2 ? integerArgument(argument(argv, 2), BAD_COUNT) : DEFAULT_COUNT
    if (count < -1) throw BAD_COUNT
    const { slowLog } = server.statistics
    return slowLog.slice(0, count === -1 ? slowLog.length : count).map(describe)
  },
})

const len = defineCommand({
  name: 'len',
  arity: 2,
  flags: ['admin', 'loading', 'stale'],
  categories: [],
  tips: ['request_policy:all_nodes', 'response_policy:agg_sum', 'nondeterministic_output'],
  group: 'server',
  since: '2.2.12',
  complexity: 'O(1)',
  summary: 'Counts the entries',
  run: ({ server }) => server.statistics.slowLog.length,
})

const reset = defineCommand({
  name: 'reset',
  arity: 2,
  flags: ['admin', 'loading', 'stale'],
  categories: [],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  group: 'server',
  since: '2.2.12',
  complexity: 'O(N) where N is the number of entries',
  summary: 'Drops all entries',
  run({ server }) {
    server.statistics.slowLog.length = 0
    return OK
  },
})

const HELP = ['SLOWLOG <subcommand> [<arg>]. Subcommands are:', 'GET [<count>]', 'LEN', 'RESET', 'HELP']

const help = helpCommand({ group: 'server', since: '6.2.0', lines: HELP })

export const slowlog = defineCommand({
  name: 'slowlog',
  arity: -2,
  flags: [],
  categories: [],
  group: 'server',
  since: '2.2.12',
  complexity: 'Depends on the subcommand.',
  summary: 'Looks at slow commands',
  subcommands: [get, help, len, reset],
})
