import { MapReply, OK, Status } from '../../resp/reply.js'
import { wireError, wrongArity } from '../../wire-errors.js'
import { defineCommand } from '../command.js'

const NO_FILE = wireError('ERR The server is running without a config file')

const get = defineCommand({
  name: 'get',
  arity: -3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '2.0.0',
  complexity: 'O(N) where N is the number of settings',
  summary: 'Reads settings by patterns',
  arguments: [{ name: 'parameter', type: 'block', multiple: true, arguments: [{ name: 'parameter', type: 'string' }] }],
  run: ({ server }, argv) => new MapReply(server.settings.match(argv.slice(2)).flat()),
})

const set = defineCommand({
  name: 'set',
  arity: -4,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  group: 'server',
  since: '2.0.0',
  complexity: 'O(N) where N is the number of settings',
  summary: 'Changes settings, all of those named or none',
  arguments: [
    {
      name: 'parameter_value',
      type: 'block',
      multiple: true,
      arguments: [
        { name: 'parameter', type: 'string' },
        { name: 'value', type: 'string' },
      ],
    },
  ],
  run({ server }, argv) {
    const pairs = argv.slice(2)
    if (pairs.length % 2 === 1) throw wrongArity('config|set')
    return server.settings.change(pairs) ?? OK
  },
})

const resetstat = defineCommand({
  name: 'resetstat',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '2.0.0',
  complexity: 'O(1)',
  summary: 'Sets the counters of INFO back to zero',
  run({ server }) {
    server.statistics.reset()
    for (const database of server.databases) {
      database.hits = 0
      database.misses = 0
      database.expiredKeys = 0
    }
    return OK
  },
})

const rewrite = defineCommand({
  name: 'rewrite',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '2.8.0',
  complexity: 'O(1)',
  summary: 'Writes the settings to the file that they came from',
  run() {
    throw NO_FILE
  },
})

const help = defineCommand({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  categories: [],
  group: 'server',
  since: '5.0.0',
  complexity: 'O(1)',
  summary: 'Lists the subcommands',
  run: () => HELP.map((line) => new Status(line)),
})

const HELP = [
  'CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...['GET <pattern> [<pattern> ...]', 'SET <name> <value> [<name> <value> ...]', 'RESETSTAT', 'REWRITE', 'HELP'],
]

export const config = defineCommand({
  name: 'config',
  arity: -2,
  flags: [],
  categories: [],
  group: 'server',
  since: '2.0.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Reads and changes settings',
  subcommands: [get, help, resetstat, rewrite, set],
})
