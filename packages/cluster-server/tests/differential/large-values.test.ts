import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { startNode } from '../../src/index.js'
import { describeWithRedisServer } from './own-redis-server.js'
import { Random } from './random.js'
import { WireClient } from './wire-client.js'
import { showReply } from './wire-reply.js'

/** Enough for three levels of the tree below a sorted set, and for hundreds of chunks of a list. */
const SIZE = 20_000
const QUESTIONS = 1500
const BATCH = 500
const SHOWN_WORDS = 9

jest.setTimeout(60_000)

describeWithRedisServer((real) => {
  const random = new Random(2024)
  let node: Awaited<ReturnType<typeof startNode>>
  let ours: WireClient
  let theirs: WireClient

  beforeAll(async () => {
    node = await startNode({ port: 0 })
    ours = await WireClient.connect(node.port)
    theirs = await WireClient.connect(real.port)
  })

  afterAll(async () => {
    ours?.close()
    theirs?.close()
    await node?.close()
  })

  const expectSame = async (commands: readonly (readonly string[])[]): Promise<void> => {
    for (let i = 0; i < commands.length; i += BATCH) {
      const batch = commands.slice(i, i + BATCH)
      const [a, b] = await Promise.all([ours.send(batch), theirs.send(batch)])
      const differing = batch.findIndex((_, at) => showReply(a[at]!) !== showReply(b[at]!))
      if (differing === -1) continue
      const argv = batch[differing]!.slice(0, SHOWN_WORDS)
      expect([argv, showReply(a[differing]!)]).toEqual([argv, showReply(b[differing]!)])
    }
  }

  const member = (): string => `m${random.below(SIZE * 1.2)}`
  const score = (): string =>
    random.chance(0.3) ? String(random.below(50)) : String((random.next() - 0.5) * 10 ** random.below(9))
  const place = (): string => String(random.below(SIZE * 2) - SIZE)
  const limit = (): string[] =>
    random.chance(0.5) ? ['LIMIT', String(random.below(20)), String(random.below(30) - 2)] : ['LIMIT', '0', '5']
  const near = (): [string, string] => {
    const from = random.below(SIZE)
    return [String(from), String(from + random.below(40))]
  }

  describe('values of 20,000 elements are kept and asked as by redis-server', () => {
    test('sorted sets by rank and score, while members come, move and go', async () => {
      const make = (): string[] => {
        switch (random.below(10)) {
          case 0:
            return ['ZADD', 'z', score(), member(), score(), member()]
          case 1:
            return ['ZREM', 'z', member(), member()]
          case 2:
            return ['ZRANK', 'z', member()]
          case 3:
            return ['ZREVRANK', 'z', member()]
          case 4:
            return ['ZRANGE', 'z', ...near(), ...(random.chance(0.5) ? ['REV'] : []), 'WITHSCORES']
          case 5:
            return ['ZRANGE', 'z', `(${score()}`, score(), 'BYSCORE', ...limit(), 'WITHSCORES']
          case 6:
            return ['ZREVRANGEBYSCORE', 'z', '+inf', score(), ...limit()]
          case 7:
            return ['ZCOUNT', 'z', score(), `(${score()}`]
          case 8:
            return ['ZREMRANGEBYRANK', 'z', ...near()]
          default:
            return [random.pick(['ZPOPMIN', 'ZPOPMAX']), 'z', String(random.below(30))]
        }
      }
      await expectSame(Array.from({ length: SIZE }, (_, i) => ['ZADD', 'z', score(), `m${i}`]))
      await expectSame(Array.from({ length: QUESTIONS }, make))
      await expectSame([['ZRANGE', 'z', '0', '-1', 'WITHSCORES']])
    })

    test('sorted sets by text', async () => {
      const text = (): string => `${random.pick(['[', '('])}m${random.below(SIZE)}`
      const make = (): string[] => {
        const [low, high] = [text(), text()]
        switch (random.below(4)) {
          case 0:
            return ['ZRANGEBYLEX', 'lex', low, high, ...limit()]
          case 1:
            return ['ZREVRANGEBYLEX', 'lex', high, low, ...limit()]
          case 2:
            return ['ZLEXCOUNT', 'lex', low, random.chance(0.5) ? '+' : high]
          default:
            return ['ZREM', 'lex', member()]
        }
      }
      await expectSame(Array.from({ length: SIZE }, (_, i) => ['ZADD', 'lex', '0', `m${(i * 7919) % SIZE}`]))
      await expectSame(Array.from({ length: QUESTIONS }, make))
      await expectSame([
        ['ZUNIONSTORE', 'both', '2', 'lex', 'z', 'WEIGHTS', '2', '0.5'],
        ['ZRANGE', 'both', '0', '-1', 'WITHSCORES'],
        ['ZREMRANGEBYLEX', 'lex', '[m1', '[m9'],
        ['ZRANGE', 'lex', '0', '-1'],
      ])
    })

    test('lists by index, and changed at both ends and in the middle', async () => {
      const make = (): string[] => {
        switch (random.below(9)) {
          case 0:
            return ['LINDEX', 'l', place()]
          case 1:
            return ['LSET', 'l', place(), member()]
          case 2:
            return ['LRANGE', 'l', ...near()]
          case 3:
            return ['LINSERT', 'l', random.pick(['BEFORE', 'AFTER']), member(), 'inserted']
          case 4:
            return ['LREM', 'l', random.pick(['0', '1', '-1']), member()]
          case 5:
            return [random.pick(['LPOP', 'RPOP']), 'l', String(random.below(200))]
          case 6:
            return [random.pick(['LPUSH', 'RPUSH']), 'l', ...Array.from({ length: 150 }, member)]
          case 7:
            return ['LPOS', 'l', member(), 'RANK', random.pick(['1', '-1', '2']), 'COUNT', '0']
          default:
            return ['LMOVE', 'l', 'l', random.pick(['LEFT', 'RIGHT']), random.pick(['LEFT', 'RIGHT'])]
        }
      }
      await expectSame([['RPUSH', 'l', ...Array.from({ length: SIZE }, member)]])
      await expectSame(Array.from({ length: QUESTIONS }, make))
      await expectSame([
        ['LTRIM', 'l', '500', '-700'],
        ['LRANGE', 'l', '0', '-1'],
      ])
    })

    test.each([
      ['HSCAN', (name: string) => ['HSET', 'k', name, 'v']],
      ['SSCAN', (name: string) => ['SADD', 'k', name]],
      ['ZSCAN', (name: string) => ['ZADD', 'k', '1', name]],
    ] as const)(
      '%s meets what stays, in steps of bounded size, while other elements come and go',
      async (scan, add) => {
        await ours.send([['DEL', 'k'], ...Array.from({ length: 3000 }, (_, i) => [...add(`m${i}`)])])
        const remove = scan.replace('SCAN', scan === 'HSCAN' ? 'DEL' : 'REM')
        const met = new Set<string>()
        let cursor = '0'
        for (let round = 0; round === 0 || cursor !== '0'; round++) {
          const reply = await ours.call(scan, 'k', cursor, 'COUNT', '20')
          const [next, found] = reply.kind === 'aggregate' ? reply.items : []
          const names =
            found?.kind === 'aggregate' ? found.items.map((item) => (item.kind === 'bulk' ? item.text : '')) : []
          expect(names.length).toBeLessThanOrEqual(40)
          for (const name of names) met.add(name)
          cursor = next?.kind === 'bulk' ? next.text : '0'
          await ours.send([[remove, 'k', `m${random.below(1500) * 2 + 1}`], [...add(`new${round}`)]])
        }
        for (let i = 0; i < 3000; i += 2) expect(met).toContain(`m${i}`)
      },
    )
  })
})
