import { ActiveRedisError } from './active-redis-error.js'
import type { ErrorCode } from './error-codes.js'
import { shorten } from './quote.js'

/**
 * Several records of a model with `@HashTag()` have the id, under different tags, and the question did not say which.
 * Name the tag: `Visit.where('tenantId', tenant).find(id)`.
 */
export class AmbiguousKeyError extends ActiveRedisError {
  override readonly code = 'AMBIGUOUS_KEY' satisfies ErrorCode
  readonly model: string
  readonly key: string
  /** The attribute with `@HashTag()`. */
  readonly hashTag: string

  constructor(model: string, key: string, hashTag: string) {
    super(
      `Several records of model [${model}] have the key [${shorten(key)}], under different values of [${hashTag}]. ` +
        `Say which: ${model}.where('${hashTag}', value).find(key).`,
    )
    this.model = model
    this.key = key
    this.hashTag = hashTag
  }
}

/** A handler of an -ing event answered false for a record of a transaction: none of its records was written. */
export class TransactionCancelledError extends ActiveRedisError {
  override readonly code = 'TRANSACTION_CANCELLED' satisfies ErrorCode
  /** The event whose handler cancelled: `creating`. */
  readonly event: string
  readonly model: string
  /** The key of the record; null for a new one that has none yet. */
  readonly key: string | null

  constructor(event: string, model: string, key: string | null, options?: { cause?: unknown }) {
    const record = key === null ? '' : ` [${shorten(key)}]`
    super(`A handler of '${event}' cancelled the transaction at the record${record} of model [${model}].`, options)
    this.event = event
    this.model = model
    this.key = key
  }
}
