import fc from 'fast-check'
import type { BusBody, BusHeader, BusMessage, GossipEntry } from '../../src/cluster/bus-message.js'

/** 40 hexadecimal digits. */
export const nodeId = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'))

const uint16 = fc.integer({ min: 0, max: 0xffff })
const epoch = fc.oneof(fc.nat({ max: 1000 }), fc.maxSafeNat())
const bits = fc.uint8Array({ minLength: 2048, maxLength: 2048 })
const ip = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant(''))
const hostname = fc.oneof(
  fc.constant(''),
  fc.domain().filter((name) => name.length < 256),
)
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const latin1 = bytes.map((buffer) => buffer.toString('latin1'))

const header: fc.Arbitrary<BusHeader> = fc.record({
  senderId: fc.oneof(nodeId, fc.constant('')),
  flags: uint16,
  primaryId: fc.option(nodeId),
  announcedIp: ip,
  port: uint16,
  plainPort: uint16,
  busPort: uint16,
  currentEpoch: epoch,
  configEpoch: epoch,
  offset: epoch,
  slots: bits,
  isOk: fc.boolean(),
  isPaused: fc.boolean(),
  forcesVote: fc.boolean(),
})

const gossip: fc.Arbitrary<GossipEntry> = fc.record({
  id: nodeId,
  pingSentSeconds: fc.nat({ max: 0x7fffffff }),
  pongReceivedSeconds: fc.integer({ min: 0, max: 0xffffffff }),
  ip,
  port: uint16,
  busPort: uint16,
  flags: uint16,
  plainPort: uint16,
})

const body: fc.Arbitrary<BusBody> = fc.oneof(
  fc.record({
    type: fc.constantFrom('ping', 'pong', 'meet'),
    gossip: fc.array(gossip, { maxLength: 12 }),
    hostname,
  }),
  fc.record({ type: fc.constant('fail'), failedId: nodeId }),
  fc.record({ type: fc.constantFrom('publish', 'publishShard'), channel: latin1, message: latin1 }),
  fc.record({ type: fc.constantFrom('authRequest', 'authAck', 'failoverStart') }),
  fc.record({ type: fc.constant('update'), nodeId, configEpoch: epoch, slots: bits }),
  fc.record({
    type: fc.constant('module'),
    moduleId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    moduleType: fc.integer({ min: 0, max: 255 }),
    payload: bytes,
  }),
) as fc.Arbitrary<BusBody>

/** Any message that a node can send. */
export const busMessage: fc.Arbitrary<BusMessage> = fc.record({ header, body })
