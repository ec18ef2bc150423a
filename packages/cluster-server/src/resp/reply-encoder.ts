import { formatDouble } from '../double-text.js'
import { WireError } from '../wire-errors.js'
import {
  BigNumberReply,
  BooleanReply,
  DoubleReply,
  EncodedReply,
  MapReply,
  NO_REPLY,
  NULL_ARRAY,
  PushReply,
  type Reply,
  SetReply,
  Status,
  VerbatimReply,
} from './reply.js'

const headers = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, value) => `${prefix}${value}\r\n`)
const INTEGERS = headers(':', 1024)
const BULK_HEADERS = headers('$', 4096)
const ARRAY_HEADERS = headers('*', 1024)

const bulk = (text: string): string => `${BULK_HEADERS[text.length] ?? `$${text.length}\r\n`}${text}\r\n`

const arrayHeader = (length: number): string => ARRAY_HEADERS[length] ?? `*${length}\r\n`

/** The latin1 text of `reply` in protocol version 2 or 3. */
export const encodeReply = (reply: Reply, protocol: 2 | 3): string => {
  if (typeof reply === 'string') return bulk(reply)
  if (typeof reply === 'number') return INTEGERS[reply] ?? `:${reply}\r\n`
  if (reply instanceof Status) return reply.encoded
  if (reply === null) return protocol === 2 ? '$-1\r\n' : '_\r\n'
  if (reply === NULL_ARRAY) return protocol === 2 ? '*-1\r\n' : '_\r\n'
  if (reply === NO_REPLY) return ''
  if (Array.isArray(reply)) return arrayHeader(reply.length) + encodeAll(reply, protocol)
  return encodeObject(reply as Exclude<Reply, readonly Reply[]>, protocol)
}

const encodeAll = (replies: readonly Reply[], protocol: 2 | 3): string => {
  let text = ''
  for (const reply of replies) text += encodeReply(reply, protocol)
  return text
}

const encodeObject = (reply: Reply, protocol: 2 | 3): string => {
  if (reply instanceof WireError) return `-${reply.message.replace(/[\r\n]/g, ' ')}\r\n`
  if (reply instanceof DoubleReply) {
    const text = reply.text ?? formatDouble(reply.value)
    return protocol === 2 ? bulk(text) : `,${text}\r\n`
  }
  if (reply instanceof BooleanReply)
    return protocol === 2 ? `:${reply.value ? 1 : 0}\r\n` : `#${reply.value ? 't' : 'f'}\r\n`
  if (reply instanceof MapReply) {
    const { entries } = reply
    return (protocol === 2 ? arrayHeader(entries.length) : `%${entries.length / 2}\r\n`) + encodeAll(entries, protocol)
  }
  if (reply instanceof SetReply) {
    const { members } = reply
    return (protocol === 2 ? arrayHeader(members.length) : `~${members.length}\r\n`) + encodeAll(members, protocol)
  }
  if (reply instanceof VerbatimReply) {
    return protocol === 2 ? bulk(reply.text) : `=${reply.text.length + 4}\r\n${reply.format}:${reply.text}\r\n`
  }
  if (reply instanceof BigNumberReply) return protocol === 2 ? bulk(reply.digits) : `(${reply.digits}\r\n`
  if (reply instanceof EncodedReply) return reply.text
  if (reply instanceof PushReply) {
    const { items } = reply
    return (protocol === 2 ? arrayHeader(items.length) : `>${items.length}\r\n`) + encodeAll(items, protocol)
  }
  return `:${String(reply)}\r\n`
}
