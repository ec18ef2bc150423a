import { type Cast, CastMismatch } from '../cast.js'
import { canonicalJson, isPlain } from './canonical-json.js'

/** Any value that JSON can express. The key order of objects is not kept: equal values have equal text. */
export const jsonCast = jsonCastOf('json', 'a value that JSON can express', () => true)

/** A JSON array. */
export const arrayCast = jsonCastOf<unknown[]>('array', 'an array that JSON can express', Array.isArray)

/** A JSON object. */
export const objectCast = jsonCastOf<Record<string, unknown>>(
  'object',
  'a plain object that JSON can express',
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && (isPlain(value) || 'toJSON' in value),
)

function jsonCastOf<Value>(name: string, expects: string, fits: (value: unknown) => boolean): Cast<Value> {
  return {
    name,
    order: 'none',
    isText: false,
    expects,
    toStored(value) {
      if (!fits(value)) throw new CastMismatch()
      return canonicalJson(value)
    },
    fromStored(text) {
      const value = parse(text)
      if (!fits(value)) throw new CastMismatch()
      return value as Value
    },
    rank: () => 0,
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CastMismatch('it is not JSON')
  }
}
