import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { defineCommand, keyRange } from '../../src/commands/command.js'
import type { Effect } from '../../src/commands/replication-state.js'
import { allCommands } from '../../src/commands/table.js'
import { setLimits } from '../../src/commands/value-limits.js'
import { Node } from '../../src/index.js'
import { ListValue } from '../../src/keyspace/list-value.js'
import { WireError } from '../../src/wire-errors.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'

/** Answers what BROKEN says in between. */
const SCRIPT = `redis.call('SADD', KEYS[1], 'd')
local answer = redis.pcall('BROKEN', KEYS[1], KEYS[2])
redis.call('SADD', KEYS[1], 'e')
return answer['err']`

let nowMs: number
let node: Node
let client: WireClient
let units: string[][]

const show = (unit: readonly Effect[]): string[] =>
  unit.map(({ databaseIndex, argv }) => `${databaseIndex}: ${argv.join(' ')}`)

beforeEach(async () => {
  nowMs = 1_700_000_000_000
  units = []
  node = new Node({
    settings: { port: 0, 'enable-debug-command': 'yes' },
    clock: { nowMs: () => nowMs, nowMicroseconds: () => nowMs * 1000 },
  })
  const { port } = await node.listen()
  node.onEffects((unit) => units.push(show(unit)))
  client = await WireClient.connect(port)
})

afterEach(async () => {
  client.close()
  await node.close()
})

const send = async (...commands: string[]): Promise<string[]> =>
  (await client.send(commands.map((command) => command.split(' ')))).map(showReply)

describe('what replicas receive', () => {
  test('a write as it was sent, and nothing for a read or a write without effect', async () => {
    await send('SET k v', 'GET k', 'DEL nosuch', 'SADD s x', 'SADD s x', 'EXPIRE nosuch 10')
    expect(units).toEqual([['0: SET k v'], ['0: SADD s x']])
  })

  test('deadlines as absolute times', async () => {
    await send('SET k v EX 10', 'EXPIRE k 20', 'PEXPIRE k 5', 'GETEX k PX 7', 'SETEX k 3 v')
    expect(units).toEqual([
      ['0: SET k v PXAT 1700000010000'],
      ['0: PEXPIREAT k 1700000020000'],
      ['0: PEXPIREAT k 1700000000005'],
      ['0: PEXPIREAT k 1700000000007'],
      ['0: SET k v PXAT 1700000003000'],
    ])
  })

  test('a transaction as one unit with its effects', async () => {
    await send('MULTI', 'SET a 1', 'GET a', 'INCR a', 'SELECT 3', 'SET b 2', 'EXEC')
    expect(units).toEqual([['0: SET a 1', '0: INCR a', '3: SET b 2']])
  })

  test('a script as the commands that it ran', async () => {
    await client.call('EVAL', "redis.call('SET', 'x', '1') redis.call('GET', 'x') return redis.call('INCR', 'x')", '0')
    expect(units).toEqual([['0: SET x 1', '0: INCR x']])
  })

  test('a DEL for a key that had expired, before the command that met it', async () => {
    await send('DEBUG SET-ACTIVE-EXPIRE 0', 'SET k 5 PX 100')
    nowMs += 200
    expect(await send('INCR k')).toEqual([':1'])
    expect(units.slice(1)).toEqual([['0: DEL k', '0: INCR k']])
  })

  test('what a blocked client took, after what woke it up', async () => {
    const waiting = await WireClient.connect(node.address.port)
    const reply = waiting.send([['BLPOP', 'l', '0']])
    while (node.server.clients.blockedCount === 0) await send('PING')
    await send('RPUSH l x y')
    expect((await reply).map(showReply)).toEqual(['*[$"l", $"x"]'])
    expect(units).toEqual([['0: RPUSH l x y'], ['0: LPOP l']])
    waiting.close()
  })

  test('nothing of what a primary sent', () => {
    const answers = node.applyEffects([
      { databaseIndex: 0, argv: ['SET', 'k', 'v'] },
      { databaseIndex: 2, argv: ['RPUSH', 'l', 'x'] },
    ])
    expect(answers).toHaveLength(2)
    expect(node.server.databases[2]?.getList('l')?.size).toBe(1)
    expect(units).toEqual([])
  })

  test('nothing more after the listener was removed', async () => {
    const seen: unknown[] = []
    const stop = node.onEffects((unit) => seen.push(unit))
    await send('SET a 1')
    stop()
    await send('SET a 2')
    expect(seen).toHaveLength(1)
  })
})

describe('time', () => {
  test('stands still during a transaction', async () => {
    await send('SET k v PX 100', 'MULTI', 'GET k', 'PTTL k')
    nowMs += 99
    expect(await send('EXEC')).toEqual(['*[$"v", :1]'])
    nowMs += 1
    expect(await send('GET k', 'TTL k', 'DBSIZE')).toEqual(['$null', ':-2', ':0'])
  })

  test('a watched key that expires fails the transaction', async () => {
    await send('SET k v PX 100', 'WATCH k')
    nowMs += 100
    expect(await send('MULTI', 'PING', 'EXEC')).toEqual(['+OK', '+QUEUED', '*null'])
  })

  test('a key that had expired before WATCH does not fail it', async () => {
    await send('SET k v PX 100')
    nowMs += 100
    expect(await send('WATCH k', 'MULTI', 'PING', 'EXEC')).toEqual(['+OK', '+OK', '+QUEUED', '*[+PONG]'])
  })
})

describe('expired keys that nobody asks for', () => {
  test('are removed in the background, as DEL', async () => {
    await send('SET a 1 PX 100', 'SET b 1 PX 100', 'SET c 1 PX 100000', 'SET d 1')
    nowMs += 100
    const database = node.server.databases[0]!
    while (database.size > 2) await new Promise((turn) => setImmediate(turn))
    expect(units.slice(4).flat().sort()).toEqual(['0: DEL a', '0: DEL b'])
    expect(database.expiredKeys).toBe(2)
  })
})

describe('an exception inside a handler', () => {
  test('answers an internal error, is logged, and leaves server and transaction usable', async () => {
    const logged: string[] = []
    const broken = {
      name: 'broken',
      arity: 1,
      flags: ['write'] as const,
      categories: [],
      group: 'test',
      since: '7.0.0',
      complexity: 'O(1)',
      summary: 'Fails',
      run: () => {
        throw new TypeError('not a wire error')
      },
    }
    const other = new Node({
      settings: { port: 0 },
      commands: [...allCommands, broken],
      log: (_level, message) => logged.push(message),
    })
    const { port } = await other.listen()
    const peer = await WireClient.connect(port)
    const replies = await peer.send([['SET', 'k', 'v'], ['BROKEN'], ['MULTI'], ['BROKEN'], ['GET', 'k'], ['EXEC']])
    expect(replies.map(showReply)).toEqual([
      '+OK',
      "-ERR internal error in 'broken'",
      '+OK',
      '+QUEUED',
      '+QUEUED',
      `*[-ERR internal error in 'broken', $"v"]`,
    ])
    expect(logged).toHaveLength(2)
    expect(logged[0]).toContain("'broken': TypeError: not a wire error")
    peer.close()
    await other.close()
  })

  test('half-way leaves the data as they were, and the copies and those who wait for keys hear nothing of it', async () => {
    const broken = defineCommand({
      name: 'broken',
      arity: 3,
      flags: ['write'],
      keySpecs: [keyRange(['RW', 'update'], 1, -1)],
      categories: [],
      group: 'test',
      since: '7.0.0',
      complexity: 'O(1)',
      summary: 'Changes its first key, makes the second, and fails',
      run(context, argv) {
        const { db, server } = context
        db.getSet(argv[1]!)?.add('half', setLimits(server.config))
        db.changed(argv[1]!, 'sadd')
        const list = new ListValue()
        list.pushRight('half')
        db.set(argv[2]!, list)
        db.changed(argv[2]!, 'rpush')
        context.propagate('SADD', argv[1]!, 'half')
        throw new RangeError('Map maximum size exceeded')
      },
    })
    const options = { settings: { port: 0 }, commands: [...allCommands, broken], log: () => {} }
    const [primary, copy] = [new Node(options), new Node(options)]
    const effects: string[] = []
    primary.onEffects((unit) => {
      effects.push(...show(unit))
      for (const reply of copy.applyEffects(unit)) expect(reply).not.toBeInstanceOf(WireError)
    })
    const { port } = await primary.listen()
    const [peer, waiting, reader] = [
      await WireClient.connect(port),
      await WireClient.connect(port),
      await WireClient.connect((await copy.listen()).port),
    ]
    const failure = "-ERR internal error in 'broken'"
    const commands = [
      ['SADD', 's', 'a'],
      ['BROKEN', 's', 'l'],
      ['MULTI'],
      ['SADD', 's', 'b'],
      ['BROKEN', 's', 'l'],
      ['SADD', 's', 'c'],
      ['EXEC'],
      ['EVAL', SCRIPT, '2', 's', 'l'],
    ]
    const popped = waiting.send([['BLPOP', 'l', '0']])
    while (!showReply((await peer.send([['INFO', 'clients']]))[0]!).includes('blocked_clients:1'));
    const replies = (await peer.send(commands)).map(showReply)
    expect(replies).toEqual([
      ':1',
      failure,
      '+OK',
      '+QUEUED',
      '+QUEUED',
      '+QUEUED',
      `*[:1, ${failure}, :1]`,
      `$"${failure.slice(1)}"`,
    ])
    const members = async (client: WireClient): Promise<string[]> =>
      (await client.send([['SORT', 's', 'ALPHA'], ['EXISTS', 'l'], ['DBSIZE']])).map(showReply)
    expect(await members(peer)).toEqual(['*[$"a", $"b", $"c", $"d", $"e"]', ':0', ':1'])
    expect(await members(reader)).toEqual(await members(peer))
    expect(effects.map((effect) => effect.slice(-1)).join('')).toBe('abcde')
    await peer.send([['RPUSH', 'l', 'whole']])
    expect((await popped).map(showReply)).toEqual(['*[$"l", $"whole"]'])
    waiting.close()
    peer.close()
    reader.close()
    await Promise.all([primary.close(), copy.close()])
  })

  test('in what hears of effects leaves the client with its answer', async () => {
    const logged: string[] = []
    const other = new Node({ settings: { port: 0 }, log: (_level, message) => logged.push(message) })
    other.onEffects(() => {
      throw new TypeError('a listener that fails')
    })
    const peer = await WireClient.connect((await other.listen()).port)
    expect(
      (
        await peer.send([
          ['SET', 'k', 'v'],
          ['GET', 'k'],
        ])
      ).map(showReply),
    ).toEqual(['+OK', '$"v"'])
    expect(logged.join()).toContain('a listener that fails')
    peer.close()
    await other.close()
  })
})
