import { CastError, JsonEncodingError } from '../errors/value-errors.js'
import { CastMismatch } from './cast.js'
import { JsonMismatch } from './casts/canonical-json.js'
import type { AttributeSchema } from './model-schema.js'

/** Stored text of a value that is not null. Throws `CastError` or `JsonEncodingError`, which name model and attribute. */
export function toStoredText(model: string, attribute: AttributeSchema, value: unknown): string {
  try {
    return attribute.cast.toStored(value)
  } catch (cause) {
    throw failure(model, attribute, value, 'set', cause)
  }
}

/** The value of a stored text. Throws `CastError` for text that the cast cannot read. */
export function fromStoredText(model: string, attribute: AttributeSchema, text: string): unknown {
  try {
    return attribute.cast.fromStored(text)
  } catch (cause) {
    throw failure(model, attribute, text, 'stored', cause)
  }
}

/** The rank of a stored text. Throws `CastError` for text that the cast cannot read. */
export function rankOfStoredText(model: string, attribute: AttributeSchema, text: string): number {
  try {
    return attribute.cast.rank(text)
  } catch (cause) {
    throw failure(model, attribute, text, 'stored', cause)
  }
}

function failure(
  model: string,
  attribute: AttributeSchema,
  value: unknown,
  direction: 'set' | 'stored',
  cause: unknown,
): Error {
  if (cause instanceof JsonMismatch && direction === 'set') return new JsonEncodingError(model, attribute.name, cause)
  const mismatch = cause instanceof CastMismatch && cause.message === '' ? undefined : cause
  return new CastError({
    model,
    attribute: attribute.name,
    value,
    expected: attribute.cast.expects,
    direction,
    ...(mismatch === undefined ? {} : { cause: mismatch }),
  })
}
