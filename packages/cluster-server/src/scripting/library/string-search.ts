import { toText } from '../runtime/conversion.js'
import { index } from '../runtime/indexing.js'
import { argumentError, libraryError } from '../runtime/lua-error.js'
import { LuaTable } from '../runtime/lua-table.js'
import { typeName } from '../runtime/type-name.js'
import { first, isTrue, type LuaFunction, type LuaResult, type LuaValue, Multi, pack } from '../runtime/value.js'
import { optionalInteger, textArgument } from './arguments.js'
import { libraryFunction } from './library.js'
import { PatternMatcher } from './pattern-matcher.js'

const SPECIALS = /[\^$*+?.([%-]/

/** The first position to look at, from a Lua index that may count from the end. */
const startOf = (args: readonly LuaValue[], at: number, length: number): number => {
  const given = optionalInteger(args, at, 1)
  const position = given < 0 ? given + length + 1 : given
  return Math.min(Math.max(position - 1, 0), length)
}

const search = (args: readonly LuaValue[], find: boolean): LuaResult => {
  const text = textArgument(args, 0)
  const pattern = textArgument(args, 1)
  const start = startOf(args, 2, text.length)
  if (find && (isTrue(args[3]) || !SPECIALS.test(pattern))) {
    const at = text.indexOf(pattern, start)
    return at === -1 ? undefined : new Multi([at + 1, at + pattern.length])
  }
  const matcher = new PatternMatcher(text, pattern)
  const anchored = pattern.startsWith('^')
  for (let s = matcher.nextStart(start); s <= text.length; s = matcher.nextStart(s + 1)) {
    const end = matcher.matchAt(s, anchored ? 1 : 0)
    if (end !== -1) {
      return find
        ? new Multi([s + 1, end, ...matcher.allCaptures(s, end, false)])
        : pack(matcher.allCaptures(s, end, true))
    }
    if (anchored) break
  }
  return undefined
}

const gmatch: LuaFunction = (...args) => {
  const text = textArgument(args, 0)
  const matcher = new PatternMatcher(text, textArgument(args, 1))
  let position = 0
  return libraryFunction('gmatch_aux', () => {
    for (let s = position; s <= text.length; s++) {
      const end = matcher.matchAt(s, 0)
      if (end === -1) continue
      position = end === s ? end + 1 : end
      return pack(matcher.allCaptures(s, end, true))
    }
    position = text.length + 1
    return undefined
  })
}

/** What one match is replaced by: its captures, position and end are known by the matcher. */
type Replacement = (matcher: PatternMatcher, start: number, end: number) => LuaValue

/** A text with `%0` … `%9` for captures. */
const templateReplacement =
  (template: string): Replacement =>
  (matcher, start, end) => {
    let result = ''
    for (let i = 0; i < template.length; i++) {
      const char = template.charAt(i)
      if (char !== '%') {
        result += char
        continue
      }
      // Behind a `%` at the end C reads the closing zero of the text.
      const next = ++i < template.length ? template.charAt(i) : '\0'
      if (next < '0' || next > '9') result += next
      else if (next === '0') result += matcher.text.slice(start, end)
      else result += toText(matcher.capture(Number(next) - 1, start, end)) ?? ''
    }
    return result
  }

const replacementOf = (value: LuaValue): Replacement => {
  const template = toText(value)
  if (template !== undefined) {
    return template.includes('%') ? templateReplacement(template) : () => template
  }
  if (value instanceof LuaTable) return (matcher, start, end) => index(value, matcher.capture(0, start, end))
  if (typeof value === 'function') {
    return (matcher, start, end) => first(value(...matcher.allCaptures(start, end, true)))
  }
  throw argumentError(3, 'string/function/table expected')
}

const gsub: LuaFunction = (...args) => {
  const text = textArgument(args, 0)
  const pattern = textArgument(args, 1)
  const replacement = replacementOf(args[2])
  const most = optionalInteger(args, 3, text.length + 1)
  const anchored = pattern.startsWith('^')
  const matcher = new PatternMatcher(text, pattern)
  let result = ''
  let s = 0
  let count = 0
  while (count < most) {
    const next = matcher.nextStart(s)
    result += text.slice(s, next)
    s = next
    const end = matcher.matchAt(s, anchored ? 1 : 0)
    if (end !== -1) {
      count++
      const value = replacement(matcher, s, end)
      if (isTrue(value)) {
        const replaced = toText(value)
        if (replaced === undefined) throw libraryError(`invalid replacement value (a ${typeName(value)})`)
        result += replaced
      } else result += text.slice(s, end)
    }
    if (end !== -1 && end > s) s = end
    else if (s < text.length) result += text.charAt(s++)
    else break
    if (anchored) break
  }
  return new Multi([result + text.slice(s), count])
}

/** The functions of `string` that work with patterns. */
export const searchFunctions: Readonly<Record<string, LuaFunction>> = {
  find: (...args) => search(args, true),
  match: (...args) => search(args, false),
  gmatch,
  gfind: gmatch,
  gsub,
}
