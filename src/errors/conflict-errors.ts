import { ActiveRedisError } from './active-redis-error.js'
import type { ErrorCode } from './error-codes.js'
import { quote, shorten } from './quote.js'

/**
 * A record is not as a conditional write demands: another version is stored, or the predicate of `saveIf` does not hold.
 * Nothing was written. Take `stored`, decide again, and save that.
 */
export class StaleModelError<T extends object = object> extends ActiveRedisError {
  override readonly code = 'STALE_MODEL' satisfies ErrorCode
  readonly model: string
  readonly key: string
  /** The record as it is stored: as it was in the step that refused the write. */
  readonly stored: T
  /** Its attributes as stored text. */
  readonly raw: Readonly<Record<string, string>>

  constructor(
    model: string,
    key: string,
    stored: T,
    options: { readonly cause?: unknown; readonly raw?: Readonly<Record<string, string>> } = {},
  ) {
    super(
      `The record [${shorten(key)}] of model [${model}] was changed by somebody else, or does not fulfil the condition of the write.`,
      options,
    )
    this.model = model
    this.key = key
    this.stored = stored
    this.raw = options.raw ?? {}
  }
}

/** Another record holds a value, or a combination of values, that is declared unique. Nothing was written. */
export class UniqueConstraintError extends ActiveRedisError {
  override readonly code = 'UNIQUE' satisfies ErrorCode
  readonly model: string
  /** Names of the attributes; several for a composite constraint. */
  readonly attributes: readonly string[]
  /** The values, beside `attributes`. */
  readonly values: readonly unknown[]
  /** Key of the record that holds the values, or that is about to. */
  readonly holder: string

  constructor(
    model: string,
    attributes: readonly string[],
    values: readonly unknown[],
    holder: string,
    options?: { cause?: unknown },
  ) {
    const named = shorten(attributes.map((name, index) => `${name} ${quote(values[index])}`).join(', '), 300)
    super(`Model [${model}] must be unique by ${named}: the record [${shorten(holder)}] has that already.`, options)
    this.model = model
    this.attributes = attributes
    this.values = values
    this.holder = holder
  }
}

/** What an `OutOfRangeError` knows. Numbers are decimal text, so that none loses digits. */
export interface RangeViolation {
  readonly model: string
  readonly key: string
  readonly attribute: string
  /** The stored number. */
  readonly current: string
  /** What was to be added; negative for a decrement. */
  readonly by: string
  readonly min?: string | undefined
  readonly max?: string | undefined
}

/** An increment or decrement would take a number below its floor or above its ceiling; nothing was written. */
export class OutOfRangeError extends ActiveRedisError {
  override readonly code = 'OUT_OF_RANGE' satisfies ErrorCode
  readonly model: string
  readonly key: string
  readonly attribute: string
  /** The stored number, as decimal text. */
  readonly current: string
  readonly by: string
  readonly min: string | null
  readonly max: string | null

  constructor({ model, key, attribute, current, by, min, max }: RangeViolation) {
    const bounds = [min === undefined ? [] : `at least ${min}`, max === undefined ? [] : `at most ${max}`].flat()
    super(
      `The attribute [${attribute}] of the record [${shorten(key)}] of model [${model}] is ${current} and cannot change by ${by}: it must be ${bounds.join(' and ')}.`,
    )
    this.model = model
    this.key = key
    this.attribute = attribute
    this.current = current
    this.by = by
    this.min = min ?? null
    this.max = max ?? null
  }
}
