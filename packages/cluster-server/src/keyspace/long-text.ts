import { allocateLatin1, type Latin1Buffer } from '../latin1.js'
import { detach } from './detach.js'
import { ARRAY_BUFFER_BYTES, OBJECT_BYTES, textBytes } from './memory-cost.js'
import { type Undoable, undoLog } from './undo-log.js'

/** Longer texts are changed in place. */
const LONGEST_COPY = 4096

/** What strings and long texts have in common: a part can be read without making all of it one string. */
export interface ReadableText {
  readonly length: number
  charCodeAt(index: number): number
  slice(from: number, to?: number): string
}

type LongTextChange = 'written' | 'grown' | 'madeBytes' | 'moved'

/**
 * A long latin1 text of a key that is changed in place: where a string would be copied as a whole for every byte of it. It is
 * bytes while it is changed, and one string again when all of it is asked for; each turn costs one copy.
 */
export class LongText implements ReadableText, Undoable<LongTextChange> {
  readonly type = 'string'
  readonly encoding = 'raw'
  /** Behind the end it is all zeros. Null while the text is a string. */
  #buffer: Latin1Buffer | null = null
  #text: string
  #length: number

  constructor(text: string) {
    this.#text = text
    this.#length = text.length
    undoLog.made(this)
  }

  get length(): number {
    return this.#length
  }

  /** What it costs in the heap. */
  get bytes(): number {
    return OBJECT_BYTES + (this.#buffer === null ? textBytes(this.#text) : ARRAY_BUFFER_BYTES + this.#buffer.length)
  }

  /** All of it. */
  get text(): string {
    if (this.#buffer !== null) {
      this.#text = this.#buffer.latin1Slice(0, this.#length)
      this.#buffer = null
    }
    return this.#text
  }

  charCodeAt(index: number): number {
    if (this.#buffer === null) return this.#text.charCodeAt(index)
    return index < this.#length ? (this.#buffer[index] ?? Number.NaN) : Number.NaN
  }

  /** The text from `from` until before `to`, which are not negative. */
  slice(from: number, to = this.#length): string {
    if (this.#buffer === null) return this.#text.slice(from, to)
    const end = Math.min(to, this.#length)
    return from >= end ? '' : this.#buffer.latin1Slice(from, end)
  }

  /** Puts `part` in place of what is at `offset`; zeros fill what is missing before it. */
  write(offset: number, part: string): void {
    const oldLength = this.#length
    const bytes = this.changeable(offset + part.length)
    this.keep(offset, Math.min(offset + part.length, oldLength))
    if (part.length === 1) bytes[offset] = part.charCodeAt(0)
    else bytes.latin1Write(part, offset, part.length)
  }

  /** To be called before the bytes from `from` until before `to` change, which are `changeable`. */
  keep(from: number, to: number): void {
    if (from < to && undoLog.concerns(this)) {
      undoLog.note(this, 'written', this.#buffer?.latin1Slice(from, to), null, from)
    }
  }

  /**
   * The bytes, to be changed at once and not kept; with zeros at the end if there are less than `length`. Whoever changes
   * them calls `keep` before.
   */
  changeable(length: number): Latin1Buffer {
    if (this.#buffer === null || this.#buffer.length < length) {
      const buffer = allocateLatin1(capacityFor(this.#length, length))
      if (this.#buffer === null) buffer.latin1Write(this.#text, 0, this.#length)
      else this.#buffer.copy(buffer, 0, 0, this.#length)
      buffer.fill(0, this.#length)
      if (undoLog.concerns(this)) {
        if (this.#buffer === null) undoLog.note(this, 'madeBytes', this.#text)
        else undoLog.note(this, 'moved', this.#buffer, null, this.#length)
      }
      this.#buffer = buffer
      this.#text = ''
    }
    if (length > this.#length) {
      if (undoLog.concerns(this)) undoLog.note(this, 'grown', null, null, this.#length)
      this.#length = length
    }
    return this.#buffer
  }

  undo(change: LongTextChange, first: unknown, _second: unknown, number: number): void {
    switch (change) {
      case 'written':
        this.write(number, first as string)
        break
      case 'grown':
        if (this.#buffer === null) this.#text = this.#text.slice(0, number)
        else this.#buffer.fill(0, number, this.#length)
        this.#length = number
        break
      case 'madeBytes':
        this.#buffer = null
        this.#text = first as string
        this.#length = this.#text.length
        break
      case 'moved':
        this.#buffer = first as Latin1Buffer
        this.#length = number
        break
      default:
        change satisfies never
    }
  }

  copy(): LongText {
    return new LongText(this.text)
  }
}

/** Room for some more where a text grows, so that it is not copied each time. */
const capacityFor = (old: number, length: number): number =>
  length <= old ? old : length + Math.min(length >> 3, 4 * 1024 * 1024)

/** The text of a key, as it is stored. */
export type StoredText = string | LongText

/**
 * `text` with `part` in place of what is at `offset`, which may be behind its end. A short text is copied, a long one is
 * changed itself if it is a `LongText`, and becomes one if not.
 */
export const overwritten = (text: StoredText, offset: number, part: string): StoredText => {
  if (typeof text === 'string' && Math.max(text.length, offset + part.length) <= LONGEST_COPY) {
    return detach(text.slice(0, offset).padEnd(offset, '\0') + part + text.slice(offset + part.length))
  }
  const long = asLongText(text)
  long.write(offset, part)
  return long
}

export const asLongText = (text: StoredText): LongText => (typeof text === 'string' ? new LongText(text) : text)

/** Whether so long a text is to be changed in place. */
export const isLong = (length: number): boolean => length > LONGEST_COPY
