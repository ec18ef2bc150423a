import { ActiveRedisError } from './active-redis-error.js'
import type { ErrorCode } from './error-codes.js'
import { quote, shorten } from './quote.js'

/** What a `CastError` knows. */
export interface CastFailure {
  readonly model: string
  readonly attribute: string
  readonly value: unknown
  /** The form that the cast expects: `an integer`. */
  readonly expected: string
  /** `set`: a value given by the program; `stored`: text read from the server. */
  readonly direction: 'set' | 'stored'
  readonly cause?: unknown
}

/** A value does not fit its attribute; it was neither changed nor stored. */
export class CastError extends ActiveRedisError {
  override readonly code = 'CAST' satisfies ErrorCode
  readonly model: string
  readonly attribute: string
  /** The value that does not fit. */
  readonly value: unknown
  /** The form that would: `an integer`. */
  readonly expected: string

  constructor(failure: CastFailure) {
    const detail = failure.cause instanceof Error && failure.cause.message ? ` (${failure.cause.message})` : ''
    super(
      `The attribute [${failure.attribute}] of model [${failure.model}] ${
        failure.direction === 'set' ? 'cannot hold' : 'cannot be read from the stored text'
      } ${quote(failure.value)}${detail}: expected ${failure.expected}.`,
      { cause: failure.cause },
    )
    this.model = failure.model
    this.attribute = failure.attribute
    this.value = failure.value
    this.expected = failure.expected
  }
}

/** A value cannot be written as JSON: a cycle, a bigint, a function, or a `toJSON` that throws. */
export class JsonEncodingError extends ActiveRedisError {
  override readonly code = 'JSON_ENCODING' satisfies ErrorCode
  readonly model: string
  /** Null when the whole record was being written. */
  readonly attribute: string | null

  /** @param key Key of the record, where the whole record was being written; null for none. */
  constructor(model: string, attribute: string | null, cause: unknown, key: string | null = null) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(
      attribute === null
        ? `Error encoding model [${model}]${key === null ? '' : ` with ID [${shorten(key)}]`} to JSON: ${reason}`
        : `Unable to encode attribute [${attribute}] for model [${model}] to JSON: ${reason}`,
      { cause },
    )
    this.model = model
    this.attribute = attribute
  }
}
