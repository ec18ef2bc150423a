import { type Cast, CastMismatch } from '../cast.js'

/**
 * Text, exactly as it is: nothing is trimmed or normalised. Numbers, bigints and booleans are accepted and become their
 * text; text that UTF-8 cannot carry (an unpaired surrogate) is refused.
 */
export const textCast: Cast<string> = {
  name: 'string',
  order: 'text',
  isText: true,
  expects: 'text',
  toStored(value) {
    if (typeof value === 'string') return requireWellFormed(value)
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
    throw new CastMismatch()
  },
  fromStored: (text) => text,
  rank: () => 0,
}

/** Throws `CastMismatch` for text with an unpaired surrogate. */
export function requireWellFormed(text: string): string {
  if (!text.isWellFormed()) throw new CastMismatch('it holds an unpaired surrogate, which UTF-8 cannot carry')
  return text
}
