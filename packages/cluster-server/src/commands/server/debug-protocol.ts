import {
  BigNumberReply,
  BooleanReply,
  DoubleReply,
  EncodedReply,
  MapReply,
  PushReply,
  type Reply,
  SetReply,
  VerbatimReply,
} from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import type { ClientState } from '../context.js'

const NO_PUSH = wireError('ERR RESP2 is not supported by this command')
const UNKNOWN = wireError(
  'ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
)
const ATTRIBUTE = '|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n'
const AFTER_ATTRIBUTE = 'Some real reply following the attribute'
const AFTER_PUSH = 'Some real reply following the push reply'

/** DEBUG PROTOCOL: one reply of each type, with the values of Redis. @throws WireError */
export const protocolSample = (client: ClientState, type: string): Reply => {
  switch (type.toLowerCase()) {
    case 'string':
      return 'Hello World'
    case 'integer':
      return 12_345
    case 'double':
      return new DoubleReply(3141 / 1000)
    case 'bignum':
      return new BigNumberReply('1234567999999999999999999999999999999')
    case 'null':
      return null
    case 'array':
      return [0, 1, 2]
    case 'set':
      return new SetReply([0, 1, 2])
    case 'map':
      return new MapReply([0, 1, 2].flatMap((value) => [value, new BooleanReply(value === 1)]))
    case 'attrib':
      if (client.protocol === 2) return AFTER_ATTRIBUTE
      return new EncodedReply(`${ATTRIBUTE}$${AFTER_ATTRIBUTE.length}\r\n${AFTER_ATTRIBUTE}\r\n`)
    case 'push':
      if (client.protocol === 2) throw NO_PUSH
      client.push(new PushReply(['server-cpu-usage', 42]))
      return AFTER_PUSH
    case 'true':
      return new BooleanReply(true)
    case 'false':
      return new BooleanReply(false)
    case 'verbatim':
      return new VerbatimReply('txt', 'This is a verbatim\nstring')
    default:
      throw UNKNOWN
  }
}
