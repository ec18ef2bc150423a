import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { freePort } from '../../../../tests/support/free-port.js'
import { until } from '../../../../tests/support/until.js'
import { Node } from '../../src/server/node.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { Programs } from '../support/programs.js'
import { ReplicationReader } from '../support/replication-reader.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

jest.setTimeout(60_000)

/** A target that behaves as told, byte by byte. */
class StrangeTarget {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  connections = 0

  private constructor(behave: (socket: Socket, connection: number) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      behave(socket, ++this.connections)
    })
  }

  static async listen(behave: (socket: Socket, connection: number) => void): Promise<StrangeTarget> {
    const target = new StrangeTarget(behave)
    await new Promise<void>((resolve) => target.#server.listen(0, '127.0.0.1', resolve))
    return target
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

const MIGRATE = (port: number, key: string, ...options: string[]) => [
  ...['MIGRATE', '127.0.0.1', String(port), key, '0', '300'],
  ...options,
]

describeBesideRedis('MIGRATE beside redis-server', () => {
  let sources: ServerPair
  let targets: ServerPair
  let streams: { readonly ours: ReplicationReader; readonly real: ReplicationReader }
  beforeAll(async () => {
    const settings = { 'repl-diskless-sync-delay': '0' }
    ;[sources, targets] = await Promise.all([ServerPair.start({ settings }), ServerPair.start()])
    const [ours, real] = await Promise.all(
      [sources.node.address.port, sources.redis.port].map((port) => ReplicationReader.attach(port)),
    )
    streams = { ours: ours!, real: real! }
  })
  beforeEach(async () => {
    for (const pair of [sources, targets]) await pair.ask(['FLUSHALL'])
  })
  afterAll(async () => {
    streams?.ours.close()
    streams?.real.close()
    await Promise.all([sources?.close(), targets?.close()])
  })

  /** Sends each source a command for its own target, and compares the answers and what the replicas of the sources get. */
  const both = async (...commands: ((port: number) => readonly string[])[]): Promise<string[]> => {
    const sides = [
      [sources.ours, targets.node.address.port, streams.ours],
      [sources.real, targets.redis.port, streams.real],
    ] as const
    const [ours, real] = await Promise.all(
      sides.map(async ([client, port, stream]) => {
        await client.call('SET', 'begin', 'v')
        await stream.readUntil((argv) => argv[1] === 'begin')
        const answers: string[] = []
        for (const command of commands) answers.push(showReply(await client.call(...command(port))))
        await client.call('SET', 'end', 'v')
        const effects = (await stream.readUntil((argv) => argv[1] === 'end')).map((argv) => argv.join(' '))
        return { answers, effects, keys: showReply(await client.call('SORT', 'nosuch')) }
      }),
    )
    expect(ours).toEqual(real)
    const contents = await Promise.all(
      [sources, targets].map((pair) =>
        pair.ask(['DEL', 'begin', 'end'], ['DBSIZE'], ...['a', 'b', 'c', 'h'].map((key) => ['TYPE', key])),
      ),
    )
    for (const each of contents) expect(each.ours).toEqual(each.real)
    return ours!.answers
  }

  const set =
    (...words: string[]) =>
    () =>
      words

  test('moves keys, one or several, with what they expire at', async () => {
    const deadline = String(Date.now() + 100_000)
    const answers = await both(
      set('MSET', 'a', '1', 'b', '2'),
      set('HSET', 'h', 'f', 'v', 'g', 'w'),
      set('PEXPIREAT', 'b', deadline),
      (port) => MIGRATE(port, 'a'),
      (port) => MIGRATE(port, 'a'),
      (port) => MIGRATE(port, '', 'KEYS', 'b', 'nosuch', 'h'),
      set('DBSIZE'),
    )
    expect(answers.slice(3)).toEqual(['+OK', '+NOKEY', '+OK', ':1'])
    const ttl = Number(showReply(await targets.ours.call('PTTL', 'b')).slice(1))
    expect(ttl).toBeGreaterThan(90_000)
    expect(ttl).toBeLessThanOrEqual(100_000)
  })

  test('copies, replaces, and says what the other node refuses', async () => {
    await both(
      set('MSET', 'a', '1', 'b', '2', 'c', '3'),
      (port) => MIGRATE(port, 'a', 'COPY'),
      (port) => MIGRATE(port, 'a', 'COPY'),
      (port) => MIGRATE(port, '', 'KEYS', 'a', 'b', 'c'),
      set('DBSIZE'),
      (port) => MIGRATE(port, 'a', 'COPY', 'REPLACE'),
      (port) => MIGRATE(port, 'a', 'REPLACE'),
      (port) => MIGRATE(port, 'a', 'AUTH', 'wrong'),
    )
  })

  test('logs in with a password, or with a name and a password', async () => {
    await targets.ask(['ACL', 'SETUSER', 'mover', 'on', '>secret', '+@all', '~*'])
    const answers = await both(
      set('MSET', 'a', '1', 'b', '2', 'c', '3'),
      (port) => MIGRATE(port, 'a', 'AUTH2', 'mover', 'wrong'),
      (port) => MIGRATE(port, 'a', 'REPLACE', 'AUTH2', 'mover', 'secret'),
      (port) => MIGRATE(port, '', 'COPY', 'AUTH2', 'mover', 'secret', 'KEYS', 'b', 'c'),
      (port) => MIGRATE(port, 'b', 'AUTH', 'secret'),
    )
    expect(answers[2]).toBe('+OK')
  })

  test('refuses what it does not understand', async () => {
    await both(
      set('SET', 'a', '1'),
      (port) => MIGRATE(port, 'a', 'KEYS', 'a'),
      (port) => MIGRATE(port, 'a', 'AUTH'),
      (port) => MIGRATE(port, 'a', 'AUTH2', 'x'),
      (port) => MIGRATE(port, 'a', 'FOO'),
      (port) => MIGRATE(port, '', 'KEYS'),
      (port) => ['MIGRATE', '127.0.0.1', String(port), 'a', 'x', '300'],
      (port) => ['MIGRATE', '127.0.0.1', String(port), 'a', '0', 'x'],
      (port) => ['MIGRATE', '127.0.0.1', String(port), 'a', '77', '300'],
      (port) => ['MIGRATE', '127.0.0.1', String(port), 'a', '1', '300'],
      (port) => ['MIGRATE', '127.0.0.1', String(port), 'a', '0', '-1'],
    )
  })

  test('keeps a key that nobody takes', async () => {
    const closed = String(await freePort())
    const answers = await both(
      set('SET', 'a', '1'),
      set('MIGRATE', '127.0.0.1', closed, 'a', '0', '300'),
      set('MIGRATE', 'no such host', closed, 'a', '0', '300'),
      set('EXISTS', 'a'),
    )
    expect(answers.slice(1)).toEqual([
      '-IOERR error or timeout writing to target instance',
      '-IOERR error or timeout connecting to the client',
      ':1',
    ])
  })

  const replyTo = (socket: Socket, ...replies: string[]): void => {
    socket.on('data', (data: Buffer) => {
      for (let i = data.toString().split('RESTORE').length - 1; i > 0 && replies.length > 0; i--) {
        const reply = replies.shift() ?? ''
        if (reply === 'close') socket.end()
        else if (reply !== 'silence') socket.write(reply)
      }
    })
  }
  const ends: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['never answers', [], []],
    ['answers nothing and closes', ['close'], ['close']],
    ['closes at first, and takes the keys then', ['close'], ['+OK\r\n+OK\r\n', '+OK\r\n', '+OK\r\n']],
    ['takes one key and closes', ['+OK\r\n+OK\r\n', 'close'], ['close']],
    ['takes two keys and is silent', ['+OK\r\n+OK\r\n', '+OK\r\n'], []],
    ['refuses one of the keys', ['+OK\r\n+OK\r\n', '-ERR no\r\n', '+OK\r\n'], []],
    ['refuses all of them', ['+OK\r\n-ERR one\r\n', '-ERR two\r\n', '-ERR three\r\n'], []],
    ['refuses one and closes', ['+OK\r\n-ERR one\r\n', 'close'], ['close']],
    ['refuses the database', ['-ERR db\r\n+OK\r\n', '+OK\r\n', '+OK\r\n'], []],
  ]
  test.each(ends)('a target that %s has what it acknowledged, and nothing else is gone', async (_, first, then) => {
    const strange = await Promise.all(
      [0, 1].map(() =>
        StrangeTarget.listen((socket, connection) => replyTo(socket, ...(connection === 1 ? first : then))),
      ),
    )
    const [ours, real] = strange.map(({ port }) => port)
    try {
      const answers = await both(
        set('MSET', 'a', '1', 'b', '2', 'c', '3'),
        (port) => MIGRATE(port === targets.redis.port ? real! : ours!, '', 'KEYS', 'a', 'b', 'c'),
        set('EXISTS', 'a', 'b', 'c'),
      )
      expect(answers).toHaveLength(3)
      expect(strange[0]?.connections).toBe(strange[1]?.connections)
    } finally {
      for (const each of strange) each.close()
    }
  })
})

describe('MIGRATE, while it is under way', () => {
  let node: Node
  let target: StrangeTarget
  let client: WireClient
  let other: WireClient
  let sockets: Socket[]

  beforeEach(async () => {
    sockets = []
    node = new Node({ settings: { port: 0, bind: '127.0.0.1' } })
    const { port } = await node.listen()
    target = await StrangeTarget.listen((socket) => sockets.push(socket))
    ;[client, other] = await Promise.all([WireClient.connect(port), WireClient.connect(port)])
  })
  afterEach(async () => {
    client.close()
    other.close()
    target.close()
    await node.close()
  })

  test('others are served, but nobody changes the key before it is known where it is', async () => {
    await other.call('SET', 'a', '1')
    const migrated = client.call(...MIGRATE(target.port, 'a'))
    await until(() => sockets.length === 1)
    expect(showReply(await other.call('GET', 'a'))).toBe('$"1"')
    expect(showReply(await other.call('SET', 'b', '2'))).toBe('+OK')
    expect(showReply(await other.call('CLIENT', 'UNBLOCK', '1'))).toBe(':0')
    const appended = other.call('APPEND', 'a', 'x')
    sockets[0]?.write('+OK\r\n+OK\r\n')
    expect(showReply(await migrated)).toBe('+OK')
    expect(showReply(await appended)).toBe(':1')
  })

  test('neither a script nor a client that waited changes the key meanwhile', async () => {
    await other.send([
      ['RPUSH', 'a', '1'],
      ['SET', 'b', '2'],
    ])
    const mover = await WireClient.connect(node.address.port)
    const moved = mover.call('BLMOVE', 'source', 'a', 'LEFT', 'RIGHT', '0')
    await until(async () => showReply(await other.call('INFO', 'clients')).includes('blocked_clients:1'))
    const migrated = client.call(...MIGRATE(target.port, 'a'))
    await until(() => sockets.length === 1)
    await other.call('RPUSH', 'source', '2')
    expect(showReply(await other.call('LLEN', 'a'))).toBe(':1')
    const changed = other.call('EVAL', "return redis.call('RPUSH', ARGV[1], '3')", '1', 'b', 'a')
    const readers = await WireClient.connect(node.address.port)
    expect(showReply(await readers.call('LRANGE', 'a', '0', '-1'))).toBe('*[$"1"]')
    sockets[0]?.write('+OK\r\n+OK\r\n')
    expect(showReply(await migrated)).toBe('+OK')
    expect([await changed, await moved].map(showReply).sort()).toEqual(['$"2"', expect.stringMatching(/^:[12]$/)])
    expect(showReply(await readers.call('LLEN', 'a'))).toBe(':2')
    for (const each of [mover, readers]) each.close()
  })

  test('the key goes when the other node has it, even if the client that asked for it has gone', async () => {
    await other.call('SET', 'a', '1')
    client.write([MIGRATE(target.port, 'a')])
    await until(() => sockets.length === 1)
    client.close()
    await until(async () => !showReply(await other.call('CLIENT', 'LIST')).includes('cmd=migrate'))
    sockets[0]?.write('+OK\r\n+OK\r\n')
    await until(async () => showReply(await other.call('EXISTS', 'a')) === ':0')
  })

  test('a key that expires before it is sent is passed over', async () => {
    await other.call('SET', 'a', '1', 'PX', '1')
    await until(async () => showReply(await other.call('GET', 'a')) === '$null')
    expect(showReply(await client.call(...MIGRATE(target.port, 'a')))).toBe('+NOKEY')
  })
})

describeBesideRedis('MIGRATE in transactions and scripts', () => {
  const programs = new Programs()
  afterAll(async () => {
    await programs.endAll()
    programs.remove()
  })

  test('moves the key before the next command runs, as in Redis', async () => {
    const run = async (isReal: boolean): Promise<string[]> => {
      const [port, targetPort] = [await freePort(), await freePort()]
      const start = (own: number) => {
        const words = ['--port', String(own), '--save', '']
        return (isReal ? programs.runReal(words) : programs.run(words)).ready()
      }
      await Promise.all([start(port), start(targetPort)])
      const source = await WireClient.connect(port)
      const target = await WireClient.connect(targetPort)
      const moveAll = `for i, key in ipairs(KEYS) do redis.call('MIGRATE', '127.0.0.1', ARGV[1], key, '0', '1000') end`
      const answers = [
        ...(await source.send([
          ['MSET', 'a', '1', 'b', '2', 'c', '3', 'd', '4'],
          ['MULTI'],
          MIGRATE(targetPort, 'a'),
          ['EXISTS', 'a'],
          MIGRATE(targetPort, 'nosuch'),
          MIGRATE(await freePort(), 'b'),
          ['EXISTS', 'b'],
          ['EXEC'],
          ['EVAL', `${moveAll} return redis.call('DBSIZE')`, '2', 'b', 'c', String(targetPort)],
        ])),
        ...(await target.send([['SORT', 'nosuch'], ['DBSIZE'], ['MGET', 'a', 'b', 'c', 'd']])),
      ]
      source.close()
      target.close()
      return answers.map(showReply)
    }
    const [ours, real] = [await run(false), await run(true)]
    expect(ours).toEqual(real)
    expect(ours.at(-1)).toBe('*[$"1", $"2", $"3", $null]')
  })
})
