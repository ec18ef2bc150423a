import type { ByteSource } from './rdb-reader.js'

/** What comes next in a log. */
export type LogItem =
  | { readonly type: 'command'; readonly argv: readonly string[] }
  | { readonly type: 'end' }
  /** The file ends within a command. */
  | { readonly type: 'short' }
  | { readonly type: 'malformed' }

const WINDOW_SIZE = 256 * 1024
/** Redis reads lines into a buffer of this size. */
const LONGEST_LINE = 1023
const LINE_FEED = 10
const END: LogItem = { type: 'end' }
const SHORT: LogItem = { type: 'short' }
const MALFORMED: LogItem = { type: 'malformed' }

/** Reads the commands of a log, one after the other. */
export class LogReader {
  readonly #source: ByteSource
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0
  #position: number

  /** @param position where in the file `source` begins */
  constructor(source: ByteSource, position = 0) {
    this.#source = source
    this.#position = position
  }

  /** The place in the file behind what was read. */
  get position(): number {
    return this.#position
  }

  next(): LogItem {
    for (;;) {
      const line = this.#line()
      if (line === '') return END
      if (line.startsWith('#')) continue
      if (!line.startsWith('*')) return MALFORMED
      if (line.length === 1) return SHORT
      const count = Number.parseInt(line.slice(1), 10)
      return count >= 1 ? this.#words(count) : MALFORMED
    }
  }

  #words(count: number): LogItem {
    const argv: string[] = []
    while (argv.length < count) {
      const line = this.#line()
      if (line === '') return SHORT
      if (!line.startsWith('$')) return MALFORMED
      const length = Number.parseInt(line.slice(1), 10) || 0
      if (length < 0 || !this.#has(length + 2)) return SHORT
      argv.push(this.#buffer.toString('latin1', this.#at, this.#at + length))
      this.#skip(length + 2)
    }
    return { type: 'command', argv }
  }

  /** Up to and with the next line feed, or what is left of the file; empty at its end. */
  #line(): string {
    let end = this.#buffer.indexOf(LINE_FEED, this.#at)
    while (end === -1 && this.#buffer.length - this.#at < LONGEST_LINE && this.#fill(WINDOW_SIZE)) {
      end = this.#buffer.indexOf(LINE_FEED, this.#at)
    }
    const stop = Math.min(end === -1 ? this.#buffer.length : end + 1, this.#at + LONGEST_LINE)
    const line = this.#buffer.toString('latin1', this.#at, stop)
    this.#skip(stop - this.#at)
    return line
  }

  #has(count: number): boolean {
    if (this.#buffer.length - this.#at >= count) return true
    if (this.#buffer.length - this.#at + this.#source.remaining < count) return false
    while (this.#buffer.length - this.#at < count) {
      if (!this.#fill(Math.max(WINDOW_SIZE, count - (this.#buffer.length - this.#at)))) return false
    }
    return true
  }

  #fill(count: number): boolean {
    const rest = this.#buffer.subarray(this.#at)
    const grown = Buffer.allocUnsafe(rest.length + count)
    rest.copy(grown)
    const read = this.#source.read(grown, rest.length)
    this.#buffer = grown.subarray(0, rest.length + read)
    this.#at = 0
    return read > 0
  }

  #skip(count: number): void {
    this.#at += count
    this.#position += count
  }
}
