import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { play, type ScenarioStep } from '../support/scenario.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const SCENARIOS: readonly (readonly [string, readonly ScenarioStep[]])[] = [
  [
    'EXEC runs when what is watched has not changed',
    [
      ['a', 'SET', 'w', '1'],
      ['a', 'WATCH', 'w'],
      ['a', 'MULTI'],
      ['a', 'INCR', 'w'],
      ['a', 'GET', 'w'],
      ['a', 'EXEC'],
    ],
  ],
  [
    'EXEC answers null when another client wrote',
    [
      ['a', 'SET', 'w', '1'],
      ['a', 'WATCH', 'w'],
      ['b', 'SET', 'w', '1'],
      ['a', 'MULTI'],
      ['a', 'INCR', 'w'],
      ['a', 'EXEC'],
      ['a', 'GET', 'w'],
    ],
  ],
  [
    'EXEC answers null when the client itself wrote between WATCH and MULTI',
    [
      ['a', 'WATCH', 'w'],
      ['a', 'SET', 'w', '9'],
      ['a', 'MULTI'],
      ['a', 'EXEC'],
    ],
  ],
  [
    'a key that is made counts as changed',
    [
      ['a', 'DEL', 'w'],
      ['a', 'WATCH', 'w'],
      ['b', 'RPUSH', 'w', 'x'],
      ['a', 'MULTI'],
      ['a', 'PING'],
      ['a', 'EXEC'],
    ],
  ],
  [
    'a read, or a write that changes nothing, does not fail the watch',
    [
      ['a', 'SADD', 's', 'x'],
      ['a', 'WATCH', 's', 'gone'],
      ['b', 'SADD', 's', 'x'],
      ['b', 'DEL', 'gone'],
      ['b', 'SMEMBERS', 's'],
      ['a', 'MULTI'],
      ['a', 'PING'],
      ['a', 'EXEC'],
    ],
  ],
  [
    'UNWATCH and DISCARD forget what is watched',
    [
      ...([
        ['a', 'WATCH', 'w'],
        ['b', 'INCRBY', 'w', '5'],
        ['a', 'UNWATCH'],
        ['a', 'MULTI'],
        ['a', 'EXEC'],
      ] as const),
      ...([
        ['a', 'WATCH', 'w'],
        ['a', 'MULTI'],
        ['a', 'DISCARD'],
        ['b', 'SET', 'w', '2'],
        ['a', 'MULTI'],
        ['a', 'EXEC'],
      ] as const),
    ],
  ],
  [
    'FLUSHALL fails the watch of a key that was there, and not of one that was not',
    [
      ...([
        ['a', 'SET', 'w', '1'],
        ['a', 'WATCH', 'w'],
        ['b', 'FLUSHALL'],
        ['a', 'MULTI'],
        ['a', 'EXEC'],
      ] as const),
      ...([
        ['a', 'WATCH', 'w'],
        ['b', 'FLUSHDB'],
        ['a', 'MULTI'],
        ['a', 'EXEC'],
      ] as const),
    ],
  ],
  [
    'SWAPDB fails the watch when a key comes or goes by it',
    [
      ['a', 'FLUSHALL'],
      ['b', 'SELECT', '1'],
      ['b', 'SET', 'w', '1'],
      ['a', 'WATCH', 'w'],
      ['b', 'SWAPDB', '0', '1'],
      ['a', 'MULTI'],
      ['a', 'EXEC'],
      ['a', 'FLUSHALL'],
    ],
  ],
  [
    'the same key of another database is another key',
    [
      ['a', 'WATCH', 'w'],
      ['b', 'SELECT', '3'],
      ['b', 'SET', 'w', '1'],
      ['a', 'MULTI'],
      ['a', 'EXEC'],
      ['b', 'FLUSHDB'],
    ],
  ],
  [
    'RENAME, MOVE, COPY and EXPIRE fail the watch of what they touch',
    [
      ...([
        ['a', 'SET', 'x', '1'],
        ['a', 'WATCH', 'y'],
        ['b', 'RENAME', 'x', 'y'],
        ['a', 'MULTI'],
        ['a', 'EXEC'],
      ] as const),
      ...([
        ['a', 'WATCH', 'z'],
        ['b', 'COPY', 'y', 'z'],
        ['a', 'MULTI'],
        ['a', 'EXEC'],
      ] as const),
      ...([
        ['a', 'WATCH', 'y'],
        ['b', 'EXPIRE', 'y', '100'],
        ['a', 'MULTI'],
        ['a', 'EXEC'],
      ] as const),
      ...([
        ['a', 'WATCH', 'y'],
        ['b', 'MOVE', 'y', '1'],
        ['a', 'MULTI'],
        ['a', 'EXEC'],
        ['a', 'FLUSHALL'],
      ] as const),
    ],
  ],
  [
    'a command that fails while it runs leaves the others as they are',
    [
      ['a', 'MULTI'],
      ['a', 'SET', 't', 'x'],
      ['a', 'INCR', 't'],
      ['a', 'RPUSH', 't', 'y'],
      ['a', 'APPEND', 't', 'z'],
      ['a', 'EXEC'],
      ['a', 'GET', 't'],
    ],
  ],
  [
    'a command that is refused while it is queued aborts the transaction',
    [
      ['a', 'MULTI'],
      ['a', 'SET', 't'],
      ['a', 'SET', 't', 'y'],
      ['a', 'NOSUCH'],
      ['a', 'EXEC'],
      ['a', 'GET', 't'],
      ['a', 'EXEC'],
    ],
  ],
  [
    'SELECT inside a transaction holds for the commands that follow it',
    [
      ['a', 'MULTI'],
      ['a', 'SELECT', '2'],
      ['a', 'SET', 'in-two', '1'],
      ['a', 'EXEC'],
      ['a', 'DBSIZE'],
      ['a', 'FLUSHDB'],
      ['a', 'SELECT', '0'],
      ['a', 'EXISTS', 'in-two'],
    ],
  ],
  [
    'a blocking command inside a transaction answers at once',
    [
      ['a', 'DEL', 'l'],
      ['a', 'MULTI'],
      ['a', 'BLPOP', 'l', '0'],
      ['a', 'BLMOVE', 'l', 'm', 'LEFT', 'LEFT', '0'],
      ['a', 'BZPOPMIN', 'l', '0'],
      ['a', 'WAIT', '1', '0'],
      ['a', 'EXEC'],
    ],
  ],
  [
    'an EVAL inside a transaction is part of it',
    [
      ['a', 'MULTI'],
      ['a', 'EVAL', "return redis.call('INCR', KEYS[1])", '1', 'n'],
      ['a', 'EVAL', 'return redis.call("nosuch")', '0'],
      ['a', 'EXEC'],
      ['a', 'DEL', 'n'],
    ],
  ],
  [
    'MULTI within MULTI and WATCH within MULTI are refused and change nothing',
    [
      ['a', 'MULTI'],
      ['a', 'MULTI'],
      ['a', 'WATCH', 'x'],
      ['a', 'PING'],
      ['a', 'EXEC'],
      ['a', 'EXEC'],
      ['a', 'DISCARD'],
    ],
  ],
  [
    'RESET ends a transaction and brings back name and database',
    [
      ['a', 'CLIENT', 'SETNAME', 'me'],
      ['a', 'SELECT', '4'],
      ['a', 'MULTI'],
      ['a', 'SET', 'r', '1'],
      ['a', 'RESET'],
      ['a', 'CLIENT', 'GETNAME'],
      ['a', 'EXISTS', 'r'],
      ['a', 'EXEC'],
    ],
  ],
]

describeBesideRedis('transactions', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())

  test.each(SCENARIOS)('%s', async (_title, steps) => {
    const ours = await play(pair.node.address.port, steps)
    const real = await play(pair.redis.port, steps)
    expect(ours).toEqual(real)
  })
})
