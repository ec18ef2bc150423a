import { libraryError } from '../runtime/lua-error.js'
import type { LuaValue } from '../runtime/value.js'
import { inClass, isDigit } from './character-class.js'

const MAX_CAPTURES = 32
/** Nested matches before the matcher gives up; deeper ones could exhaust the stack. */
const MAX_DEPTH = 1500
const POSITION = -2
const UNCLOSED = -1

const code = (char: string): number => char.charCodeAt(0)
const PERCENT = code('%')
const BRACKET = code('[')
const CLOSE = code(']')
const CARET = code('^')
const DASH = code('-')
const DOT = code('.')

/** What is worked out once of a pattern, by positions in it. */
interface PatternParts {
  /** Of the set that starts there: for each byte whether it belongs to it. */
  readonly sets: (Uint8Array | undefined)[]
  /** Where the single-character class that starts there ends. */
  readonly ends: (number | undefined)[]
}

const MAX_REMEMBERED = 256
/** Scripts use few patterns, over and over. */
const partsByPattern = new Map<string, PatternParts>()

const partsOf = (pattern: string): PatternParts => {
  const known = partsByPattern.get(pattern)
  if (known !== undefined) return known
  if (partsByPattern.size >= MAX_REMEMBERED) partsByPattern.clear()
  const parts: PatternParts = { sets: [], ends: [] }
  partsByPattern.set(pattern, parts)
  return parts
}

/** Matches one pattern of Lua 5.1 against one text, both latin1. Positions count from 0. */
export class PatternMatcher {
  captures = 0
  #depth = 0
  readonly #starts: number[] = []
  readonly #lengths: number[] = []

  readonly pattern: string
  readonly #parts: PatternParts

  constructor(
    readonly text: string,
    pattern: string,
  ) {
    // Patterns of Lua 5.1 are C strings.
    const end = pattern.indexOf('\0')
    this.pattern = end === -1 ? pattern : pattern.slice(0, end)
    this.#parts = partsOf(this.pattern)
  }

  /** The end of a match that starts exactly at `start`, or -1. `from` is where the pattern starts (1 after an anchor). */
  matchAt(start: number, from: number): number {
    this.captures = 0
    this.#depth = 0
    return this.#match(start, from)
  }

  /** The first position from `start` on that a pattern which begins with a set can match; that of the end when none is. */
  nextStart(start: number): number {
    const { text, pattern } = this
    if (pattern.charCodeAt(0) !== BRACKET) return start
    const end = this.#classEnd(0)
    const suffix = pattern.charCodeAt(end)
    if (suffix === code('?') || suffix === code('*') || suffix === DASH) return start
    let s = start
    while (s < text.length && !this.#inSet(text.charCodeAt(s), 0, end - 1)) s++
    return s
  }

  /** The value of a capture; without captures the first stands for the whole match. */
  capture(index: number, start: number, end: number): LuaValue {
    if (index >= this.captures) {
      if (index === 0) return this.text.slice(start, end)
      throw libraryError('invalid capture index')
    }
    const length = this.#lengths[index] ?? UNCLOSED
    const at = this.#starts[index] ?? 0
    if (length === UNCLOSED) throw libraryError('unfinished capture')
    return length === POSITION ? at + 1 : this.text.slice(at, at + length)
  }

  /** All captures, or the whole match when there are none. */
  allCaptures(start: number, end: number, whole: boolean): LuaValue[] {
    const count = this.captures === 0 && whole ? 1 : this.captures
    return Array.from({ length: count }, (_each, index) => this.capture(index, start, end))
  }

  #match(start: number, from: number): number {
    if (++this.#depth > MAX_DEPTH) throw libraryError('pattern too complex')
    const end = this.#step(start, from)
    this.#depth--
    return end
  }

  #step(start: number, from: number): number {
    const { pattern, text } = this
    let s = start
    let p = from
    for (;;) {
      if (p === pattern.length) return s
      const c = pattern.charCodeAt(p)
      if (c === code('(')) {
        return pattern.charCodeAt(p + 1) === code(')')
          ? this.#startCapture(s, p + 2, POSITION)
          : this.#startCapture(s, p + 1, UNCLOSED)
      }
      if (c === code(')')) return this.#endCapture(s, p + 1)
      if (c === code('$') && p + 1 === pattern.length) return s === text.length ? s : -1
      if (c === PERCENT) {
        const next = pattern.charCodeAt(p + 1)
        if (next === code('b')) {
          s = this.#balance(s, p + 2)
          if (s === -1) return -1
          p += 4
          continue
        }
        if (next === code('f')) {
          p += 2
          if (pattern.charCodeAt(p) !== BRACKET) throw libraryError("missing '[' after '%f' in pattern")
          const end = this.#classEnd(p)
          const previous = s === 0 ? 0 : text.charCodeAt(s - 1)
          const current = s === text.length ? 0 : text.charCodeAt(s)
          if (this.#inSet(previous, p, end - 1) || !this.#inSet(current, p, end - 1)) return -1
          p = end
          continue
        }
        if (isDigit(next)) {
          s = this.#backReference(s, next)
          if (s === -1) return -1
          p += 2
          continue
        }
      }
      const end = this.#classEnd(p)
      const matches = s < text.length && this.#single(text.charCodeAt(s), p, end)
      const suffix = pattern.charCodeAt(end)
      if (suffix === code('?')) {
        if (matches) {
          const rest = this.#match(s + 1, end + 1)
          if (rest !== -1) return rest
        }
        p = end + 1
      } else if (suffix === code('*')) return this.#greedy(s, p, end)
      else if (suffix === code('+')) return matches ? this.#greedy(s + 1, p, end) : -1
      else if (suffix === DASH) return this.#lazy(s, p, end)
      else {
        if (!matches) return -1
        s++
        p = end
      }
    }
  }

  #greedy(s: number, p: number, end: number): number {
    let count = 0
    while (s + count < this.text.length && this.#single(this.text.charCodeAt(s + count), p, end)) count++
    for (; count >= 0; count--) {
      const rest = this.#match(s + count, end + 1)
      if (rest !== -1) return rest
    }
    return -1
  }

  #lazy(start: number, p: number, end: number): number {
    for (let s = start; ; s++) {
      const rest = this.#match(s, end + 1)
      if (rest !== -1) return rest
      if (s >= this.text.length || !this.#single(this.text.charCodeAt(s), p, end)) return -1
    }
  }

  #startCapture(s: number, p: number, kind: number): number {
    if (this.captures >= MAX_CAPTURES) throw libraryError('too many captures')
    this.#starts[this.captures] = s
    this.#lengths[this.captures] = kind
    this.captures++
    const end = this.#match(s, p)
    if (end === -1) this.captures--
    return end
  }

  #endCapture(s: number, p: number): number {
    let open = this.captures - 1
    while (open >= 0 && this.#lengths[open] !== UNCLOSED) open--
    if (open < 0) throw libraryError('invalid pattern capture')
    this.#lengths[open] = s - (this.#starts[open] ?? 0)
    const end = this.#match(s, p)
    if (end === -1) this.#lengths[open] = UNCLOSED
    return end
  }

  #balance(s: number, p: number): number {
    const { pattern, text } = this
    if (p + 1 >= pattern.length) throw libraryError('unbalanced pattern')
    const [open, close] = [pattern.charCodeAt(p), pattern.charCodeAt(p + 1)]
    if (s >= text.length || text.charCodeAt(s) !== open) return -1
    let depth = 1
    for (let at = s + 1; at < text.length; at++) {
      const c = text.charCodeAt(at)
      if (c === close) {
        if (--depth === 0) return at + 1
      } else if (c === open) depth++
    }
    return -1
  }

  #backReference(s: number, digit: number): number {
    const index = digit - code('1')
    const length = this.#lengths[index] ?? UNCLOSED
    if (index < 0 || index >= this.captures || length === UNCLOSED) throw libraryError('invalid capture index')
    // A position capture has no text; C compares an enormous length, which never fits.
    if (length === POSITION) return -1
    const at = this.#starts[index] ?? 0
    return this.text.startsWith(this.text.slice(at, at + length), s) ? s + length : -1
  }

  /** Where the single-character class that starts at `p` ends. */
  #classEnd(p: number): number {
    const { ends } = this.#parts
    ends[p] ??= this.#findClassEnd(p)
    return ends[p]
  }

  #findClassEnd(p: number): number {
    const { pattern } = this
    const c = pattern.charCodeAt(p)
    if (c === PERCENT) {
      if (p + 1 >= pattern.length) throw libraryError("malformed pattern (ends with '%')")
      return p + 2
    }
    if (c !== BRACKET) return p + 1
    let at = p + 1
    if (pattern.charCodeAt(at) === CARET) at++
    do {
      if (at >= pattern.length) throw libraryError("malformed pattern (missing ']')")
      if (pattern.charCodeAt(at++) === PERCENT && at < pattern.length) at++
    } while (pattern.charCodeAt(at) !== CLOSE)
    return at + 1
  }

  #single(c: number, p: number, end: number): boolean {
    const kind = this.pattern.charCodeAt(p)
    if (kind === DOT) return true
    if (kind === PERCENT) return inClass(c, this.pattern.charCodeAt(p + 1))
    return kind === BRACKET ? this.#inSet(c, p, end - 1) : kind === c
  }

  /** `p` is at `[`, `close` at `]`. */
  #inSet(c: number, p: number, close: number): boolean {
    const { sets } = this.#parts
    sets[p] ??= Uint8Array.from({ length: 256 }, (_, byte) => (this.#belongs(byte, p, close) ? 1 : 0))
    return sets[p][c] === 1
  }

  #belongs(c: number, p: number, close: number): boolean {
    const { pattern } = this
    let at = p + 1
    const wanted = pattern.charCodeAt(at) !== CARET
    if (!wanted) at++
    for (; at < close; at++) {
      const low = pattern.charCodeAt(at)
      if (low === PERCENT) {
        if (inClass(c, pattern.charCodeAt(++at))) return wanted
      } else if (pattern.charCodeAt(at + 1) === DASH && at + 2 < close) {
        if (low <= c && c <= pattern.charCodeAt(at + 2)) return wanted
        at += 2
      } else if (low === c) return wanted
    }
    return !wanted
  }
}
