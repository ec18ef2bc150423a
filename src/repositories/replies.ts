import type { Outcome } from '../connections/connection.js'

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
export function texts(reply: unknown): readonly string[] {
  const items = list(reply)
  return areTexts(items) ? items : items.map(text)
}

function areTexts(items: readonly unknown[]): items is readonly string[] {
  return items.every((item) => typeof item === 'string')
}
