import type { Latin1Buffer } from '../latin1.js'
import { splitInlineCommand } from './inline-command.js'
import { ProtocolError } from './protocol-error.js'

/** What a client may send before it is cut off. Read anew for each command, so that a login lifts the limits. */
export interface DecoderLimits {
  /** Longest bulk string in bytes, `proto-max-bulk-len`. */
  readonly maxBulkBytes: number
  /** Clients that are not logged in may send 10 words of 16 KiB each. */
  readonly authenticated: boolean
}

const MAX_LINE_BYTES = 64 * 1024
const MAX_WORDS = 2 ** 31 - 1
const UNAUTHENTICATED_MAX_WORDS = 10
const UNAUTHENTICATED_MAX_BULK_BYTES = 16 * 1024
/** V8 has no strings longer than 2^29 - 24; the rest is room for what follows a bulk string in its chunk. */
const LONGEST_STRING = 2 ** 29 - 1024 * 1024

/** A carriage return, counted from the digit 0. */
const CARRIAGE_RETURN = 13 - 48

/** The states of a line that starts with a count. */
const INCOMPLETE = -1
const MALFORMED = -2

/**
 * Cuts the byte stream of a client into commands. Arguments are latin1 slices of the received chunks: whoever keeps
 * one detaches it. Nothing is read twice: a long bulk string is waited for without looking at it again.
 */
export class CommandDecoder {
  readonly #limits: DecoderLimits
  #text = ''
  #position = 0
  /** The text is not looked at again before it has this length. */
  #needed = 0
  /** The words of the multibulk command under way, and how many are missing. */
  #words: string[] | null = null
  #missing = 0
  /** Length of those that are there. */
  #wordBytes = 0
  /** Length of the bulk string under way; -1 before its header. */
  #bulkLength = -1
  /** End of the line whose count was read last. */
  #lineEnd = 0

  constructor(limits: DecoderLimits) {
    this.#limits = limits
  }

  /** Bytes received and not yet handed out. */
  get bufferedBytes(): number {
    return this.#text.length - this.#position
  }

  /** Bytes of commands that are not complete, or not handed out. */
  get unfinishedBytes(): number {
    return this.#wordBytes + this.#text.length - this.#position
  }

  /** The words that are there of a command that is not complete. */
  get unfinishedWords(): { readonly count: number; readonly bytes: number } {
    return { count: this.#words?.length ?? 0, bytes: this.#wordBytes }
  }

  /** Bytes that are held, those handed out last among them. */
  get heldBytes(): number {
    return this.#text.length
  }

  /** Bytes that a command under way takes at least, those of an announced bulk string included. */
  get reservedBytes(): number {
    return Math.max(this.bufferedBytes, this.#needed - this.#position)
  }

  /** Takes the first `length` bytes of `chunk`, which may change afterwards. */
  push(chunk: Buffer, length = chunk.length): void {
    const text = (chunk as Latin1Buffer).latin1Slice(0, length)
    if (this.#position < this.#text.length) {
      // The rest of an incomplete bulk string is joined as a rope, and flattened once, when all of it is there.
      this.#text = this.#position === 0 ? this.#text + text : this.#text.slice(this.#position) + text
      this.#needed -= this.#position
    } else {
      this.#text = text
      this.#needed = 0
    }
    this.#position = 0
  }

  /**
   * The next command, never empty; undefined until more bytes arrive.
   * @throws ProtocolError when the stream cannot be followed any further; the connection must be closed.
   */
  next(): string[] | undefined {
    for (;;) {
      if (this.#text.length < this.#needed || this.#position >= this.#text.length) return undefined
      if (this.#words !== null) return this.#readWords(this.#words)
      const whole = this.#readWhole()
      if (whole !== undefined) return whole
      if (this.#text.charCodeAt(this.#position) !== 42) {
        const words = this.#readInline()
        if (words === undefined || words.length > 0) return words
        continue
      }
      const count = this.#readCount()
      if (count === INCOMPLETE) return this.#wait('too big mbulk count string')
      if (count === MALFORMED || count > MAX_WORDS) throw new ProtocolError('invalid multibulk length')
      if (count > UNAUTHENTICATED_MAX_WORDS && !this.#limits.authenticated) {
        throw new ProtocolError('unauthenticated multibulk length')
      }
      this.#position = this.#lineEnd
      if (count <= 0) continue
      this.#words = []
      this.#missing = count
    }
  }

  /**
   * The command at the position, if it is a plain one that is there as a whole; otherwise undefined, and nothing is consumed:
   * `*<count>`, and so many times `$<length>` and a bulk string, without anything that has to be judged by the limits.
   */
  #readWhole(): string[] | undefined {
    const text = this.#text
    const end = text.length
    let i = this.#position
    if (text.charCodeAt(i) !== 42) return undefined
    let count = text.charCodeAt(++i) - 48
    if (!(count >= 1 && count <= 9)) return undefined
    let digit = text.charCodeAt(++i) - 48
    if (digit >= 0 && digit <= 9) {
      count = count * 10 + digit
      digit = text.charCodeAt(++i) - 48
      if (!this.#limits.authenticated) return undefined
    }
    if (digit !== CARRIAGE_RETURN) return undefined
    i += 2
    const words = new Array<string>(count)
    for (let word = 0; word < count; word++) {
      if (text.charCodeAt(i) !== 36) return undefined
      let length = text.charCodeAt(++i) - 48
      if (!(length >= 0 && length <= 9)) return undefined
      digit = text.charCodeAt(++i) - 48
      // Further digits are not taken behind a zero, and not more than three in all.
      for (let digits = length === 0 ? 3 : 1; digits < 3 && digit >= 0 && digit <= 9; digits++) {
        length = length * 10 + digit
        digit = text.charCodeAt(++i) - 48
      }
      if (digit !== CARRIAGE_RETURN) return undefined
      i += 2
      const to = i + length
      if (to + 2 > end) return undefined
      words[word] = text.substring(i, to)
      i = to + 2
    }
    this.#position = i
    return words
  }

  #readWords(words: string[]): string[] | undefined {
    while (this.#missing > 0) {
      if (this.#bulkLength === -1) {
        if (this.#position >= this.#text.length) return undefined
        const code = this.#text.charCodeAt(this.#position)
        const length = this.#readCount()
        if (length === INCOMPLETE) return this.#wait('too big bulk count string')
        if (code !== 36) throw new ProtocolError(`expected '$', got '${printable(code)}'`)
        if (length < 0 || length > Math.min(this.#limits.maxBulkBytes, LONGEST_STRING)) {
          throw new ProtocolError('invalid bulk length')
        }
        if (length > UNAUTHENTICATED_MAX_BULK_BYTES && !this.#limits.authenticated) {
          throw new ProtocolError('unauthenticated bulk length')
        }
        this.#bulkLength = length
        this.#position = this.#lineEnd
      }
      const end = this.#position + this.#bulkLength
      if (end + 2 > this.#text.length) {
        this.#needed = end + 2
        return undefined
      }
      words.push(this.#text.substring(this.#position, end))
      this.#wordBytes += this.#bulkLength
      // As in Redis, the two bytes after a bulk string are skipped without a look at them.
      this.#position = end + 2
      this.#bulkLength = -1
      this.#missing--
    }
    this.#words = null
    this.#wordBytes = 0
    return words
  }

  /**
   * Reads `*<count>\r\n` or `$<count>\r\n` at the position, leaves its end in `#lineEnd`, and consumes nothing.
   * A negative count is returned as 0 for `*` (which ignores it) and as malformed for `$`.
   */
  #readCount(): number {
    const text = this.#text
    let i = this.#position + 1
    let value = 0
    let code = text.charCodeAt(i)
    if (code >= 49 && code <= 57) {
      do {
        value = value * 10 + (code - 48)
        code = text.charCodeAt(++i)
      } while (code >= 48 && code <= 57)
    } else if (code === 48) code = text.charCodeAt(++i)
    else return this.#readUnusualCount()
    if (code !== 13) return this.#readUnusualCount()
    if (i + 1 >= text.length) return INCOMPLETE
    this.#lineEnd = i + 2
    return value
  }

  #readUnusualCount(): number {
    const lineEnd = this.#text.indexOf('\r', this.#position)
    if (lineEnd === -1 || lineEnd + 1 >= this.#text.length) return INCOMPLETE
    this.#lineEnd = lineEnd + 2
    const negative = /^\*-[1-9][0-9]{0,17}$/.test(this.#text.slice(this.#position, lineEnd))
    return negative ? 0 : MALFORMED
  }

  #readInline(): string[] | undefined {
    const newline = this.#text.indexOf('\n', this.#position)
    if (newline === -1) return this.#wait('too big inline request')
    const end = newline > this.#position && this.#text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline
    const line = this.#text.slice(this.#position, end)
    this.#position = newline + 1
    return splitInlineCommand(line)
  }

  /** Waits for the rest of a line, which has a limit. */
  #wait(reason: string): undefined {
    if (this.#text.length - this.#position > MAX_LINE_BYTES) throw new ProtocolError(reason)
    return undefined
  }
}

/** Line breaks cannot stand in an error reply. */
const printable = (code: number): string => (code === 13 || code === 10 ? ' ' : String.fromCharCode(code))
