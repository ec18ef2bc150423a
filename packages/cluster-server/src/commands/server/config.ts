import { MapReply, OK } from '../../resp/reply.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand } from '../command.js'
import { isLocal } from '../context.js'
import { helpCommand } from '../help-command.js'

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
  run(context, argv) {
    const { server, client } = context
    if (argv.length % 2 === 1) throw SYNTAX_ERROR
    for (let i = 2; i < argv.length; i += 2) if (server.settings.isSecret(argument(argv, i))) context.redact(i + 1)
    const guard = server.config.text('enable-protected-configs')
    const takesGuarded = guard === 'yes' || (guard === 'local' && isLocal(client))
    const { persistence } = server
    const isLoading = persistence.isLoading || persistence.isLoadingAsync
    return server.settings.change(argv.slice(2), { takesGuarded, isLoading }) ?? OK
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
      database.evictedKeys = 0
      database.lazyFreed = 0
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
  run({ server }) {
    const refusal = server.settings.rewrite(false)
    server.log(
      'warning',
      refusal === null ? 'CONFIG REWRITE executed with success.' : `CONFIG REWRITE failed: ${refusal.message}`,
    )
    return refusal ?? OK
  },
})

const HELP = [
  'CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...['GET <pattern> [<pattern> ...]', 'SET <name> <value> [<name> <value> ...]', 'RESETSTAT', 'REWRITE', 'HELP'],
]

const help = helpCommand({ group: 'server', since: '5.0.0', lines: HELP })

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
