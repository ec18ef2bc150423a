import { CastError } from '../../errors/value-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { pairsOf } from '../fields.js'
import type { Fields } from '../repository.js'

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

/** The time of creation that a record tells by `created_at` or `createdAt`; 0, before all others, where it tells none. */
export function toldCreation(schema: ModelSchema, fields: Fields): number {
  const values = new Map(pairsOf(fields))
  for (const name of ['created_at', 'createdAt']) {
    const cast = schema.attributes.get(name)?.cast
    const stored = values.get(name)
    if (cast === undefined || stored === undefined || !/^(datetime|date|timestamp)$/.test(cast.name)) continue
    try {
      const ms = cast.rank(stored)
      if (Number.isInteger(ms) && ms >= 0 && ms < 1e13) return ms
    } catch {
      return 0
    }
  }
  return 0
}

function canonicalText(schema: ModelSchema, name: string, stored: string): string {
  const cast = schema.attributes.get(name)?.cast
  if (cast === undefined) return stored
  try {
    return cast.toStored(cast.fromStored(stored))
  } catch (cause) {
    throw new CastError({
      model: schema.modelName,
      attribute: name,
      value: stored,
      expected: cast.expects,
      direction: 'stored',
      cause,
    })
  }
}
