import { ActiveRedisError } from './active-redis-error.js'
import type { ErrorCode } from './error-codes.js'
import { shorten } from './quote.js'

/** A connection or repository is configured wrongly. Raised before a socket is opened. */
export class ConfigurationError extends ActiveRedisError {
  override readonly code = 'CONFIGURATION' satisfies ErrorCode
}

/** A server could not be reached, or went away before it answered: a write may or may not have happened. */
export class ConnectionError extends ActiveRedisError {
  override readonly code = 'CONNECTION' satisfies ErrorCode
  /** Name of the connection. */
  readonly connection: string
  /** `host:port` of the node that was asked; null where none was chosen yet. */
  readonly address: string | null
  /** False: the request never left and nothing happened. True: the outcome is unknown. */
  readonly wasSent: boolean

  constructor(
    connection: string,
    message: string,
    options: { cause?: unknown; address?: string | null; wasSent?: boolean } = {},
  ) {
    super(`Connection [${connection}]: ${message}`, options)
    this.connection = connection
    this.address = options.address ?? null
    this.wasSent = options.wasSent ?? true
  }
}

/** A server answered with an error. */
export class ServerError extends ActiveRedisError {
  override readonly code = 'SERVER' satisfies ErrorCode
  readonly connection: string
  /** The server's own text: `WRONGTYPE Operation against a key holding the wrong kind of value`. */
  readonly reply: string
  /** First word of the text: `WRONGTYPE`, `ERR`, `OOM`. */
  readonly replyCode: string
  /** Redis command name or script name. */
  readonly command: string

  constructor(connection: string, command: string, reply: string, options?: { cause?: unknown }) {
    super(`Connection [${connection}]: ${command} failed: ${shorten(reply, 500)}`, options)
    this.connection = connection
    this.reply = reply
    this.replyCode = /^[A-Z]+/.exec(reply)?.[0] ?? 'ERR'
    this.command = command
  }
}

/** A key and the hash slot in which it lies. */
export interface KeySlot {
  readonly key: string
  readonly slot: number
}

/** Keys of one request lie in different hash slots; nothing was sent. Give them one hash tag: `{tag}`. */
export class CrossSlotError extends ActiveRedisError {
  override readonly code = 'CROSS_SLOT' satisfies ErrorCode
  /** The first key, and the first that lies elsewhere. */
  readonly keys: readonly [KeySlot, KeySlot]

  /** @param reason What must lie in one slot; absent: the keys of one request. */
  constructor(first: KeySlot, other: KeySlot, reason = 'Keys of one request must lie in one hash slot') {
    super(
      `${reason}: [${shorten(first.key)}] is in slot ${first.slot}, [${shorten(other.key)}] in slot ${other.slot}. ` +
        'Give them the same hash tag.',
    )
    this.keys = [first, other]
  }
}

/**
 * A write with `waitReplicas` is stored on its primary, but fewer replicas than wanted confirmed it in time: a failover
 * may still lose it. Nothing is to be repeated; the record counts as saved.
 */
export class ReplicationError extends ActiveRedisError {
  override readonly code = 'REPLICATION' satisfies ErrorCode
  readonly connection: string
  /** `host:port` of the primary that wrote. */
  readonly address: string
  /** How many replicas were to confirm. */
  readonly wanted: number
  /** How many did; null where the primary went away before it said. */
  readonly acknowledged: number | null

  constructor(
    connection: string,
    facts: {
      readonly address: string
      readonly wanted: number
      readonly acknowledged: number | null
      readonly timeoutMs: number
    },
    options?: { cause?: unknown },
  ) {
    const { address, wanted, acknowledged, timeoutMs } = facts
    super(
      `Connection [${connection}]: the write is stored on ${address}, but not confirmed by ${wanted} ` +
        `replica${wanted === 1 ? '' : 's'}: ` +
        (acknowledged === null
          ? 'the primary went away before it said how many have it.'
          : `${acknowledged} of them did within ${timeoutMs} ms.`),
      options,
    )
    this.connection = connection
    this.address = address
    this.wanted = wanted
    this.acknowledged = acknowledged
  }
}
