import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Random } from '../differential/random.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply, type WireReply } from '../differential/wire-reply.js'
import { closeGroups, connectGroups, Listener, type Words } from '../support/client-group.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const CLIENTS = 4
const full = process.env.FULL === '1'
const STEPS = full ? 2000 : 120
const SEEDS = full ? [1, 2, 3, 4, 5, 6] : [1, 2]
const CHANNEL = '__redis__:invalidate'
const KEYS = ['a', 'ab', 'b', 'ba', 'c', 'list', 'hash']
const PREFIXES = ['', 'a', 'ab', 'b', 'ba', 'c']
const OUT_OF_BAND = new Set(['invalidate', 'tracking-redir-broken', 'message'])

const isOutOfBand = (reply: WireReply): boolean => {
  const first = reply.kind === 'aggregate' ? reply.items[0] : undefined
  return first?.kind === 'bulk' && OUT_OF_BAND.has(first.text)
}

/** Runs commands, and reads on until all are answered; messages in between are heard too. */
const run = async (listener: Listener, commands: readonly Words[]): Promise<void> => {
  listener.client.write(commands)
  let missing = commands.length
  await listener.readUntil((reply) => {
    if (!isOutOfBand(reply)) missing--
    return missing === 0
  })
}

/** What a random client of several does next. */
class Script {
  readonly #random: Random
  readonly #ids: readonly number[]
  readonly #inMulti = new Set<number>()

  constructor(seed: number, ids: readonly number[]) {
    this.#random = new Random(seed)
    this.#ids = ids
  }

  step(): { readonly client: number; readonly commands: readonly Words[] } {
    const client = this.#random.below(CLIENTS)
    return { client, commands: this.#random.several(1, 3, () => this.#command(client)) }
  }

  #command(client: number): Words {
    const random = this.#random
    if (this.#inMulti.has(client) && random.chance(0.2)) {
      this.#inMulti.delete(client)
      return [random.pick(['EXEC', 'EXEC', 'EXEC', 'DISCARD'])]
    }
    if (random.chance(0.3)) return this.#connection(client)
    return random.chance(0.5) ? this.#read() : this.#write()
  }

  #connection(client: number): Words {
    const random = this.#random
    const inMulti = this.#inMulti.has(client)
    switch (random.below(11)) {
      case 0:
        this.#inMulti.add(client)
        return ['MULTI']
      case 1:
        return ['HELLO', random.pick(['2', '3', '3'])]
      case 2:
        return inMulti ? ['PING'] : [random.pick(['SUBSCRIBE', 'UNSUBSCRIBE']), CHANNEL]
      case 3:
        return ['CLIENT', 'CACHING', random.pick(['YES', 'NO', 'maybe'])]
      case 4:
        return random.chance(0.2) && !inMulti ? ['RESET'] : ['CLIENT', 'GETREDIR']
      case 5:
        return ['CLIENT', 'TRACKINGINFO']
      case 6:
        return ['CLIENT', 'TRACKING', 'off']
      default:
        return this.#tracking()
    }
  }

  #tracking(): Words {
    const random = this.#random
    const options: string[] = []
    if (random.chance(0.5)) options.push('REDIRECT', String(random.pick([...this.#ids, 999_999])))
    if (random.chance(0.3)) options.push('NOLOOP')
    if (random.chance(0.4)) options.push('BCAST', ...this.#prefixes(0.6))
    else if (random.chance(0.5)) options.push(random.pick(['OPTIN', 'OPTOUT']))
    if (random.chance(0.1)) options.push(random.pick(['OPTIN', 'OPTOUT', 'PREFIX', 'REDIRECT', 'nonsense']))
    return ['CLIENT', 'TRACKING', 'on', ...options]
  }

  /** At most two: beyond that, Redis 7.0.15 answers some overlaps twice. */
  #prefixes(probability: number): string[] {
    if (!this.#random.chance(probability)) return []
    return this.#random.several(1, 2, () => this.#random.pick(PREFIXES)).flatMap((prefix) => ['PREFIX', prefix])
  }

  #read(): Words {
    const random = this.#random
    const [key, other] = [random.pick(KEYS), random.pick(KEYS)]
    return random.pick([
      ['GET', key],
      ['MGET', key, other],
      ['LRANGE', key, '0', '-1'],
      ['HGETALL', key],
      ['OBJECT', 'ENCODING', key],
      ['EXISTS', key, other],
      ['SUNION', key, other],
      ['EVAL', `return redis.pcall('GET', KEYS[1])`, '2', key, other],
      ['EVAL_RO', `return redis.pcall('EXISTS', KEYS[1])`, '1', key],
      ['EVAL', 'return 1', '1', key],
    ])
  }

  #write(): Words {
    const random = this.#random
    const [key, other] = [random.pick(KEYS), random.pick(KEYS)]
    return random.pick([
      ['SET', key, 'v'],
      ['MSET', key, '1', other, '2'],
      ['DEL', key, other],
      ['INCR', key],
      ['APPEND', key, 'x'],
      ['RPUSH', 'list', 'x'],
      ['LPOP', 'list'],
      ['HSET', 'hash', 'f', 'v'],
      ['HDEL', 'hash', 'f'],
      ['RENAME', key, other],
      ['COPY', key, other, 'REPLACE'],
      ['GETDEL', key],
      ['EXPIRE', key, '100'],
      ['PERSIST', key],
      ['PEXPIREAT', key, '1'],
      ['SUNIONSTORE', key, other],
      ['EVAL', `redis.call('GET', KEYS[1]) return redis.call('SET', KEYS[2], 'v')`, '2', key, other],
      ['EVAL', `return redis.call('DEL', KEYS[1])`, '1', key],
      ['FLUSHALL'],
      ['FLUSHDB'],
    ])
  }
}

describeBesideRedis('CLIENT TRACKING', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())

  const idOf = async (client: WireClient): Promise<number> =>
    Number(showReply(await client.call('CLIENT', 'ID')).slice(1))

  const tellAll = async (
    listeners: readonly Listener[],
    client: number,
    commands: readonly Words[],
  ): Promise<string[][]> => {
    await run(listeners[client]!, commands)
    // Whatever the step set off was sent before this is answered; it leaves CLIENT CACHING as it is.
    await Promise.all(listeners.map((listener) => run(listener, [['CLIENT', 'ID']])))
    return listeners.map((listener) => listener.take())
  }

  const figures = async (client: WireClient): Promise<string[]> =>
    showReply(await client.call('INFO', 'everything')).match(/tracking_\w+:\d+/g) ?? []

  test.each(SEEDS)('tells each of several clients what Redis tells it, in its order (seed %i)', async (seed) => {
    await pair.ask(['FLUSHALL'])
    const groups = await connectGroups(pair, CLIENTS)
    const { ids, ours, real } = groups
    const script = new Script(seed, ids)
    const past: string[] = []
    try {
      for (let i = 0; i < STEPS; i++) {
        const { client, commands } = script.step()
        past.push(`${client}: ${commands.map((words) => words.join(' ')).join(' | ')}`)
        const [mine, theirs] = await Promise.all([tellAll(ours, client, commands), tellAll(real, client, commands)])
        expect({ after: past.slice(-40), heard: mine }).toEqual({ after: past.slice(-40), heard: theirs })
        if (i % 10 === 0)
          expect([past.slice(-40), await figures(pair.ours)]).toEqual([past.slice(-40), await figures(pair.real)])
      }
    } finally {
      closeGroups(groups)
    }
  })

  test('says once that the client to redirect to is gone, and marks it in CLIENT LIST', async () => {
    const observe = async (port: number): Promise<string[]> => {
      const [reader, target, writer] = await Promise.all([port, port, port].map((each) => WireClient.connect(each)))
      const targetId = String(await idOf(target!))
      await reader!.send([
        ['HELLO', '3'],
        ['CLIENT', 'TRACKING', 'ON', 'REDIRECT', targetId],
        ['GET', 'k'],
      ])
      await writer!.send([
        ['CLIENT', 'KILL', 'ID', targetId],
        ['SET', 'k', 'v'],
      ])
      const said = (
        await reader!.send([
          ['CLIENT', 'TRACKINGINFO'],
          ['CLIENT', 'INFO'],
        ])
      ).map(showReply)
      for (const client of [reader, writer]) client!.close()
      return said.map((text) => (/flags=\w+/.exec(text)?.[0] ?? text).replaceAll(targetId, 'target'))
    }
    expect(await observe(pair.node.address.port)).toEqual(await observe(pair.redis.port))
  })

  test('gives up keys beyond tracking-table-max-keys as if they had changed', async () => {
    const observe = async (port: number): Promise<unknown> => {
      const [reader, other] = [new Listener(await WireClient.connect(port)), await WireClient.connect(port)]
      await other.send([['FLUSHALL'], ['CONFIG', 'SET', 'tracking-table-max-keys', '2']])
      await run(reader, [['HELLO', '3'], ['CLIENT', 'TRACKING', 'ON'], ['MGET', 'p', 'q', 'r', 's', 't'], ['PING']])
      const invalidated = reader.take().filter((text) => text.startsWith('>'))
      const left = (await figures(other)).filter((text) => /keys|items/.test(text))
      await other.send([['CONFIG', 'SET', 'tracking-table-max-keys', '1000000'], ['FLUSHALL']])
      reader.client.close()
      other.close()
      return { count: invalidated.length, left }
    }
    expect(await observe(pair.node.address.port)).toEqual(await observe(pair.redis.port))
  })
})
