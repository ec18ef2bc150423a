import { ActiveRedisError } from './active-redis-error.js'
import type { ErrorCode } from './error-codes.js'
import { shorten } from './quote.js'

/** A query names an attribute that has no index for the question. Declare it with `@Searchable()` or `@Searchable({ range: true })`. */
export class AttributeNotSearchableError extends ActiveRedisError {
  override readonly code = 'ATTRIBUTE_NOT_SEARCHABLE' satisfies ErrorCode
  readonly model: string
  readonly attribute: string

  /** @param needs What the question needs and the attribute lacks, a whole sentence; absent: the attribute has no index at all. */
  constructor(model: string, attribute: string, needs?: string) {
    super(`The attribute [${attribute}] is not searchable on the model [${model}].${needs ? ` ${needs}` : ''}`)
    this.model = model
    this.attribute = attribute
  }
}

/** A method was called with an argument that it does not accept; nothing was sent. */
export class InvalidArgumentError extends ActiveRedisError {
  override readonly code = 'INVALID_ARGUMENT' satisfies ErrorCode
}

/** A method was called on an object that is not in a state for it: a save of a record that is being saved. */
export class InvalidStateError extends ActiveRedisError {
  override readonly code = 'INVALID_STATE' satisfies ErrorCode
}

/** A model class is declared wrongly: an unknown cast, a type without one, a decorator at the wrong place. */
export class DefinitionError extends ActiveRedisError {
  override readonly code = 'DEFINITION' satisfies ErrorCode
  readonly model: string

  constructor(model: string, message: string, options?: { cause?: unknown }) {
    super(`Model [${model}]: ${message}`, options)
    this.model = model
  }
}

/**
 * Attributes that the mass-assignment guard of a model keeps out were given to `fill`, `create` …; nothing was set. Name them in
 * `fillable`, or set them one by one or with `forceFill`.
 */
export class MassAssignmentError extends ActiveRedisError {
  override readonly code = 'MASS_ASSIGNMENT' satisfies ErrorCode
  readonly model: string
  readonly attributes: readonly string[]

  constructor(model: string, attributes: readonly string[]) {
    const named = shorten(attributes.slice(0, 20).join(', '), 200)
    super(`Model [${model}] guards ${named}: add to its fillable attributes what may be assigned, or use forceFill.`)
    this.model = model
    this.attributes = attributes
  }
}
