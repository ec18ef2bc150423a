import { InvalidKeyError } from '../errors/record-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { ModelSchema } from '../schema/model-schema.js'
import type { Fields, NewRecord } from './repository.js'

/** Refuses a record that cannot be stored, alike in every repository. */
export function checkRecord(schema: ModelSchema, record: NewRecord): void {
  checkId(schema, record.id)
  checkFields(schema, record.fields)
  checkDeadline(record.expiresAtMs)
}

/** Throws `InvalidKeyError` for an id that cannot be stored. */
export function checkId(schema: ModelSchema, id: string): void {
  if (id === '') throw new InvalidKeyError(schema.modelName, id)
  if (!id.isWellFormed()) throw new InvalidKeyError(schema.modelName, id, 'is not well-formed Unicode text.')
}

/** Throws `InvalidArgumentError` for an attribute without a name: field '' is the repositories' own. */
export function checkFields(schema: ModelSchema, fields: Fields): void {
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] !== '') continue
    throw new InvalidArgumentError(`An attribute of model [${schema.modelName}] has an empty name.`)
  }
}

/** Throws `InvalidArgumentError` unless a deadline is null or a whole number of milliseconds. */
export function checkDeadline(expiresAtMs: number | null): void {
  if (expiresAtMs === null || Number.isSafeInteger(expiresAtMs)) return
  throw new InvalidArgumentError(`The expiry ${expiresAtMs} is not a whole number of milliseconds since 1970.`)
}
