/**
 * Segments of key names: text goes in and comes out unchanged, and no two texts share a segment, so that a value can
 * never forge its neighbour. `%`, `:`, `{`, `}` and the ASCII control characters become `%XX` (upper-case hex); all else,
 * beyond ASCII too, stays as it is. The work is on single bytes of the UTF-8 form, so that a script can do it as well:
 *
 *     string.gsub(value, '[%z\1-\31\127%%:{}]', function(c) return string.format('%%%02X', string.byte(c)) end)
 */

/** The segment of a missing value. `encodeSegment` never returns it: `n` is not a hex digit. */
export const NULL_SEGMENT = '%null'

/** Stands for one segment of a key, null included. Reversible with `decodeSegment`. */
export function encodeSegment(value: string | null): string {
  if (value === null) return NULL_SEGMENT
  return needsEscape(value) ? value.replace(reserved, escapeCharacter) : value
}

/** The value of a segment that `encodeSegment` wrote. Throws a `RangeError` for any other text. */
export function decodeSegment(segment: string): string | null {
  if (segment === NULL_SEGMENT) return null
  if (!segment.includes('%')) return segment
  const value = segment.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  if (encodeSegment(value) !== segment) throw new RangeError(`'${segment.slice(0, 80)}' is not an encoded key segment.`)
  return value
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const reserved = /[\x00-\x1f\x7f%:{}]/g

function needsEscape(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code < 0x20 || code === 0x25 || code === 0x3a || code === 0x7b || code === 0x7d || code === 0x7f) return true
  }
  return false
}

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
