import { libraryError } from '../../runtime/lua-error.js'
import { LuaTable } from '../../runtime/lua-table.js'
import { textToNumber } from '../../runtime/number-text.js'
import type { LightUserdata, LuaValue } from '../../runtime/value.js'
import type { CjsonSettings } from './settings.js'

type TokenType =
  | 'T_OBJ_BEGIN'
  | 'T_OBJ_END'
  | 'T_ARR_BEGIN'
  | 'T_ARR_END'
  | 'T_STRING'
  | 'T_NUMBER'
  | 'T_BOOLEAN'
  | 'T_NULL'
  | 'T_COLON'
  | 'T_COMMA'
  | 'T_END'

interface Token {
  readonly type: TokenType | 'T_ERROR'
  /** Where it starts, counted from 0. */
  readonly at: number
  /** The value, or what is wrong. */
  readonly value: LuaValue
}

const SYMBOLS: ReadonlyMap<string, TokenType> = new Map([
  ['{', 'T_OBJ_BEGIN'],
  ['}', 'T_OBJ_END'],
  ['[', 'T_ARR_BEGIN'],
  [']', 'T_ARR_END'],
  [':', 'T_COLON'],
  [',', 'T_COMMA'],
])

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['t', '\t'],
  ['n', '\n'],
  ['f', '\f'],
  ['r', '\r'],
])

/** What C's `strtod` reads from the start of a text. */
const NUMBER =
  /[+-]?(?:0[xX](?:[\da-fA-F]+\.?[\da-fA-F]*|\.[\da-fA-F]+)(?:[pP][+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)/iy
/** Numbers that JSON does not have: a plus sign, leading zeros, hexadecimal, infinity, NaN. */
const INVALID_NUMBER = /\+|-?(?:0[xX\d]|inf|nan)/iy
const PLAIN = /[^"\\\0]+/y

const utf8 = (code: number): string => Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1')

/** Reads JSON in latin1, byte by byte, as lua-cjson 2.1 does; escaped code points become UTF-8. */
export class CjsonDecoder {
  readonly #settings: CjsonSettings
  readonly #null: LightUserdata
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string, settings: CjsonSettings, nullValue: LightUserdata) {
    this.#text = text
    this.#settings = settings
    this.#null = nullValue
  }

  decode(): LuaValue {
    if (this.#text.length >= 2 && (this.#text[0] === '\0' || this.#text[1] === '\0')) {
      throw libraryError('JSON parser does not support UTF-16 or UTF-32')
    }
    const value = this.#value(this.#next())
    const end = this.#next()
    if (end.type !== 'T_END') throw this.#unexpected('the end', end)
    return value
  }

  #unexpected(expected: string, token: Token) {
    const found = token.type === 'T_ERROR' ? String(token.value) : token.type
    return libraryError(`Expected ${expected} but found ${found} at character ${token.at + 1}`)
  }

  #value(token: Token): LuaValue {
    switch (token.type) {
      case 'T_STRING':
      case 'T_NUMBER':
      case 'T_BOOLEAN':
        return token.value
      case 'T_NULL':
        return this.#null
      case 'T_OBJ_BEGIN':
        return this.#nested(() => this.#object())
      case 'T_ARR_BEGIN':
        return this.#nested(() => this.#array())
      default:
        throw this.#unexpected('value', token)
    }
  }

  #nested(read: () => LuaTable): LuaTable {
    this.#depth++
    if (this.#depth > this.#settings.decodeMaxDepth) {
      throw libraryError(`Found too many nested data structures (${this.#depth}) at character ${this.#at}`)
    }
    const table = read()
    this.#depth--
    return table
  }

  #object(): LuaTable {
    const table = new LuaTable()
    let token = this.#next()
    if (token.type === 'T_OBJ_END') return table
    for (;;) {
      if (token.type !== 'T_STRING') throw this.#unexpected('object key string', token)
      const key = token.value
      token = this.#next()
      if (token.type !== 'T_COLON') throw this.#unexpected('colon', token)
      table.set(key, this.#value(this.#next()))
      token = this.#next()
      if (token.type === 'T_OBJ_END') return table
      if (token.type !== 'T_COMMA') throw this.#unexpected('comma or object end', token)
      token = this.#next()
    }
  }

  #array(): LuaTable {
    const table = new LuaTable()
    let token = this.#next()
    if (token.type === 'T_ARR_END') return table
    for (;;) {
      table.append(this.#value(token))
      token = this.#next()
      if (token.type === 'T_ARR_END') return table
      if (token.type !== 'T_COMMA') throw this.#unexpected('comma or array end', token)
      token = this.#next()
    }
  }

  #next(): Token {
    const text = this.#text
    while (/^[ \t\n\r]$/.test(text.charAt(this.#at))) this.#at++
    const at = this.#at
    const char = text.charAt(at)
    // A zero byte is the end to C.
    if (char === '' || char === '\0') return { type: 'T_END', at, value: undefined }
    const symbol = SYMBOLS.get(char)
    if (symbol !== undefined) {
      this.#at++
      return { type: symbol, at, value: undefined }
    }
    if (char === '"') return this.#string()
    if (/^[-\d]$/.test(char)) {
      if (!this.#settings.decodeInvalidNumbers && this.#isInvalidNumber()) return this.#error('invalid number', at)
      return this.#number()
    }
    for (const [word, type, value] of this.#words()) {
      if (!text.startsWith(word, at)) continue
      this.#at += word.length
      return { type, at, value }
    }
    if (/^[+iInN]$/.test(char) && this.#settings.decodeInvalidNumbers && this.#isInvalidNumber()) return this.#number()
    return this.#error('invalid token', at)
  }

  #words(): readonly (readonly [word: string, type: TokenType, value: LuaValue])[] {
    return [
      ['true', 'T_BOOLEAN', true],
      ['false', 'T_BOOLEAN', false],
      ['null', 'T_NULL', undefined],
    ]
  }

  #error(value: string, at: number): Token {
    return { type: 'T_ERROR', at, value }
  }

  #isInvalidNumber(): boolean {
    INVALID_NUMBER.lastIndex = this.#at
    return INVALID_NUMBER.test(this.#text)
  }

  #number(): Token {
    const at = this.#at
    NUMBER.lastIndex = at
    const match = NUMBER.exec(this.#text)
    const value = match === null ? undefined : textToNumber(match[0])
    if (match === null || value === undefined) return this.#error('invalid number', at)
    this.#at += match[0].length
    return { type: 'T_NUMBER', at, value }
  }

  #string(): Token {
    const text = this.#text
    const start = this.#at
    let at = start + 1
    let value = ''
    for (;;) {
      PLAIN.lastIndex = at
      const plain = PLAIN.exec(text)
      if (plain !== null) {
        value += plain[0]
        at += plain[0].length
      }
      const char = text.charAt(at)
      if (char === '"') break
      if (char !== '\\') return this.#error('unexpected end of string', at)
      const letter = text.charAt(at + 1)
      if (letter === 'u') {
        const unicode = this.#unicode(at)
        if (unicode === undefined) return this.#error('invalid unicode escape code', at)
        value += utf8(unicode.code)
        at = unicode.end
        continue
      }
      const meant = ESCAPES.get(letter)
      if (meant === undefined) return this.#error('invalid escape code', at)
      value += meant
      at += 2
    }
    this.#at = at + 1
    return { type: 'T_STRING', at: start, value }
  }

  /** The code point of `\uXXXX` at a position, or of two that make a surrogate pair. */
  #unicode(at: number): { code: number; end: number } | undefined {
    const unit = (from: number): number | undefined => {
      const match = /^\\u([\da-fA-F]{4})/.exec(this.#text.slice(from, from + 6))
      return match?.[1] === undefined ? undefined : Number.parseInt(match[1], 16)
    }
    const high = unit(at)
    if (high === undefined) return undefined
    if ((high & 0xf800) !== 0xd800) return { code: high, end: at + 6 }
    const low = unit(at + 6)
    if ((high & 0x400) !== 0 || low === undefined || (low & 0xfc00) !== 0xdc00) return undefined
    return { code: 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff), end: at + 12 }
  }
}
