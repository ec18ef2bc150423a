import {
  BUS_SIGNATURE,
  BUS_VERSION,
  EXTENSION,
  GOSSIP,
  HEADER,
  HOSTNAME_EXTENSION,
  IP_BYTES,
  MESSAGE_FLAGS,
  MODULE,
  NODE_ID_BYTES,
  PUBLISH,
  UPDATE,
} from './bus-layout.js'
import { hasExtensions, lengthProblem } from './bus-length.js'
import {
  BUS_MESSAGE_TYPES,
  BUS_MESSAGE_WORDS,
  type BusBody,
  type BusHeader,
  type BusMessageType,
  type DecodedPacket,
  type GossipEntry,
} from './bus-message.js'
import { isHostname, isNodeAddress } from './node-address.js'
import { isNodeId } from './node-id.js'
import { SLOT_BITMAP_BYTES } from './slot-set.js'

/** Redis' words for a connection that does not speak the cluster bus. */
export const BAD_FRAME = 'Bad message length or signature received from Cluster bus.'

/**
 * Reads a packet as Redis 7.0 does, and is stricter where Redis would read beyond its end, or take over what nodes.conf
 * cannot hold. Ends in `ignored` for, in this order:
 *
 * 1. no signature, or less than a header (`BusFrames` yields no such packet)
 * 2. another version of the protocol, or an unknown type
 * 3. a length other than its type and counts say
 * 4. an id, address, epoch or offset that none can have
 *
 * Never throws. The message does not share memory with the packet.
 */
export const decodeMessage = (packet: Buffer): DecodedPacket => {
  if (packet.length < HEADER.length || packet.toString('latin1', 0, BUS_SIGNATURE.length) !== BUS_SIGNATURE) {
    return { type: 'ignored', reason: BAD_FRAME, messageType: null }
  }
  const typeNumber = packet.readUInt16BE(HEADER.type)
  const messageType = BUS_MESSAGE_TYPES[typeNumber] ?? null
  const version = packet.readUInt16BE(HEADER.version)
  if (version !== BUS_VERSION) {
    return { type: 'ignored', reason: `Received packet of version ${version} of the cluster bus`, messageType }
  }
  if (messageType === null) {
    return { type: 'ignored', reason: `Received unknown packet type: ${typeNumber}`, messageType }
  }
  const wrongLength = lengthProblem(packet, messageType)
  if (wrongLength !== null) return { type: 'ignored', reason: wrongLength, messageType }

  const reader = new PacketReader(packet)
  const message = { header: readHeader(reader), body: readBody(reader, messageType) }
  if (reader.problem === null) return { type: 'message', message }
  return {
    type: 'ignored',
    reason: `Received invalid ${BUS_MESSAGE_WORDS[messageType]} packet: ${reader.problem}`,
    messageType,
  }
}

const NO_ID = '\0'.repeat(NODE_ID_BYTES)

/** Reads fields that are there, and notes the first one that holds what it cannot. */
class PacketReader {
  problem: string | null = null

  constructor(readonly packet: Buffer) {}

  text(at: number, sizeBytes: number): string {
    return this.packet.toString('latin1', at, at + sizeBytes)
  }

  nodeId(at: number): string {
    const id = this.text(at, NODE_ID_BYTES)
    if (!isNodeId(id)) this.problem ??= 'a node id is malformed'
    return id
  }

  address(at: number): string {
    const address = this.#terminated(at, IP_BYTES, 'an address')
    if (!isNodeAddress(address)) this.problem ??= 'an address is malformed'
    return address
  }

  hostname(at: number, sizeBytes: number): string {
    const hostname = this.#terminated(at, sizeBytes, 'the hostname')
    if (!isHostname(hostname)) this.problem ??= 'the hostname is malformed'
    return hostname
  }

  uint64(at: number, what: string): number {
    const value = this.packet.readUInt32BE(at) * 2 ** 32 + this.packet.readUInt32BE(at + 4)
    if (!Number.isSafeInteger(value)) this.problem ??= `${what} is too large`
    return value
  }

  slots(at: number): Uint8Array {
    return new Uint8Array(this.packet.subarray(at, at + SLOT_BITMAP_BYTES))
  }

  #terminated(at: number, sizeBytes: number, what: string): string {
    const text = this.text(at, sizeBytes)
    const end = text.indexOf('\0')
    if (end === -1) this.problem ??= `${what} does not end`
    return end === -1 ? text : text.slice(0, end)
  }
}

const readHeader = (reader: PacketReader): BusHeader => {
  const { packet } = reader
  const senderId = reader.text(HEADER.sender, NODE_ID_BYTES)
  const messageFlags = packet[HEADER.messageFlags] ?? 0
  return {
    senderId: isNodeId(senderId) ? senderId : '',
    flags: packet.readUInt16BE(HEADER.flags),
    primaryId: reader.text(HEADER.primary, NODE_ID_BYTES) === NO_ID ? null : reader.nodeId(HEADER.primary),
    announcedIp: reader.address(HEADER.announcedIp),
    port: packet.readUInt16BE(HEADER.port),
    plainPort: packet.readUInt16BE(HEADER.plainPort),
    busPort: packet.readUInt16BE(HEADER.busPort),
    currentEpoch: reader.uint64(HEADER.currentEpoch, 'the current epoch'),
    configEpoch: reader.uint64(HEADER.configEpoch, 'the config epoch'),
    offset: reader.uint64(HEADER.offset, 'the replication offset'),
    slots: reader.slots(HEADER.slots),
    isOk: packet[HEADER.state] === 0,
    isPaused: (messageFlags & MESSAGE_FLAGS.paused) !== 0,
    forcesVote: (messageFlags & MESSAGE_FLAGS.forcesVote) !== 0,
  }
}

const readBody = (reader: PacketReader, type: BusMessageType): BusBody => {
  const { packet } = reader
  const start = HEADER.length
  switch (type) {
    case 'ping':
    case 'pong':
    case 'meet': {
      const count = packet.readUInt16BE(HEADER.count)
      const gossip = Array.from({ length: count }, (_, index) => readGossip(reader, start + index * GOSSIP.length))
      return {
        type,
        gossip,
        hostname: hasExtensions(packet) ? readHostname(reader, start + count * GOSSIP.length) : '',
      }
    }
    case 'fail':
      return { type, failedId: reader.nodeId(start) }
    case 'publish':
    case 'publishShard': {
      const channelLength = packet.readUInt32BE(start + PUBLISH.channelLength)
      const messageLength = packet.readUInt32BE(start + PUBLISH.messageLength)
      const at = start + PUBLISH.text
      return { type, channel: reader.text(at, channelLength), message: reader.text(at + channelLength, messageLength) }
    }
    case 'authRequest':
    case 'authAck':
    case 'failoverStart':
      return { type }
    case 'update':
      return {
        type,
        nodeId: reader.nodeId(start + UPDATE.nodeId),
        configEpoch: reader.uint64(start + UPDATE.configEpoch, 'the config epoch'),
        slots: reader.slots(start + UPDATE.slots),
      }
    case 'module':
      return {
        type,
        moduleId: packet.readBigUInt64BE(start + MODULE.id),
        moduleType: packet.readUInt8(start + MODULE.type),
        payload: Buffer.from(packet.subarray(start + MODULE.payload)),
      }
    default:
      return type satisfies never
  }
}

const readGossip = (reader: PacketReader, at: number): GossipEntry => {
  const { packet } = reader
  return {
    id: reader.nodeId(at + GOSSIP.id),
    pingSentSeconds: packet.readUInt32BE(at + GOSSIP.pingSent),
    pongReceivedSeconds: packet.readUInt32BE(at + GOSSIP.pongReceived),
    ip: reader.address(at + GOSSIP.ip),
    port: packet.readUInt16BE(at + GOSSIP.port),
    busPort: packet.readUInt16BE(at + GOSSIP.busPort),
    flags: packet.readUInt16BE(at + GOSSIP.flags),
    plainPort: packet.readUInt16BE(at + GOSSIP.plainPort),
  }
}

/** The last hostname counts, as in Redis; extensions of other types are passed over. */
const readHostname = (reader: PacketReader, first: number): string => {
  const { packet } = reader
  let hostname = ''
  let at = first
  for (let left = packet.readUInt16BE(HEADER.extensions); left > 0; left--) {
    const length = packet.readUInt32BE(at + EXTENSION.length)
    if (packet.readUInt16BE(at + EXTENSION.type) === HOSTNAME_EXTENSION) {
      hostname = reader.hostname(at + EXTENSION.data, length - EXTENSION.data)
    }
    at += length
  }
  return hostname
}
