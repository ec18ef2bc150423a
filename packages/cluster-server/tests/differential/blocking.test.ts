import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { startNode } from '../../src/index.js'
import { describeWithRedisServer } from './own-redis-server.js'
import { WireClient } from './wire-client.js'
import { showReply, type WireReply } from './wire-reply.js'

jest.setTimeout(60_000)

type Argv = readonly string[]

/** Clients of one server: some of them wait, and one gives them what they wait for. */
class Stage {
  #clients: WireClient[] = []
  readonly #port: number
  control!: WireClient

  constructor(port: number) {
    this.#port = port
  }

  async open(): Promise<void> {
    this.control = await this.client()
    await this.control.call('FLUSHALL')
  }

  async client(): Promise<WireClient> {
    const client = await WireClient.connect(this.#port)
    this.#clients.push(client)
    return client
  }

  /** Sends a command that waits, on a client of its own, and returns when the server holds it back. */
  async wait(...argv: string[]): Promise<Waiting> {
    const client = await this.client()
    const before = await this.blockedClients()
    const reply = client.send([argv]).then(([first]) => showReply(first!))
    while ((await this.blockedClients()) <= before);
    return { client, reply }
  }

  async blockedClients(): Promise<number> {
    const info = await this.control.call('INFO', 'clients')
    return Number(/blocked_clients:(\d+)/.exec(info.kind === 'bulk' ? info.text : '')?.[1] ?? -1)
  }

  async run(...commands: Argv[]): Promise<string[]> {
    return (await this.control.send(commands)).map((reply: WireReply) => showReply(reply))
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }
}

interface Waiting {
  readonly client: WireClient
  readonly reply: Promise<string>
}

let stage: Stage

const commandsThatWait = (port: () => number): void => {
  beforeEach(async () => {
    stage?.close()
    stage = new Stage(port())
    await stage.open()
  })
  afterAll(() => stage?.close())

  test('is answered with the element that another client pushes', async () => {
    const waiting = await stage.wait('BLPOP', 'a', 'b', '0')
    expect(await stage.run(['RPUSH', 'b', '1', '2'])).toEqual([':2'])
    expect(await waiting.reply).toBe('*[$"b", $"1"]')
    expect(await stage.run(['LRANGE', 'b', '0', '-1'])).toEqual(['*[$"2"]'])
  })

  test('is served in order of arrival, each element once', async () => {
    const first = await stage.wait('BLPOP', 'l', '0')
    const second = await stage.wait('BRPOP', 'l', '0')
    const third = await stage.wait('BLPOP', 'l', '0')
    await stage.run(['RPUSH', 'l', '1', '2'])
    expect([await first.reply, await second.reply]).toEqual(['*[$"l", $"1"]', '*[$"l", $"2"]'])
    expect(await stage.blockedClients()).toBe(1)
    await stage.run(['RPUSH', 'l', '3'])
    expect(await third.reply).toBe('*[$"l", $"3"]')
    expect(await stage.run(['EXISTS', 'l'])).toEqual([':0'])
  })

  test('is served by the key that became ready first, whatever the order of its keys', async () => {
    const waiting = await stage.wait('BLPOP', 'x', 'y', '0')
    await stage.run(['MULTI'], ['RPUSH', 'y', '1'], ['RPUSH', 'x', '2'], ['EXEC'])
    expect(await waiting.reply).toBe(`*[$"y", $"1"]`)
  })

  test('goes on waiting when the element is gone again at the end of the transaction', async () => {
    const waiting = await stage.wait('BLPOP', 'l', '0')
    await stage.run(['MULTI'], ['RPUSH', 'l', '1'], ['DEL', 'l'], ['EXEC'])
    expect(await stage.blockedClients()).toBe(1)
    await stage.run(['RPUSH', 'l', '2'])
    expect(await waiting.reply).toBe('*[$"l", $"2"]')
  })

  test('goes on waiting when the key gets a value of another type', async () => {
    const waiting = await stage.wait('BZPOPMIN', 'k', '0')
    await stage.run(['SET', 'k', 'v'], ['DEL', 'k'], ['RPUSH', 'k', 'v'], ['DEL', 'k'])
    expect(await stage.blockedClients()).toBe(1)
    await stage.run(['ZADD', 'k', '1.5', 'm', '2', 'n'])
    expect(await waiting.reply).toBe('*[$"k", $"m", $"1.5"]')
  })

  test('is woken by a key that is renamed or copied to its name', async () => {
    await stage.run(['RPUSH', 'other', '1'], ['ZADD', 'set', '3', 'm'])
    const list = await stage.wait('BLPOP', 'l', '0')
    const sortedSet = await stage.wait('BZMPOP', '0', '1', 'z', 'MAX', 'COUNT', '5')
    await stage.run(['RENAME', 'other', 'l'], ['COPY', 'set', 'z'])
    expect(await list.reply).toBe('*[$"l", $"1"]')
    expect(await sortedSet.reply).toBe('*[$"z", *[*[$"m", $"3"]]]')
  })

  test('is woken by a script', async () => {
    const waiting = await stage.wait('BLPOP', 'l', '0')
    await stage.run(['EVAL', "return redis.call('RPUSH', KEYS[1], 'a')", '1', 'l'])
    expect(await waiting.reply).toBe('*[$"l", $"a"]')
  })

  test('moves an element on to a list for which another client waits', async () => {
    const last = await stage.wait('BLPOP', 'c', '0')
    const middle = await stage.wait('BRPOPLPUSH', 'b', 'c', '0')
    const first = await stage.wait('BLMOVE', 'a', 'b', 'LEFT', 'RIGHT', '0')
    await stage.run(['RPUSH', 'a', 'x'])
    expect([await first.reply, await middle.reply, await last.reply]).toEqual(['$"x"', '$"x"', '*[$"c", $"x"]'])
    expect(await stage.run(['DBSIZE'])).toEqual([':0'])
  })

  test('ends with WRONGTYPE when the destination holds another type by then, and leaves the element', async () => {
    await stage.run(['SET', 'target', 'v'])
    const waiting = await stage.wait('BLMOVE', 'source', 'target', 'LEFT', 'LEFT', '0')
    await stage.run(['RPUSH', 'source', '1'])
    expect(await waiting.reply).toBe('-WRONGTYPE Operation against a key holding the wrong kind of value')
    expect(await stage.run(['LRANGE', 'source', '0', '-1'])).toEqual(['*[$"1"]'])
  })

  test('pops several elements at once where it may', async () => {
    const waiting = await stage.wait('BLMPOP', '0', '2', 'a', 'b', 'RIGHT', 'COUNT', '2')
    await stage.run(['RPUSH', 'b', '1', '2', '3'])
    expect(await waiting.reply).toBe('*[$"b", *[$"3", $"2"]]')
  })

  test.each([
    [['BLPOP', 'a', '0.01'], '*null'],
    [['BLMOVE', 'a', 'b', 'LEFT', 'LEFT', '0.01'], '*null'],
    [['BLMPOP', '0.01', '1', 'a', 'LEFT'], '*null'],
    [['BZPOPMAX', 'a', '0.01'], '*null'],
    [['XREAD', 'BLOCK', '10', 'STREAMS', 'a', '$'], '*null'],
  ])('answers %j with nothing when its time is over', async (argv, expected) => {
    const [reply] = await (await stage.client()).send([argv])
    expect(showReply(reply!)).toBe(expected)
    expect(await stage.run(['RPUSH', 'a', '1'], ['LLEN', 'a'])).toEqual([':1', ':1'])
  })

  test('holds back the commands that the client sent behind it', async () => {
    const waiting = await stage.wait('BLPOP', 'l', '0')
    const behind = waiting.reply.then(() => waiting.client.read(1))
    waiting.client.write([['RPUSH', 'm', 'behind']])
    expect(await stage.run(['EXISTS', 'm'], ['RPUSH', 'l', '1'])).toEqual([':0', ':1'])
    expect((await behind).map(showReply)).toEqual([':1'])
  })

  test('forgets a client that has gone', async () => {
    const gone = await stage.wait('BLPOP', 'l', '0')
    gone.reply.catch(() => {})
    gone.client.close()
    while ((await stage.blockedClients()) > 0);
    const waiting = await stage.wait('BLPOP', 'l', '0')
    await stage.run(['RPUSH', 'l', '1'])
    expect(await waiting.reply).toBe('*[$"l", $"1"]')
  })

  const readNew = (consumer: string, ...keys: string[]): string[] => [
    ...['XREADGROUP', 'GROUP', 'g', consumer, 'BLOCK', '0', 'STREAMS', ...keys, ...keys.map(() => '>')],
  ]

  test('reads the entry that is added, each reader of a stream for itself, and each entry for one of a group', async () => {
    await stage.run(['XADD', 'x', '1-0', 'a', '1'], ['XGROUP', 'CREATE', 'x', 'g', '$'])
    const plain = await stage.wait('XREAD', 'BLOCK', '0', 'STREAMS', 'y', 'x', '0', '$')
    const later = await stage.wait('XREAD', 'BLOCK', '0', 'STREAMS', 'x', '2-5')
    const first = await stage.wait(...readNew('ann', 'x'))
    const second = await stage.wait(...readNew('bob', 'x'))
    await stage.run(['XADD', 'x', '2-0', 'a', '2'])
    const entry = '*[*[$"x", *[*[$"2-0", *[$"a", $"2"]]]]]'
    expect([await plain.reply, await first.reply]).toEqual([entry, entry])
    expect(await stage.blockedClients()).toBe(2)
    await stage.run(['MULTI'], ['XADD', 'x', '3-0', 'a', '3'], ['XADD', 'x', '3-1', 'b', '4'], ['EXEC'])
    const both = '*[*[$"x", *[*[$"3-0", *[$"a", $"3"]], *[$"3-1", *[$"b", $"4"]]]]]'
    expect([await later.reply, await second.reply]).toEqual([both, both])
    expect(await stage.run(['XPENDING', 'x', 'g'])).toEqual([
      '*[:3, $"2-0", $"3-1", *[*[$"ann", $"1"], *[$"bob", $"2"]]]',
    ])
  })

  const GONE = '-UNBLOCKED the stream key no longer exists'
  const NO_GROUP = '-NOGROUP the consumer group this client was blocked on no longer exists'

  test.each<[string[][], string]>([
    [[['DEL', 'x']], GONE],
    [[['SET', 'x', 'v']], GONE],
    [[['MULTI'], ['DEL', 'x'], ['SADD', 'x', 'm'], ['EXEC']], GONE],
    [[['MULTI'], ['DEL', 'x'], ['XADD', 'x', '9-0', 'a', '1'], ['EXEC']], NO_GROUP],
    [[['RENAME', 'x', 'y']], GONE],
    [[['RENAME', 'other', 'x']], NO_GROUP],
    [[['COPY', 'other', 'x', 'REPLACE']], NO_GROUP],
    [[['PEXPIRE', 'x', '-1']], GONE],
    [[['FLUSHALL']], GONE],
    [[['SWAPDB', '0', '1']], GONE],
    [[['XGROUP', 'DESTROY', 'x', 'g']], NO_GROUP],
  ])('ends for a group after %j with %s, and goes on without one', async (commands, expected) => {
    await stage.run(['XGROUP', 'CREATE', 'x', 'g', '0', 'MKSTREAM'], ['XADD', 'other', '1-0', 'a', '1'])
    const grouped = await stage.wait(...readNew('ann', 'x'))
    const plain = await stage.wait('XREAD', 'BLOCK', '0', 'STREAMS', 'x', '20-0')
    await stage.run(...commands)
    expect(await grouped.reply).toBe(expected)
    expect(await stage.blockedClients()).toBe(1)
    await stage.run(['DEL', 'x'], ['XADD', 'x', '21-0', 'a', 'b'])
    expect(await plain.reply).toBe('*[*[$"x", *[*[$"21-0", *[$"a", $"b"]]]]]')
    await stage.run(['FLUSHALL'])
  })

  test('is not served by what only changes where a stream or a group stands, until an entry is added', async () => {
    await stage.run(
      ['XGROUP', 'CREATE', 'x', 'g', '0', 'MKSTREAM'],
      ['XADD', 'x', '5-0', 'a', '1'],
      ['XDEL', 'x', '5-0'],
    )
    const plain = await stage.wait('XREAD', 'BLOCK', '0', 'STREAMS', 'x', '0')
    const grouped = await stage.wait(...readNew('ann', 'x'))
    await stage.run(
      ...[
        ['XSETID', 'x', '7-0'],
        ['XGROUP', 'SETID', 'x', 'g', '0'],
        ['XGROUP', 'CREATE', 'x', 'h', '0'],
      ],
      ...[
        ['XTRIM', 'x', 'MAXLEN', '0'],
        ['XACK', 'x', 'g', '1-0'],
        ['EXPIRE', 'x', '1000'],
        ['PERSIST', 'x'],
      ],
    )
    expect(await stage.blockedClients()).toBe(2)
    await stage.run(['XADD', 'x', 'MAXLEN', '0', '8-0', 'a', '1'])
    expect([await plain.reply, await grouped.reply]).toEqual(['*[*[$"x", *[]]]', '*[*[$"x", *[]]]'])
  })

  test('is ended by CLIENT UNBLOCK, as by its time or with an error', async () => {
    const client = await stage.client()
    const id = await client.call('CLIENT', 'ID')
    const reply = client.send([['BLPOP', 'l', '0']])
    while ((await stage.blockedClients()) < 1);
    expect(await stage.run(['CLIENT', 'UNBLOCK', id.kind === 'line' ? id.text : '', 'ERROR'])).toEqual([':1'])
    expect((await reply).map(showReply)).toEqual(['-UNBLOCKED client unblocked via CLIENT UNBLOCK'])
  })
}

describeWithRedisServer((real) => {
  describe('a command that waits', () => commandsThatWait(() => real.port))
})

describe('on this server', () => {
  let node: Awaited<ReturnType<typeof startNode>>

  beforeAll(async () => {
    node = await startNode({ port: 0 })
  })

  afterAll(() => node?.close())

  describe('a command that waits', () => commandsThatWait(() => node.port))
})
