import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** What a client saw, in order; both servers have to show it the same. */
type Transcript = unknown[]

const throughIoredis = async (port: number): Promise<Transcript> => {
  const redis = new Redis({ port, host: '127.0.0.1', lazyConnect: true, connectionName: 'smoke' })
  const subscriber = redis.duplicate()
  const worker = redis.duplicate()
  await redis.connect()
  const seen: Transcript = []
  try {
    await redis.flushall()
    seen.push(await redis.set('text', 'grüße', 'EX', 100), await redis.get('text'), await redis.ttl('text'))
    seen.push(await redis.hset('h', { a: '1', b: '2' }), await redis.hgetall('h'))
    seen.push(await redis.zadd('z', 1.5, 'one', 2, 'two'), await redis.zrange('z', '0', '-1', 'WITHSCORES'))
    seen.push(await redis.pipeline().incr('n').incr('n').get('n').exec())
    seen.push(
      await redis
        .multi()
        .set('m', '1')
        .incr('m')
        .lpush('m', 'x')
        .exec()
        .then((all) => all?.map(([error, value]) => [error?.message, value])),
    )
    seen.push(await redis.getBuffer('text'), await redis.eval('return {KEYS[1], ARGV[1], 3.7}', 1, 'k', 'v'))
    redis.defineCommand('double', {
      numberOfKeys: 1,
      lua: "return redis.call('INCRBY', KEYS[1], redis.call('GET', KEYS[1]))",
    })
    seen.push(await (redis as Redis & { double(key: string): Promise<number> }).double('n'))
    const keys: string[] = []
    for await (const batch of redis.scanStream({ count: 2 })) keys.push(...(batch as string[]))
    seen.push(keys.sort())
    seen.push(await redis.client('GETNAME'), await redis.config('GET', 'maxmemory-policy'))
    await subscriber.subscribe('news')
    await subscriber.psubscribe('n*')
    const messages = new Promise<unknown[]>((resolve) => {
      const all: unknown[] = []
      const add = (...message: unknown[]): void => {
        if (all.push(message) === 2) resolve(all)
      }
      subscriber.on('message', (...message) => add('message', ...message))
      subscriber.on('pmessage', (...message) => add('pmessage', ...message))
    })
    seen.push(await redis.publish('news', 'hello'), await messages)
    const waiting = worker.blpop('queue', 10)
    seen.push(await redis.rpush('queue', 'job'), await waiting)
    seen.push(await redis.call('NOSUCH').catch((error: Error) => error.message))
    seen.push(await redis.lpush('text', 'x').catch((error: Error) => error.message))
    return seen
  } finally {
    for (const client of [redis, subscriber, worker]) client.disconnect()
  }
}

const throughNodeRedis = async (port: number, RESP: 2 | 3): Promise<Transcript> => {
  const client = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: false }, RESP })
  await client.connect()
  const subscriber = await client.duplicate().connect()
  const seen: Transcript = []
  try {
    await client.flushAll()
    seen.push(await client.set('text', 'grüße', { expiration: { type: 'EX', value: 100 } }), await client.get('text'))
    seen.push(await client.hSet('h', { a: '1', b: '2' }), { ...(await client.hGetAll('h')) })
    seen.push(
      await client.zAdd('z', [
        { score: 1.5, value: 'one' },
        { score: Number.POSITIVE_INFINITY, value: 'two' },
      ]),
    )
    seen.push(
      await client.zRangeWithScores('z', 0, -1),
      await client.zScore('z', 'one'),
      await client.sAdd('s', ['a', 'b']),
    )
    seen.push([...(await client.sMembers('s'))].sort(), await client.type('z'), await client.exists(['h', 'nosuch']))
    seen.push(
      await client
        .multi()
        .incr('n')
        .incr('n')
        .hGetAll('h')
        .exec()
        .then((all) => JSON.stringify(all)),
    )
    seen.push(await client.eval('return {1, 2, ARGV[1]}', { arguments: ['x'] }))
    const keys: string[] = []
    for await (const batch of client.scanIterator({ COUNT: 2 })) keys.push(...batch)
    seen.push(keys.sort(), await client.configGet('maxmemory-policy').then((found) => ({ ...found })))
    const message = new Promise((resolve) => {
      void subscriber
        .subscribe('news', (text, channel) => resolve([text, channel]))
        .then(() => client.publish('news', 'hello'))
    })
    seen.push(await message)
    seen.push(await client.lPush('text', 'x').catch((error: Error) => error.message))
    seen.push(await client.sendCommand(['NOSUCH', 'a']).catch((error: Error) => error.message))
    return seen
  } finally {
    client.destroy()
    subscriber.destroy()
  }
}

const CLI_LINES = [
  'FLUSHALL',
  'SET k "a b"',
  'GET k',
  'RPUSH l 1 2 3',
  'LRANGE l 0 -1',
  'HSET h f v',
  'HGETALL h',
  'MULTI',
  'INCR n',
  'EXEC',
  'OBJECT ENCODING l',
  'DBSIZE',
  'SCAN 0 COUNT 100 TYPE list',
  'CLUSTER INFO',
  'COMMAND COUNT EXTRA',
  'NOSUCH',
  'EVAL "return {1,{2,\'x\'},false}" 0',
]

const throughRedisCli = (port: number, ...options: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile('redis-cli', ['-p', String(port), ...options], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    )
    child.stdin?.end(CLI_LINES.join('\n'))
  })

describeBesideRedis('clients see no difference to redis-server', () => {
  let pair: ServerPair
  let ours: number
  let real: number
  beforeAll(async () => {
    pair = await ServerPair.start()
    ours = pair.node.address.port
    real = pair.redis.port
  })
  afterAll(() => pair?.close())

  test('ioredis', async () => {
    expect(await throughIoredis(ours)).toEqual(await throughIoredis(real))
  })

  test.each([2, 3] as const)('node-redis with protocol version %d', async (version) => {
    expect(await throughNodeRedis(ours, version)).toEqual(await throughNodeRedis(real, version))
  })

  test.each([[[]], [['-3']], [['--csv']], [['--no-raw']]])('redis-cli %j', async (options) => {
    expect(await throughRedisCli(ours, ...options)).toBe(await throughRedisCli(real, ...options))
  })

  test('redis-benchmark runs its tests', async () => {
    const { stdout } = await promisify(execFile)('redis-benchmark', [
      '-p',
      String(ours),
      '-n',
      '200',
      '-q',
      '-c',
      '5',
      '-t',
      'ping,set,get,incr,lpush,rpop,sadd,hset,spop,zadd,zpopmin,lrange,mset',
    ])
    expect(stdout).toMatch(/MSET \(10 keys\): [\d.]+ requests per second/)
  })
})
