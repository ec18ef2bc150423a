import { type Cast, CastMismatch } from '../cast.js'

/**
 * Whole numbers of any size, stored in decimal; also given as a safe integer or as decimal text. Searchable by equality
 * only: the score of a sorted set is a double, which cannot tell neighbours beyond 2^53 apart.
 */
export const bigintCast: Cast<bigint> = {
  name: 'bigint',
  order: 'none',
  isText: false,
  expects: 'a bigint or an integer',
  toStored: (value) => String(toBigint(value)),
  fromStored: (text) => toBigint(text),
  rank: () => 0,
}

function toBigint(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value)
  throw new CastMismatch()
}
