import { CastError } from '../errors/value-errors.js'
import { fromStoredText, toStoredText } from '../schema/attribute-value.js'
import type { ModelSchema } from '../schema/model-schema.js'
import { fieldsOf, pairsOf } from './fields.js'
import type { Fields, StoredRecord } from './repository.js'

/**
 * Fields with every declared value in the text in which its cast writes it, so that equal values are found as equal: what
 * another library wrote may differ (`2024-09-24 08:30:00`). Fields that are not declared stay as they are.
 * Throws `CastError` for text that its cast cannot read.
 */
export function canonicalFields(schema: ModelSchema, fields: Fields): string[] {
  const canonical: string[] = []
  for (const [name, stored] of pairsOf(fields)) {
    if (name === '' || name === schema.keyName) continue
    canonical.push(name, canonicalText(schema, name, stored))
  }
  return canonical
}

/**
 * A record as it is compared: fields that may be in another form, as `canonicalFields` brings them. Text that its cast cannot
 * read stays as it is.
 */
export function comparable(schema: ModelSchema, record: StoredRecord): StoredRecord {
  const other = new Map<string, string>()
  for (const [name, stored] of pairsOf(record.fields)) {
    if (schema.attributes.get(name)?.cast.isText !== false) continue
    try {
      const text = canonicalText(schema, name, stored)
      if (text !== stored) other.set(name, text)
    } catch (error) {
      if (!(error instanceof CastError)) throw error
    }
  }
  if (other.size === 0) return record
  const fields = fieldsOf(
    Array.from(pairsOf(record.fields), ([name, stored]) => [name, other.get(name) ?? stored] as const),
  )
  return { id: record.id, fields }
}

function canonicalText(schema: ModelSchema, name: string, stored: string): string {
  const attribute = schema.attributes.get(name)
  if (attribute === undefined) return stored
  return toStoredText(schema.modelName, attribute, fromStoredText(schema.modelName, attribute, stored))
}
