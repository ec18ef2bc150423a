import { InvalidKeyError } from '../errors/record-errors.js'

/** A key as it may be given. Keys are text: numbers and bigints stand for their decimal text. */
export type KeyInput = string | number | bigint

/** The longest key, in UTF-16 units. Every index entry of a record repeats its key: short ones are better. */
export const MAX_KEY_LENGTH = 2 ** 20

/**
 * The text of a key: text as it is, safe integers and bigints in decimal. Throws `InvalidKeyError` for null, empty and
 * blank keys, other types, fractions, unpaired surrogates and more than 2^20 UTF-16 units.
 */
export function toKey(model: string, value: unknown): string {
  if (value === null || value === undefined) throw new InvalidKeyError(model, value)
  const key = typeof value === 'string' ? value : decimal(model, value)
  if (key.trim() === '') throw new InvalidKeyError(model, value)
  if (key.length > MAX_KEY_LENGTH) {
    throw new InvalidKeyError(model, value, `has ${key.length} characters; at most ${MAX_KEY_LENGTH} are allowed.`)
  }
  if (!key.isWellFormed()) {
    throw new InvalidKeyError(model, value, 'holds an unpaired surrogate, which UTF-8 cannot carry.')
  }
  return key
}

function decimal(model: string, value: unknown): string {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return String(value)
  throw new InvalidKeyError(model, value, 'is neither text nor an integer.')
}
