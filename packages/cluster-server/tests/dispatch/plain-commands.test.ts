import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Node } from '../../src/index.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const words = (line: string): string[] => line.split(' ')

/** Commands that only read or write data, some of them wrong. */
const PLAIN = [
  'SET s 1',
  'GET s',
  'INCR s',
  'INCR l',
  'APPEND s x',
  'SET s',
  'LPUSH l a b',
  'LPUSH s a',
  'RPOP l',
  'HSET h f v',
  'HGETALL h',
  'ZADD z 1 m',
  'ZSCORE z m',
  'DEL s l',
  'PEXPIRE s 100000',
  'MSET s 5 t 6',
  'MGET s t l',
  'OBJECT ENCODING s',
  'NOSUCH s',
].map(words)

/** Commands that decide on those that follow. */
const DECIDING = [
  'MULTI',
  'EXEC',
  'DISCARD',
  'WATCH s',
  'UNWATCH',
  'SELECT 1',
  'SELECT 0',
  'SUBSCRIBE c',
  'UNSUBSCRIBE c',
  'CONFIG SET min-replicas-to-write 1',
  'CONFIG SET min-replicas-to-write 0',
  'CONFIG SET maxmemory 1',
  'CONFIG SET maxmemory 0',
  'ACL SETUSER default -set',
  'ACL SETUSER default ~z* resetkeys ~s*',
  'ACL SETUSER default +@all ~*',
  'CLIENT TRACKING ON',
  'CLIENT TRACKING OFF',
  'RESET',
  'ASKING',
].map(words)

const CLEAN_UP = ['RESET', 'CONFIG SET maxmemory 0 min-replicas-to-write 0', 'FLUSHALL'].map(words)

const callsOf = (info: string, ...names: string[]): Record<string, string> =>
  Object.fromEntries(
    names.map((name) => {
      const line = info.split(/\r?\n/).find((each) => each.startsWith(`cmdstat_${name}:`)) ?? ''
      return [name, line.replace(/usec=.*?,usec_per_call=.*?,/, '')]
    }),
  )

describeBesideRedis('commands that arrive together', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())
  beforeEach(async () => {
    await pair.ask(['CONFIG', 'RESETSTAT'])
  })

  test('are answered as by redis-server, whatever changes between them', async () => {
    const plain = fc.constantFrom(...PLAIN)
    const commands = fc.array(fc.oneof({ weight: 4, arbitrary: plain }, fc.constantFrom(...DECIDING)), {
      minLength: 1,
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        await pair.ask(...CLEAN_UP, ['ACL', 'SETUSER', 'default', 'reset', 'on', 'nopass', '+@all', '~*', '&*'])
        const { ours, real } = await pair.ask(...list)
        expect(ours).toEqual(real)
      }),
      { numRuns: process.env.FULL === '1' ? 3000 : 150 },
    )
    await pair.ask(...CLEAN_UP, ['ACL', 'SETUSER', 'default', 'reset', 'on', 'nopass', '+@all', '~*', '&*'])
  })

  test('are counted one by one', async () => {
    const list = [...PLAIN, ...PLAIN, words('MULTI'), ...PLAIN, words('DISCARD'), ...PLAIN]
    await pair.ask(...list)
    const { ours, real } = await pair.ask(['INFO', 'commandstats'])
    const names = ['set', 'get', 'incr', 'lpush', 'hset', 'mget', 'object|encoding']
    expect(callsOf(ours[0]!, ...names)).toEqual(callsOf(real[0]!, ...names))
  })
})

describe('the time of commands that arrive together', () => {
  let node: Node
  let client: WireClient
  let micros = 0
  beforeEach(async () => {
    micros = 0
    // Each look at the clock costs 7 microseconds.
    const clock = {
      nowMs: () => 1_700_000_000_000,
      nowMicroseconds: () => {
        micros += 7
        return 1_700_000_000_000_000 + micros
      },
    }
    node = new Node({ clock, settings: { port: 0, 'slowlog-log-slower-than': 10_000 } })
    client = await WireClient.connect((await node.listen()).port)
  })
  afterEach(async () => {
    client.close()
    await node.close()
  })

  const microsecondsOf = async (name: string): Promise<number> => {
    const info = showReply(await client.call('INFO', 'commandstats'))
    return Number(new RegExp(`cmdstat_${name}:calls=\\d+,usec=(\\d+)`).exec(info)?.[1])
  }

  const SAME = 160
  const LOOK = 7

  /** What INFO says of so many commands that were sent together. */
  const timeOf = async (argv: readonly string[]): Promise<number> => {
    await client.call('CONFIG', 'RESETSTAT')
    await client.send(Array.from({ length: SAME }, () => argv))
    return microsecondsOf(argv[0]!.toLowerCase())
  }

  test('is shared by brief ones, and none of it is lost', async () => {
    const shared = await timeOf(['SET', 'k', 'v'])
    // A look for each group of sixteen, and one more for each piece in which they arrive.
    expect(shared).toBeGreaterThanOrEqual((SAME / 16) * LOOK)
    expect(shared).toBeLessThan((SAME / 4) * LOOK)
  })

  test.each([
    ['have long words', [], ['SET', 'k', 'v'.repeat(5000)]],
    ['have many words', [], ['SADD', 'k', ...'abcdefgh']],
    ['say how much is to be done', [], ['LPOP', 'k', '10']],
    ['take a time that SLOWLOG asks for', ['slowlog-log-slower-than', '4999'], ['SET', 'k', 'v']],
    ['take a time that LATENCY asks for', ['latency-monitor-threshold', '4'], ['SET', 'k', 'v']],
  ])("is each one's own where they %s", async (_title, settings, argv) => {
    if (settings.length > 0) await client.call('CONFIG', 'SET', ...settings)
    expect(await timeOf(argv)).toBe(SAME * LOOK)
  })
})
