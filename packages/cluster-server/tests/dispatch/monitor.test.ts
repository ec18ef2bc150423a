import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const COMMANDS: readonly (readonly string[])[] = [
  ['SET', 'a b', '"\n\xff'],
  ['GET'],
  ['nosuch'],
  ['EVAL', `redis.call('SET', 'k', 'v') return redis.pcall('GET')`, '0'],
  ['EVAL_RO', 'return 1', '0'],
  ['MULTI'],
  ['SET', 'foo', 'bar'],
  ['EVAL', `return redis.call('GET', 'foo')`, '0'],
  ['EXEC'],
  ['MULTI'],
  ['DISCARD'],
  ['CONFIG', 'GET', 'port'],
  ['SELECT', '3'],
  ['GET', 'k'],
  ['BLPOP', 'l', '0.001'],
  ['AUTH', 'secret'],
  ['AUTH', 'default', 'secret'],
  ['HELLO', '2', 'AUTH', 'default', 'wrong', 'SETNAME', 'me'],
  ['RESET'],
]

describeBesideRedis('MONITOR', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())

  const observe = async (port: number): Promise<string[]> => {
    const [watcher, other] = await Promise.all([WireClient.connect(port), WireClient.connect(port)])
    await watcher.call('MONITOR')
    for (const argv of COMMANDS) await other.call(...argv)
    await other.call('ECHO', 'end')
    const lines: string[] = []
    while (!lines.at(-1)?.includes('"end"')) lines.push(showReply((await watcher.read(1))[0]!))
    lines.push(showReply(await watcher.call('RESET')))
    watcher.close()
    other.close()
    return lines.map((line) => line.replace(/\d+\.\d{6}/, 'time').replace(/127\.0\.0\.1:\d+/, 'client'))
  }

  test('shows in the order of Redis what others run, and nothing more after RESET', async () => {
    expect(await observe(pair.node.address.port)).toEqual(await observe(pair.redis.port))
  })
})
