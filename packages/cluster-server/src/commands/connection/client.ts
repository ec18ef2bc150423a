import { defineCommand } from '../command.js'
import { helpCommand } from '../help-command.js'
import { controlCommands } from './client-control.js'
import { identityCommands } from './client-identity.js'
import { trackingCommands } from './client-tracking.js'

const HELP = [
  'CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...['CACHING (YES|NO)', 'GETNAME', 'GETREDIR', 'ID', 'INFO', 'KILL <ip:port>'],
  'KILL (ID|TYPE|ADDR|LADDR|USER|SKIPME) <value> [<option> <value> ...]',
  ...['LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <id> [<id> ...]]', 'NO-EVICT (ON|OFF)'],
  ...['PAUSE <timeout> [WRITE|ALL]', 'REPLY (ON|OFF|SKIP)', 'SETNAME <name>'],
  'TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]',
  ...['TRACKINGINFO', 'UNBLOCK <clientid> [TIMEOUT|ERROR]', 'UNPAUSE', 'HELP'],
]

const help = helpCommand({ group: 'connection', since: '5.0.0', categories: ['connection'], lines: HELP })

export const client = defineCommand({
  name: 'client',
  arity: -2,
  flags: [],
  categories: [],
  group: 'connection',
  since: '2.4.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Looks at connections and controls them',
  traits: ['keepsCaching'],
  subcommands: [...identityCommands, ...trackingCommands, ...controlCommands, help],
})
