import { textToNumber } from '../runtime/number-text.js'
import { LuaSyntaxError } from './syntax-error.js'

const KEYWORDS = new Set(
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
)

/**
 * `type` is a keyword or symbol itself, or one of `<name>`, `<number>`, `<string>`, `<eof>`. `text` is what error
 * messages show.
 */
export interface Token {
  readonly type: string
  readonly text: string
  /** The value of a string or the name; empty otherwise. */
  readonly value: string
  readonly number: number
}

const END: Token = { type: '<eof>', text: '<eof>', value: '', number: 0 }
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])

const NAME = /[A-Za-z_][A-Za-z_0-9]*/y
/** As Lua reads it; whether it is a number is asked afterwards. */
const NUMERAL = /[\d.]+(?:[eE][+-]?)?[A-Za-z_0-9]*/y
const SYMBOL = /\.{1,3}|[=<>~]=|[\s\S]/y

const isDigit = (char: string): boolean => char >= '0' && char <= '9' && char.length === 1
const isNameStart = (char: string): boolean =>
  (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || char === '_'
const isNewline = (char: string): boolean => char === '\n' || char === '\r'

/** Splits latin1 source in the tokens of Lua 5.1, with the messages of its own lexer. */
export class Lexer {
  /** Line of the character that is read next. */
  line = 1
  readonly #source: string
  readonly #chunkName: string
  #at = 0

  constructor(source: string, chunkName: string) {
    this.#source = source
    this.#chunkName = chunkName
  }

  /** An error that quotes `near`; without it only the line is named. */
  error(message: string, near?: string): LuaSyntaxError {
    const place = near === undefined ? '' : ` near '${near}'`
    return new LuaSyntaxError(`${this.#chunkName}:${this.line}: ${message}${place}`)
  }

  next(): Token {
    for (;;) {
      const char = this.#peek()
      if (char === '') return END
      if (isNewline(char)) this.#newline()
      else if (char === ' ' || char === '\t' || char === '\v' || char === '\f') this.#at++
      else if (char === '-' && this.#peek(1) === '-') this.#comment()
      else return this.#token(char)
    }
  }

  #peek(offset = 0): string {
    return this.#source.charAt(this.#at + offset)
  }

  /** Steps over one line end; `\r\n` and `\n\r` are one. */
  #newline(): void {
    const char = this.#peek()
    this.#at++
    const next = this.#peek()
    if (isNewline(next) && next !== char) this.#at++
    this.line++
  }

  #comment(): void {
    this.#at += 2
    if (this.#peek() === '[') {
      const level = this.#bracketLevel()
      if (level >= 0) {
        this.#longText(level, 'comment')
        return
      }
    }
    while (this.#peek() !== '' && !isNewline(this.#peek())) this.#at++
  }

  #token(char: string): Token {
    if (isNameStart(char)) return this.#name()
    if (isDigit(char) || (char === '.' && isDigit(this.#peek(1)))) return this.#numeral()
    if (char === '"' || char === "'") return this.#quoted(char)
    if (char === '[') {
      const level = this.#bracketLevel()
      if (level >= 0) {
        const start = this.#at
        const value = this.#longText(level, 'string')
        return { type: '<string>', text: this.#source.slice(start, this.#at), value, number: 0 }
      }
      if (this.#peek(1) === '=') throw this.error('invalid long string delimiter', this.#delimiter())
    }
    const symbol = this.#take(SYMBOL)
    const code = char.charCodeAt(0)
    return { type: symbol, text: code < 32 || code === 127 ? `char(${code})` : symbol, value: '', number: 0 }
  }

  /** The text that a sticky expression matches here. */
  #take(expression: RegExp): string {
    expression.lastIndex = this.#at
    const text = expression.exec(this.#source)?.[0] ?? ''
    this.#at += text.length
    return text
  }

  #name(): Token {
    const text = this.#take(NAME)
    return KEYWORDS.has(text)
      ? { type: text, text, value: '', number: 0 }
      : { type: '<name>', text, value: text, number: 0 }
  }

  #numeral(): Token {
    const text = this.#take(NUMERAL)
    const number = textToNumber(text)
    if (number === undefined) throw this.error('malformed number', text)
    return { type: '<number>', text, value: '', number }
  }

  #quoted(quote: string): Token {
    this.#at++
    let value = ''
    for (;;) {
      const char = this.#peek()
      if (char === '') throw this.error('unfinished string', '<eof>')
      if (isNewline(char)) throw this.error('unfinished string', quote + value)
      if (char === quote) break
      if (char === '\\') value += this.#escape(quote + value)
      else {
        value += char
        this.#at++
      }
    }
    this.#at++
    return { type: '<string>', text: quote + value + quote, value, number: 0 }
  }

  #escape(soFar: string): string {
    this.#at++
    const char = this.#peek()
    // A lone backslash at the end: the caller meets the end next and reports it.
    if (char === '') return ''
    if (isNewline(char)) {
      this.#newline()
      return '\n'
    }
    if (!isDigit(char)) {
      this.#at++
      return ESCAPES.get(char) ?? char
    }
    const digits = /^\d{1,3}/.exec(this.#source.substr(this.#at, 3))?.[0] ?? ''
    this.#at += digits.length
    const code = Number(digits)
    if (code > 255) throw this.error('escape sequence too large', soFar)
    return String.fromCharCode(code)
  }

  /** Number of `=` in a long bracket that opens here, or -1 when it is none. */
  #bracketLevel(): number {
    let level = 0
    while (this.#peek(1 + level) === '=') level++
    return this.#peek(1 + level) === '[' ? level : -1
  }

  #delimiter(): string {
    return /^\[=*/.exec(this.#source.slice(this.#at, this.#at + 64))?.[0] ?? '['
  }

  /** Reads `[==[ … ]==]`; the first line end is not part of it, and every line end becomes `\n`. */
  #longText(level: number, what: 'string' | 'comment'): string {
    this.#at += level + 2
    if (isNewline(this.#peek())) this.#newline()
    const close = `]${'='.repeat(level)}]`
    let text = ''
    for (;;) {
      const char = this.#peek()
      if (char === '') throw this.error(`unfinished long ${what}`, '<eof>')
      if (char === ']' && this.#source.startsWith(close, this.#at)) break
      if (isNewline(char)) {
        this.#newline()
        text += '\n'
      } else {
        text += char
        this.#at++
      }
    }
    this.#at += close.length
    return text
  }
}
