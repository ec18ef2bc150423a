import {
  BUS_SIGNATURE,
  BUS_VERSION,
  EXTENSION,
  GOSSIP,
  HEADER,
  HOSTNAME_EXTENSION,
  hostnameExtensionBytes,
  IP_BYTES,
  MESSAGE_FLAGS,
  MODULE,
  NODE_ID_BYTES,
  PUBLISH,
  UPDATE,
} from './bus-layout.js'
import { BUS_MESSAGE_TYPES, type BusBody, type BusHeader, type BusMessage, type GossipEntry } from './bus-message.js'

/**
 * The packet of a message, byte for byte as Redis 7.0 sends it.
 * @throws RangeError for a number that its field cannot hold
 */
export const encodeMessage = ({ header, body }: BusMessage): Buffer => {
  const packet = Buffer.alloc(HEADER.length + bodyBytes(body))
  packet.write(BUS_SIGNATURE, HEADER.signature, 'latin1')
  packet.writeUInt32BE(packet.length, HEADER.totalLength)
  packet.writeUInt16BE(BUS_VERSION, HEADER.version)
  packet.writeUInt16BE(BUS_MESSAGE_TYPES.indexOf(body.type), HEADER.type)
  writeHeader(packet, header)
  writeBody(packet, body)
  return packet
}

const bodyBytes = (body: BusBody): number => {
  switch (body.type) {
    case 'ping':
    case 'pong':
    case 'meet':
      return GOSSIP.length * body.gossip.length + hostnameExtensionBytes(body.hostname)
    case 'fail':
      return NODE_ID_BYTES
    case 'publish':
    case 'publishShard':
      return PUBLISH.text + body.channel.length + body.message.length
    case 'authRequest':
    case 'authAck':
    case 'failoverStart':
      return 0
    case 'update':
      return UPDATE.length
    case 'module':
      return MODULE.payload + body.payload.length
    default:
      return body satisfies never
  }
}

const writeHeader = (packet: Buffer, header: BusHeader): void => {
  packet.writeUInt16BE(header.port, HEADER.port)
  writeUint64(packet, header.currentEpoch, HEADER.currentEpoch)
  writeUint64(packet, header.configEpoch, HEADER.configEpoch)
  writeUint64(packet, header.offset, HEADER.offset)
  packet.write(header.senderId, HEADER.sender, NODE_ID_BYTES, 'latin1')
  packet.set(header.slots, HEADER.slots)
  if (header.primaryId !== null) packet.write(header.primaryId, HEADER.primary, NODE_ID_BYTES, 'latin1')
  packet.write(header.announcedIp, HEADER.announcedIp, IP_BYTES - 1, 'latin1')
  packet.writeUInt16BE(header.plainPort, HEADER.plainPort)
  packet.writeUInt16BE(header.busPort, HEADER.busPort)
  packet.writeUInt16BE(header.flags, HEADER.flags)
  packet[HEADER.state] = header.isOk ? 0 : 1
  packet[HEADER.messageFlags] =
    (header.isPaused ? MESSAGE_FLAGS.paused : 0) | (header.forcesVote ? MESSAGE_FLAGS.forcesVote : 0)
}

const writeBody = (packet: Buffer, body: BusBody): void => {
  const start = HEADER.length
  switch (body.type) {
    case 'ping':
    case 'pong':
    case 'meet':
      packet.writeUInt16BE(body.gossip.length, HEADER.count)
      body.gossip.forEach((entry, index) => {
        writeGossip(packet, entry, start + index * GOSSIP.length)
      })
      if (body.hostname !== '') writeHostname(packet, body.hostname, start + body.gossip.length * GOSSIP.length)
      return
    case 'fail':
      packet.write(body.failedId, start, NODE_ID_BYTES, 'latin1')
      return
    case 'publish':
    case 'publishShard':
      packet.writeUInt32BE(body.channel.length, start + PUBLISH.channelLength)
      packet.writeUInt32BE(body.message.length, start + PUBLISH.messageLength)
      packet.write(body.channel, start + PUBLISH.text, 'latin1')
      packet.write(body.message, start + PUBLISH.text + body.channel.length, 'latin1')
      return
    case 'authRequest':
    case 'authAck':
    case 'failoverStart':
      return
    case 'update':
      writeUint64(packet, body.configEpoch, start + UPDATE.configEpoch)
      packet.write(body.nodeId, start + UPDATE.nodeId, NODE_ID_BYTES, 'latin1')
      packet.set(body.slots, start + UPDATE.slots)
      return
    case 'module':
      packet.writeBigUInt64BE(body.moduleId, start + MODULE.id)
      packet.writeUInt32BE(body.payload.length, start + MODULE.length)
      packet.writeUInt8(body.moduleType, start + MODULE.type)
      packet.set(body.payload, start + MODULE.payload)
      return
    default:
      body satisfies never
  }
}

const writeGossip = (packet: Buffer, entry: GossipEntry, at: number): void => {
  packet.write(entry.id, at + GOSSIP.id, NODE_ID_BYTES, 'latin1')
  packet.writeUInt32BE(entry.pingSentSeconds, at + GOSSIP.pingSent)
  packet.writeUInt32BE(entry.pongReceivedSeconds, at + GOSSIP.pongReceived)
  packet.write(entry.ip, at + GOSSIP.ip, IP_BYTES - 1, 'latin1')
  packet.writeUInt16BE(entry.port, at + GOSSIP.port)
  packet.writeUInt16BE(entry.busPort, at + GOSSIP.busPort)
  packet.writeUInt16BE(entry.flags, at + GOSSIP.flags)
  packet.writeUInt16BE(entry.plainPort, at + GOSSIP.plainPort)
}

const writeHostname = (packet: Buffer, hostname: string, at: number): void => {
  packet.writeUInt16BE(1, HEADER.extensions)
  packet[HEADER.messageFlags] = (packet[HEADER.messageFlags] as number) | MESSAGE_FLAGS.hasExtensions
  packet.writeUInt32BE(hostnameExtensionBytes(hostname), at + EXTENSION.length)
  packet.writeUInt16BE(HOSTNAME_EXTENSION, at + EXTENSION.type)
  packet.write(hostname, at + EXTENSION.data, 'latin1')
}

const writeUint64 = (packet: Buffer, value: number, at: number): void => {
  packet.writeUInt32BE(Math.floor(value / 2 ** 32), at)
  packet.writeUInt32BE(value % 2 ** 32, at + 4)
}
