import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../../../../tests/support/until.js'
import { splitInlineCommand } from '../../src/resp/inline-command.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** The node serves slots 0 to 8191: that of `bar` (5061) and `hello` (866), not that of `foo` (12182). */
const LINES = [
  'set bar 1',
  'set foo 1',
  'mset bar 1 foo 2',
  'mset bar 1 hello 2',
  'mget {bar}1 {bar}2',
  `eval "return redis.call('set','bar','1')" 0`,
  `eval "return redis.call('set','foo','1')" 0`,
  `eval "return redis.pcall('set','foo','1')" 1 bar`,
  `eval "return redis.call('set','hello','1')" 1 bar`,
  `eval "redis.call('set','bar','1') return redis.call('set','hello','1')" 1 bar`,
  `eval "return redis.call('mget','bar','hello')" 1 bar`,
  `eval "#!lua\\nredis.call('set','bar','1') return redis.call('set','hello','1')" 1 bar`,
  `eval "#!lua flags=allow-cross-slot-keys\\nredis.call('set','bar','1') return redis.call('set','hello','1')" 1 bar`,
  `eval "#!lua flags=no-writes\\nreturn redis.call('set','bar','1')" 1 bar`,
  `eval_ro "return redis.call('set','bar','1')" 1 bar`,
  `eval_ro "return redis.call('get','bar')" 1 bar`,
  'eval "return 1" 2 bar hello',
  'eval "return 1" 1 foo',
  'multi',
  'set bar 1',
  'set foo 1',
  'exec',
  'multi',
  'set bar 1',
  'set hello 1',
  'exec',
  'multi',
  'set bar 1',
  'incr bar',
  'exec',
  'watch foo',
  'watch bar',
  'unwatch',
  'select 1',
  'select 0',
  'move bar 1',
  'copy bar {bar}x db 1',
  'swapdb 0 1',
  'sort bar by x*',
  'sort bar get x*',
  'readonly',
  'readwrite',
  'asking',
  'asking',
  'spublish foo x',
  'ssubscribe bar',
  'sunsubscribe bar',
  'ssubscribe foo',
  'ssubscribe bar hello',
  'publish foo x',
  'cluster countkeysinslot 5061',
  'cluster getkeysinslot 5061 10',
  'del bar',
  'dbsize',
  'scan 0',
  'flushall',
  'sort l by nosort',
  `eval "return redis.call('select','1')" 0`,
  `eval "return redis.call('nosuch')" 0`,
  `eval "return redis.call('get')" 0`,
  `eval "return redis.call('subscribe','x')" 0`,
  `eval "return redis.call('multi')" 0`,
  'info cluster',
]

describeBesideRedis('a node that serves half of the slots', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start({ settings: { 'cluster-enabled': 'yes', 'cluster-require-full-coverage': 'no' } })
    await pair.ask(['CLUSTER', 'ADDSLOTSRANGE', '0', '8191'])
    await until(async () => (await pair.ask(['CLUSTER', 'INFO'])).real[0]?.includes('cluster_state:ok') ?? false)
  })
  afterAll(() => pair?.close())

  test('redirects, refuses and runs commands, transactions and scripts as redis-server does', async () => {
    for (const line of LINES) {
      const { ours, real } = await pair.ask(splitInlineCommand(line))
      expect([line, ...ours]).toEqual([line, ...real])
    }
  })
})
