import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Node } from '../../src/index.js'
import { Database } from '../../src/keyspace/database.js'
import { CommandForm } from '../../src/persistence/command-form.js'
import { datasetDigest } from '../../src/persistence/dataset-digest.js'
import { loadDataset } from '../../src/persistence/dataset-loader.js'
import { DatasetSnapshot } from '../../src/persistence/dataset-snapshot.js'
import { LogReader } from '../../src/persistence/log-reader.js'
import { RdbForm } from '../../src/persistence/rdb-form.js'
import { RdbReader } from '../../src/persistence/rdb-reader.js'
import { WireError } from '../../src/wire-errors.js'
import { Random } from '../differential/random.js'
import { FORMS, makeStream } from '../differential/random-stream.js'
import { WireClient } from '../differential/wire-client.js'
import { breakOffAt, goThrough } from '../support/broken-off.js'
import { randomDataset } from './random-dataset.js'

const ROUNDS = process.env.FULL === '1' ? 200 : 6
const FORMAT = { compresses: true, checksums: true, usage: null, listNodeLimit: -2 } as const
const limits = {
  hash: { maxPackedFields: 512, maxPackedBytes: 64 },
  set: { maxIntegers: 512 },
  sortedSet: { maxPackedMembers: 128, maxPackedBytes: 64 },
}

/** Settings decide how large values are written. */
const keepsSettings = ({ name }: { readonly name: string }): boolean => name !== 'CONFIG'

/** The digest of what a file holds. */
const digestOfFile = (bytes: Buffer): string => {
  const databases = Array.from({ length: 16 }, (_, index) => new Database({ index }))
  const steps = loadDataset(new RdbReader(bytes, true), {
    databases,
    limits,
    nowMs: 0,
    dropsExpired: false,
    replaces: false,
    checksChecksum: true,
    addLibrary: () => null,
    log: () => {},
  })
  while (!steps.next().done);
  return datasetDigest(databases)
}

/** The digest of what commands make. */
const digestOfCommands = (bytes: Buffer): string => {
  const node = new Node({ settings: { port: 0 } })
  let place = 0
  const reader = new LogReader({
    remaining: bytes.length,
    read: (buffer, at) => {
      const count = bytes.copy(buffer, at, place)
      place += count
      return count
    },
  })
  let databaseIndex = 0
  for (let item = reader.next(); item.type !== 'end'; item = reader.next()) {
    if (item.type !== 'command') throw new Error(`The commands end in something ${item.type}.`)
    if (item.argv[0] === 'SELECT') databaseIndex = Number(item.argv[1])
    const [reply] = node.applyEffects([{ databaseIndex, argv: item.argv }])
    if (reply instanceof WireError) throw new Error(`${item.argv[0]} was answered ${reply.message}`)
  }
  return datasetDigest(node.server.databases)
}

describe.each([
  ['an RDB', 'rdb'],
  ['commands', 'aof'],
] as const)('a snapshot that is written as %s while commands run', (_title, kind) => {
  let node: Node
  let client: WireClient

  beforeAll(async () => {
    node = new Node({ settings: { port: 0 }, log: () => {} })
    client = await WireClient.connect((await node.listen()).port)
  })

  afterAll(async () => {
    client?.close()
    await node?.close()
  })

  const digestOf = kind === 'rdb' ? digestOfFile : digestOfCommands

  const begin = (): DatasetSnapshot =>
    new DatasetSnapshot(
      node.server.databases,
      kind === 'rdb'
        ? new RdbForm(FORMAT, { auxiliary: [['redis-ver', '7.0.15']], functions: [] })
        : new CommandForm({ functions: [], writtenAt: 1_700_000_000 }),
    )

  // A packed sorted set has no score -0, and one that is made by commands is packed at first.
  const kept = (commands: readonly (readonly string[])[]): (readonly string[])[] =>
    kind === 'rdb' ? [...commands] : commands.map((argv) => argv.map((word) => (word === '-0' ? '0' : word)))

  test('holds the data as they were when it began, whatever is changed, removed, renamed, swapped or taken back', async () => {
    const groups = Object.keys(FORMS) as (keyof typeof FORMS)[]
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = new Random(seed)
      await client.send([['FLUSHALL'], ...kept(randomDataset(random, 20))])
      // The keys that the streams of commands use, too: nearly every command meets one that is not written yet.
      await client.send([
        ...kept(
          makeStream(seed, 150, groups, keepsSettings)
            .flat()
            .map(({ argv }) => argv),
        ),
        ['DISCARD'],
        ['HELLO', '2'],
        ['SELECT', '0'],
      ])
      const before = datasetDigest(node.server.databases)
      const snapshot = begin()
      const second = random.chance(0.3) ? begin() : null
      const commands = makeStream(seed + 1000, 200, groups, keepsSettings)
        .flat()
        .map(({ argv }) => argv)
      const pieces: Buffer[] = []
      for (let piece = snapshot.next(1); piece !== null; piece = snapshot.next(1 + random.below(3000))) {
        pieces.push(piece)
        const some = commands.splice(0, random.below(6))
        if (random.chance(0.05)) some.push(['SWAPDB', '0', String(random.below(4))])
        if (random.chance(0.02)) some.push([random.pick(['FLUSHDB', 'FLUSHALL'])])
        // One of them breaks off: what it removed comes back.
        if (random.chance(0.4)) breakOffAt(1 + random.below(5))
        if (some.length > 0) await client.send(some)
        goThrough()
      }
      snapshot.close()
      expect([seed, digestOf(Buffer.concat(pieces))]).toEqual([seed, before])
      if (second === null) continue
      const all: Buffer[] = []
      for (let piece = second.next(4096); piece !== null; piece = second.next(4096)) all.push(piece)
      second.close()
      expect([seed, 'second', digestOf(Buffer.concat(all))]).toEqual([seed, 'second', before])
    }
  }, 300_000)

  test('holds a long text as it was, though it is changed in place', async () => {
    const text = 'x'.repeat(20_000)
    await client.send([['FLUSHALL'], ['SET', 'k', text], ['SETRANGE', 'k', '7', 'first'], ['SET', 'other', text]])
    const before = datasetDigest(node.server.databases)
    const snapshot = begin()
    await client.send([
      ['SETRANGE', 'k', '7', 'later'],
      ['SETBIT', 'k', '99', '1'],
      ['APPEND', 'other', 'more'],
      ['BITFIELD', 'other', 'SET', 'u8', '16', '7'],
    ])
    const pieces: Buffer[] = []
    for (let piece = snapshot.next(1); piece !== null; piece = snapshot.next(1)) pieces.push(piece)
    snapshot.close()
    expect(digestOf(Buffer.concat(pieces))).toBe(before)
  })

  test('holds a large value as it was, when the value changes in the middle of being written', async () => {
    for (const command of ['HSET', 'SADD', 'RPUSH', 'ZADD', 'XADD'] as const) {
      const words = (i: number): string[] => {
        if (command === 'HSET') return ['big', `f${i}`, 'v']
        if (command === 'ZADD') return ['big', String(i), `m${i}`]
        return command === 'XADD' ? ['big', `${i + 1}-1`, 'f', 'v'] : ['big', `m${i}`]
      }
      await client.send([['FLUSHALL'], ...Array.from({ length: 3000 }, (_, i) => [command, ...words(i)])])
      const before = datasetDigest(node.server.databases)
      const snapshot = begin()
      const first = snapshot.next(600)!
      await client.send([
        [command, ...words(5000)],
        ['DEL', 'big'],
        ['SET', 'big', 'x'],
      ])
      const pieces = [first]
      for (let piece = snapshot.next(4096); piece !== null; piece = snapshot.next(4096)) pieces.push(piece)
      snapshot.close()
      expect([command, pieces.length > 1, digestOf(Buffer.concat(pieces))]).toEqual([command, true, before])
    }
  }, 120_000)
})
