import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Effect } from '../../src/commands/replication-state.js'
import { allCommands } from '../../src/commands/table.js'
import { Node } from '../../src/index.js'
import type { Database } from '../../src/keyspace/database.js'
import type { Entry } from '../../src/keyspace/entry.js'
import { storedTextOf } from '../../src/keyspace/value.js'
import { datasetDigest } from '../../src/persistence/dataset-digest.js'
import { Random } from '../differential/random.js'
import { FORMS, makeStream } from '../differential/random-stream.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { randomDataset } from '../persistence/random-dataset.js'
import { breakOffAt, goThrough, noted } from '../support/broken-off.js'
import { runnableCommands, sampleOf } from '../support/sample-command.js'

const FULL = process.env.FULL === '1'
const ROUNDS = FULL ? 100 : 2
/** A command is broken off at each of its first changes, and at some of those behind. */
const FIRST_CHANGES = 8
const MOST_CHANGES = 1000

/** Keys of these are not looked at each time. */
const LARGE = new Set(['long', 'turned', 'table', 'elements', 'integers', 'scores', 'tree'])

const range = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${prefix}${at}`)

const DATA: readonly (readonly string[])[] = [
  ['FLUSHALL'],
  ['SET', 'text', 'some', 'EX', '10000'],
  ['SET', 'number', '10'],
  ['APPEND', 'number', '0'],
  ['SETRANGE', 'long', '20000', 'end'],
  ['SETRANGE', 'turned', '9000', 'end'],
  ['GET', 'turned'],
  ['HSET', 'hash', 'x', '1', 'y', '2'],
  ['EXPIRE', 'hash', '10000'],
  ['HSET', 'table', ...range('f', 600).flatMap((field) => [field, 'v'])],
  ['RPUSH', 'list', ...'abxcd'],
  ['RPUSH', 'elements', ...range('e', 700), 'e3', 'e500'],
  ['SADD', 'ints', '1', '2', '3'],
  ['SADD', 'integers', ...range('', 512)],
  ['SADD', 'set', 'x', 'b', 'c'],
  ['ZADD', 'zset', '1', 'x', '2', 'b', '3', 'c'],
  ['ZADD', 'scores', ...range('m', 64).flatMap((member, at) => [String(at), member])],
  ['ZADD', 'tree', ...range('m', 300).flatMap((member, at) => [String(at), member])],
  ['GEOADD', 'geo', '13', '38', 'x', '15', '37', 'y'],
  ['PFADD', 'hll', 'a', 'b', 'c'],
  ...range('', 200).map((_, at) => ['XADD', 'stream', `${at + 1}-1`, 'f', 'v']),
  ['XGROUP', 'CREATE', 'stream', 'x', '0'],
  ['XREADGROUP', 'GROUP', 'x', 'a', 'COUNT', '5', 'STREAMS', 'stream', '>'],
  ['XREADGROUP', 'GROUP', 'x', 'b', 'COUNT', '2', 'STREAMS', 'stream', '>'],
  ['XDEL', 'stream', '2-1'],
  ['SELECT', '1'],
  ['SET', 'text', 'other'],
  ['SELECT', '0'],
]

/** Commands that make changes of every kind; `PAYLOAD` stands for what DUMP says of the hash. */
const CHANGES = `
SET text new KEEPTTL|SET text new|SETEX text 100 v|GETDEL number|APPEND number 7|INCRBYFLOAT number 1|MSET a 1 text 2 number 3
MSETNX a 1 b 2|PERSIST text|EXPIRE number 100|EXPIRE text 5|PEXPIREAT text 1|GETEX text PERSIST|UNLINK text number elements
SETRANGE long 5 part|SETRANGE long 40000 part|APPEND long part|SETBIT long 9 1|BITFIELD long SET u8 0 7 INCRBY u16 160000 9
SETRANGE text 9000 x|SETBIT turned 9 1|BITOP NOT dest long|PFADD hll d e f|PFMERGE dest hll|RENAME text number|RENAME text fresh|RENAMENX text fresh
COPY hash table REPLACE|COPY table fresh|MOVE number 1|SWAPDB 0 1|FLUSHDB|FLUSHALL|RESTORE hash 1000 PAYLOAD REPLACE
HSET hash x 3 z 4|HSET hash z ${'l'.repeat(100)} y 3|HDEL hash x y|HDEL table f0 f300 f599|HSET table f1 new fresh v|HINCRBY hash x 5
LPUSH list 1 2 3|RPUSH list 1 2 3|LPOP list 3|RPOP list 5|LPOP elements 300|RPOP elements 300|LTRIM elements 100 400|LTRIM list 9 3
LTRIM elements 0 650|LREM elements 0 e3|LREM elements -1 e500|LINSERT elements AFTER e400 here|LSET elements 333 here
LMOVE elements list LEFT RIGHT|RPOPLPUSH list list|LMPOP 2 nosuch elements RIGHT COUNT 4|SORT elements ALPHA STORE list
SADD ints 7 -5|SADD ints x|SADD ints 9223372036854775807 y|SREM ints 2 3|SADD integers 1000 1001|SADD integers 9223372036854775807
SREM set x c|SPOP set 2|SPOP integers 400|SMOVE set ints b|SUNIONSTORE ints set integers|SDIFFSTORE set set ints
ZADD zset 7 x 8 d|ZADD zset 1 ${'l'.repeat(100)}|ZADD scores 3.5 fresh 4 m1|ZADD tree -1 m7 1000 fresh|ZREM zset x b c|ZREM tree m0 m150 m299
ZINCRBY tree 50 m3|ZPOPMIN tree 40|ZPOPMAX zset 2|ZREMRANGEBYRANK tree 10 90|ZUNIONSTORE zset 2 zset scores|ZRANGESTORE tree zset 0 1
GEOADD geo 1 1 z|GEOSEARCHSTORE zset geo FROMLONLAT 14 37 BYRADIUS 500 km
XADD stream 500-1 f v|XADD stream MAXLEN = 20 500-1 g w h z|XADD fresh 1-1 f v|XDEL stream 1-1 3-1 200-1|XTRIM stream MAXLEN 0|XTRIM stream MINID 150
XGROUP CREATE stream y $|XGROUP CREATE fresh y $ MKSTREAM|XGROUP DESTROY stream x|XGROUP DELCONSUMER stream x a|XGROUP SETID stream x 3
XGROUP CREATECONSUMER stream x c|XACK stream x 1-1 6-1|XCLAIM stream x b 0 1-1 2-1 LASTID 50-1|XCLAIM stream x c 0 100-1 FORCE
XAUTOCLAIM stream x b 0 0 COUNT 10|XREADGROUP GROUP x a COUNT 3 STREAMS stream >|XREADGROUP GROUP x a STREAMS stream 0|XSETID stream 900-1
XREADGROUP GROUP x c COUNT 3 STREAMS stream >`

const CHANGE_KINDS = `
ConsumerGroup added|ConsumerGroup consumerAdded|ConsumerGroup consumerRemoved|ConsumerGroup position|ConsumerGroup reassigned
ConsumerGroup removed|Consumer seen|PendingEntry delivered|StreamNode changed|StreamValue counters|StreamValue groupAdded
StreamValue groupRemoved|StreamValue nodeAdded|StreamValue nodeDeleted|Database cleared|Database reported|Database swapped
DatabaseContents added|DatabaseContents counted|DatabaseContents deadline|DatabaseContents form|DatabaseContents removed
DatabaseContents stored|HashValue added|HashValue deleted|HashValue packed|HashValue replaced|ListValue inserted|ListValue poppedLeft
ListValue poppedRight|ListValue pushedLeft|ListValue pushedRight|ListValue removed|ListValue replaced|ListValue trimmed
LongText grown|LongText madeBytes|LongText moved|LongText written|SetValue added|SetValue converted|SetValue deleted
SetValue encoded|SetValue integerAdded|SetValue integerDeleted|SortedSetValue added|SortedSetValue converted|SortedSetValue deleted
SortedSetValue encoded|SortedSetValue moved`

const items = (text: string): string[] => text.split(/[|\n]/).filter((item) => item !== '')

const writers = runnableCommands().filter(
  ({ command }) => command.flags.includes('write') && command.group !== 'scripting',
)
const writes = (name: string): boolean =>
  allCommands.some(
    ({ name: own, flags, subcommands = [], group }) =>
      own.toUpperCase() === name &&
      group !== 'scripting' &&
      name !== 'MIGRATE' &&
      [flags, ...subcommands.map((each) => each.flags)].some((each) => each.includes('write')),
  )

let node: Node
let client: WireClient
let heard: Effect[]
let logged: string[]

beforeAll(async () => {
  logged = []
  node = new Node({ settings: { port: 0 }, log: (_level, message) => logged.push(message) })
  node.onEffects((unit) => heard.push(...unit))
  heard = []
  client = await WireClient.connect((await node.listen()).port)
})

afterEach(() => void goThrough())

afterAll(async () => {
  client?.close()
  await node?.close()
})

const ask = async (argv: readonly string[]): Promise<string> => showReply((await client.send([argv]))[0]!)

const encodingOf = ({ value }: Readonly<Entry>): string => (typeof value === 'string' ? 'text' : value.encoding)

const describeEntry = (database: Database, entry: Readonly<Entry>): string => {
  const { key, value, deadline, valueBytes } = entry
  const content = storedTextOf(value)?.slice(0) ?? node.server.persistence.dump(value)
  const digest = createHash('sha1').update(content, 'latin1').digest('hex')
  const { size } = typeof value === 'string' ? { size: value.length } : { size: 0, ...value }
  return [
    ...[key, encodingOf(entry), database.textForm(key), deadline?.atMs, valueBytes, size, content.length, digest],
  ].join(' ')
}

/** All that is to be as before. */
const imageOf = (databases: readonly Database[]): unknown =>
  databases.map((database) => {
    const entries = database.allEntries()
    entries.forEach((entry, index) => {
      if (entry.position !== index) throw new Error(`${entry.key} is at ${index}, not at ${entry.position}`)
    })
    return {
      counts: [database.size, entries.length, database.bytes, database.dirty, database.deadlineCount],
      scanned: database.scan(0, 1_000_000).keys,
      entries: entries.map((entry) => describeEntry(database, entry)).sort(),
    }
  })

const expired = (): number => node.server.databases.reduce((sum, { expiredKeys }) => sum + expiredKeys, 0)

/**
 * Breaks a command off at each of its changes in turn, until it gets through to its end.
 * @returns at how many it was broken off
 */
const breakOffEverywhere = async (argv: readonly string[], random: Random): Promise<number> => {
  const { databases } = node.server
  let count = 0
  for (let change = 1; change < MOST_CHANGES; change += change < FIRST_CHANGES ? 1 : 1 + random.below(300)) {
    heard = []
    const expiredBefore = expired()
    const before = imageOf(databases)
    // To look at all of a long text changes how it is held.
    const digested = change === 1 && argv[1] !== 'long'
    const digest = digested ? datasetDigest(databases) : ''
    breakOffAt(change)
    const reply = await ask(argv)
    const isBroken = goThrough()
    if (!isBroken) return count
    count++
    expect([argv, reply]).toEqual([argv, expect.stringContaining('internal error')])
    // What happens to expire is not brought back.
    if (expired() !== expiredBefore) continue
    expect([argv, change, imageOf(databases)]).toEqual([argv, change, before])
    expect([argv, heard]).toEqual([argv, []])
    if (digested) expect(datasetDigest(databases)).toBe(digest)
  }
  await ask(argv)
  return count
}

describe('a command that breaks off in the middle leaves all data as they were, and nobody hears of it', () => {
  test('whatever it is, and whatever the key holds', async () => {
    const random = new Random(1)
    const reached = new Set<string>()
    for (const named of writers) {
      if (named.name === 'migrate') continue
      const data = DATA.filter(([, key = '']) => !LARGE.has(key))
      await client.send(data)
      for (const key of ['nosuch', 'text', 'number', 'hash', 'list', 'ints', 'set', 'zset', 'geo', 'hll', 'stream']) {
        const argv = sampleOf(named, (index) => (index === 0 ? key : `${key}${index}`))
        if ((await breakOffEverywhere(argv, random)) > 0) {
          reached.add(named.name)
          await client.send(data)
        }
      }
    }
    expect(reached.size).toBeGreaterThan(80)
  }, 300_000)

  test('whatever kind of change it makes', async () => {
    const random = new Random(1)
    noted.clear()
    const unbroken: string[] = []
    for (const command of items(CHANGES)) {
      await client.send(DATA)
      const payload = node.server.persistence.dump(node.server.databases[0]!.peek('hash')!)
      const argv = command.split(' ').map((word) => (word === 'PAYLOAD' ? payload : word))
      if ((await breakOffEverywhere(argv, random)) === 0) unbroken.push(command)
    }
    expect(unbroken).toEqual([])
    expect([...noted].sort()).toEqual(items(CHANGE_KINDS).sort())
  }, 300_000)

  test.each(Array.from({ length: ROUNDS }, (_, index) => index + 1))(
    'with random data and options, %i',
    async (seed) => {
      const random = new Random(seed)
      const groups = Object.keys(FORMS) as (keyof typeof FORMS)[]
      await client.send([['FLUSHALL'], ...randomDataset(random, FULL ? 30 : 4)])
      const blocks = makeStream(seed, FULL ? 600 : 120, groups, ({ name }) => writes(name))
      let broken = 0
      for (const block of blocks) {
        const [command] = block
        if (block.length === 1 && command !== undefined) broken += await breakOffEverywhere(command.argv, random)
      }
      expect(broken).toBeGreaterThan(50)
      expect(logged.filter((message) => message.includes('rror') && !message.includes('Map maximum size'))).toEqual([])
    },
    300_000,
  )
})
