/**
 * Whether latin1 `text` matches a glob pattern: `*`, `?`, `[abc]`, `[^a-z]`, and `\` before a literal character.
 * Runs in O(pattern × text) at worst, with no recursion. Source of the rules: `stringmatchlen` of Redis.
 */
export const matchesGlob = (pattern: string, text: string, ignoreCase = false): boolean =>
  ignoreCase ? matches(pattern.toLowerCase(), text.toLowerCase()) : matches(pattern, text)

const matches = (pattern: string, text: string): boolean => {
  let p = 0
  let t = 0
  // Where to go on when a later part fails: only the last `*` has to be tried again.
  let starPattern = -1
  let starText = 0
  while (t < text.length) {
    if (pattern.charCodeAt(p) === STAR) {
      starPattern = ++p
      starText = t
      if (p === pattern.length) return true
      continue
    }
    const next = p < pattern.length ? matchOne(pattern, p, text.charCodeAt(t)) : -1
    if (next !== -1) {
      p = next
      t++
      continue
    }
    if (starPattern === -1) return false
    p = starPattern
    t = ++starText
  }
  while (pattern.charCodeAt(p) === STAR) p++
  return p === pattern.length
}

const STAR = 42
const QUESTION = 63
const OPEN = 91
const CLOSE = 93
const BACKSLASH = 92
const CARET = 94
const DASH = 45

/** The position behind the one pattern element at `p` when it matches `code`; -1 when it does not. */
const matchOne = (pattern: string, p: number, code: number): number => {
  const element = pattern.charCodeAt(p)
  if (element === QUESTION) return p + 1
  if (element === OPEN) return matchClass(pattern, p + 1, code)
  if (element === BACKSLASH && p + 1 < pattern.length) return pattern.charCodeAt(p + 1) === code ? p + 2 : -1
  return element === code ? p + 1 : -1
}

/** A class that is not closed ends with the pattern, as in Redis. */
const matchClass = (pattern: string, start: number, code: number): number => {
  let p = start
  const negated = pattern.charCodeAt(p) === CARET
  if (negated) p++
  let found = false
  while (p < pattern.length && pattern.charCodeAt(p) !== CLOSE) {
    const current = pattern.charCodeAt(p)
    if (current === BACKSLASH && p + 1 < pattern.length) {
      if (pattern.charCodeAt(p + 1) === code) found = true
      p += 2
    } else if (pattern.charCodeAt(p + 1) === DASH && p + 2 < pattern.length) {
      const end = pattern.charCodeAt(p + 2)
      if (code >= Math.min(current, end) && code <= Math.max(current, end)) found = true
      p += 3
    } else {
      if (current === code) found = true
      p++
    }
  }
  return found === negated ? -1 : Math.min(p + 1, pattern.length)
}
