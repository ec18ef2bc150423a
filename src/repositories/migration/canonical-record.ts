import type { ModelSchema } from '../../schema/model-schema.js'
import { pairsOf } from '../fields.js'
import type { Fields } from '../repository.js'

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
