import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const WRITES = [
  ...[
    'SET k v',
    'APPEND k w',
    'INCR n',
    'INCRBYFLOAT n 0.5',
    'SETRANGE k 1 x',
    'EXPIRE k 100',
    'PERSIST k',
    'RENAME k m',
  ],
  ...['COPY m c', 'DEL m', 'RPUSH l a b', 'LPOP l', 'LSET l 0 z', 'LREM l 0 z', 'SADD s a', 'SPOP s', 'HSET h a 1'],
  ...[
    'HINCRBY h a 1',
    'HDEL h a',
    'ZADD z 1 a',
    'ZINCRBY z 1 a',
    'ZREM z a',
    'SET gone v',
    'PEXPIRE gone -1',
    'SADD s2 a b',
  ],
  ...[
    'SUNIONSTORE d s2',
    'ZADD z2 1 a',
    'ZUNIONSTORE dz 1 z2',
    'GETDEL n',
    'DEL nosuch',
    'SADD s2 a',
    'MSET a 1 b 2',
    'MOVE a 1',
    'GET nosuch',
    'HGET nosuch f',
    'LRANGE nosuch 0 -1',
    'SET n 1 XX',
  ],
]

describeBesideRedis('keyspace notifications', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())

  const listen = async (port: number, control: WireClient, classes: string): Promise<string[]> => {
    const subscriber = await WireClient.connect(port)
    await control.send([['FLUSHALL'], ['CONFIG', 'SET', 'notify-keyspace-events', classes]])
    await subscriber.call('PSUBSCRIBE', '__key*')
    await control.send(WRITES.map((line) => line.split(' ')))
    const [sent] = await control.send([['PUBLISH', '__key-end', 'end']])
    expect(showReply(sent!)).toBe(':1')
    const seen: string[] = []
    while (!seen.at(-1)?.includes('__key-end')) seen.push(showReply((await subscriber.read(1))[0]!))
    subscriber.close()
    return seen
  }

  test.each(['KEA', 'Kg', 'E$lx', 'Kshz', 'KEn', 'Em', ''])(
    '%j publishes the events of Redis in its order',
    async (classes) => {
      const ours = await listen(pair.node.address.port, pair.ours, classes)
      expect(ours).toEqual(await listen(pair.redis.port, pair.real, classes))
    },
  )
})
