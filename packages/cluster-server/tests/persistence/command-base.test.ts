import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startRedisServer } from '../../../../tests/support/redis-server.js'
import { Node } from '../../src/index.js'
import { Random } from '../differential/random.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'
import { randomDataset } from './random-dataset.js'

/** Whole servers are started on the way. */
const PATIENCE_MS = 300_000
const DATASETS = process.env.FULL === '1' ? 20 : 2
const SETTINGS = { appendonly: 'yes', 'aof-use-rdb-preamble': 'no', 'enable-debug-command': 'yes' }
const LOG = 'appendonlydir'

const LIBRARY = "#!lua name=lib\nredis.register_function('f', function() return 'x' end)"
const DELIVERY = ['TIME', '1700000000000', 'RETRYCOUNT', '3', 'FORCE', 'JUSTID']

/** Keys of every type, each in a database of its own: so there is one order in which they can be written. */
const KEYS: readonly (readonly (readonly string[])[])[] = [
  [['SET', 'text', 'a\r\nb']],
  [
    ['SET', 'number', '12345'],
    ['PEXPIREAT', 'number', '4102444800123'],
  ],
  [['RPUSH', 'list', ...Array.from({ length: 150 }, (_, i) => (i % 2 === 0 ? `${i}` : `e${i}`))]],
  [['SADD', 'integers', ...Array.from({ length: 70 }, (_, i) => `${i * 1000}`)]],
  [['HSET', 'hash', ...Array.from({ length: 100 }, (_, i) => [`f${i}`, `${i}`]).flat()]],
  [['ZADD', 'zset', '-inf', 'a', '0.1', 'b', '3', 'c', '1e20', 'd', 'inf', 'e']],
  [
    ['XADD', 'stream', '1-1', 'a', '1', 'b', '2'],
    ['XADD', 'stream', '1-2', 'c', '3'],
    ['XADD', 'stream', '5-0', 'a', '1', 'b', '2'],
    ['XDEL', 'stream', '1-1'],
    ['XGROUP', 'CREATE', 'stream', 'g', '1-2', 'ENTRIESREAD', '2'],
    ['XGROUP', 'CREATE', 'stream', 'none', '$'],
    ['XGROUP', 'CREATECONSUMER', 'stream', 'g', 'idle'],
    ['XCLAIM', 'stream', 'g', 'busy', '0', '1-2', ...DELIVERY],
    ['XCLAIM', 'stream', 'g', 'busy', '0', '5-0', ...DELIVERY],
    ['PEXPIREAT', 'stream', '4102444800456'],
  ],
  [['XGROUP', 'CREATE', 'empty', 'g', '$', 'MKSTREAM']],
  [
    ['XADD', 'gone', '7-7', 'a', '1'],
    ['XDEL', 'gone', '7-7'],
  ],
]

const rewrite = async (client: WireClient): Promise<void> => {
  expect(showReply(await client.call('BGREWRITEAOF'))).toContain('rewriting started')
  while (!showReply(await client.call('INFO', 'persistence')).includes('aof_rewrite_in_progress:0')) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const baseOf = (directory: string): string => {
  const manifest = readFileSync(join(directory, LOG, 'appendonly.aof.manifest'), 'latin1')
  const [, name = ''] = /^file (\S+) seq \d+ type b$/m.exec(manifest) ?? []
  expect(name).toMatch(/\.base\.aof$/)
  return readFileSync(join(directory, LOG, name), 'latin1')
}

const digestOf = async (client: WireClient): Promise<string> => showReply(await client.call('DEBUG', 'DIGEST'))

/** What each server finds in a copy of a log. */
const load = async (
  from: string,
  into: string,
  question: (client: WireClient) => Promise<string>,
): Promise<{ readonly ours: string; readonly real: string }> => {
  const forOurs = mkdtempSync(join(into, 'ours-'))
  const forReal = mkdtempSync(join(into, 'real-'))
  for (const directory of [forOurs, forReal]) cpSync(join(from, LOG), join(directory, LOG), { recursive: true })
  const node = new Node({ settings: { ...SETTINGS, port: 0, dir: forOurs } })
  const args = Object.entries(SETTINGS).flatMap(([name, value]) => [`--${name}`, value])
  const redis = await startRedisServer({ directory: forReal, args })
  const clients = [await WireClient.connect((await node.listen()).port), await WireClient.connect(redis.port)] as const
  try {
    return { ours: await question(clients[0]), real: await question(clients[1]) }
  } finally {
    for (const client of clients) client.close()
    await node.close()
    await redis.stop()
  }
}

describeBesideRedis('the base of a log with aof-use-rdb-preamble no', () => {
  let directory: string
  let pair: ServerPair

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'base-'))
    pair = await ServerPair.start({ settings: SETTINGS, node: { settings: { dir: directory } } })
  })

  afterAll(async () => {
    await pair?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  test('is there from the start, and empty', () => {
    expect(baseOf(directory)).toBe('')
    expect(baseOf(pair.redis.directory)).toBe('')
  })

  test(
    'has the same commands, byte by byte',
    async () => {
      const commands = KEYS.flatMap((keys, index) => [['SELECT', `${index}`], ...keys])
      await pair.ask(['FUNCTION', 'LOAD', LIBRARY], ...commands, ['SELECT', '0'])
      await Promise.all([rewrite(pair.ours), rewrite(pair.real)])
      const real = baseOf(pair.redis.directory)
      expect(real).toContain('RETRYCOUNT')
      expect(baseOf(directory)).toBe(real)
      const found = await load(directory, directory, async (client) => {
        const streams = await client.send([
          ['SELECT', '6'],
          ['XINFO', 'STREAM', 'stream'],
          ['XPENDING', 'stream', 'g'],
          ['XINFO', 'GROUPS', 'stream'],
          ['SELECT', '7'],
          ['XINFO', 'STREAM', 'empty'],
          ['SELECT', '8'],
          ['XINFO', 'STREAM', 'gone'],
          ['FUNCTION', 'LIST'],
        ])
        return `${streams.map(showReply).join('\n')}\n${await digestOf(client)}`
      })
      expect(found.ours).toBe(found.real)
      expect(found.ours).toContain(await digestOf(pair.real))
    },
    PATIENCE_MS,
  )

  test(
    'is loaded by both servers, whichever wrote it',
    async () => {
      await pair.ask(['CONFIG', 'SET', 'aof-timestamp-enabled', 'yes'])
      for (let seed = 1; seed <= DATASETS; seed++) {
        // A sorted set loses a score -0 as soon as it is made by commands.
        const commands = randomDataset(new Random(seed), 40).map((argv) =>
          argv.map((word) => word.replace(/^-0$/, '0')),
        )
        await pair.ask(['FLUSHALL'], ...commands)
        await Promise.all([rewrite(pair.ours), rewrite(pair.real)])
        const digest = await digestOf(pair.real)
        expect(baseOf(directory)).toMatch(/^#TS:\d{10}\r\n\*/)
        expect([seed, await load(directory, directory, digestOf)]).toEqual([seed, { ours: digest, real: digest }])
        const reals = await load(pair.redis.directory, directory, digestOf)
        expect([seed, reals]).toEqual([seed, { ours: digest, real: digest }])
      }
    },
    PATIENCE_MS,
  )
})
