import { mayUseChannel } from '../../../acl/permission.js'
import type { User } from '../../../acl/user.js'
import { typeOfClient } from '../../connection/client-line.js'
import { disconnect } from '../../connection/disconnect.js'
import type { ClientState, CommandContext } from '../../context.js'

/** Closes the connections of users that are gone, which may do nothing more meanwhile. */
export const disconnectUsers = ({ client, server }: CommandContext, removed: readonly User[]): void => {
  if (removed.length === 0) return
  const gone = new Set(removed)
  for (const each of [...server.clients.all()]) {
    if (!gone.has(each.user)) continue
    each.user = server.access.users.defaultUser
    each.authenticated = false
    disconnect(each, client)
  }
}

/**
 * Closes the connections that listen to what the user may not use any more. Nobody is looked at when the user keeps
 * every channel. Source: `ACLKillPubsubClientsIfNeeded` of Redis 7.0.15.
 */
export const disconnectListeners = ({ server }: CommandContext, user: User, next: User): void => {
  if (next.selectors.some(({ allChannels }) => allChannels)) return
  const patterns = next.selectors.flatMap(({ channelPatterns }) => channelPatterns)
  const keepsAll = user.selectors.every(
    ({ allChannels, channelPatterns }) => !allChannels && channelPatterns.every((each) => patterns.includes(each)),
  )
  if (keepsAll) return
  for (const each of [...server.clients.all()]) {
    if (each.user !== user || typeOfClient(each) !== 'pubsub') continue
    if (!mayListen(each, patterns)) each.link?.close()
  }
}

const mayListen = ({ channels, patterns, shardChannels }: ClientState, allowed: readonly string[]): boolean =>
  [...patterns].every((pattern) => mayUseChannel(allowed, pattern, true)) &&
  [...channels, ...shardChannels].every((channel) => mayUseChannel(allowed, channel, false))
