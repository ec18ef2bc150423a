import { Status } from '../../resp/reply.js'
import { defineCommand } from '../command.js'
import { controlCommands } from './client-control.js'
import { identityCommands } from './client-identity.js'
import { trackingCommands } from './client-tracking.js'

const help = defineCommand({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '5.0.0',
  complexity: 'O(1)',
  summary: 'Lists the subcommands',
  run: () => HELP.map((line) => new Status(line)),
})

const HELP = [
  'CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...['GETNAME', 'SETNAME <name>', 'ID', 'INFO', 'LIST [TYPE <type> | ID <id> [<id> ...]]'],
  'KILL <address> | KILL <ID|TYPE|ADDR|LADDR|USER|SKIPME> <value> [...]',
  'PAUSE <milliseconds> [WRITE|ALL]',
  ...['UNPAUSE', 'REPLY (ON|OFF|SKIP)', 'UNBLOCK <id> [TIMEOUT|ERROR]', 'NO-EVICT (ON|OFF)', 'HELP'],
]

export const client = defineCommand({
  name: 'client',
  arity: -2,
  flags: [],
  categories: [],
  group: 'connection',
  since: '2.4.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Looks at connections and controls them',
  subcommands: [...identityCommands, ...trackingCommands, ...controlCommands, help],
})
