import { detach } from '../../keyspace/detach.js'
import { MapReply, OK } from '../../resp/reply.js'
import { SYNTAX_ERROR, type WireError, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
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

/** Logs in as `name`; `argv` asks for it, as ACL LOG shows. @throws WRONGPASS */
const login = ({ client, server }: CommandContext, argv: readonly string[], name: string, password: string): void => {
  const user = server.access.users.get(name)
  if (user?.accepts(password) !== true) {
    server.access.refuseLogin(client, name, argv)
    throw WRONG_PASSWORD
  }
  client.user = user
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
  run(context, argv) {
    if (argv.length > 3) throw SYNTAX_ERROR
    context.redact(1, 2)
    if (argv.length === 2) {
      const { defaultUser } = context.server.access.users
      if (defaultUser.needsNoPassword) throw NO_PASSWORD_SET
      login(context, argv, defaultUser.name, argument(argv, 1))
    } else login(context, argv, argument(argv, 1), argument(argv, 2))
    return OK
  },
})

/** @throws NOPROTO, or an error for a text that is no number. */
const protocolOf = (text: string): 2 | 3 => {
  const version = integerArgument(text, NOT_A_VERSION)
  if (version !== 2 && version !== 3) throw NO_SUCH_PROTOCOL
  return version
}

/** Each option takes effect before the next one is read. */
const applyOptions = (context: CommandContext, argv: readonly string[]): void => {
  for (let i = 2; i < argv.length; ) {
    const word = optionAt(argv, i)
    if (word === 'AUTH' && i + 2 < argv.length) {
      context.redact(i + 1, i + 2)
      login(context, argv, argument(argv, i + 1), argument(argv, i + 2))
      i += 3
    } else if (word === 'SETNAME' && i + 1 < argv.length) {
      context.client.name = clientName(argument(argv, i + 1))
      i += 2
    } else throw wireError(`ERR Syntax error in HELLO option '${argument(argv, i)}'`)
  }
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
  run(context, argv) {
    const { client, server } = context
    const protocol = argv.length > 1 ? protocolOf(argument(argv, 1)) : null
    applyOptions(context, argv)
    if (!client.authenticated) throw LOGIN_FIRST
    if (protocol !== null) client.protocol = protocol
    const mode = server.config.flag('cluster-enabled') ? 'cluster' : 'standalone'
    const role = server.replication.role === 'primary' ? 'master' : 'replica'
    const versions = ['server', 'redis', 'version', REPORTED_VERSION, 'proto', client.protocol] as const
    return new MapReply([...versions, 'id', client.id, 'mode', mode, 'role', role, 'modules', []])
  },
})
