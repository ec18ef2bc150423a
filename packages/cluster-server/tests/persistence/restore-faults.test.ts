import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Node } from '../../src/index.js'
import { datasetDigest } from '../../src/persistence/dataset-digest.js'
import { Random } from '../differential/random.js'
import { WireClient } from '../differential/wire-client.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'
import { randomDataset } from './random-dataset.js'

const ROUNDS = process.env.FULL === '1' ? 200 : 2

/** One to a few bytes changed, cut, or repeated. */
const damage = (payload: string, random: Random): string => {
  const bytes = Buffer.from(payload, 'latin1')
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(bytes.length - 10)
    bytes[at] = random.chance(0.5) ? random.below(256) : bytes[at]! ^ (1 << random.below(8))
  }
  const text = bytes.toString('latin1')
  if (random.chance(0.1)) return text.slice(0, 1 + random.below(text.length - 1))
  return random.chance(0.05) ? text.slice(0, random.below(40)) + text : text
}

describe('a damaged payload', () => {
  test('is refused, or restored to a value that can be used and dumped again', async () => {
    const node = new Node({ settings: { port: 0 } })
    const client = await WireClient.connect((await node.listen()).port)
    try {
      const { persistence, databases } = node.server
      persistence.comparesChecksums = false
      let refused = 0
      let restored = 0
      for (let seed = 1; seed <= ROUNDS; seed++) {
        const random = new Random(seed)
        await client.send([['FLUSHALL'], ...randomDataset(random, 12)])
        const payloads = databases.flatMap((database) =>
          [...database.entries()].map(([, value]) => persistence.dump(value)),
        )
        databases[5]?.clear()
        for (const payload of payloads) {
          for (let i = 0; i < 8; i++) {
            const outcome = persistence.restore(damage(payload, random))
            if (typeof outcome === 'string') {
              refused++
              continue
            }
            restored++
            databases[5]?.set(`k${restored}`, outcome.value)
            expect(persistence.restore(persistence.dump(outcome.value))).toHaveProperty('value')
          }
        }
        expect(datasetDigest(databases.slice(5, 6))).toMatch(/^[0-9a-f]{40}$/)
      }
      expect(refused).toBeGreaterThan(restored / 4)
      expect(restored).toBeGreaterThan(0)
    } finally {
      client.close()
      await node.close()
    }
  }, 300_000)

  test.each([
    ['a length of 2^63', '\x00\x81\x80\x00\x00\x00\x00\x00\x00\x00'],
    ['a string of 4 GB', '\x00\x80\xff\xff\xff\xff'],
    ['2^40 members', '\x02\x81\x00\x00\x01\x00\x00\x00\x00\x00'],
    ['2^62 list elements', '\x01\x81\x40\x00\x00\x00\x00\x00\x00\x00'],
    ['4 GB that a byte decompresses to', '\x00\xc3\x01\x80\xff\xff\xff\xff\x00'],
    ['a module', '\x07\x81\x45\x45\x45\x45\x45\x45\x45\x45\x00'],
    ['a type that there is not', '\x08\x01'],
    ['a stream node whose entry promises 2^40 fields', '\x13\x01\x10aaaaaaaaaaaaaaaa\x05\x05\x00\x00\x00\x00'],
  ])('that promises %s is refused at once', (_name, body) => {
    const node = new Node({ settings: { port: 0 } })
    node.server.persistence.comparesChecksums = false
    expect(node.server.persistence.restore(`${body}\x0a\x00${'\0'.repeat(8)}`)).toBe('badFormat')
  })

  test.each([
    ['a hash', '\x10\x0f\x0f\0\0\0\x04\0\x81a\x02\x01\x01\x81a\x02\x01\x01\xff', 'Hash listpack with dup elements'],
    [
      'a sorted set',
      '\x11\x0f\x0f\0\0\0\x04\0\x81a\x02\x01\x01\x81a\x02\x01\x01\xff',
      'Zset listpack integrity check failed.',
    ],
    ['a set', '\x02\x02\x01a\x01a', 'Duplicate set members detected'],
  ])('that holds an element of %s twice is named in the log', (_name, body, complaint) => {
    const logged: string[] = []
    const node = new Node({ settings: { port: 0 }, log: (_level, message) => logged.push(message) })
    node.server.persistence.comparesChecksums = false
    const payload = Buffer.from(body, 'latin1')
    if (payload[0] !== 2) payload[1] = payload[2] = payload.length - 2
    expect(node.server.persistence.restore(`${payload.toString('latin1')}\x0a\x00${'\0'.repeat(8)}`)).toBe('badFormat')
    expect(logged).toEqual([`Internal error in RDB reading offset 0 -> ${complaint}`])
  })
})

/** Keys of every type whose values are small: a change of one byte often hits what holds them together. */
const SMALL_KEYS = [
  ['SET', 'text', 'abc'.repeat(50)],
  ['RPUSH', 'list', '1', 'two', '3'],
  ['SADD', 'integers', '1', '2', '70000'],
  ['SADD', 'set', '0', '_1', '2'],
  ['HSET', 'hash', 'a', '1', 'b', '_2'],
  ['ZADD', 'zset', '0.5', 'a', '1', 'b'],
  ['XADD', 'stream', '1000-0', 'item', '1', 'value', '2'],
  ['XADD', 'stream', '1007-1', 'item', '2', 'value', '_3'],
  ['XADD', 'stream', '1009-0', 'other', '4'],
  ['XGROUP', 'CREATE', 'stream', 'group', '0'],
  ['XREADGROUP', 'GROUP', 'group', 'someone', 'COUNT', '2', 'STREAMS', 'stream', '>'],
]

describeBesideRedis('a damaged payload that redis-server checks to the last element', () => {
  let pair: ServerPair
  const payloads: string[] = []
  let stream = ''

  beforeAll(async () => {
    pair = await ServerPair.start({ settings: { 'enable-debug-command': 'yes', 'sanitize-dump-payload': 'yes' } })
    await pair.ask(...SMALL_KEYS, ['DEBUG', 'SET-SKIP-CHECKSUM-VALIDATION', '1'])
    const { persistence, databases } = pair.node.server
    for (const [key, value] of databases[0]!.entries()) {
      payloads.push(persistence.dump(value))
      if (key === 'stream') stream = persistence.dump(value)
    }
  })
  afterAll(() => pair?.close())

  test('is refused by both, or restored by both', async () => {
    let refused = 0
    let restored = 0
    const different: string[] = []
    for (let seed = 1; seed <= ROUNDS * 20; seed++) {
      const random = new Random(seed)
      for (const payload of payloads) {
        const damaged = damage(payload, random)
        const { ours, real } = await pair.ask(['RESTORE', 'k', '0', damaged, 'REPLACE'])
        if (ours[0] !== real[0]) different.push(JSON.stringify({ payload: damaged, ours, real }))
        if (ours[0] === real[0] && /OK/.test(`${ours[0]}`)) restored++
        else refused++
      }
    }
    // Numbers of a stream that are no numbers are taken as 2^64-1 by Redis, and a text that decompresses to less as ''.
    expect(different.filter((line) => !line.includes('"real":["+OK"]'))).toEqual([])
    expect(different.length).toBeLessThan((refused + restored) / 20)
    expect(restored).toBeGreaterThan(refused / 10)
  })

  test.each([
    ['an id whose milliseconds are no integer', '\x02\x01\x07\x01\x01\x01', '\x02\x01\x80\x01\x01\x01'],
    ['an id whose counter is no integer', '\x02\x01\x07\x01\x01\x01', '\x02\x01\x07\x01\x80\x01'],
    ['flags that are no integer', '\x02\x01\x07\x01\x01\x01', '\x80\x01\x07\x01\x01\x01'],
    ['flags that there are not', '\x02\x01\x07\x01\x01\x01', '\x22\x01\x07\x01\x01\x01'],
    ['a tombstone that is not counted', '\x02\x01\x07\x01\x01\x01', '\x03\x01\x07\x01\x01\x01'],
    ['live entries that are counted as deleted', '\x03\x01\x00\x01\x02\x01', '\x00\x01\x03\x01\x02\x01'],
    ['more entries than there are', '\x03\x01\x00\x01\x02\x01', '\x04\x01\x00\x01\x02\x01'],
    ['a wrong number of elements', '\x00\x03\x01\x00\x01\x02\x01', '\x01\x03\x01\x00\x01\x02\x01'],
    ['an entry with another length behind it', '\x82_3\x03\x05\x01', '\x82_3\x03\x06\x01'],
  ])('a node of a stream with %s is treated alike', async (_name, found, damaged) => {
    expect(stream.split(found)).toHaveLength(2)
    const { ours, real } = await pair.ask(
      ['DEL', 'k'],
      ['RESTORE', 'k', '0', stream.replace(found, damaged)],
      ['XRANGE', 'k', '-', '+'],
    )
    expect(ours).toEqual(real)
  })
})
