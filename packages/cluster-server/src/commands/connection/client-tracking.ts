import { MapReply, OK, SetReply } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { optionAt } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'

const TRACKING_REFUSED = wireError('ERR Client side caching is not supported by this server')

const tracking = defineCommand({
  name: 'tracking',
  arity: -3,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '6.0.0',
  complexity: 'O(1)',
  summary: 'Client side caching, which this server refuses',
  arguments: [
    {
      name: 'status',
      type: 'oneof',
      arguments: [
        { name: 'on', type: 'pure-token', token: 'ON' },
        { name: 'off', type: 'pure-token', token: 'OFF' },
      ],
    },
    { name: 'client-id', type: 'integer', token: 'REDIRECT', optional: true },
    { name: 'prefix', type: 'string', token: 'PREFIX', optional: true, multiple: true, multipleToken: true },
    { name: 'bcast', type: 'pure-token', token: 'BCAST', optional: true },
    { name: 'optin', type: 'pure-token', token: 'OPTIN', optional: true },
    { name: 'optout', type: 'pure-token', token: 'OPTOUT', optional: true },
    { name: 'noloop', type: 'pure-token', token: 'NOLOOP', optional: true },
  ],
  run(_context, argv) {
    const word = optionAt(argv, 2)
    if (word === 'OFF') return OK
    if (word === 'ON') throw TRACKING_REFUSED
    throw SYNTAX_ERROR
  },
})

const caching = defineCommand({
  name: 'caching',
  arity: 3,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '6.0.0',
  complexity: 'O(1)',
  summary: 'Client side caching, which this server refuses',
  arguments: [
    {
      name: 'mode',
      type: 'oneof',
      arguments: [
        { name: 'yes', type: 'pure-token', token: 'YES' },
        { name: 'no', type: 'pure-token', token: 'NO' },
      ],
    },
  ],
  run() {
    throw wireError(
      'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled',
    )
  },
})

const getredir = defineCommand({
  name: 'getredir',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '6.0.0',
  complexity: 'O(1)',
  summary: 'Answers -1: nothing is tracked',
  run: () => -1,
})

const trackinginfo = defineCommand({
  name: 'trackinginfo',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '6.2.0',
  complexity: 'O(1)',
  summary: 'Says that nothing is tracked',
  run: () => new MapReply(['flags', new SetReply(['off']), 'redirect', -1, 'prefixes', []]),
})

/** The subcommands of CLIENT about client side caching, which this server does not offer. */
export const trackingCommands: readonly Command[] = [caching, getredir, tracking, trackinginfo]
