import { MapReply, OK, SetReply } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { optionAt } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import type { ClientTracking } from '../tracking-state.js'
import { checkTrackingRequest, readTrackingRequest } from './tracking-request.js'

const NOT_TRACKED = wireError(
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled',
)
const NOT_OPTIN = wireError('ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.')
const NOT_OPTOUT = wireError('ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.')

const tracking = defineCommand({
  name: 'tracking',
  arity: -3,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '6.0.0',
  complexity: 'O(1)',
  summary: 'Tells the connection when keys change that it read',
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
  run({ client, server }, argv) {
    const request = readTrackingRequest(argv, (id) => server.clients.get(id) !== undefined)
    switch (optionAt(argv, 2)) {
      case 'ON':
        checkTrackingRequest(request, client.tracking)
        server.tracking.enable(client, request)
        return OK
      case 'OFF':
        server.tracking.disable(client)
        return OK
      default:
        throw SYNTAX_ERROR
    }
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
  summary: 'Says whether what the next command reads is to be remembered',
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
  run({ client: { tracking: state } }, argv) {
    if (state === null) throw NOT_TRACKED
    const word = optionAt(argv, 2)
    if (word !== 'YES' && word !== 'NO') throw SYNTAX_ERROR
    if (word === 'YES' && state.mode !== 'optIn') throw NOT_OPTIN
    if (word === 'NO' && state.mode !== 'optOut') throw NOT_OPTOUT
    state.cachingGiven = true
    return OK
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
  summary: 'Answers which connection is told of changes instead of this one: 0 none, -1 without tracking',
  run: ({ client }) => client.tracking?.redirectTo ?? -1,
})

const trackinginfo = defineCommand({
  name: 'trackinginfo',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  categories: ['connection'],
  group: 'connection',
  since: '6.2.0',
  complexity: 'O(1)',
  summary: 'Describes how the connection is tracked',
  run({ client }) {
    const state = client.tracking
    const prefixes = [...(state?.prefixes ?? [])].sort()
    const flags = state === null ? ['off'] : ['on', ...flagsOf(state)]
    return new MapReply(['flags', new SetReply(flags), 'redirect', state?.redirectTo ?? -1, 'prefixes', prefixes])
  },
})

const flagsOf = (state: ClientTracking): string[] => {
  const flags: string[] = []
  if (state.broadcasts) flags.push('bcast')
  if (state.mode === 'optIn') flags.push('optin', ...(state.cachingGiven ? ['caching-yes'] : []))
  if (state.mode === 'optOut') flags.push('optout', ...(state.cachingGiven ? ['caching-no'] : []))
  if (state.skipsOwnChanges) flags.push('noloop')
  if (state.isRedirectionBroken) flags.push('broken_redirect')
  return flags
}

/** The subcommands of CLIENT about client side caching. */
export const trackingCommands: readonly Command[] = [caching, getredir, tracking, trackinginfo]
