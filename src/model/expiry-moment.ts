import dayjs, { type Dayjs } from 'dayjs'
import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'

/** When something expires: a moment, a number of seconds from now (fractions allowed), or null for never. */
export type Expiry = Date | Dayjs | number | null

/** An expiry as Unix milliseconds; null for never. Throws `InvalidArgumentError` for what is none. */
export function expiryMs(at: Expiry): number | null {
  if (at === null) return null
  const ms =
    typeof at === 'number'
      ? Date.now() + at * 1000
      : dayjs.isDayjs(at) || at instanceof Date
        ? at.valueOf()
        : Number.NaN
  if (Number.isFinite(ms) && Math.abs(ms) <= 8.64e15) return Math.ceil(ms)
  throw new InvalidArgumentError(
    `${quote(at)} is no expiry: give a Date, a dayjs, seconds from now, or null for never.`,
  )
}

/** How long a record that is written lives. */
export interface LifetimeOptions {
  /** When the record expires; null: never. Absent: a new record as its model says, another one as before. */
  readonly ttl?: Expiry
  /** The same as a number of seconds for `ttl`. */
  readonly ttlSeconds?: number
}

/**
 * The deadline that options set, Unix milliseconds; null for none, undefined where they say nothing. Throws
 * `InvalidArgumentError` for both options together, and for a moment that has passed: a record would not exist.
 */
export function deadlineOf({ ttl, ttlSeconds }: LifetimeOptions): number | null | undefined {
  if (ttl !== undefined && ttlSeconds !== undefined) {
    throw new InvalidArgumentError('ttl and ttlSeconds say the same: give one of them.')
  }
  if (ttlSeconds !== undefined && !(typeof ttlSeconds === 'number' && ttlSeconds > 0 && ttlSeconds < 8.64e12)) {
    throw new InvalidArgumentError(`ttlSeconds is ${quote(ttlSeconds)}; it must be a number of seconds above 0.`)
  }
  const at = ttl ?? ttlSeconds
  if (at === undefined) return ttl === null ? null : undefined
  const ms = expiryMs(at)
  if (ms === null || ms > Date.now()) return ms
  throw new InvalidArgumentError(`The ttl ${quote(at)} has passed already: give seconds above 0 or a later moment.`)
}
