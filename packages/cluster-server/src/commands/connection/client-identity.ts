import { NO_REPLY, OK, type Reply, VerbatimReply } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import type { ClientState } from '../context.js'
import { describeClient, typeOfClient } from './client-line.js'
import { clientName } from './hello.js'

const BAD_ID = wireError('ERR Invalid client ID')

const id = defineCommand({
  name: 'id',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '5.0.0',
  complexity: 'O(1)',
  summary: 'Answers the id of the connection',
  run: ({ client }) => client.id,
})

const getname = defineCommand({
  name: 'getname',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '2.6.9',
  complexity: 'O(1)',
  summary: 'Answers the name of the connection',
  run: ({ client }) => (client.name === '' ? null : client.name),
})

const setname = defineCommand({
  name: 'setname',
  arity: 3,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '2.6.9',
  complexity: 'O(1)',
  summary: 'Names the connection',
  arguments: [{ name: 'connection-name', type: 'string' }],
  run({ client }, argv) {
    client.name = clientName(argument(argv, 2))
    return OK
  },
})

/** Newer than 7.0, but clients that know it send it to every server. */
const setinfo = defineCommand({
  name: 'setinfo',
  arity: 4,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '7.2.0',
  complexity: 'O(1)',
  summary: 'Names the library that the client uses',
  arguments: [
    {
      name: 'attr',
      type: 'oneof',
      arguments: [
        { name: 'libname', type: 'string', token: 'LIB-NAME' },
        { name: 'libver', type: 'string', token: 'LIB-VER' },
      ],
    },
  ],
  run({ client }, argv) {
    const attribute = argument(argv, 2).toLowerCase()
    const error = wireError(`ERR ${attribute} cannot contain spaces, newlines or special characters.`)
    if (attribute === 'lib-name') client.libraryName = clientName(argument(argv, 3), error)
    else if (attribute === 'lib-ver') client.libraryVersion = clientName(argument(argv, 3), error)
    else throw wireError(`ERR Unrecognized option '${argument(argv, 2)}'`)
    return OK
  },
})

const info = defineCommand({
  name: 'info',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output'],
  group: 'connection',
  since: '6.2.0',
  complexity: 'O(1)',
  summary: 'Describes the connection',
  run: ({ client, server }, argv) => new VerbatimReply('txt', `${describeClient(client, server, { client, argv })}\n`),
})

/** The type named in `text`, as `typeOfClient` calls it. @throws WireError */
export const clientType = (text: string): string => {
  const type = text.toLowerCase()
  if (type === 'slave') return 'replica'
  if (type === 'normal' || type === 'pubsub' || type === 'replica' || type === 'master') return type
  throw wireError(`ERR Unknown client type '${text}'`)
}

const list = defineCommand({
  name: 'list',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output'],
  group: 'connection',
  since: '2.4.0',
  complexity: 'O(N) where N is the number of connections',
  summary: 'Describes the connections, all or some',
  arguments: [
    {
      name: 'normal_master_replica_pubsub',
      type: 'oneof',
      token: 'TYPE',
      optional: true,
      since: '5.0.0',
      arguments: [
        { name: 'normal', type: 'pure-token', token: 'NORMAL' },
        { name: 'master', type: 'pure-token', token: 'MASTER' },
        { name: 'replica', type: 'pure-token', token: 'REPLICA' },
        { name: 'pubsub', type: 'pure-token', token: 'PUBSUB' },
      ],
    },
    {
      name: 'id',
      type: 'block',
      token: 'ID',
      optional: true,
      since: '6.2.0',
      arguments: [{ name: 'client-id', type: 'integer', multiple: true }],
    },
  ],
  run({ client: self, server }, argv) {
    let chosen: Iterable<ClientState> = server.clients.all()
    if (argv.length === 4 && optionAt(argv, 2) === 'TYPE') {
      const type = clientType(argument(argv, 3))
      chosen = [...chosen].filter((client) => typeOfClient(client) === type)
    } else if (argv.length > 3 && optionAt(argv, 2) === 'ID') {
      const ids = argv.slice(3).map((text) => integerArgument(text, BAD_ID))
      chosen = ids.flatMap((wanted) => server.clients.get(wanted) ?? [])
    } else if (argv.length > 2) throw SYNTAX_ERROR
    const lines = Array.from(chosen, (client) => `${describeClient(client, server, { client: self, argv })}\n`)
    return new VerbatimReply('txt', lines.join(''))
  },
})

const reply = defineCommand({
  name: 'reply',
  arity: 3,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '3.2.0',
  complexity: 'O(1)',
  summary: 'Turns answers to the connection on or off',
  arguments: [
    {
      name: 'on_off_skip',
      type: 'oneof',
      arguments: [
        { name: 'on', type: 'pure-token', token: 'ON' },
        { name: 'off', type: 'pure-token', token: 'OFF' },
        { name: 'skip', type: 'pure-token', token: 'SKIP' },
      ],
    },
  ],
  run({ client }, argv): Reply {
    switch (optionAt(argv, 2)) {
      case 'ON':
        client.replyMode = 'on'
        return OK
      case 'OFF':
        client.replyMode = 'off'
        return NO_REPLY
      case 'SKIP':
        if (client.replyMode !== 'off') client.replyMode = 'skipNext'
        return NO_REPLY
      default:
        throw SYNTAX_ERROR
    }
  },
})

const noEvict = defineCommand({
  name: 'no-evict',
  arity: 3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '7.0.0',
  complexity: 'O(1)',
  summary: 'Protects the connection when memory is short',
  arguments: [
    {
      name: 'enabled',
      type: 'oneof',
      arguments: [
        { name: 'on', type: 'pure-token', token: 'ON' },
        { name: 'off', type: 'pure-token', token: 'OFF' },
      ],
    },
  ],
  run({ client }, argv) {
    const word = optionAt(argv, 2)
    if (word !== 'ON' && word !== 'OFF') throw SYNTAX_ERROR
    client.noEvict = word === 'ON'
    return OK
  },
})

/** The subcommands of CLIENT that concern the connection itself. */
export const identityCommands: readonly Command[] = [id, getname, setname, setinfo, info, list, reply, noEvict]
