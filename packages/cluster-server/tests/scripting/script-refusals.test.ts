import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { Node } from '../../src/index.js'
import { WireClient } from '../differential/wire-client.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const SET = `return redis.call('SET', KEYS[1], 'v')`
const PCALL_SET = `return redis.pcall('SET', KEYS[1], 'v').err`

/** Scripts that fail in different ways; what is counted for each is compared. */
const FAILURES: readonly (readonly string[])[] = [
  ['EVAL', `return redis.call('select', 99)`, '0'],
  ['EVAL', `return redis.pcall('select', 99).err`, '0'],
  ['EVAL', `return redis.pcall('select', 99)`, '0'],
  ['EVAL_RO', SET, '1', 'k'],
  ['EVAL_RO', PCALL_SET, '1', 'k'],
  ['EVAL_RO', `return redis.call('publish', 'c', 'm')`, '0'],
  ['EVAL', `return redis.call('nosuch')`, '0'],
  ['EVAL', `return redis.pcall('get')`, '0'],
  ['EVAL', `return redis.call('incr', KEYS[1])`, '1', 'text'],
  ['EVAL', `return redis.call('subscribe', 'c')`, '0'],
  ['EVAL', `return redis.call({})`, '0'],
  ['EVAL', `return redis.error_reply('MINE of my own')`, '0'],
  ['EVAL', `error({err = 'MINE raised'})`, '0'],
]

describeBesideRedis('a script that may not run', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())
  beforeEach(async () => {
    await pair.ask(
      ['CONFIG', 'SET', 'maxmemory', '0', 'min-replicas-to-write', '0'],
      ['FLUSHALL'],
      ['SET', 'text', 'v'],
    )
  })

  const expectSame = async (...commands: readonly (readonly string[])[]): Promise<void> => {
    const { ours, real } = await pair.ask(...commands)
    expect(ours).toEqual(real)
  }

  test('is told so by the next command after the memory ran out, and runs again once there is some', () =>
    expectSame(
      ['CONFIG', 'SET', 'maxmemory', '1'],
      ['SET', 'k', 'v'],
      ['EVAL', SET, '1', 'k'],
      ['EVAL', PCALL_SET, '1', 'k'],
      ['EVAL', `return redis.call('GET', KEYS[1])`, '1', 'k'],
      ['EVAL', '#!lua\nreturn 1', '0'],
      ['EVAL', '#!lua flags=no-writes\nreturn 1', '0'],
      ['EVAL_RO', '#!lua\nreturn 1', '0'],
      ['EVAL', `#!lua flags=allow-oom\n${SET}`, '1', 'k'],
      ['MULTI'],
      ['DISCARD'],
      ['CONFIG', 'SET', 'maxmemory', '0'],
      ['EVAL', `#!lua\n${SET}`, '1', 'k'],
    ))

  test('is told so when replicas are missing', () =>
    expectSame(
      ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
      ['EVAL', SET, '1', 'k'],
      ['EVAL', '#!lua\nreturn 1', '0'],
      ['EVAL', '#!lua flags=no-writes\nreturn 1', '0'],
      ['EVAL', 'return 1', '0'],
    ))

  test('is told so by a replica without its primary', () =>
    expectSame(
      ['CONFIG', 'SET', 'replica-serve-stale-data', 'no'],
      ['REPLICAOF', '127.0.0.1', '1'],
      ['GET', 'k'],
      ['EVAL', '#!lua\nreturn 1', '0'],
      ['EVAL', 'return 1', '0'],
      ['EVAL', '#!lua flags=no-writes\nreturn 1', '0'],
      ['EVAL', '#!lua flags=allow-stale\nreturn 1', '0'],
      ['EVAL', '#!lua flags=allow-stale,no-writes\nreturn 1', '0'],
      ['REPLICAOF', 'NO', 'ONE'],
      ['CONFIG', 'SET', 'replica-serve-stale-data', 'yes'],
    ))

  test.each(FAILURES.map((argv) => [argv.join(' '), argv] as const))(
    '%s is counted as Redis counts it',
    async (_t, argv) => {
      const count = async (client: WireClient): Promise<string[]> => {
        await client.send([['CONFIG', 'RESETSTAT'], argv])
        const info = await client.call('INFO', 'everything')
        const text = info.kind === 'bulk' ? info.text : ''
        return text
          .split('\r\n')
          .filter((line) => /^(errorstat|total_error|cmdstat_(eval|set|select|get|incr|subscribe))/.test(line))
          .filter((line) => !line.includes('calls=0,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0'))
          .map((line) => line.replace(/usec=.*?,usec_per_call=.*?,/, ''))
          .sort()
      }
      expect(await count(pair.ours)).toEqual(await count(pair.real))
    },
  )

  test('asks for the rights of its user with redis.acl_check_cmd', () =>
    expectSame(
      ...[`'get'`, `'get', 'k'`, `'config', 'get'`, `'config', 'nosuch'`, `'nosuch'`, '', '{}', `'SET', 1`].map(
        (words) => ['EVAL', `return redis.acl_check_cmd(${words})`, '0'],
      ),
    ))

  test('nothing that string.dump made is accepted by loadstring', () =>
    expectSame(
      ['EVAL', `return loadstring(string.dump(function() return 1 end))()`, '0'],
      ['EVAL', `return {type(string.dump(function() end)), loadstring(string.dump(function() end)) == nil}`, '0'],
      ['EVAL', `return string.dump(string.len)`, '0'],
      ['EVAL', `return string.dump(1)`, '0'],
    ))
})

test('redis.log writes to the log of the node', async () => {
  const lines: string[] = []
  const node = new Node({ settings: { port: 0 }, log: (level, message) => lines.push(`${level}: ${message}`) })
  const { port } = await node.listen()
  const client = await WireClient.connect(port)
  await client.call('EVAL', `redis.log(redis.LOG_NOTICE, 'ready', 7) redis.log(redis.LOG_WARNING, '\\195\\164')`, '0')
  client.close()
  await node.close()
  expect(lines).toEqual(['notice: ready 7', 'warning: ä'])
})
