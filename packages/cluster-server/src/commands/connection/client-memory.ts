import type { ClientState } from '../context.js'

/** What Redis allocates for a client by itself, and for its query buffer once it has read from it. */
const CLIENT_BYTES = 768
export const QUERY_BUFFER_BYTES = 20_474
const QUERY_ALLOCATION_BYTES = 20_480
/** A query buffer that is not used for longer is given back. */
const QUERY_IDLE_MS = 3000
/** Sizes of list nodes, table entries and the like in Redis 7.0. */
const WATCHED_KEY_BYTES = 80
const LIST_NODE_BYTES = 24
const CHANNEL_BYTES = 32
const PREFIX_BYTES = 32

/** Whether a query buffer is held for a client that may have nothing in it. */
export const hasQueryBuffer = (client: ClientState, nowMs: number): boolean =>
  client.lastCommand !== 'NULL' && nowMs - client.lastActiveMs < QUERY_IDLE_MS

/** The answers of a client that no buffer of its own has room for. */
export const listedBytes = (client: ClientState): number =>
  Math.max(0, client.outputBytes - client.replyBuffer.sizeBytes)

/**
 * The memory that a client takes, as Redis 7.0 counts it: `tot-mem` of CLIENT LIST, and what `maxmemory-clients` limits.
 * `argv` are the words that it runs.
 */
export const memoryOfClient = (client: ClientState, nowMs: number, argv: readonly string[]): number => {
  const queryBytes = hasQueryBuffer(client, nowMs)
    ? Math.max(QUERY_ALLOCATION_BYTES, client.reservedInputBytes)
    : client.reservedInputBytes
  const argvBytes = argv.reduce((sum, word) => sum + word.length, 8 * argv.length)
  const channels = client.channels.size + client.shardChannels.size
  return (
    CLIENT_BYTES +
    queryBytes +
    client.replyBuffer.sizeBytes +
    listedBytes(client) +
    argvBytes +
    client.queuedBytes +
    client.watchedCount * WATCHED_KEY_BYTES +
    client.patterns.size * LIST_NODE_BYTES +
    channels * CHANNEL_BYTES +
    (client.tracking?.prefixes.size ?? 0) * PREFIX_BYTES
  )
}
