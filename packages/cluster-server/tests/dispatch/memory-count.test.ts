import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Node } from '../../src/index.js'
import { DEADLINE_BYTES, ENTRY_BYTES, NAME_BYTES, textBytes } from '../../src/keyspace/memory-cost.js'
import type { StoredValue } from '../../src/keyspace/value.js'
import { FORMS, makeStream } from '../differential/random-stream.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'

const STREAMS = process.env.FULL === '1' ? 100 : 6
const groups = Object.keys(FORMS) as (keyof typeof FORMS)[]

let node: Node
let client: WireClient

beforeEach(async () => {
  node = new Node({ settings: { port: 0 } })
  const { port } = await node.listen()
  client = await WireClient.connect(port)
})

afterEach(async () => {
  client.close()
  await node.close()
})

const send = async (...commands: string[]): Promise<string[]> =>
  (await client.send(commands.map((command) => command.split(' ')))).map(showReply)

const sum = (texts: Iterable<string>): number => [...texts].reduce((total, text) => total + textBytes(text), 0)

/** Says what is wrong with the count of a value, by what is known of it from outside. */
const fault = (value: StoredValue): string | undefined => {
  if (typeof value === 'string' || value.type === 'string') return undefined
  const { bytes, size, type } = value
  const is = (...expected: number[]): string | undefined =>
    expected.includes(bytes) ? undefined : `${type} of ${size}: ${bytes} instead of ${expected.join(' or ')}`
  switch (type) {
    case 'hash':
      if (value.encoding === 'listpack') return is(64 + textBytes('x'.repeat(sumOfPairs(value.pairs()))))
      return is(128 + sum(value.pairs()) + size * (NAME_BYTES + 10))
    case 'set':
      return is(64 + size * 10, 64 + sum(value.members()) + size * NAME_BYTES)
    case 'zset': {
      const text = sum(value.slice(0, size).members)
      return is(128 + text + size * 20, 128 + text + size * (NAME_BYTES + 10 + 24))
    }
    case 'list':
      return is((1 + Math.ceil(size / 128)) * 64 + sum(value.slice(0, size)) + size * 10)
    case 'stream': {
      const nodes = [...value.nodes()].reduce((total, each) => total + each.bytes, 0)
      return bytes >= 128 + nodes ? undefined : `stream of ${size}: ${bytes}`
    }
    default:
      return value satisfies never
  }
}

/** Texts with their length prefixes of seven bits a character. */
const sumOfPairs = (texts: readonly string[]): number =>
  texts.reduce((total, text) => total + text.length + (text.length < 128 ? 1 : 2), 0)

describe('what is counted for the data', () => {
  test('follows random commands exactly, and is zero again when every key is deleted', async () => {
    for (let seed = 1; seed <= STREAMS; seed++) {
      const commands = makeStream(seed, 250, groups).flat()
      await client.send(commands.map(({ argv }) => argv))
      await send('DISCARD', 'HELLO 2')
      for (const database of node.server.databases) {
        let expected = database.deadlineCount * DEADLINE_BYTES
        for (const [key, value] of database.entries()) {
          expect(fault(value)).toBeUndefined()
          expected += ENTRY_BYTES + textBytes(key) + (typeof value === 'string' ? textBytes(value) : value.bytes)
        }
        expect(database.bytes).toBe(expected)
        await send(`SELECT ${database.index}`)
        for (const key of [...database.keys()]) await client.send([['DEL', key]])
        expect(database.bytes).toBe(0)
      }
      await send('SELECT 0')
    }
  })

  test('moves with SWAPDB and MOVE, and goes with FLUSHDB, FLUSHALL and expiry', async () => {
    const [first, second] = node.server.databases
    await send('RPUSH l a b c', 'SET k v EX 100', 'SWAPDB 0 1')
    expect(first?.bytes).toBe(0)
    const bytes = second?.bytes ?? 0
    await send('SELECT 1', 'MOVE l 0', 'MOVE k 0')
    expect([first?.bytes, second?.bytes]).toEqual([bytes, 0])
    await send('SELECT 0', 'FLUSHDB', 'SET k v PX 1', 'SELECT 1', 'SET k v', 'FLUSHALL')
    expect([first?.bytes, second?.bytes]).toEqual([0, 0])
  })

  test('is what MEMORY USAGE says of all keys together', async () => {
    await send('SET s v', 'HSET h f v', 'SADD set a 1', 'ZADD z 1 a', 'RPUSH l a', 'EXPIRE l 100', 'XADD x * f v')
    const usages = await send(...['s', 'h', 'set', 'z', 'l', 'x'].map((key) => `MEMORY USAGE ${key} SAMPLES 0`))
    expect(usages.map((usage) => Number(usage.slice(1))).reduce((total, usage) => total + usage)).toBe(
      node.server.memory.dataBytes,
    )
  })
})
