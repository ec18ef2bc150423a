import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeMessage } from '../../src/cluster/bus-decoder.js'
import { encodeMessage } from '../../src/cluster/bus-encoder.js'
import { BusFrames } from '../../src/cluster/bus-frames.js'
import type { BusMessage } from '../../src/cluster/bus-message.js'
import { busMessage } from './bus-arbitraries.js'

const [sample] = fc.sample(busMessage, { numRuns: 1, seed: 1 }) as [BusMessage]

const publication = (message: string): Buffer =>
  encodeMessage({ header: sample.header, body: { type: 'publish', channel: 'news', message } })

/** Pushes bytes in chunks of the given sizes, over and over, and gathers what comes out after each. */
const cut = (frames: BusFrames, bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const packets: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] as number
    frames.push(bytes.subarray(at, at + size))
    packets.push(...frames)
    at += size
  }
  return packets
}

test('packets come out as they went in, however the stream is cut', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 9000 })), {
    minLength: 1,
    maxLength: 5,
  })
  fc.assert(
    fc.property(fc.array(busMessage, { maxLength: 6 }), sizes, (messages, sizes) => {
      const packets = messages.map(encodeMessage)
      const frames = new BusFrames()
      const out = cut(frames, Buffer.concat(packets), sizes)
      expect(out.map((packet) => packet.toString('hex'))).toEqual(packets.map((packet) => packet.toString('hex')))
      expect(frames.isBroken).toBe(false)
    }),
    { numRuns: 60 },
  )
})

test('chunks wait until they are asked for, and an iteration can be left and taken up again', () => {
  const frames = new BusFrames()
  const packets = ['one', 'two', 'three'].map(publication)
  const stream = Buffer.concat(packets)
  for (let at = 0; at < stream.length; at += 100) frames.push(stream.subarray(at, at + 100))
  for (const packet of frames) {
    expect(packet.equals(packets[0]!)).toBe(true)
    break
  }
  expect([...frames].map((packet) => packets.findIndex((other) => other.equals(packet)))).toEqual([1, 2])
})

test('a message of many megabytes in small chunks is copied a few times at most', () => {
  const message = 'x'.repeat(24 << 20)
  const stream = Buffer.concat([publication(message), publication('after')])
  const frames = new BusFrames()
  const original = Buffer.prototype.copy
  let copied = 0
  // Counted, not timed: the bytes that are moved from one buffer to another.
  Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<Buffer['copy']>): number {
    const bytes = original.apply(this, args)
    copied += bytes
    return bytes
  } as Buffer['copy']
  let packets: Buffer[]
  try {
    packets = cut(frames, stream, [997, 1460])
  } finally {
    Buffer.prototype.copy = original
  }
  expect(copied).toBeGreaterThanOrEqual(message.length)
  expect(copied).toBeLessThan(4 * stream.length)
  expect(packets.map((packet) => decodeMessage(packet))).toMatchObject([
    { message: { body: { message } } },
    { message: { body: { message: 'after' } } },
  ])
})

test.each([
  ['another signature', (packet: Buffer) => void packet.write('RCmc')],
  ['a length below that of a header', (packet: Buffer) => void packet.writeUInt32BE(2255, 4)],
])('%s breaks the connection after the packets before it, in whatever pieces it arrives', (_, damage) => {
  const good = publication('good')
  const bad = publication('bad')
  damage(bad)
  for (const sizes of [[1], [8], [100], [100_000]]) {
    const frames = new BusFrames()
    const packets = cut(frames, Buffer.concat([good, bad, good]), sizes)
    expect(packets.map((packet) => packet.equals(good))).toEqual([true])
    expect(frames.isBroken).toBe(true)
    frames.push(good)
    expect([...frames]).toEqual([])
  }
})

test('a long packet that cannot be a message is not kept while it arrives, and the next one is found', () => {
  const huge = publication('huge')
  const length = 3_000_000_000
  huge.writeUInt32BE(length, 4)
  const frames = new BusFrames()
  const filler = Buffer.alloc(1 << 20)
  const before = process.memoryUsage().arrayBuffers
  let passed = huge.length
  const packets = cut(frames, huge, [1000])
  for (; length - passed > filler.length; passed += filler.length) {
    frames.push(filler)
    for (const packet of frames) packets.push(packet)
  }
  expect(packets).toEqual([])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20)
  frames.push(Buffer.concat([filler.subarray(0, length - passed), publication('next')]))
  expect([...frames].map((packet) => decodeMessage(packet))).toMatchObject([
    {
      type: 'ignored',
      reason: `Received invalid publish packet of length ${length} but expected length ${huge.length}`,
      messageType: 'publish',
    },
    { type: 'message', message: { body: { message: 'next' } } },
  ])
})
