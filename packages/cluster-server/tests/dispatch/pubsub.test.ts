import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Random } from '../differential/random.js'
import { showReply } from '../differential/wire-reply.js'
import { closeGroups, connectGroups, type Listener, type Words } from '../support/client-group.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const full = process.env.FULL === '1'
const CLIENTS = 4
const STEPS = full ? 2000 : 150
const SEEDS = full ? [1, 2, 3, 4, 5, 6] : [1, 2]
const CHANNELS = ['aa', 'ab', 'b1', 'cx', 'd']
/** No channel matches two of them: Redis goes through patterns in the order of a hash table. */
const PATTERNS = ['a*', 'b?', 'c[xy]', '__key*', 'a*']

const makeStep = (random: Random): { readonly client: number; readonly commands: readonly Words[] } => ({
  client: random.below(CLIENTS),
  commands: random.several(1, 3, () => makeCommand(random)),
})

const makeCommand = (random: Random): Words => {
  const names = (choices: readonly string[]): string[] => random.several(1, 3, () => random.pick(choices))
  const channel = random.pick(CHANNELS)
  return random.pick<() => Words>([
    () => ['SUBSCRIBE', ...names(CHANNELS)],
    () => ['PSUBSCRIBE', ...names(PATTERNS)],
    () => ['SSUBSCRIBE', ...names(CHANNELS)],
    () => ['UNSUBSCRIBE', ...names(CHANNELS)],
    () => ['PUNSUBSCRIBE', ...names(PATTERNS)],
    () => ['SUNSUBSCRIBE', ...names(CHANNELS)],
    () => [random.pick(['UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SUNSUBSCRIBE'])],
    () => ['PUBLISH', channel, 'message'],
    () => ['PUBLISH', channel, 'another'],
    () => ['SPUBLISH', channel, 'message'],
    () => ['EVAL', `return redis.call('PUBLISH', ARGV[1], 'from a script')`, '0', channel],
    () => ['PUBSUB', 'NUMSUB', channel, random.pick(CHANNELS)],
    () => ['PUBSUB', 'SHARDNUMSUB', channel],
    () => ['PUBSUB', 'NUMPAT'],
    () => ['PUBSUB', 'CHANNELS', random.pick(['aa', 'b1'])],
    () => ['PUBSUB', 'SHARDCHANNELS', 'd'],
    () => ['HELLO', random.pick(['2', '3'])],
    () => ['RESET'],
    () => ['PING'],
    () => ['GET', 'k'],
    () => ['SET', 'k', 'v'],
    () => ['DEL', 'k'],
  ])()
}

/** Without a name, channels are given up in the order of a hash table. */
const withoutNames = (reply: string): string => reply.replace(/(\$"s?unsubscribe"), [^,]+/, '$1, name')

describeBesideRedis('channels, patterns and shard channels', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
    await pair.ask(['CONFIG', 'SET', 'notify-keyspace-events', 'KEA'])
  })
  afterAll(() => pair?.close())

  const tellAll = async (
    group: readonly Listener[],
    client: number,
    commands: readonly Words[],
  ): Promise<string[][]> => {
    const finish = async (listener: Listener): Promise<void> => {
      listener.client.write([['PING', 'end-of-step']])
      await listener.readUntil((reply) => showReply(reply).includes('"end-of-step"'))
    }
    group[client]!.client.write(commands)
    await finish(group[client]!)
    await Promise.all(group.map(finish))
    return group.map((listener) => listener.take().map(withoutNames))
  }

  test.each(SEEDS)('reach several clients as from Redis, in either protocol (seed %i)', async (seed) => {
    const random = new Random(seed)
    const groups = await connectGroups(pair, CLIENTS)
    const past: string[] = []
    try {
      for (let i = 0; i < STEPS; i++) {
        const { client, commands } = makeStep(random)
        past.push(`${client}: ${commands.map((words) => words.join(' ')).join(' | ')}`)
        const [ours, real] = await Promise.all([
          tellAll(groups.ours, client, commands),
          tellAll(groups.real, client, commands),
        ])
        expect({ after: past.slice(-20), heard: ours }).toEqual({ after: past.slice(-20), heard: real })
      }
    } finally {
      closeGroups(groups)
    }
  })
})
