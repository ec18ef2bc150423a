import type { NewRecord } from '../repositories/repository.js'
import { toStoredText } from '../schema/attribute-value.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import { toKey } from '../schema/record-key.js'
import { requireAttribute } from './require-attribute.js'

/** The key that a row names; null for none. Throws `InvalidKeyError`. */
export function keyOfRow(definition: ModelDefinition, row: object): string | null {
  const { keyName, modelName } = definition.schema
  const key: unknown = Reflect.get(row, keyName)
  return key === null || key === undefined ? null : toKey(modelName, key)
}

/**
 * The stored record of a plain row: what a new record filled with the row would store, without making one. For classes whose
 * constructor sets no attributes.
 */
export function encodeRow(definition: ModelDefinition, row: object, id: string, nowMs: number): NewRecord {
  const { schema } = definition
  const fields: string[] = []
  for (const [name, value] of Object.entries(row)) {
    if (value === undefined || name === schema.keyName) continue
    const attribute = requireAttribute(schema, name)
    if (value !== null) fields.push(name, toStoredText(schema.modelName, attribute, value))
  }
  for (const name of [definition.createdAt, definition.updatedAt]) {
    const isGiven = name === null || (Reflect.get(row, name) ?? null) !== null
    if (!isGiven) fields.push(name, toStoredText(schema.modelName, requireAttribute(schema, name), nowMs))
  }
  return { id, fields, expiresAtMs: null }
}
