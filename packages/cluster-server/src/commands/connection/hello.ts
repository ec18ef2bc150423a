import { detach } from '../../keyspace/detach.js'
import { MapReply, OK } from '../../resp/reply.js'
import { SYNTAX_ERROR, type WireError, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand } from '../command.js'
import type { ClientState, ServerState } from '../context.js'
import { REPORTED_VERSION } from '../version.js'

const WRONG_PASSWORD = wireError('WRONGPASS invalid username-password pair or user is disabled.')
const NO_PASSWORD_SET = wireError(
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
)
const NOT_A_VERSION = wireError('ERR Protocol version is not an integer or out of range')
const NO_SUCH_PROTOCOL = wireError('NOPROTO unsupported protocol version')
const LOGIN_FIRST = wireError(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
)
export const BAD_NAME = wireError('ERR Client names cannot contain spaces, newlines or special characters.')

/** A name that prints as one word, copied out of the network chunk; the empty text is allowed. @throws WireError */
export const clientName = (text: string, error: WireError = BAD_NAME): string => {
  if (!/^[!-~]*$/.test(text)) throw error
  return detach(text)
}

/** Logs the default user in; an unset password lets everybody in. @throws WRONGPASS */
const login = (client: ClientState, server: ServerState, user: string, password: string): void => {
  const expected = server.config.text('requirepass')
  if (user !== 'default' || (expected !== '' && password !== expected)) throw WRONG_PASSWORD
  client.userName = 'default'
  client.authenticated = true
}

export const auth = defineCommand({
  name: 'auth',
  arity: -2,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  group: 'connection',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Logs in',
  arguments: [
    { name: 'username', type: 'string', optional: true, since: '6.0.0' },
    { name: 'password', type: 'string' },
  ],
  run({ client, server }, argv) {
    if (argv.length > 3) throw SYNTAX_ERROR
    if (argv.length === 2) {
      if (server.config.text('requirepass') === '') throw NO_PASSWORD_SET
      login(client, server, 'default', argument(argv, 1))
    } else login(client, server, argument(argv, 1), argument(argv, 2))
    return OK
  },
})

interface Greeting {
  readonly protocol: 2 | 3 | null
  readonly login: { readonly user: string; readonly password: string } | null
  readonly name: string | null
}

const readGreeting = (argv: readonly string[]): Greeting => {
  let protocol: Greeting['protocol'] = null
  let credentials: Greeting['login'] = null
  let name: string | null = null
  if (argv.length > 1) {
    const version = integerArgument(argument(argv, 1), NOT_A_VERSION)
    if (version !== 2 && version !== 3) throw NO_SUCH_PROTOCOL
    protocol = version
  }
  for (let i = 2; i < argv.length; ) {
    const word = optionAt(argv, i)
    if (word === 'AUTH' && i + 2 < argv.length) {
      credentials = { user: argument(argv, i + 1), password: argument(argv, i + 2) }
      i += 3
    } else if (word === 'SETNAME' && i + 1 < argv.length) {
      name = clientName(argument(argv, i + 1))
      i += 2
    } else throw wireError(`ERR Syntax error in HELLO option '${argument(argv, i)}'`)
  }
  return { protocol, login: credentials, name }
}

export const hello = defineCommand({
  name: 'hello',
  arity: -1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  group: 'connection',
  since: '6.0.0',
  complexity: 'O(1)',
  summary: 'Greets: protocol version, login and name in one step',
  arguments: [
    {
      name: 'arguments',
      type: 'block',
      optional: true,
      arguments: [
        { name: 'protover', type: 'integer' },
        {
          name: 'username_password',
          type: 'block',
          token: 'AUTH',
          optional: true,
          arguments: [
            { name: 'username', type: 'string' },
            { name: 'password', type: 'string' },
          ],
        },
        { name: 'clientname', type: 'string', token: 'SETNAME', optional: true },
      ],
    },
  ],
  run({ client, server }, argv) {
    const greeting = readGreeting(argv)
    if (greeting.login !== null) login(client, server, greeting.login.user, greeting.login.password)
    if (!client.authenticated) throw LOGIN_FIRST
    if (greeting.name !== null) client.name = greeting.name
    if (greeting.protocol !== null) client.protocol = greeting.protocol
    const mode = server.config.flag('cluster-enabled') ? 'cluster' : 'standalone'
    const role = server.replication.role === 'primary' ? 'master' : 'replica'
    const versions = ['server', 'redis', 'version', REPORTED_VERSION, 'proto', client.protocol] as const
    return new MapReply([...versions, 'id', client.id, 'mode', mode, 'role', role, 'modules', []])
  },
})
