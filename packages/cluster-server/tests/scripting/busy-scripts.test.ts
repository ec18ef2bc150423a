import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { freePort } from '../../../../tests/support/free-port.js'
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.js'
import { type SupervisedProcess, startSupervised } from '../../../../tests/support/supervised-process.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(60_000)

const PROGRAM = fileURLToPath(new URL('../../bin/activeredis-server.mjs', import.meta.url))
/** Takes long by the clock, whatever the speed of the server. */
const LONG = `local function now() local t = redis.call('TIME') return t[1] * 1e6 + t[2] end
local start = now() while now() - start < 1.5e6 do for i = 1, 1e5 do end end`
const ENDLESS = 'while true do end'

/** Scripts that never end, each in another way. */
const ENDLESS_SCRIPTS: readonly string[] = [
  ENDLESS,
  'repeat until false',
  'while true do pcall(function() while true do end end) end',
  "while true do redis.call('get', 'x') end",
  "while true do redis.pcall('get') end",
  'local function f(n) if n == 0 then return 0 end return f(n - 1) + f(n - 1) end return f(60)',
  'table.sort({3, 2, 1}, function(a, b) while true do end end)',
  'local c = coroutine.wrap(function() while true do coroutine.yield(1) end end) while true do c() end',
  'for i = 1, math.huge do end',
]

/** One server with the client that runs scripts, and one that looks on. */
class Side {
  private constructor(
    readonly runner: WireClient,
    readonly onlooker: WireClient,
  ) {}

  static async connect(port: number): Promise<Side> {
    return new Side(await WireClient.connect(port), await WireClient.connect(port))
  }

  /** Starts what never ends, and waits until others are told so. */
  async start(...argv: string[]): Promise<void> {
    this.runner.write([argv])
    while (!showReply(await this.onlooker.call('PING')).includes('BUSY')) {}
  }

  async ask(...commands: readonly (readonly string[])[]): Promise<string[]> {
    return (await this.onlooker.send(commands)).map(showReply)
  }

  /** What the script's own client gets. */
  async outcome(replies = 1): Promise<string[]> {
    return (await this.runner.read(replies)).map(showReply)
  }

  close(): void {
    this.runner.close()
    this.onlooker.close()
  }
}

describeBesideRedis('while a script runs for long', () => {
  let redis: RedisServer
  let program: SupervisedProcess
  let port: number
  let sides: Side[]

  beforeAll(async () => {
    redis = await startRedisServer({ args: ['--busy-reply-threshold', '20'] })
    port = await freePort()
    program = await startSupervised(
      process.execPath,
      (directory) => [
        PROGRAM,
        ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--busy-reply-threshold', '20'],
      ],
      /Ready to accept connections/,
    )
  })
  afterAll(async () => {
    await program?.stop()
    await redis?.stop()
  })
  beforeEach(async () => {
    sides = await Promise.all([redis.port, port].map((each) => Side.connect(each)))
  })
  afterEach(() => {
    for (const side of sides) side.close()
  })

  /** Both servers go through the same, and answer the same. */
  const expectSame = async (scenario: (side: Side) => Promise<unknown>): Promise<void> => {
    const [real, ours] = await Promise.all(sides.map(scenario))
    expect(ours).toEqual(real)
  }

  test('others may do what Redis lets them do', () =>
    expectSame(async (side) => {
      await side.start('EVAL', ENDLESS, '0')
      const answers = await side.ask(
        ['GET', 'x'],
        ['nosuch'],
        ['GET'],
        ['SHUTDOWN'],
        ['SHUTDOWN', 'SAVE'],
        ['FUNCTION', 'STATS'],
        ['FUNCTION', 'KILL'],
        ['WATCH', 'x'],
        ['MULTI'],
        ['GET', 'x'],
        ['EXEC'],
        ['UNWATCH'],
        ['AUTH', 'x'],
        ['REPLCONF', 'capa', 'eof'],
        ['CLIENT', 'LIST'],
        ['EVAL', 'return 1', '0'],
        ['SCRIPT', 'EXISTS', 'x'],
        ['RESET'],
        ['SCRIPT', 'KILL'],
      )
      return [answers, await side.outcome(), await side.ask(['SCRIPT', 'KILL'], ['PING'])]
    }))

  test('each endless script is stopped by SCRIPT KILL, at its line', () =>
    expectSame(async (side) => {
      const outcomes: unknown[] = []
      for (const script of ENDLESS_SCRIPTS) {
        await side.start('EVAL', script, '0')
        outcomes.push(await side.ask(['SCRIPT', 'KILL']), await side.outcome())
      }
      return outcomes
    }))

  test('a function is stopped by FUNCTION KILL only', () =>
    expectSame(async (side) => {
      await side.ask([
        'FUNCTION',
        'LOAD',
        'REPLACE',
        `#!lua name=l\nredis.register_function('f', function() ${ENDLESS} end)`,
      ])
      await side.start('FCALL', 'f', '1', 'k', 'v')
      const [stats = ''] = await side.ask(['FUNCTION', 'STATS'])
      const answers = await side.ask(['PING'], ['SCRIPT', 'KILL'], ['FUNCTION', 'KILL'])
      return [stats.replace(/:\d+/, ':<ms>'), answers, await side.outcome()]
    }))

  test('one that has written is not stopped, and nobody sees what it does before it has ended', () =>
    expectSame(async (side) => {
      await side.start('EVAL', `redis.call('SET', 'k', 'half') ${LONG} redis.call('SET', 'k', 'all')`, '0')
      const answers = await side.ask(['SCRIPT', 'KILL'], ['GET', 'k'])
      return [answers, await side.outcome(), await side.ask(['GET', 'k'])]
    }))

  test('one in a transaction is stopped alone', () =>
    expectSame(async (side) => {
      side.runner.write([['MULTI'], ['SET', 'k', '1'], ['EVAL', ENDLESS, '0'], ['SET', 'k', '2']])
      const queued = await side.outcome(4)
      await side.start('EXEC')
      const answers = await side.ask(['SCRIPT', 'KILL'])
      return [queued, answers, await side.outcome(), await side.ask(['GET', 'k'])]
    }))

  test('somebody who connects meanwhile is told so, can stop it, and stays connected', async () => {
    for (const [index, side] of sides.entries()) {
      for (let round = 0; round < 2; round++) {
        await side.start('EVAL', ENDLESS, '0')
        const late = await WireClient.connect(index === 0 ? redis.port : port)
        expect(
          (
            await late.send([
              ['GET', 'x'],
              ['SCRIPT', 'KILL'],
            ])
          ).map(showReply),
        ).toEqual(['-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', '+OK'])
        expect(await side.outcome()).toEqual([expect.stringContaining('Script killed by user')])
        const long = 'x'.repeat(100_000)
        expect(
          (
            await late.send([
              ['SET', 'k', long],
              ['GET', 'k'],
              ['DEL', 'k'],
            ])
          ).map(showReply),
        ).toEqual(['+OK', `$"${long}"`, ':1'])
        late.close()
      }
    }
  })

  test('others who go are missed at once', async () => {
    for (const [index, side] of sides.entries()) {
      const other = await WireClient.connect(index === 0 ? redis.port : port)
      await other.call('PING')
      const count = "redis.call('INFO', 'clients'):match('connected_clients:(%d+)')"
      await side.start('EVAL', `local before = ${count} while ${count} == before do end return 'missed'`, '0')
      other.close()
      expect(await side.outcome()).toEqual(['$"missed"'])
    }
  })

  test('its client may go', () =>
    expectSame(async (side) => {
      await side.start('EVAL', ENDLESS, '0')
      side.runner.close()
      const told = await side.ask(['PING'], ['SCRIPT', 'KILL'])
      // The script ends at its next look at the clock.
      let after = await side.ask(['PING'])
      while (after[0]?.includes('BUSY')) after = await side.ask(['PING'])
      return [told, after]
    }))
})
