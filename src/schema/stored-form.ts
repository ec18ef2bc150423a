import type { Cast } from './cast.js'

/**
 * What may be assumed of the stored text of a cast, by those that compute with it where no cast runs, such as scripts:
 *
 * - `safeInteger`: decimal, within ±(2^53 − 1)
 * - `integer`: decimal, of any size
 * - `decimal`: decimal, with a fixed number of digits after the point
 * - `float`: the shortest text of a double, as JavaScript prints it
 * - `moment`: ISO 8601 or Unix milliseconds
 * - `other`: nothing
 */
export type StoredForm = 'safeInteger' | 'integer' | 'decimal' | 'float' | 'moment' | 'other'

/** The form of the text that a cast stores. */
export function storedFormOf(cast: Cast): StoredForm {
  const name = cast.name.split(':', 1)[0] ?? ''
  return forms.get(name) ?? 'other'
}

const forms: ReadonlyMap<string, StoredForm> = new Map([
  ['integer', 'safeInteger'],
  ['bigint', 'integer'],
  ['decimal', 'decimal'],
  ['float', 'float'],
  ['date', 'moment'],
  ['datetime', 'moment'],
  ['timestamp', 'moment'],
])
