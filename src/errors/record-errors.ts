import { ActiveRedisError } from './active-redis-error.js'
import type { ErrorCode } from './error-codes.js'
import { quote, shorten } from './quote.js'

/**
 * A record that must exist does not: `findOrFail`, `firstOrFail`, `refresh`, or a write to a record that somebody
 * deleted or that expired meanwhile. Use `find` or `first` where absence is an answer.
 */
export class ModelNotFoundError extends ActiveRedisError {
  override readonly code = 'MODEL_NOT_FOUND' satisfies ErrorCode
  /** Class name of the model. */
  readonly model: string
  /** The keys that were not found; empty where the question was not by key. */
  readonly keys: readonly string[]

  constructor(model: string, keys: readonly string[] = [], options?: { cause?: unknown }) {
    const named = keys.length === 0 ? '.' : ` ${shorten(keys.slice(0, 20).join(', '), 200)}`
    super(`No query results for model [${model}]${named}`, options)
    this.model = model
    this.keys = keys
  }
}

/** Several records fulfil the conditions of `sole`, which expects exactly one. */
export class MultipleRecordsError extends ActiveRedisError {
  override readonly code = 'MULTIPLE_RECORDS' satisfies ErrorCode
  /** Class name of the model. */
  readonly model: string

  constructor(model: string) {
    super(`More than one record of model [${model}] fulfils the conditions of a query for exactly one.`)
    this.model = model
  }
}

/** A record with this key exists already; nothing was written. Create with another key, or with `force: true` to replace. */
export class DuplicateKeyError extends ActiveRedisError {
  override readonly code = 'DUPLICATE_KEY' satisfies ErrorCode
  readonly model: string
  readonly key: string

  constructor(model: string, key: string, options?: { cause?: unknown }) {
    super(`A model with the key [${shorten(key)}] already exists.`, options)
    this.model = model
    this.key = key
  }
}

/** A key is empty, blank or cannot be stored as text; nothing was written. */
export class InvalidKeyError extends ActiveRedisError {
  override readonly code = 'INVALID_KEY' satisfies ErrorCode
  readonly model: string
  /** The key as it was given. */
  readonly key: unknown

  constructor(model: string, key: unknown, reason?: string, options?: { cause?: unknown }) {
    super(
      reason ? `The key ${quote(key)} of model [${model}] ${reason}` : 'A key is required to create a model.',
      options,
    )
    this.model = model
    this.key = key
  }
}
