import type { TextPattern } from '../repositories/criteria.js'

/**
 * Patterns: `*` stands for any run of characters, also none. `\*` is a star and `\\` a backslash; a backslash before
 * anything else stands for itself.
 */
export function parsePattern(text: string): TextPattern {
  const parts: string[] = []
  let part = ''
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    const next = text.charAt(index + 1)
    if (character === '\\' && (next === '*' || next === '\\')) {
      part += next
      index++
    } else if (character === '*') {
      if (part !== '' || parts.length === 0) parts.push(part)
      part = ''
    } else {
      part += character
    }
  }
  parts.push(part)
  return { parts }
}

/**
 * Text that as a pattern matches itself and nothing else, also with wildcards put around it:
 * `where('name', escapeWildcards(input) + '*')`. `where(attribute, '=', value)` needs no escaping.
 */
export function escapeWildcards(text: string): string {
  return text.replace(/[\\*]/g, '\\$&')
}
