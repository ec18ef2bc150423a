import { hasSpaces } from '../../../acl/c-text.js'
import { describeChannels, describeCommands, describeKeys } from '../../../acl/command-rules.js'
import type { Selector } from '../../../acl/selector.js'
import { DEFAULT_USER } from '../../../acl/user-table.js'
import { detach } from '../../../keyspace/detach.js'
import { MapReply, OK, type Reply, SetReply } from '../../../resp/reply.js'
import { wireError } from '../../../wire-errors.js'
import { argument } from '../../arguments.js'
import { type Command, defineCommand } from '../../command.js'
import type { ServerState } from '../../context.js'
import { disconnectListeners, disconnectUsers } from './disconnect-users.js'

const BAD_NAME = wireError("ERR Usernames can't contain spaces or null characters")
const DEFAULT_STAYS = wireError("ERR The 'default' user cannot be removed")

const setuser = defineCommand({
  name: 'setuser',
  arity: -3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of rules.',
  summary: 'Makes or changes a user',
  arguments: [
    { name: 'username', type: 'string' },
    { name: 'rule', type: 'string', optional: true, multiple: true },
  ],
  run(context, argv) {
    context.redact(...[...argv.keys()].slice(2))
    const name = detach(argument(argv, 2))
    if (hasSpaces(name)) throw BAD_NAME
    const error = context.server.access.users.set(name, argv.slice(3).map(detach), (user, next) =>
      disconnectListeners(context, user, next),
    )
    return error === null ? OK : wireError(`ERR ${error.replace(/[\r\n]/g, ' ')}`)
  },
})

const deluser = defineCommand({
  name: 'deluser',
  arity: -3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(1) amortized time for a typical user.',
  summary: 'Removes users and closes their connections',
  arguments: [{ name: 'username', type: 'string', multiple: true }],
  run(context, argv) {
    const names = argv.slice(2)
    if (names.includes(DEFAULT_USER)) throw DEFAULT_STAYS
    const removed = names.map((name) => context.server.access.users.remove(name)).filter((user) => user !== undefined)
    disconnectUsers(context, removed)
    return removed.length
  },
})

const describe = (selector: Selector, server: ServerState): Reply[] => [
  'commands',
  describeCommands(selector, server.access.users.context.commands),
  'keys',
  describeKeys(selector),
  'channels',
  describeChannels(selector),
]

const getuser = defineCommand({
  name: 'getuser',
  arity: 3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of rules of the user.',
  summary: 'Describes a user',
  arguments: [{ name: 'username', type: 'string' }],
  run({ server }, argv) {
    const user = server.access.users.get(argument(argv, 2))
    if (user === undefined) return null
    const [root, ...others] = user.selectors
    return new MapReply([
      'flags',
      new SetReply(user.flags),
      'passwords',
      user.passwordHashes,
      ...describe(root, server),
      'selectors',
      others.map((selector) => new MapReply(describe(selector, server))),
    ])
  },
})

const list = defineCommand({
  name: 'list',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of users.',
  summary: 'Lists the users with their rules, as files keep them',
  run: ({ server }) => server.access.users.describe(),
})

const users = defineCommand({
  name: 'users',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of users.',
  summary: 'Lists the names of the users',
  run: ({ server }) => server.access.users.all().map(({ name }) => name),
})

const whoami = defineCommand({
  name: 'whoami',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(1)',
  summary: 'Names the user of the connection',
  run: ({ client }) => client.user.name,
})

/** The subcommands of ACL about users. */
export const userCommands: readonly Command[] = [deluser, getuser, list, setuser, users, whoami]
