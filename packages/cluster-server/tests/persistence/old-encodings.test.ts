import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { idBytes, type StreamId } from '../../src/keyspace/stream-id.js'
import { StreamValue } from '../../src/keyspace/stream-value.js'
import { Crc64 } from '../../src/persistence/crc64.js'
import { Random } from '../differential/random.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const ROUNDS = process.env.FULL === '1' ? 400 : 15

const little = (bytes: number, value: number | bigint): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeBigInt64LE(BigInt(value))
  return buffer.subarray(0, bytes)
}

const bigEndian = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

/** A length as RDB files have it. */
const lengthOf = (value: number): Buffer => {
  if (value < 64) return Buffer.from([value])
  if (value < 16384) return Buffer.from([64 | (value >> 8), value & 255])
  return Buffer.concat([Buffer.from([128]), bigEndian(value)])
}

const textOf = (text: string | Buffer): Buffer => {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text
  return Buffer.concat([lengthOf(bytes.length), bytes])
}

const isWhole = (text: string): boolean => /^(0|-?[1-9]\d{0,17})$/.test(text)

/** What follows the length of the entry before, in a ziplist. */
const ziplistContent = (text: string): Buffer => {
  if (isWhole(text)) {
    const value = BigInt(text)
    if (value >= 0n && value <= 12n) return Buffer.from([0xf1 + Number(value)])
    for (const [mark, bytes] of [
      [0xfe, 1],
      [0xc0, 2],
      [0xf0, 3],
      [0xd0, 4],
    ] as const) {
      const limit = 1n << BigInt(bytes * 8 - 1)
      if (value >= -limit && value < limit) return Buffer.concat([Buffer.from([mark]), little(bytes, value)])
    }
    return Buffer.concat([Buffer.from([0xe0]), little(8, value)])
  }
  const { length } = text
  const head =
    length < 64
      ? Buffer.from([length])
      : length < 16384
        ? Buffer.from([64 | (length >> 8), length & 255])
        : Buffer.concat([Buffer.from([128]), bigEndian(length)])
  return Buffer.concat([head, Buffer.from(text, 'latin1')])
}

const ziplist = (texts: readonly string[]): Buffer => {
  const entries: Buffer[] = []
  let before = 0
  for (const text of texts) {
    const previous = before < 254 ? Buffer.from([before]) : Buffer.concat([Buffer.from([254]), little(4, before)])
    const entry = Buffer.concat([previous, ziplistContent(text)])
    before = entry.length
    entries.push(entry)
  }
  const body = Buffer.concat(entries)
  const tail = texts.length === 0 ? 10 : 10 + body.length - before
  return Buffer.concat([
    little(4, body.length + 11),
    little(4, tail),
    little(2, texts.length),
    body,
    Buffer.from([255]),
  ])
}

const zipmap = (pairs: readonly string[]): Buffer => {
  const size = (text: string) =>
    text.length < 254 ? Buffer.from([text.length]) : Buffer.concat([Buffer.from([254]), little(4, text.length)])
  const parts = pairs.map((text, index) => {
    // A value may have room behind it.
    const room = index % 2 === 1 ? text.length % 3 : 0
    const free = index % 2 === 1 ? Buffer.from([room]) : Buffer.alloc(0)
    return Buffer.concat([size(text), free, Buffer.from(text, 'latin1'), Buffer.alloc(room)])
  })
  return Buffer.concat([Buffer.from([pairs.length / 2]), ...parts, Buffer.from([255])])
}

const intset = (values: readonly bigint[]): Buffer => {
  const sorted = [...values].sort((left, right) => (left < right ? -1 : 1))
  const bytes = [2, 4, 8].find((width) => {
    const limit = 1n << BigInt(width * 8 - 1)
    return sorted.every((value) => value >= -limit && value < limit)
  })!
  return Buffer.concat([little(4, bytes), little(4, sorted.length), ...sorted.map((value) => little(bytes, value))])
}

const scoreText = (score: string): Buffer => {
  if (score === 'inf') return Buffer.from([254])
  if (score === '-inf') return Buffer.from([255])
  return Buffer.concat([Buffer.from([score.length]), Buffer.from(score)])
}

/** What an older server would have written. */
const payload = (type: number, version: number, ...parts: readonly Buffer[]): string => {
  const body = Buffer.concat([Buffer.from([type]), ...parts, little(2, version)])
  const crc = new Crc64()
  crc.update(body)
  return Buffer.concat([body, crc.digest()]).toString('latin1')
}

const randomText = (random: Random): string => {
  const kind = random.below(10)
  if (kind < 4) return String(random.below(2) === 0 ? random.below(14) : random.below(70_000) - 35_000)
  if (kind === 4)
    return String(BigInt(random.below(2 ** 30)) * BigInt(random.below(2 ** 30)) * (random.below(2) ? 1n : -1n))
  const length = kind === 5 ? random.below(600) : kind === 6 && random.below(8) === 0 ? 17_000 : random.below(20)
  return Array.from({ length }, () => String.fromCharCode(random.below(256))).join('')
}

const distinct = (random: Random, size: number): string[] => [
  ...new Set(Array.from({ length: size }, () => randomText(random))),
]

const pairsOf = (random: Random, size: number): string[] =>
  distinct(random, size).flatMap((name) => [name, randomText(random)])

const SCORES = ['0', '-0', '1', '1.5', '-17', '3.0000000000000001', '1e300', 'inf', '-inf', '0.1']

/** Every form of a value that Redis has written since 2.2 and does not write any more. */
const forms: Readonly<Record<string, (random: Random) => string>> = {
  'a list of texts': (random) => {
    const texts = Array.from({ length: 1 + random.below(30) }, () => randomText(random))
    return payload(1, 6, lengthOf(texts.length), ...texts.map(textOf))
  },
  'a set of texts': (random) => {
    const texts = distinct(random, 1 + random.below(30))
    return payload(2, 6, lengthOf(texts.length), ...texts.map(textOf))
  },
  'a sorted set with scores as texts': (random) => {
    const texts = distinct(random, 1 + random.below(30))
    return payload(
      3,
      7,
      lengthOf(texts.length),
      ...texts.flatMap((text) => [textOf(text), scoreText(random.pick(SCORES))]),
    )
  },
  'a hash of texts': (random) => {
    const pairs = pairsOf(random, 1 + random.below(30))
    return payload(4, 6, lengthOf(pairs.length / 2), ...pairs.map(textOf))
  },
  'a zipmap': (random) => payload(9, 2, textOf(zipmap(pairsOf(random, 1 + random.below(20))))),
  'a list in a ziplist': (random) => {
    const texts = Array.from({ length: 1 + random.below(30) }, () => randomText(random))
    return payload(10, 6, textOf(ziplist(texts)))
  },
  'an intset': (random) => {
    const width = random.pick([12, 28, 60])
    const values = Array.from({ length: 1 + random.below(30) }, () =>
      BigInt.asIntN(width, (BigInt(random.below(2 ** 30)) << 31n) | BigInt(random.below(2 ** 30))),
    )
    return payload(11, 6, textOf(intset([...new Set(values)])))
  },
  'a sorted set in a ziplist': (random) => {
    const scores = ['-2', '0', '1', '1.5', '2', '17', '1e+22'] as const
    let place = 0
    const texts = distinct(random, 1 + random.below(7))
    const sorted = texts.sort().flatMap((text) => [text, scores[place++]!])
    return payload(12, 6, textOf(ziplist(sorted)))
  },
  'a hash in a ziplist': (random) => payload(13, 6, textOf(ziplist(pairsOf(random, 1 + random.below(30))))),
  'a list of ziplists': (random) => {
    const nodes = Array.from({ length: 1 + random.below(4) }, () =>
      ziplist(Array.from({ length: 1 + random.below(20) }, () => randomText(random))),
    )
    return payload(14, 9, lengthOf(nodes.length), ...nodes.map(textOf))
  },
}

describeBesideRedis('values that older servers wrote', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start({ settings: { 'enable-debug-command': 'yes', 'sanitize-dump-payload': 'yes' } })
  })
  afterAll(() => pair?.close())

  test.each(Object.keys(forms))('%s is restored as by redis-server', async (form) => {
    const seen = new Set<string>()
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const words = [
        ['RESTORE', 'k', '0', forms[form]!(new Random(seed)), 'REPLACE'],
        ['TYPE', 'k'],
        ['OBJECT', 'ENCODING', 'k'],
        ['DEBUG', 'DIGEST-VALUE', 'k'],
      ]
      const { ours, real } = await pair.ask(...words)
      expect([seed, ...ours]).toEqual([seed, ...real])
      seen.add(real[0]!)
    }
    expect([...seen].map((reply) => /OK/.test(reply))).toEqual([true])
  })

  /** A stream as Redis 5 and 6 wrote it, without the first id, the last deletion and the number of entries ever. */
  const oldStream = (stream: StreamValue, lastId: StreamId, groups: readonly StreamId[]): string => {
    const idOf = ({ ms, seq }: StreamId): Buffer => Buffer.concat([lengthOf(Number(ms)), lengthOf(Number(seq))])
    const nodes = [...stream.nodes()].flatMap((node) => [textOf(idBytes(node.id)), textOf(node.listpack)])
    const written = groups.flatMap((id, index) => [textOf(`g${index}`), idOf(id), lengthOf(0), lengthOf(0)])
    return payload(
      15,
      9,
      ...[
        lengthOf(stream.nodeCount),
        ...nodes,
        lengthOf(stream.size),
        idOf(lastId),
        lengthOf(groups.length),
        ...written,
      ],
    )
  }

  test('a stream of Redis 6 is restored as by redis-server, with what it does not tell of itself', async () => {
    const ids = Array.from({ length: 6 }, (_, index) => ({ ms: 10 + index, seq: index % 2 }))
    const groups = [{ ms: 0, seq: 0 }, { ms: 3, seq: 1 }, ...ids, { ms: 16, seq: 0 }, { ms: 99, seq: 0 }]
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = new Random(seed)
      const stream = new StreamValue()
      const limits = { maxNodeBytes: 4096, maxNodeEntries: 1 + random.below(4) }
      for (const id of ids.slice(0, random.below(7))) stream.append(id, ['field', 'value'], limits)
      const last = stream.size === 0 ? { ms: 16, seq: random.below(2) } : stream.lastId
      for (const id of ids) if (random.chance(0.3)) stream.delete([id])
      const { ours, real } = await pair.ask(
        ['RESTORE', 'k', '0', oldStream(stream, last, groups), 'REPLACE'],
        ['XINFO', 'STREAM', 'k'],
        ['XINFO', 'GROUPS', 'k'],
        ['XADD', 'k', '1000-1', 'a', 'b'],
        ['XINFO', 'STREAM', 'k'],
        ['XINFO', 'GROUPS', 'k'],
      )
      const known = (replies: readonly string[]): string[] =>
        replies.map((reply) => reply.replace(/"radix-tree-(?:keys|nodes)", :\d+/g, ''))
      expect([seed, ...known(ours)]).toEqual([seed, ...known(real)])
      expect(real[0]).toBe('+OK')
    }
  })
})
