import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const library = (code: string, name = 'l'): string => `#!lua name=${name}\n${code}`
const body = (code: string): string => library(`redis.register_function('f', function(keys, args) ${code} end)`)

/** Code of libraries; each is loaded in place of the one before, and its function called, whether that worked or not. */
const LIBRARIES: readonly string[] = [
  ...[
    `return {#keys, #args, keys[1], args[2], tostring(_G.KEYS)}`,
    `return tostring(KEYS)`,
    `x = 1`,
    `return redis.call('incr')`,
    `return redis.pcall('incr')`,
    `error({err = 'MINE raised'})`,
    `error('text')`,
    `local a = nil; a.x = 1`,
    `return {type(redis.register_function), type(_G), type(string), type(cjson)}`,
    `return redis.register_function('g', function() end)`,
    `return loadstring('return redis.call("ping")')()`,
    `return loadstring('return KEYS')()`,
    `redis.setresp(3) return redis.call('hgetall', 'none')`,
    `return redis.error_reply('A B')`,
    `local c = coroutine.wrap(function() coroutine.yield(redis.call('ping')) end) return c()`,
    `local function r() return 1 + r() end return r()`,
    `return {map = {a = 1}}`,
    `redis.call('set', 'k', 1) return redis.call('get', 'k')`,
  ].map(body),
  ...[
    `local a = string`,
    `local v = redis.call`,
    `x = 1`,
    `redis.x = 1`,
    `error('text')`,
    `for k in pairs({}) do end`,
    `return (`,
    `local t = {} t.x.y = 1`,
    `redis.log('a')`,
    `math.random()`,
    `redis.register_function()`,
    `redis.register_function('f')`,
    `redis.register_function('f', 1)`,
    `redis.register_function({}, function() end)`,
    `redis.register_function('f-', function() end)`,
    `redis.register_function('', function() end)`,
    `redis.register_function(1, function() return 1 end)`,
    `redis.register_function('f', function() end, 3)`,
    `redis.register_function('f', function() end) redis.register_function('f', function() end)`,
    `redis.register_function{1}`,
    `redis.register_function{[true] = 1}`,
    `redis.register_function{function_name = 'f'}`,
    `redis.register_function{callback = function() end}`,
    `redis.register_function{function_name = {}, callback = function() end}`,
    `redis.register_function{function_name = 'f', callback = 1}`,
    `redis.register_function{function_name = 'f', description = {}, callback = function() end}`,
    `redis.register_function{function_name = 'f', flags = 'no-writes', callback = function() end}`,
    `redis.register_function{function_name = 'f', flags = {'no-writes', 3}, callback = function() end}`,
    `redis.register_function{function_name = 'f', nosuch = 1, callback = function() end}`,
    `redis.register_function{FUNCTION_NAME = 'f', Callback = function() return redis.call('set', 'k', 1) end, flags = {'NO-WRITES'}}`,
    `redis.register_function{function_name = 'f', description = 5, callback = redis.log}`,
    `redis.register_function('f', redis.register_function)`,
    `local r = redis.register_function r('f', function() return r('g', function() end) end)`,
    `local own = redis redis.register_function('f', function() return own.call('ping') end)`,
    `redis.register_function('f', function() return {redis.REDIS_VERSION, redis.REDIS_VERSION_NUM, redis.LOG_DEBUG} end)`,
    `local function twice(n) return n * 2 end redis.register_function('f', function(_, args) return twice(#args) end)`,
  ].map((code) => library(code)),
  ...['', '#!lua', '#!lua name=l', '#!lua name=\n', '#!lua name=a-b\n', '#!lua nosuch=1\n', '#!lua\nreturn 1'],
  ...['#! name=l\nreturn 1', '#!js name=l\nreturn 1', '#!lua name=l name=m\n', '#!lua name="l" \nreturn 1', 'return 1'],
]

const READ = library(
  `redis.register_function{function_name = 'r', callback = function() return redis.call('get', 'k') end, flags = {'no-writes', 'allow-oom'}}`,
  'reading',
)
const WRITE = library(`redis.register_function('w', function() return redis.call('set', 'k', 'v') end)`, 'writing')

describeBesideRedis('functions', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())
  beforeEach(async () => {
    await pair.ask(['FLUSHALL'], ['FUNCTION', 'FLUSH'], ['CONFIG', 'SET', 'maxmemory', '0'], ['HELLO', '2'])
  })

  const expectSame = async (...commands: readonly (readonly string[])[]): Promise<string[]> => {
    const { ours, real } = await pair.ask(...commands)
    expect(ours).toEqual(real)
    return real
  }

  test('are loaded, refused and called as in Redis, and a refused library leaves the one before', () =>
    expectSame(
      ...LIBRARIES.flatMap((source) => [
        ['FUNCTION', 'LOAD', 'REPLACE', source],
        ['FCALL', 'f', '1', 'key', 'a', 'b'],
        ['FCALL_RO', 'F', '0'],
        ['FUNCTION', 'LIST'],
      ]),
    ))

  test('are judged by their flags before they run, in a transaction too', () =>
    expectSame(
      ['FUNCTION', 'LOAD', READ],
      ['FUNCTION', 'LOAD', WRITE],
      ['FCALL', 'w', '0'],
      ['FCALL_RO', 'w', '0'],
      ['FCALL', 'r', '0'],
      ['FCALL_RO', 'r', '0'],
      ['CONFIG', 'SET', 'maxmemory', '1'],
      ['FCALL', 'w', '0'],
      ['FCALL', 'r', '0'],
      ['MULTI'],
      ['FCALL', 'w', '0'],
      ['EXEC'],
      ['FUNCTION', 'LOAD', 'REPLACE', WRITE],
      ['CONFIG', 'SET', 'maxmemory', '0'],
      ['FCALL', 'nosuch', '0'],
      ['FCALL', 'r', 'x'],
      ['FCALL', 'r', '-1'],
      ['FCALL', 'r', '2', 'k'],
      ['COMMAND', 'GETKEYS', 'FCALL', 'r', '2', 'a', 'b', 'c'],
    ))

  test('are listed, deleted and flushed with the answers and errors of Redis', () =>
    expectSame(
      ['FUNCTION', 'LOAD', READ],
      ['FUNCTION', 'LOAD', READ],
      ['FUNCTION', 'LOAD', 'nosuch', READ],
      ['FUNCTION', 'LIST', 'WITHCODE', 'LIBRARYNAME', 'read*'],
      ['FUNCTION', 'LIST', 'LIBRARYNAME'],
      ['FUNCTION', 'LIST', 'LIBRARYNAME', 'x', 'LIBRARYNAME', 'y'],
      ['FUNCTION', 'LIST', 'WITHCODE', 'WITHCODE'],
      ['FUNCTION', 'STATS'],
      ['FUNCTION', 'DELETE', 'nosuch'],
      ['FUNCTION', 'DELETE', 'reading'],
      ['FCALL', 'r', '0'],
      ['FUNCTION', 'LOAD', library(`redis.register_function('R', function() return 1 end)`, 'other')],
      ['FUNCTION', 'LOAD', READ],
      ['FUNCTION', 'FLUSH', 'nosuch'],
      ['FUNCTION', 'FLUSH', 'SYNC', 'x'],
      ['FUNCTION', 'FLUSH', 'async'],
      ['FUNCTION', 'STATS'],
      ['FUNCTION', 'KILL'],
      ['FUNCTION', 'HELP'],
    ))

  test('are described by maps and sets to a client of RESP3', async () => {
    await Promise.all([pair.ours, pair.real].map((client) => client.call('HELLO', '3')))
    await expectSame(
      ['FUNCTION', 'LOAD', READ],
      ['FUNCTION', 'LIST', 'LIBRARYNAME', 'READING', 'WITHCODE'],
      ['FUNCTION', 'STATS'],
      ['FCALL', 'r', '0'],
    )
  })

  test('are dumped byte for byte as Redis does, and restored by each policy', async () => {
    const [, dump = ''] = await expectSame(['FUNCTION', 'LOAD', READ], ['FUNCTION', 'DUMP'])
    const payload = JSON.parse(dump.slice(1)) as string
    const other = library(`redis.register_function('r', function() return 1 end)`, 'other')
    await expectSame(
      ['FUNCTION', 'RESTORE', payload],
      ['FUNCTION', 'RESTORE', payload, 'REPLACE'],
      ['FUNCTION', 'DELETE', 'reading'],
      ['FUNCTION', 'LOAD', other],
      ['FUNCTION', 'RESTORE', payload],
      ['FUNCTION', 'RESTORE', payload, 'replace'],
      ['FUNCTION', 'LIST'],
      ['FUNCTION', 'RESTORE', payload, 'FLUSH'],
      ['FUNCTION', 'LIST', 'WITHCODE'],
      ['FUNCTION', 'RESTORE', payload, 'nosuch'],
      ['FUNCTION', 'RESTORE', payload, 'FLUSH', 'x'],
      ['FUNCTION', 'RESTORE', `${payload.slice(0, -1)}x`],
      ['FUNCTION', 'RESTORE', ''],
      ['FUNCTION', 'FLUSH'],
      ['FUNCTION', 'DUMP'],
    )
  })
})
