import type { Outcome } from '../../connections/connection.js'
import type { Fields, StoredRecord } from '../repository.js'

/** The value of an outcome; throws its error. */
export function valueOfOutcome(outcome: Outcome | undefined): unknown {
  if (outcome === undefined) throw new TypeError('A connection answered fewer requests than it was sent.')
  if (!outcome.ok) throw outcome.error
  return outcome.value
}

/** An array reply. */
export function list(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw new TypeError(`Expected an array reply, got ${typeof reply}.`)
  return reply
}

/** A text reply; numbers, and null as '', included. */
export function text(reply: unknown): string {
  return reply === null || reply === undefined ? '' : String(reply)
}

/** A reply of text items. */
export function texts(reply: unknown): string[] {
  return list(reply).map(text)
}

/** A record as its hash was read, without the field that holds the time of its creation; null where there is none. */
export function recordOfHash(
  id: string,
  hash: readonly string[],
): { record: StoredRecord; createdAtMs: number } | null {
  const place = markerPlace(hash)
  if (place < 0) return null
  const fields: Fields = place === 0 ? hash.slice(2) : [...hash.slice(0, place), ...hash.slice(place + 2)]
  return { record: { id, fields }, createdAtMs: Number(hash[place + 1]) }
}

function markerPlace(hash: readonly string[]): number {
  for (let index = 0; index < hash.length; index += 2) if (hash[index] === '') return index
  return -1
}
