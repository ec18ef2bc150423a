import { constants } from 'node:buffer'
import { EXTENSION, GOSSIP, HEADER, MESSAGE_FLAGS, MODULE, NODE_ID_BYTES, PUBLISH, UPDATE } from './bus-layout.js'
import { BUS_MESSAGE_TYPES, BUS_MESSAGE_WORDS, type BusMessageType } from './bus-message.js'

/** As many bytes of a packet as tell how long it should be, but for the extensions of a ping. */
export const HEAD_BYTES = HEADER.length + MODULE.payload

/** The longest packet: its text still is a string of JavaScript. Redis has no limit here but that of a bulk, 512 MiB. */
export const MAX_PACKET_BYTES = HEADER.length + PUBLISH.text + constants.MAX_STRING_LENGTH

/** More than the extensions of any version of Redis take. */
const MAX_EXTENSIONS_BYTES = 1 << 20

/**
 * Whether a packet of which the first `HEAD_BYTES` are known can turn out to be a message. If not, its bytes need not
 * be kept while they arrive.
 */
export const canBeMessage = (head: Buffer): boolean => {
  const type = BUS_MESSAGE_TYPES[head.readUInt16BE(HEADER.type)]
  if (type === undefined) return false
  const beyond = head.readUInt32BE(HEADER.totalLength) - lengthWithoutExtensions(head, type)
  if (isPing(type) && hasExtensions(head)) return beyond >= 0 && beyond <= MAX_EXTENSIONS_BYTES
  return beyond === 0 && head.readUInt32BE(HEADER.totalLength) <= MAX_PACKET_BYTES
}

/**
 * What is wrong with the length of a packet, in Redis' words; null when all that its counts announce is there, and
 * nothing else. Takes a packet of any content with a whole header.
 */
export const lengthProblem = (packet: Buffer, type: BusMessageType): string | null => {
  const word = BUS_MESSAGE_WORDS[type]
  const declared = packet.readUInt32BE(HEADER.totalLength)
  let expected = lengthWithoutExtensions(packet, type)
  if (isPing(type) && hasExtensions(packet)) {
    for (let left = packet.readUInt16BE(HEADER.extensions); left > 0; left--) {
      const room = Math.min(declared, packet.length) - expected
      const length = room < EXTENSION.data ? Number.POSITIVE_INFINITY : packet.readUInt32BE(expected + EXTENSION.length)
      if (length > room) {
        return `Received invalid ${word} packet with extension data that exceeds total packet length (${declared})`
      }
      if (length < EXTENSION.data || length % 8 !== 0) {
        return `Received a ${word} packet without proper padding (${length} bytes)`
      }
      expected += length
    }
  }
  if (declared !== expected) {
    return `Received invalid ${word} packet of length ${declared} but expected length ${expected}`
  }
  // `BusFrames` cuts short what is too long to be kept.
  return packet.length === declared
    ? null
    : `Received ${word} packet of length ${declared}, of which ${packet.length} bytes were kept`
}

export const isPing = (type: BusMessageType): type is 'ping' | 'pong' | 'meet' =>
  type === 'ping' || type === 'pong' || type === 'meet'

export const hasExtensions = (packet: Buffer): boolean =>
  ((packet[HEADER.messageFlags] ?? 0) & MESSAGE_FLAGS.hasExtensions) !== 0

/** A packet that ends before the counts of its data is measured as if they were zero. */
const lengthWithoutExtensions = (packet: Buffer, type: BusMessageType): number => {
  const start = HEADER.length
  switch (type) {
    case 'ping':
    case 'pong':
    case 'meet':
      return start + GOSSIP.length * packet.readUInt16BE(HEADER.count)
    case 'fail':
      return start + NODE_ID_BYTES
    case 'publish':
    case 'publishShard': {
      const least = start + PUBLISH.text
      if (packet.length < least) return least
      return (
        least + packet.readUInt32BE(start + PUBLISH.channelLength) + packet.readUInt32BE(start + PUBLISH.messageLength)
      )
    }
    case 'authRequest':
    case 'authAck':
    case 'failoverStart':
      return start
    case 'update':
      return start + UPDATE.length
    case 'module': {
      const least = start + MODULE.payload
      return packet.length < least ? least : least + packet.readUInt32BE(start + MODULE.length)
    }
    default:
      return type satisfies never
  }
}
