import type { ClientState, ServerState } from '../context.js'
import { hasQueryBuffer, listedBytes, memoryOfClient, QUERY_BUFFER_BYTES, wordsOfClient } from './client-memory.js'

const REPLY_BLOCK_BYTES = 16 * 1024

/** Who asks, in which words: they are in memory while they run. */
export interface Asking {
  readonly client: ClientState
  readonly argv: readonly string[]
}

/** One client as CLIENT LIST and CLIENT INFO describe it, without the line break. */
export const describeClient = (client: ClientState, server: ServerState, asking: Asking): string => {
  const nowMs = server.clock.nowMs()
  const seconds = (sinceMs: number): number => Math.max(0, Math.floor((nowMs - sinceMs) / 1000))
  const words = asking.client === client ? asking.argv : []
  const { sizeBytes, peakBytes } = client.replyBuffer
  const room = Math.max(hasQueryBuffer(client, nowMs) ? QUERY_BUFFER_BYTES : 0, client.queryBuffer.roomBytes)
  const listed = listedBytes(client)
  const facts: readonly (readonly [string, string | number])[] = [
    ['id', client.id],
    ['addr', client.address],
    ['laddr', client.localAddress],
    ['fd', 0],
    ['name', client.name],
    ['age', seconds(client.connectedAtMs)],
    ['idle', seconds(client.lastActiveMs)],
    ['flags', flagsOf(client)],
    ['db', client.databaseIndex],
    ['sub', client.channels.size],
    ['psub', client.patterns.size],
    ['ssub', client.shardChannels.size],
    ['multi', client.inTransaction ? client.queuedCount : -1],
    ['qbuf', client.inputBytes],
    ['qbuf-free', Math.max(0, room - client.inputBytes)],
    ['argv-mem', wordsOfClient(client, words).bytes],
    ['multi-mem', client.queuedBytes],
    ['rbs', sizeBytes],
    ['rbp', peakBytes],
    ['obl', client.outputBytes - listed],
    ['oll', Math.ceil(listed / REPLY_BLOCK_BYTES)],
    ['omem', listed],
    ['tot-mem', memoryOfClient(client, nowMs, words)],
    ['events', client.outputBytes > 0 ? 'rw' : 'r'],
    ['cmd', client.lastCommand],
    ['user', client.user.name],
    ['redir', client.tracking?.redirectTo ?? -1],
    ['resp', client.protocol],
  ]
  return facts.map(([name, value]) => `${name}=${value}`).join(' ')
}

/** `normal`, `pubsub`, `replica` … as CLIENT LIST TYPE and CLIENT KILL TYPE name them. */
export const typeOfClient = (client: ClientState): 'normal' | 'pubsub' | 'replica' | 'master' => {
  if (client.isReplicationStream) return 'master'
  if (client.isReplica) return 'replica'
  return client.channels.size + client.patterns.size + client.shardChannels.size > 0 ? 'pubsub' : 'normal'
}

const flagsOf = (client: ClientState): string => {
  let flags = ''
  if (client.isMonitor) flags += 'O'
  else if (client.isReplicationStream) flags += 'M'
  else if (client.isReplica) flags += 'S'
  if (typeOfClient(client) === 'pubsub') flags += 'P'
  if (client.inTransaction) flags += 'x'
  if (client.isBlocked) flags += 'b'
  if (client.tracking !== null) flags += 't'
  if (client.tracking?.isRedirectionBroken) flags += 'R'
  if (client.tracking?.broadcasts) flags += 'B'
  if (client.watchFailed) flags += 'd'
  if (client.isClosing) flags += 'c'
  if (client.address.startsWith('/')) flags += 'U'
  if (client.readsReplicas) flags += 'r'
  if (client.noEvict) flags += 'e'
  return flags === '' ? 'N' : flags
}
