import { fieldOf } from '../repositories/fields.js'
import type { StoredRecord } from '../repositories/repository.js'
import { fromStoredText } from '../schema/attribute-value.js'
import type { ModelSchema } from '../schema/model-schema.js'

/** Reads stored texts of an attribute as its values; null stays null, and the key is text. */
export function valueReader(schema: ModelSchema, name: string): (text: string | null) => unknown {
  const attribute = schema.attributes.get(name)
  return (text) => (text === null || !attribute ? text : fromStoredText(schema.modelName, attribute, text))
}

/** Reads an attribute, or the key, of stored records. */
export function recordReader(schema: ModelSchema, name: string): (record: StoredRecord) => unknown {
  if (name === schema.keyName) return (record) => record.id
  const read = valueReader(schema, name)
  return (record) => read(fieldOf(record.fields, name))
}
