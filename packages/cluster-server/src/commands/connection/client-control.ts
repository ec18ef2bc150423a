import { OK } from '../../resp/reply.js'
import { NOT_AN_INTEGER, SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import type { ClientState, CommandContext, ServerState } from '../context.js'
import { unknownForm } from '../unknown-form.js'
import { clientType } from './client-identity.js'
import { typeOfClient } from './client-line.js'
import { disconnect } from './disconnect.js'

const NO_SUCH_CLIENT = wireError('ERR No such client')
const BAD_ID = wireError('ERR client-id should be greater than 0')
const BAD_REASON = wireError('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR')
const BAD_TIMEOUT = wireError('ERR timeout is not an integer or out of range')
const NEGATIVE_TIMEOUT = wireError('ERR timeout is negative')
const BAD_PAUSE_MODE = wireError('ERR CLIENT PAUSE mode must be WRITE or ALL')

type Filter = (client: ClientState) => boolean

interface KillRequest {
  readonly filters: readonly Filter[]
  readonly skipSelf: boolean
}

/** @throws WireError */
const filterOf = (server: ServerState, option: string, value: string): Filter => {
  switch (option) {
    case 'ID': {
      const id = integerArgument(value, BAD_ID)
      if (id < 1) throw BAD_ID
      return (client) => client.id === id
    }
    case 'TYPE': {
      const type = clientType(value)
      return (client) => typeOfClient(client) === type
    }
    case 'ADDR':
      return (client) => client.address === value
    case 'LADDR':
      return (client) => client.localAddress === value
    case 'USER':
      return byUser(server, value)
    default:
      throw SYNTAX_ERROR
  }
}

const byUser = (server: ServerState, name: string): Filter => {
  const user = server.access.users.get(name)
  if (user === undefined) throw wireError(`ERR No such user '${name}'`)
  return (client) => client.user === user
}

const readKillRequest = (server: ServerState, argv: readonly string[]): KillRequest => {
  const filters: Filter[] = []
  let skipSelf = true
  for (let i = 2; i < argv.length; i += 2) {
    if (i + 1 >= argv.length) throw SYNTAX_ERROR
    const option = optionAt(argv, i)
    const value = argument(argv, i + 1)
    if (option !== 'SKIPME') filters.push(filterOf(server, option, value))
    else if (/^(yes|no)$/i.test(value)) skipSelf = value.toLowerCase() === 'yes'
    else throw SYNTAX_ERROR
  }
  return { filters, skipSelf }
}

const killByAddress = ({ client, server }: CommandContext, address: string) => {
  const target = [...server.clients.all()].find((candidate) => candidate.address === address)
  if (target === undefined) throw NO_SUCH_CLIENT
  disconnect(target, client)
  return OK
}

const kill = defineCommand({
  name: 'kill',
  arity: -3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '2.4.0',
  complexity: 'O(N) where N is the number of connections',
  summary: 'Closes connections',
  arguments: [
    {
      name: 'filter',
      type: 'oneof',
      arguments: [
        { name: 'ip:port', type: 'string', deprecatedSince: '2.8.12' },
        {
          name: 'new-format',
          type: 'oneof',
          multiple: true,
          arguments: [
            { name: 'client-id', type: 'integer', token: 'ID', optional: true, since: '2.8.12' },
            {
              name: 'normal_master_slave_pubsub',
              type: 'oneof',
              token: 'TYPE',
              optional: true,
              since: '2.8.12',
              arguments: [
                { name: 'normal', type: 'pure-token', token: 'NORMAL' },
                { name: 'master', type: 'pure-token', token: 'MASTER', since: '3.2.0' },
                { name: 'slave', type: 'pure-token', token: 'SLAVE' },
                { name: 'replica', type: 'pure-token', token: 'REPLICA', since: '5.0.0' },
                { name: 'pubsub', type: 'pure-token', token: 'PUBSUB' },
              ],
            },
            { name: 'username', type: 'string', token: 'USER', optional: true },
            { name: 'ip:port', type: 'string', token: 'ADDR', optional: true },
            { name: 'ip:port', type: 'string', token: 'LADDR', optional: true, since: '6.2.0' },
            { name: 'yes/no', type: 'string', token: 'SKIPME', optional: true },
          ],
        },
      ],
    },
  ],
  run(context, argv) {
    if (argv.length === 3) return killByAddress(context, argument(argv, 2))
    const { client, server } = context
    const { filters, skipSelf } = readKillRequest(server, argv)
    const targets = [...server.clients.all()].filter(
      (candidate) => !(skipSelf && candidate === client) && filters.every((matches) => matches(candidate)),
    )
    for (const target of targets) disconnect(target, client)
    return targets.length
  },
})

const unblock = defineCommand({
  name: 'unblock',
  arity: -3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '5.0.0',
  complexity: 'O(1)',
  summary: 'Ends the wait of another connection',
  arguments: [
    { name: 'client-id', type: 'integer' },
    {
      name: 'timeout_error',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'timeout', type: 'pure-token', token: 'TIMEOUT' },
        { name: 'error', type: 'pure-token', token: 'ERROR' },
      ],
    },
  ],
  run({ server }, argv) {
    if (argv.length > 4) throw unknownForm(argv)
    const reason = argv.length === 4 ? optionAt(argv, 3) : 'TIMEOUT'
    if (reason !== 'TIMEOUT' && reason !== 'ERROR') throw BAD_REASON
    const id = integerArgument(argument(argv, 2), NOT_AN_INTEGER)
    return server.clients.unblock(id, reason === 'ERROR') ? 1 : 0
  },
})

const pause = defineCommand({
  name: 'pause',
  arity: -3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '2.9.50',
  complexity: 'O(1)',
  summary: 'Holds commands back for a time',
  arguments: [
    { name: 'timeout', type: 'integer' },
    {
      name: 'mode',
      type: 'oneof',
      optional: true,
      since: '6.2.0',
      arguments: [
        { name: 'write', type: 'pure-token', token: 'WRITE' },
        { name: 'all', type: 'pure-token', token: 'ALL' },
      ],
    },
  ],
  run({ server, nowMs }, argv) {
    if (argv.length > 4) throw unknownForm(argv)
    const mode = argv.length === 4 ? optionAt(argv, 3) : 'ALL'
    if (mode !== 'WRITE' && mode !== 'ALL') throw BAD_PAUSE_MODE
    const timeoutMs = integerArgument(argument(argv, 2), BAD_TIMEOUT)
    if (timeoutMs < 0) throw NEGATIVE_TIMEOUT
    server.clients.pause(mode === 'ALL' ? 'all' : 'write', nowMs + timeoutMs)
    return OK
  },
})

const unpause = defineCommand({
  name: 'unpause',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '6.2.0',
  complexity: 'O(N) where N is the number of waiting connections',
  summary: 'Ends CLIENT PAUSE',
  run({ server }) {
    server.clients.unpause()
    return OK
  },
})

/** The subcommands of CLIENT that concern other connections. */
export const controlCommands: readonly Command[] = [kill, unblock, pause, unpause]
