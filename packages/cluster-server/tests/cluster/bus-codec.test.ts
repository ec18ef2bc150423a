import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BAD_FRAME, decodeMessage } from '../../src/cluster/bus-decoder.js'
import { encodeMessage } from '../../src/cluster/bus-encoder.js'
import { HEADER } from '../../src/cluster/bus-layout.js'
import { BUS_MESSAGE_TYPES, type BusBody, type BusMessage } from '../../src/cluster/bus-message.js'
import { busMessage } from './bus-arbitraries.js'
import { idOf } from './node-ids.js'

const RUNS = process.env.FULL === '1' ? 20_000 : 1000

const messageOf = (body: BusBody, header: Partial<BusMessage['header']> = {}): BusMessage => ({
  header: {
    senderId: idOf(1),
    flags: 1,
    primaryId: null,
    announcedIp: '',
    port: 7001,
    plainPort: 0,
    busPort: 17001,
    currentEpoch: 3,
    configEpoch: 2,
    offset: 42,
    slots: new Uint8Array(2048),
    isOk: true,
    isPaused: false,
    forcesVote: false,
    ...header,
  },
  body,
})

const gossipOf = (number: number) => ({
  id: idOf(number),
  pingSentSeconds: 0,
  pongReceivedSeconds: 1,
  ip: '127.0.0.1',
  port: 7000 + number,
  busPort: 17000 + number,
  flags: 1,
  plainPort: 0,
})

const ping = (gossip = [gossipOf(2), gossipOf(3)], hostname = '') => messageOf({ type: 'ping', gossip, hostname })

/** The packet of a message after a change of its bytes, or what the change returns in its place. */
const changed = (message: BusMessage, change: (packet: Buffer) => unknown): Buffer => {
  const packet = encodeMessage(message)
  const result = change(packet)
  return Buffer.isBuffer(result) ? result : packet
}

/** The same with all bytes as hexadecimal text, which Jest compares a thousand times faster than byte by byte. */
const legible = (value: unknown): unknown => {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
  if (Array.isArray(value)) return value.map(legible)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, legible(part)]))
}

const ofLength = (packet: Buffer, sizeBytes: number): Buffer => {
  const resized = Buffer.alloc(sizeBytes)
  packet.copy(resized)
  resized.writeUInt32BE(sizeBytes, HEADER.totalLength)
  return resized
}

test('any message is the same after a way over the wire', () => {
  fc.assert(
    fc.property(busMessage, (message) => {
      const packet = encodeMessage(message)
      const decoded = decodeMessage(packet)
      expect(legible(decoded)).toEqual(legible({ type: 'message', message }))
      expect(packet.readUInt32BE(4)).toBe(packet.length)
    }),
    { numRuns: RUNS },
  )
})

test('a message keeps nothing of the packet that it came in', () => {
  const slots = new Uint8Array(2048).fill(0b1010)
  for (const body of [
    { type: 'update', nodeId: idOf(9), configEpoch: 5, slots },
    { type: 'module', moduleId: 7n, moduleType: 1, payload: Buffer.from('payload') },
  ] as const) {
    const message = messageOf(body, { slots })
    const packet = encodeMessage(message)
    const decoded = decodeMessage(packet)
    packet.fill(0xff)
    expect(decoded).toEqual({ type: 'message', message })
  }
})

test('no packet makes the decoder throw or read beyond its end, however it was damaged', () => {
  const damage = fc.array(
    fc.record({
      // Half of the changes hit the fields that say how the rest is to be read.
      at: fc.oneof(
        fc.constantFrom(4, 5, 6, 7, 9, 12, 13, 14, 15, 2214, 2215, 2253, 2256, 2260, 2264),
        fc.nat({ max: 6000 }),
      ),
      to: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 4, 255)),
    }),
    { maxLength: 8 },
  )
  const cut = fc.oneof(fc.constant(undefined), fc.nat({ max: 6000 }))
  fc.assert(
    fc.property(busMessage, damage, cut, fc.boolean(), (message, changes, length, adjusts) => {
      let packet = encodeMessage(message)
      if (length !== undefined) packet = adjusts ? ofLength(packet, length + 8) : packet.subarray(0, length)
      for (const { at, to } of changes) if (at < packet.length) packet[at] = to
      // What lies behind the packet in the same memory must not count.
      const outcomes = [0x00, 0xff].map((filler) => {
        const memory = Buffer.alloc(packet.length + 70_000, filler)
        packet.copy(memory)
        return decodeMessage(memory.subarray(0, packet.length))
      })
      expect(legible(outcomes[1])).toEqual(legible(outcomes[0]))
      const [decoded] = outcomes
      if (decoded?.type === 'ignored') expect(decoded.reason).toMatch(/^(Received|Bad message)/)
      else expect(() => encodeMessage(decoded!.message)).not.toThrow()
    }),
    { numRuns: 2 * RUNS },
  )
})

test('garbage is ignored', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
      expect(decodeMessage(Buffer.from(bytes))).toEqual({ type: 'ignored', reason: BAD_FRAME, messageType: null })
    }),
  )
})

describe('a packet is ignored', () => {
  const long = '9'.repeat(300)
  test.each<[string, Buffer, string]>([
    [
      'of another version',
      changed(ping(), (packet) => packet.writeUInt16BE(2, HEADER.version)),
      'Received packet of version 2 of the cluster bus',
    ],
    [
      'that is longer than its gossip',
      changed(ping(), (packet) => ofLength(packet, packet.length + 104)),
      'Received invalid ping packet of length 2568 but expected length 2464',
    ],
    [
      'that is shorter than its gossip',
      changed(ping(), (packet) => ofLength(packet, packet.length - 1)),
      'Received invalid ping packet of length 2463 but expected length 2464',
    ],
    [
      'that ends before the counts of its data',
      changed(messageOf({ type: 'publish', channel: 'c', message: 'm' }), (packet) => ofLength(packet, 2260)),
      'Received invalid publish packet of length 2260 but expected length 2264',
    ],
    [
      'with counts that would overflow 32 bits to the right sum',
      changed(messageOf({ type: 'publishShard', channel: 'c', message: 'm' }), (packet) => {
        packet.writeUInt32BE(0xffffffff, 2256)
        packet.writeUInt32BE(3, 2260)
      }),
      'Received invalid publishshard packet of length 2266 but expected length 4294969562',
    ],
    [
      'that is not all there',
      changed(messageOf({ type: 'update', nodeId: idOf(2), configEpoch: 1, slots: new Uint8Array(2048) }), (packet) =>
        packet.subarray(0, 3000),
      ),
      'Received update packet of length 4352, of which 3000 bytes were kept',
    ],
    [
      'with an extension without padding',
      changed(ping([], 'name'), (packet) => packet.writeUInt32BE(12, 2256)),
      'Received a ping packet without proper padding (12 bytes)',
    ],
    [
      'with an extension that is shorter than its own head',
      changed(ping([], 'name'), (packet) => packet.writeUInt32BE(0, 2256)),
      'Received a ping packet without proper padding (0 bytes)',
    ],
    [
      'with an extension of which Redis sees the lower 16 bits only',
      changed(ping([], 'name'), (packet) => packet.writeUInt32BE(0x10010, 2256)),
      'Received invalid ping packet with extension data that exceeds total packet length (2272)',
    ],
    [
      'with more extensions than fit',
      changed(ping([], 'name'), (packet) => packet.writeUInt16BE(2, HEADER.extensions)),
      'Received invalid ping packet with extension data that exceeds total packet length (2272)',
    ],
    [
      'with more gossip than there is before its extensions',
      changed(ping([], 'name'), (packet) => packet.writeUInt16BE(0xffff, HEADER.count)),
      'Received invalid ping packet with extension data that exceeds total packet length (2272)',
    ],
    [
      'with a hostname that does not end',
      changed(ping([], 'name'), (packet) => packet.fill('n', 2264, 2272)),
      'Received invalid ping packet: the hostname does not end',
    ],
    ['with a long hostname', encodeMessage(ping([], long)), 'Received invalid ping packet: the hostname is malformed'],
    [
      'with a hostname that would break a line of nodes.conf',
      encodeMessage(ping([], 'a\nb')),
      'Received invalid ping packet: the hostname is malformed',
    ],
    [
      'with gossip of a malformed id',
      encodeMessage(ping([{ ...gossipOf(2), id: `${'A'.repeat(39)}\n` }])),
      'Received invalid ping packet: a node id is malformed',
    ],
    [
      'with gossip of an address that would break a line of nodes.conf',
      encodeMessage(ping([{ ...gossipOf(2), ip: '1.2.3.4 x' }])),
      'Received invalid ping packet: an address is malformed',
    ],
    [
      'with an address that does not end',
      changed(ping(), (packet) => packet.fill('1', HEADER.announcedIp, HEADER.announcedIp + 46)),
      'Received invalid ping packet: an address does not end',
    ],
    [
      'with a malformed primary',
      encodeMessage(messageOf({ type: 'authAck' }, { primaryId: 'x'.repeat(40) })),
      'Received invalid auth-ack packet: a node id is malformed',
    ],
    [
      'with an epoch that cannot be counted exactly',
      encodeMessage(messageOf({ type: 'authRequest' }, { currentEpoch: 2 ** 53 })),
      'Received invalid auth-req packet: the current epoch is too large',
    ],
    [
      'with a config epoch that cannot be counted exactly',
      changed(messageOf({ type: 'failoverStart' }), (packet) => packet.fill(0xff, 24, 32)),
      'Received invalid mfstart packet: the config epoch is too large',
    ],
    [
      'with an offset that cannot be counted exactly',
      encodeMessage(messageOf({ type: 'fail', failedId: idOf(2) }, { offset: 2 ** 60 })),
      'Received invalid fail packet: the replication offset is too large',
    ],
  ])('%s', (_, packet, reason) => {
    expect(decodeMessage(packet)).toMatchObject({ type: 'ignored', reason })
  })

  test('of an unknown type, which counts for none', () => {
    const packet = changed(ping(), (packet) => packet.writeUInt16BE(11, HEADER.type))
    expect(decodeMessage(packet)).toEqual({
      type: 'ignored',
      reason: 'Received unknown packet type: 11',
      messageType: null,
    })
  })

  test('but counts for the type that it claims', () => {
    for (const [number, messageType] of BUS_MESSAGE_TYPES.entries()) {
      const packet = changed(ping(), (packet) => {
        packet.writeUInt16BE(number, HEADER.type)
        packet.writeUInt32BE(5000, HEADER.totalLength)
      })
      expect(decodeMessage(packet)).toMatchObject({ type: 'ignored', messageType })
    }
  })
})

test('a sender without a proper id is nobody, and its message is read all the same', () => {
  const packet = changed(ping(), (packet) => packet.fill('?', HEADER.sender, HEADER.sender + 40))
  expect(decodeMessage(packet)).toMatchObject({ type: 'message', message: { header: { senderId: '' } } })
})

test('extensions of later versions are passed over, and the last hostname counts', () => {
  const extension = (type: number, text: string): Buffer => {
    const bytes = Buffer.alloc(8 + Math.ceil((text.length + 1) / 8) * 8)
    bytes.writeUInt32BE(bytes.length)
    bytes.writeUInt16BE(type, 4)
    bytes.write(text, 8)
    return bytes
  }
  const extensions = [extension(0, 'first'), extension(2, '\n'), extension(0, 'last'), extension(7, 'later')]
  const packet = changed(ping(), (packet) => {
    const whole = Buffer.concat([packet, ...extensions])
    whole.writeUInt16BE(extensions.length, HEADER.extensions)
    whole[HEADER.messageFlags] = 4
    return ofLength(whole, whole.length)
  })
  expect(decodeMessage(packet)).toEqual({ type: 'message', message: ping(undefined, 'last') })
})
