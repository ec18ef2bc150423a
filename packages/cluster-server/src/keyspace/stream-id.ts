import { narrowInt64 } from '../int64.js'

/**
 * The id of a stream entry: two unsigned integers of 64 bits, exact. Each is a `number` where that is exact, and a
 * `bigint` only above: so `===` compares two of them, and `<` orders them.
 */
export interface StreamId {
  /** Unix time in milliseconds, or whatever a client chose. */
  readonly ms: number | bigint
  /** Order of the entries with the same `ms`. */
  readonly seq: number | bigint
}

const MAX_UINT64 = 2n ** 64n - 1n

export const FIRST_ID: StreamId = { ms: 0, seq: 0 }
export const LAST_ID: StreamId = { ms: MAX_UINT64, seq: MAX_UINT64 }
/** The largest second half of an id. */
export const LAST_SEQUENCE = MAX_UINT64

/** Negative, 0 or positive, as `one` comes before `other`, is the same, or comes after it. */
export const compareIds = (one: StreamId, other: StreamId): number => {
  if (one.ms !== other.ms) return one.ms < other.ms ? -1 : 1
  if (one.seq === other.seq) return 0
  return one.seq < other.seq ? -1 : 1
}

/** `1526919030474-55` */
export const idText = (id: StreamId): string => `${id.ms}-${id.seq}`

/** Whether `id` is 0-0, which no entry has. */
export const isZero = (id: StreamId): boolean => id.ms === 0 && id.seq === 0

const plus = (value: number | bigint, step: 1 | -1): number | bigint =>
  typeof value === 'number' && value < Number.MAX_SAFE_INTEGER
    ? value + step
    : narrowInt64(BigInt(value) + BigInt(step))

/** The next id there can be; undefined after the last one. */
export const followingId = (id: StreamId): StreamId | undefined => {
  if (id.seq !== MAX_UINT64) return { ms: id.ms, seq: plus(id.seq, 1) }
  return id.ms === MAX_UINT64 ? undefined : { ms: plus(id.ms, 1), seq: 0 }
}

/** The id before; undefined before 0-0. */
export const precedingId = (id: StreamId): StreamId | undefined => {
  if (id.seq !== 0) return { ms: id.ms, seq: plus(id.seq, -1) }
  return id.ms === 0 ? undefined : { ms: plus(id.ms, -1), seq: MAX_UINT64 }
}

/** `value - base` as a signed integer of 64 bits, which wraps. */
export const halfDifference = (value: number | bigint, base: number | bigint): number | bigint =>
  typeof value === 'number' && typeof base === 'number'
    ? value - base
    : narrowInt64(BigInt.asIntN(64, BigInt(value) - BigInt(base)))

/** `base + difference` as an unsigned integer of 64 bits, which wraps. */
export const halfSum = (base: number | bigint, difference: number | bigint): number | bigint => {
  if (typeof base === 'number' && typeof difference === 'number') {
    const sum = base + difference
    if (sum >= 0 && sum <= Number.MAX_SAFE_INTEGER) return sum
  }
  return narrowInt64(BigInt.asUintN(64, BigInt(base) + BigInt(difference)))
}

/** The 16 bytes of an id, most significant first, as Redis writes it in its files and keys its trees. */
export const idBytes = (id: StreamId): string => {
  const bytes = Buffer.alloc(16)
  bytes.writeBigUInt64BE(BigInt(id.ms), 0)
  bytes.writeBigUInt64BE(BigInt(id.seq), 8)
  return bytes.toString('latin1')
}

/** The id whose 16 bytes begin at `at`, which are there. */
export const idFromBytes = (bytes: string, at = 0): StreamId => {
  const buffer = Buffer.from(bytes.slice(at, at + 16), 'latin1')
  return { ms: narrowInt64(buffer.readBigUInt64BE(0)), seq: narrowInt64(buffer.readBigUInt64BE(8)) }
}
