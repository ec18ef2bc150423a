import { WireError } from '../wire-errors.js'
import {
  BigNumberReply,
  BooleanReply,
  DoubleReply,
  MapReply,
  NULL_ARRAY,
  PushReply,
  type Reply,
  SetReply,
  Status,
  VerbatimReply,
} from './reply.js'

/** Reads one whole reply of either protocol from latin1 text that this server made. Attributes are passed over. */
export const decodeReply = (text: string): Reply => new ReplyDecoder(text).next()

const asDouble = (text: string): number =>
  text === 'inf' ? Number.POSITIVE_INFINITY : text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text)

class ReplyDecoder {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  next(): Reply {
    const end = this.#text.indexOf('\r\n', this.#at)
    const type = this.#text[this.#at]
    const line = this.#text.slice(this.#at + 1, end)
    this.#at = end + 2
    switch (type) {
      case '+':
        return new Status(line)
      case '-':
        return new WireError(line)
      case ':':
        return Number.isSafeInteger(Number(line)) ? Number(line) : BigInt(line)
      case '$':
        return line === '-1' ? null : this.#take(Number(line))
      case '*':
        return line === '-1' ? NULL_ARRAY : this.#several(Number(line))
      case '%':
        return new MapReply(this.#several(2 * Number(line)))
      case '~':
        return new SetReply(this.#several(Number(line)))
      case '>':
        return new PushReply(this.#several(Number(line)))
      case ',':
        return new DoubleReply(asDouble(line))
      case '#':
        return new BooleanReply(line === 't')
      case '(':
        return new BigNumberReply(line)
      case '=': {
        const verbatim = this.#take(Number(line))
        return new VerbatimReply(verbatim.slice(0, 3), verbatim.slice(4))
      }
      case '|':
        this.#several(2 * Number(line))
        return this.next()
      default:
        return null
    }
  }

  #take(length: number): string {
    const text = this.#text.slice(this.#at, this.#at + length)
    this.#at += length + 2
    return text
  }

  #several(count: number): Reply[] {
    return Array.from({ length: count }, () => this.next())
  }
}
