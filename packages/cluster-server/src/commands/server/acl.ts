import { Status } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand } from '../command.js'
import { CATEGORIES, categoriesOf } from '../command-categories.js'
import { fullName } from './command-description.js'

const whoami = defineCommand({
  name: 'whoami',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(1)',
  summary: 'Names the user of the connection',
  run: ({ client }) => client.userName,
})

const users = defineCommand({
  name: 'users',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(1)',
  summary: 'Lists the users: there is one, default',
  run: () => ['default'],
})

const cat = defineCommand({
  name: 'cat',
  arity: -2,
  flags: ['noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(N) where N is the number of commands',
  summary: 'Lists the categories, or the commands of one',
  arguments: [{ name: 'categoryname', type: 'string', optional: true }],
  run({ server }, argv) {
    if (argv.length === 2) return [...CATEGORIES]
    const category = CATEGORIES.find((candidate) => candidate === argument(argv, 2).toLowerCase())
    if (category === undefined) throw wireError(`ERR Unknown category '${argument(argv, 2)}'`)
    return [...server.commands.values()].flatMap((command) => [
      ...(categoriesOf(command).includes(category) ? [command.name] : []),
      ...(command.subcommands ?? [])
        .filter((subcommand) => categoriesOf(subcommand).includes(category))
        .map((subcommand) => fullName(subcommand, command)),
    ])
  },
})

const help = defineCommand({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(1)',
  summary: 'Lists the subcommands',
  run: () => HELP.map((line) => new Status(line)),
})

const HELP = ['ACL <subcommand> [<arg>]. Subcommands are:', 'CAT [<category>]', 'USERS', 'WHOAMI', 'HELP']

export const acl = defineCommand({
  name: 'acl',
  arity: -2,
  flags: [],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'Depends on the subcommand.',
  summary: 'Looks at users and categories',
  subcommands: [cat, help, users, whoami],
})
