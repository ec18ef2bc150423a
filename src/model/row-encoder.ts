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
export function encodeRow(
  definition: ModelDefinition,
  row: object,
  id: string,
  nowMs: number,
  expiresAtMs: number | null,
): NewRecord {
  const { schema } = definition
  const fields: string[] = []
  for (const { attribute, text } of definition.behaviour.defaults) {
    const initial = Reflect.get(row, attribute.name) === undefined ? text() : null
    if (initial !== null) fields.push(attribute.name, initial)
  }
  for (const [name, value] of Object.entries(row)) {
    if (value === undefined || name === schema.keyName) continue
    const attribute = requireAttribute(schema, name)
    if (value !== null) fields.push(name, toStoredText(schema.modelName, attribute, value))
  }
  for (const name of [definition.createdAt, definition.updatedAt]) {
    const isGiven = name === null || (Reflect.get(row, name) ?? null) !== null
    if (!isGiven && !hasDefault(definition, name))
      fields.push(name, toStoredText(schema.modelName, requireAttribute(schema, name), nowMs))
  }
  addVersion(definition, fields)
  return { id, fields, expiresAtMs }
}

function hasDefault({ behaviour }: ModelDefinition, name: string): boolean {
  return behaviour.defaults.some(({ attribute }) => attribute.name === name)
}

/** A new record has version 1, whatever the row says. */
function addVersion({ version, schema }: ModelDefinition, fields: string[]): void {
  if (version === null) return
  const place = fields.findIndex((name, index) => index % 2 === 0 && name === version)
  fields.splice(
    place < 0 ? fields.length : place,
    2,
    version,
    toStoredText(schema.modelName, requireAttribute(schema, version), 1),
  )
}
