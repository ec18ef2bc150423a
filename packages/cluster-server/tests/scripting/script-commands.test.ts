import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis } from '../support/server-pair.js'
import { readCorpus } from './script-corpus.js'
import { ScriptServers } from './server-pair.js'

let servers: ScriptServers

beforeAll(async () => {
  servers = await ScriptServers.start()
})

afterAll(async () => {
  await servers?.close()
})

const WRITES = `redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])`
/** SHA1 of `return 1`. */
const RETURN_1 = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db'

const expectSame = async (commands: readonly (readonly string[])[]): Promise<void> => {
  const answers = await servers.ask(commands)
  expect(answers.filter(({ real, ours }) => real !== ours)).toEqual([])
}

describeBesideRedis('the commands that run and keep scripts answer as those of redis-server', () => {
  beforeEach(async () => {
    await servers.ask([['FLUSHALL'], ['SCRIPT', 'FLUSH']])
  })

  test('EVALSHA finds what EVAL and SCRIPT LOAD brought, in either case of letters, until SCRIPT FLUSH', () =>
    expectSame([
      ['EVALSHA', RETURN_1, '0'],
      ['SCRIPT', 'LOAD', 'return 1'],
      ['SCRIPT', 'EXISTS', RETURN_1, 'x', RETURN_1.toUpperCase()],
      ['EVALSHA', RETURN_1, '0'],
      ['EVALSHA', RETURN_1.toUpperCase(), '0'],
      ['EVAL', 'return 2', '0'],
      ['SCRIPT', 'LOAD', 'return 2'],
      ['SCRIPT', 'FLUSH', 'ASYNC'],
      ['SCRIPT', 'EXISTS', RETURN_1],
      ['EVALSHA', RETURN_1, '0'],
      ['EVALSHA', 'short', '0'],
    ]))

  test('wrong arguments are refused', () =>
    expectSame([
      ['EVAL'],
      ['EVAL', 'return 1'],
      ['EVAL', 'return 1', '-1'],
      ['EVAL', 'return 1', '1'],
      ['EVAL', 'return 1', 'x'],
      ['EVAL', 'return 1', '1.5'],
      ['EVAL', 'return (', '0'],
      ['EVALSHA', RETURN_1, '2', 'a'],
      ['SCRIPT'],
      ['SCRIPT', 'NOPE'],
      ['SCRIPT', 'LOAD'],
      ['SCRIPT', 'LOAD', 'return ('],
      ['SCRIPT', 'LOAD', '#!lua flags=nope\nreturn 1'],
      ['SCRIPT', 'EXISTS'],
      ['SCRIPT', 'FLUSH', 'NOPE'],
      ['SCRIPT', 'KILL'],
      ['SCRIPT', 'HELP'],
    ]))

  test('a debugger that would need a fork is refused', async () => {
    await expectSame([['SCRIPT', 'DEBUG', 'NO']])
    await expectSame([['SCRIPT', 'DEBUG', 'NOPE']])
    const reply = await servers.ours.call('SCRIPT', 'DEBUG', 'YES')
    expect(showReply(reply)).toBe(
      '-ERR SCRIPT DEBUG YES is not supported, as nothing is forked here: use SCRIPT DEBUG SYNC',
    )
  })

  test('keys and arguments reach the script, bytes and all', () =>
    expectSame([
      ['EVAL', 'return {KEYS, ARGV}', '2', 'a', 'b', 'c', 'd'],
      ['EVAL', 'return {#KEYS, #ARGV}', '0'],
      ['EVAL', 'return ARGV[1] .. #ARGV[1]', '0', '\x00\xff\r\n\x80'],
      ['EVAL', WRITES, '1', '{k}\xe9', 'v\x00w'],
      ['GET', '{k}\xe9'],
      ['EVAL', 'return {KEYS[3], ARGV[0], ARGV[-1]}', '1', 'a', 'b'],
    ]))

  test('a script that only reads is kept from writing', () =>
    expectSame([
      ['EVAL_RO', WRITES, '1', 'k', 'v'],
      ['EVAL_RO', `return redis.call('GET', KEYS[1])`, '1', 'k'],
      ['EVAL', `#!lua flags=no-writes\n${WRITES}`, '1', 'k', 'v'],
      ['EVAL', `#!lua\n${WRITES}`, '1', 'k', 'v'],
      ['EVAL_RO', `#!lua\nreturn 1`, '0'],
      ['EVAL_RO', `#!lua flags=no-writes\nreturn 1`, '0'],
      ['SCRIPT', 'LOAD', WRITES],
      ['EVALSHA_RO', RETURN_1, '0'],
      ['EVALSHA_RO', '0b5ae4fa6b5a3d2a4f0f1e1b5c5a5e5b5a5d5c5f', '0'],
    ]))

  test('the first line of a script is checked', () =>
    expectSame(
      [
        '#!lua\nreturn 1',
        '#!lua',
        '#!\nreturn 1',
        '#! lua\nreturn 1',
        '#!python\nreturn 1',
        '#!lua flags=\nreturn 1',
        '#!lua  flags=no-writes  \nreturn 1',
        '#!lua flags=no-writes,allow-oom,allow-stale,no-cluster,allow-cross-slot-keys\nreturn 1',
        '#!lua flags=no-writes,nope\nreturn 1',
        '#!lua name=x\nreturn 1',
        '#!lua flags=no-writes\n\nerror("line 3")',
      ].map((script) => ['EVAL', script, '0']),
    ))

  test('scripts in a transaction run in its order', () =>
    expectSame([
      ['MULTI'],
      ['SET', 'k', '1'],
      ['EVAL', `return redis.call('INCR', KEYS[1])`, '1', 'k'],
      ['EVAL', `redis.call('NOPE')`, '0'],
      ['INCR', 'k'],
      ['EXEC'],
    ]))

  test('commands fail in a script as they do for a client', () =>
    expectSame(
      [
        `return redis.call('LPUSH', KEYS[1], 'x') + redis.call('INCR', KEYS[1])`,
        `return redis.pcall('INCR', KEYS[1])`,
        `local r = redis.pcall('INCR', KEYS[1]) return r.err`,
        `return {pcall(redis.call, 'INCR', KEYS[1])}`,
        `redis.call('SUBSCRIBE', 'x')`,
        `redis.call('MULTI')`,
        `redis.call('EVAL', 'return 1', 0)`,
        `redis.call('BLPOP', 'empty', 0) return 'not blocked'`,
        `return redis.call('BLPOP', 'empty', 0)`,
        `redis.call('GET')`,
        `return redis.call('SELECT', 1)`,
        `redis.call('SET', 'k2', 'v', 'EX', 100) return redis.call('TTL', 'k2')`,
        `redis.call('SET', 'k3', 'v') error('after a write')`,
        `return redis.call('GET', 'k3')`,
        `return redis.call('HSET', 'h', 'a', 1, 'b', 2) + redis.call('HLEN', 'h')`,
        `return redis.call('HMGET', 'h', 'a', 'zz', 'b')`,
        `return redis.call('ZADD', 'z', 1.5, 'a', '2', 'b')`,
        `return redis.call('ZRANGE', 'z', 0, -1, 'WITHSCORES')`,
        `return {redis.call('ZSCORE', 'z', 'a'), redis.call('ZMSCORE', 'z', 'a', 'zz')}`,
        `return redis.call('SET', 'x', 0.1) and redis.call('GET', 'x')`,
        `redis.call('SET', 'n', 1) return redis.call('INCRBYFLOAT', 'n', 0.5)`,
        `local t = redis.call('TIME') redis.call('SET', 'n', 1) local u = redis.call('TIME') return t[1] == u[1] and t[2] == u[2]`,
      ].map((script) => ['EVAL', script, '1', 'list']),
    ))

  test('COMMAND tells the same of them', async () => {
    const info = await servers.ask([['COMMAND', 'INFO', 'eval', 'evalsha', 'eval_ro', 'evalsha_ro', 'script']])
    const parts = (text: string): string[] => text.split(/[[\], ]+/).sort()
    expect(info.map(({ ours }) => parts(ours))).toEqual(info.map(({ real }) => parts(real)))
    await expectSame([
      ['COMMAND', 'GETKEYS', 'EVAL', 'return 1', '2', 'a', 'b', 'c'],
      ['COMMAND', 'GETKEYS', 'EVAL', 'return 1', '0', 'c'],
    ])
  })
})

describeBesideRedis('under RESP3', () => {
  beforeAll(async () => {
    await servers.ask([['HELLO', '3']])
  })

  test.each(['redis', 'language'] as const)('the replies of scripts have the same types: %s', async (name) => {
    expect(await servers.differences(readCorpus(name))).toEqual([])
  })

  test('a script that chose RESP3 sees maps, sets, doubles and nulls', async () => {
    await servers.ask([['FLUSHALL'], ['HSET', 'h', 'a', '1'], ['SADD', 's', 'm'], ['ZADD', 'z', '1.5', 'a']])
    const scripts = [2, 3].flatMap((protocol) =>
      [
        `local r = redis.call('HGETALL', 'h') return {type(r.map), r[1], r.map and r.map.a}`,
        `local r = redis.call('SMEMBERS', 's') return {type(r.set), r[1], r.set and r.set.m}`,
        `local r = redis.call('ZSCORE', 'z', 'a') return type(r) == 'table' and tostring(r.double) or r`,
        `return type(redis.call('GET', 'nokey'))`,
        `return redis.call('HGETALL', 'h')`,
        `return redis.call('SMEMBERS', 's')`,
        `return redis.call('ZSCORE', 'z', 'a')`,
        `return redis.call('GET', 'nokey')`,
        `return {true, false}`,
      ].map((script) => `redis.setresp(${protocol}) ${script}`),
    )
    expect(await servers.differences(scripts)).toEqual([])
  })
})
