import { decodeMessage } from '../../src/cluster/bus-decoder.js'
import { encodeMessage } from '../../src/cluster/bus-encoder.js'
import { GOSSIP, HEADER, UPDATE } from '../../src/cluster/bus-layout.js'
import type { BusBody, BusMessage } from '../../src/cluster/bus-message.js'
import { BUS_MESSAGE_TYPES } from '../../src/cluster/bus-message.js'
import type { Random } from '../differential/random.js'

/** A pong of each node of a cluster, as it was received. */
export type Captured = readonly Buffer[]

/** What goes over one connection: whether the stream can be understood up to its end is not said. */
export type Attack = readonly Buffer[]

const PING_TYPES = ['ping', 'pong'] as const

const bytesOf = (random: Random, sizeBytes: number): Buffer =>
  Buffer.from(Array.from({ length: sizeBytes }, () => random.below(256)))

const idOf = (random: Random): string => bytesOf(random, 20).toString('hex')

const messageOf = (packet: Buffer): BusMessage => {
  const decoded = decodeMessage(packet)
  if (decoded.type === 'ignored') throw new Error(decoded.reason)
  return decoded.message
}

/** Packets that a node must pass over, or answer without any change of what it knows of the cluster. */
export class BusAttacker {
  readonly #random: Random
  readonly #captured: Captured
  readonly #port: number
  /** Whose packet is changed. A connection belongs to the first known node that sent over it, whoever comes later. */
  #origin: Buffer

  /** @param port of the bus of a listener that is no node: where strangers say that they can be reached */
  constructor(random: Random, captured: Captured, port: number) {
    this.#random = random
    this.#captured = captured
    this.#port = port
    this.#origin = random.pick(captured)
  }

  next(): Attack {
    const random = this.#random
    this.#origin = random.pick(this.#captured)
    switch (random.below(10)) {
      case 0:
        return [bytesOf(random, 1 + random.below(6000))]
      case 1:
        return [this.#start(random.below(3000)), bytesOf(random, random.below(3000))]
      case 2: {
        // Cut off in the middle.
        const packet = this.#known()
        return [packet.subarray(0, 1 + random.below(packet.length - 1))]
      }
      case 3:
        return [this.#wrongLength(), this.#known()]
      case 4:
      case 5:
        return Array.from({ length: 1 + random.below(30) }, () =>
          random.below(2) === 0 ? this.#stranger(random.pick(PING_TYPES)) : this.#strangersClaim(),
        )
      default:
        return Array.from({ length: 1 + random.below(30) }, () => this.#harmless())
    }
  }

  /** A packet of a stranger who asks to be met, and of whom nothing will be heard. */
  meeting(): Buffer {
    return this.#stranger('meet')
  }

  /** A start of a packet that claims to be huge, and a piece of it. */
  endless(sizeBytes: number): Attack {
    const { header } = messageOf(this.#origin)
    const packet = encodeMessage({ header, body: { type: 'publish', channel: 'c', message: '' } })
    packet.writeUInt32BE(400_000_000 - 2265, HEADER.length + 4)
    packet.writeUInt32BE(400_000_000, HEADER.totalLength)
    return [packet, Buffer.alloc(sizeBytes)]
  }

  /** As `endless`, with a length that no such packet can have. */
  impossible(sizeBytes: number): Attack {
    const packet = Buffer.from(this.#origin)
    packet.writeUInt32BE(0xffffffff, HEADER.totalLength)
    return [packet, Buffer.alloc(sizeBytes)]
  }

  /**
   * A packet of a known node with any bytes changed: it may say what a node has to believe. No address in it is changed,
   * so that nobody outside of the cluster is told anything.
   */
  anything(): Buffer {
    const random = this.#random
    this.#origin = random.pick(this.#captured)
    const original = random.below(2) === 0 ? this.#known() : this.#fromKnown(this.#body())
    const packet = Buffer.from(original)
    for (let changes = 1 + random.below(12); changes > 0; changes--) {
      const at = random.below(3) === 0 ? random.below(24) : random.below(packet.length)
      packet[at] = random.below(256)
    }
    packet.write('RCmb', HEADER.signature)
    packet.writeUInt32BE(packet.length, HEADER.totalLength)
    this.#keepAddresses(packet, original)
    return packet
  }

  #start(sizeBytes: number): Buffer {
    const start = Buffer.from('RCmb....')
    start.writeUInt32BE(random32(this.#random) % (sizeBytes + 5000), 4)
    return start
  }

  #wrongLength(): Buffer {
    const packet = Buffer.from(this.#known())
    const random = this.#random
    const length = random.pick([
      0,
      8,
      2255,
      2256,
      packet.length - 1,
      packet.length + 1,
      packet.length + 104,
      0x7fffffff,
      0xffffffff,
    ])
    packet.writeUInt32BE(length, HEADER.totalLength)
    return packet
  }

  /** A packet that is as long as it says, of which nothing comes. */
  #harmless(): Buffer {
    const random = this.#random
    const packet = Buffer.from(this.#known())
    const text = (at: number, sizeBytes: number): void => void bytesOf(random, sizeBytes).copy(packet, at)
    switch (random.below(13)) {
      case 0:
        packet.writeUInt16BE(random.pick([0, 2, 256, 0xffff]), HEADER.version)
        return packet
      case 1:
        packet.writeUInt16BE(BUS_MESSAGE_TYPES.length + random.below(60_000), HEADER.type)
        return packet
      case 2:
        packet.writeUInt16BE((packet.readUInt16BE(HEADER.count) + 1 + random.below(0xfffe)) & 0xffff, HEADER.count)
        return packet
      case 3:
        packet.writeUInt32BE(
          random.pick([0x200000, 0xffffffff]),
          random.pick([HEADER.currentEpoch, HEADER.configEpoch, HEADER.offset]),
        )
        return packet
      case 4:
        // 40 zeros would be no primary at all.
        text(HEADER.primary, 40)
        packet[HEADER.primary] = 1
        return packet
      case 5:
        packet.fill('9', HEADER.announcedIp, HEADER.announcedIp + 46)
        return packet
      case 6:
        return this.#withExtension(packet)
      case 7:
        // A new sender, of the form of an id or not; a strange state and flags for messages.
        if (random.below(2) === 0) text(HEADER.sender, 40)
        else packet.write(idOf(random), HEADER.sender, 'latin1')
        packet[HEADER.state] = random.below(256)
        packet[HEADER.messageFlags] = random.below(4)
        return packet
      case 8:
        return this.#malformedGossip(packet)
      case 9:
        return this.#lengthsOfPublication()
      case 10:
      case 11:
        return this.#staleClaim()
      default:
        return packet
    }
  }

  /** A message as it was, as a ping or a pong. */
  #known(): Buffer {
    const packet = Buffer.from(this.#origin)
    packet.writeUInt16BE(BUS_MESSAGE_TYPES.indexOf(this.#random.pick(PING_TYPES)), HEADER.type)
    return packet
  }

  #fromKnown(body: BusBody): Buffer {
    return encodeMessage({ header: messageOf(this.#origin).header, body })
  }

  #stranger(type: 'ping' | 'pong' | 'meet'): Buffer {
    const { header, body } = messageOf(this.#origin)
    const place = { port: this.#port - 10_000, busPort: this.#port, plainPort: 0, announcedIp: '' }
    const gossip = 'gossip' in body ? body.gossip : []
    return encodeMessage({
      header: { ...header, ...place, senderId: idOf(this.#random) },
      body: { type, gossip, hostname: 'stranger' },
    })
  }

  /** What would change a lot, if the sender were known. */
  #strangersClaim(): Buffer {
    const { header } = messageOf(this.#origin)
    const epoch = header.currentEpoch + 1 + this.#random.below(1000)
    return encodeMessage({
      header: {
        ...header,
        senderId: idOf(this.#random),
        currentEpoch: epoch,
        configEpoch: epoch,
        slots: new Uint8Array(2048).fill(0xff),
        forcesVote: true,
        isPaused: true,
      },
      body: this.#body(),
    })
  }

  /** Of a node that is known, about what is not, or was once. */
  #staleClaim(): Buffer {
    const random = this.#random
    // A replica sends the epoch of its primary, which is not the one that it is known by.
    const primaries = this.#captured
      .map((packet) => messageOf(packet).header)
      .filter(({ primaryId }) => primaryId === null)
    const about = random.pick(primaries)
    const { header } = messageOf(this.#origin)
    const epoch = random.below(about.configEpoch + 1)
    const slots = bytesOf(random, 2048)
    return encodeMessage({
      header: {
        ...header,
        currentEpoch: random.below(header.currentEpoch + 1),
        configEpoch: random.below(header.configEpoch + 1),
      },
      body: random.pick<BusBody>([
        { type: 'update', nodeId: about.senderId, configEpoch: epoch, slots },
        { type: 'update', nodeId: idOf(random), configEpoch: 1_000_000, slots },
        { type: 'fail', failedId: idOf(random) },
        { type: 'authAck' },
        { type: 'publish', channel: 'fuzz', message: 'm'.repeat(random.below(5000)) },
        { type: 'publishShard', channel: '', message: '\0\r\n' },
        { type: 'module', moduleId: 7n, moduleType: 3, payload: bytesOf(random, 100) },
      ]),
    })
  }

  #body(): BusBody {
    const random = this.#random
    const { senderId } = messageOf(random.pick(this.#captured)).header
    return random.pick<BusBody>([
      { type: 'fail', failedId: senderId },
      {
        type: 'update',
        nodeId: senderId,
        configEpoch: 1_000_000,
        slots: bytesOf(random, UPDATE.length - UPDATE.slots),
      },
      { type: 'authRequest' },
      { type: 'authAck' },
      { type: 'failoverStart' },
      { type: 'publish', channel: 'fuzz', message: 'm' },
      { type: 'module', moduleId: 7n, moduleType: 3, payload: Buffer.alloc(9) },
      { type: 'pong', gossip: [], hostname: 'elsewhere' },
    ])
  }

  /** Extensions that are not what they say, or of no type that is known. */
  #withExtension(packet: Buffer): Buffer {
    const random = this.#random
    const extension = Buffer.alloc(8 + 8 * random.below(5))
    extension.fill('h', 8)
    extension.writeUInt32BE(
      random.pick([0, 4, 12, extension.length, extension.length + 8, 0x10000 + extension.length, 0xffffffff]),
    )
    // A hostname that fills its place does not end; a later type of extension is passed over.
    extension.writeUInt16BE(extension.length === 8 ? 1 : random.pick([0, 1, 77]), 4)
    const whole = Buffer.concat([packet, extension])
    whole.writeUInt32BE(whole.length, HEADER.totalLength)
    whole.writeUInt16BE(random.pick([1, 1, 2, 0xffff]), HEADER.extensions)
    whole[HEADER.messageFlags] = 4
    return whole
  }

  #malformedGossip(packet: Buffer): Buffer {
    const random = this.#random
    const count = packet.readUInt16BE(HEADER.count)
    if (count === 0) return packet
    const at = HEADER.length + GOSSIP.length * random.below(count)
    if (random.below(2) === 0) packet.write('not an id', at + GOSSIP.id)
    else packet.write('1.2.3.4 myself', at + GOSSIP.ip)
    return packet
  }

  #lengthsOfPublication(): Buffer {
    const random = this.#random
    const packet = this.#fromKnown({ type: 'publish', channel: 'fuzz', message: 'm'.repeat(random.below(100)) })
    packet.writeUInt32BE(random.pick([0, 5, 0x7fffffff, 0xffffffff]), HEADER.length)
    return packet
  }

  #keepAddresses(packet: Buffer, original: Buffer): void {
    const keep = (from: number, to: number): void => packet.set(original.subarray(from, to), from)
    keep(HEADER.port, HEADER.port + 2)
    keep(HEADER.announcedIp, HEADER.announcedIp + 46)
    keep(HEADER.plainPort, HEADER.plainPort + 4)
    for (let at = HEADER.length; at + GOSSIP.length <= packet.length; at += GOSSIP.length)
      keep(at + GOSSIP.ip, at + GOSSIP.flags)
  }
}

const random32 = (random: Random): number => random.below(0x10000) * 0x10000 + random.below(0x10000)
