import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** Keys of every type, made anew before each command. */
const SETUP = [
  'FLUSHALL',
  'SET s abc',
  'RPUSH l 3 1 2',
  'SADD set a b',
  'ZADD z 1 a 2 b',
  'PFADD p a',
  'GEOADD g 1 1 a',
].map((line) => line.split(' '))

const COMMANDS = [
  ...['SORT l BY w_*', 'SORT l BY nosort GET # STORE d', 'SORT missing STORE d', 'BITOP AND d s missing'],
  ...['GEORADIUS g 1 1 10 km STORE d', 'GEOSEARCHSTORE d missing FROMMEMBER a BYRADIUS 1 km', 'PFMERGE d p missing'],
  ...['COPY s d', 'COPY missing d', 'SUNIONSTORE d set missing', 'ZUNIONSTORE d 2 z missing', 'ZRANGESTORE d z 0 -1'],
  ...['GETEX s', 'GETDEL missing', 'GETSET s x', 'SET missing y GET', 'SET s y', 'BITFIELD s GET u8 0'],
  ...['BITFIELD s SET u8 0 1', 'APPEND s x', 'EXISTS s missing', 'TYPE missing', 'TTL s', 'OBJECT ENCODING s'],
  ...['LMOVE l d LEFT LEFT', 'SMOVE set d a', 'EXPIRE s 100', 'RENAME s d', 'PFCOUNT p missing', 'MGET s missing'],
]

describeBesideRedis('what is looked up counts as a hit or a miss as in redis-server', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())

  test.each(COMMANDS)('%s', async (line) => {
    const commands = [...SETUP, ['CONFIG', 'RESETSTAT'], line.split(' '), ['INFO', 'stats']]
    const [ours, real] = await Promise.all([pair.ours.send(commands), pair.real.send(commands)])
    const counts = [ours, real].map((replies) => {
      const info = replies[replies.length - 1]
      return info?.kind === 'bulk' ? info.text.match(/keyspace_(hits|misses):\d+/g) : null
    })
    expect(counts[0]).toEqual(counts[1])
    expect(counts[0]).toHaveLength(2)
  })
})
