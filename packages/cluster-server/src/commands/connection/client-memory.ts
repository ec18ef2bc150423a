import type { ClientState, WordSizes } from '../context.js'

/** What Redis allocates for a client by itself, and for its query buffer once it has read from it. */
const CLIENT_BYTES = 768
export const QUERY_BUFFER_BYTES = 20_474
const QUERY_ALLOCATION_BYTES = 20_480
/** A query buffer that is not used for longer is given back. */
const QUERY_IDLE_MS = 3000
/** Sizes of list nodes, table entries and the like in Redis 7.0. */
const WATCHED_KEY_BYTES = 80
const POINTER_BYTES = 8
const QUEUED_COMMAND_BYTES = 24
const LIST_NODE_BYTES = 24
const CHANNEL_BYTES = 32
const PREFIX_BYTES = 32

/** Whether a query buffer is held for a client that may have nothing in it. */
export const hasQueryBuffer = (client: ClientState, nowMs: number): boolean =>
  client.lastCommand !== 'NULL' && nowMs - client.lastActiveMs < QUERY_IDLE_MS

/** The answers of a client that no buffer of its own has room for. */
export const listedBytes = (client: ClientState): number =>
  Math.max(0, client.outputBytes - client.replyBuffer.sizeBytes)

/** The words of the command that a client runs, or of the one that it has not sent to its end. */
export const wordsOfClient = (client: ClientState, argv: readonly string[]): WordSizes =>
  argv.length === 0
    ? client.unfinishedWords
    : { count: argv.length, bytes: argv.reduce((sum, word) => sum + word.length, 0) }

/** Redis doubles the room for queued commands, from two on. */
const roomForQueued = (count: number): number => (count === 0 ? 0 : 2 ** Math.max(1, Math.ceil(Math.log2(count))))

/**
 * The memory that a client takes, as Redis 7.0 counts it: `tot-mem` of CLIENT LIST, and what `maxmemory-clients` limits.
 * `argv` are the words that it runs.
 */
export const memoryOfClient = (client: ClientState, nowMs: number, argv: readonly string[]): number => {
  const usualBytes = hasQueryBuffer(client, nowMs) ? QUERY_ALLOCATION_BYTES : 0
  const queryBytes = Math.max(usualBytes, client.reservedInputBytes, client.queryBuffer.allocatedBytes)
  const { count, bytes } = wordsOfClient(client, argv)
  const channels = client.channels.size + client.shardChannels.size
  return (
    CLIENT_BYTES +
    queryBytes +
    client.replyBuffer.sizeBytes +
    listedBytes(client) +
    bytes +
    count * POINTER_BYTES +
    client.queuedBytes +
    roomForQueued(client.queuedCount) * QUEUED_COMMAND_BYTES +
    client.watchedCount * WATCHED_KEY_BYTES +
    client.patterns.size * LIST_NODE_BYTES +
    channels * CHANNEL_BYTES +
    (client.tracking?.prefixes.size ?? 0) * PREFIX_BYTES
  )
}
