/** A number as Redis and Lua read a score; no digit is lost. */
export function scoreText(rank: number): string {
  if (rank === Number.POSITIVE_INFINITY) return 'inf'
  if (rank === Number.NEGATIVE_INFINITY) return '-inf'
  return String(rank)
}

/** A score as a script returns it. */
export function scoreOf(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY
  if (text === '-inf') return Number.NEGATIVE_INFINITY
  return Number(text)
}

/** A time of creation in the 13 digits that index members hold. */
export function stampOf(createdAtMs: number): string {
  return String(createdAtMs).padStart(13, '0')
}

/** Text as it begins a member of a text range index: the twin of `sortable` in the scripts. */
export function sortableText(text: string): string {
  return hasLowest.test(text) ? text.replaceAll('\u0001', '\u0001\u0002').replaceAll('\0', '\u0001\u0001') : text
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these two are what is replaced
const hasLowest = /[\x00\x01]/
