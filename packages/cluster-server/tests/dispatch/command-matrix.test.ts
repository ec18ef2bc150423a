import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isolatedReplication } from '../../src/commands/replication-state.js'
import { Node } from '../../src/index.js'
import { keySlot, SLOT_COUNT } from '../../src/slot.js'
import { nodeOf } from '../cluster/node-tables.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { type NamedCommand, runnableCommands, sampleOf } from '../support/sample-command.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** Newer than 7.0, or they end the conversation with one of the two servers. */
const LEFT_OUT = new Set([
  'client|setinfo',
  'shutdown',
  'monitor',
  'psync',
  'quit',
  'replicaof',
  'slaveof',
  'client|reply',
])
const commands = runnableCommands().filter(({ name }) => !LEFT_OUT.has(name))
/** COMMAND stands for itself, so that it is right with one word. */
const hasFixedShape = ({ name }: NamedCommand): boolean => !name.startsWith('command|')
const named = (list: typeof commands) => list.map((each) => [each.name, each] as const)
const withKeys = commands.filter(({ command }) => command.keySpecs?.some((spec) => !spec.flags.includes('not_key')))
const keysOfSample = (each: NamedCommand): string[] =>
  sampleOf(each, (i) => `key-${i}`).filter((word) => word.startsWith('key-'))

describeBesideRedis('every command beside redis-server', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())

  test.each(named(commands.filter(hasFixedShape)))('%s refuses too few arguments', async (_name, each) => {
    const tooFew = sampleOf(each).slice(0, Math.abs(each.command.arity) - 1)
    if (tooFew.length === 0) return
    const { ours, real } = await pair.ask(tooFew)
    expect(ours).toEqual(real)
  })

  test.each(named(commands.filter(({ command }) => command.arity > 0)))(
    '%s refuses too many arguments',
    async (_name, each) => {
      const { ours, real } = await pair.ask([...sampleOf(each).slice(0, each.command.arity), 'surplus'])
      expect(ours).toEqual(real)
      expect(ours[0]).toMatch(/wrong number of arguments/)
    },
  )

  const seeds: readonly (readonly [string, readonly string[]])[] = [
    ['a string', ['SET', 'k', '5']],
    ['a list', ['RPUSH', 'k', 'x', 'y']],
    ['a hash', ['HSET', 'k', 'x', '1', 'y', '2']],
    ['a set', ['SADD', 'k', 'x']],
    ['a sorted set', ['ZADD', 'k', '1', 'x']],
    ['no key', ['PING']],
  ]
  /** Answers of these depend on chance, on the time, on memory or on the history of the key. */
  const varying = new Set([
    'memory|usage',
    'object|help',
    'object|refcount',
    'randomkey',
    'object|encoding',
    'hrandfield',
    'xadd',
  ])
  test.each(named(withKeys.filter(({ name }) => !varying.has(name))))(
    '%s answers like Redis on every type of value',
    async (_name, each) => {
      for (const [holds, seed] of seeds) {
        const { ours, real } = await pair.ask(['FLUSHALL'], seed, sampleOf(each), ['TYPE', 'k'], ['PTTL', 'nosuch'])
        expect([holds, ...ours]).toEqual([holds, ...real])
      }
    },
  )

  test.each(named(commands))(
    '%s is queued, run or refused between MULTI and DISCARD as in Redis',
    async (_name, each) => {
      const { ours, real } = await pair.ask(['MULTI'], sampleOf(each), ['DISCARD'], ['UNSUBSCRIBE'], ['UNWATCH'])
      const isFixed = real[1] === '+QUEUED' || real[1]?.startsWith('-')
      // What runs at once may answer with facts of its own server.
      if (isFixed) expect(ours).toEqual(real)
      else expect(ours[1]).not.toMatch(/QUEUED|^-/)
      await pair.ask(['RESET'])
    },
  )

  test.each(named(commands.filter((each) => hasFixedShape(each) && Math.abs(each.command.arity) > 1)))(
    '%s with too few arguments aborts the transaction',
    async (_name, each) => {
      const tooFew = sampleOf(each).slice(0, Math.abs(each.command.arity) - 1)
      const { ours, real } = await pair.ask(['MULTI'], tooFew, ['SET', 'k', 'v'], ['EXEC'])
      expect(ours).toEqual(real)
      expect(ours.at(-1)).toMatch(/^-EXECABORT/)
    },
  )
})

describeBesideRedis('every command without the password', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start({ settings: { requirepass: 'secret' } })
  })
  afterAll(() => pair?.close())

  test.each(named(commands.filter(({ command }) => !command.flags.includes('no_auth'))))(
    '%s is refused',
    async (_name, each) => {
      const { ours, real } = await pair.ask(sampleOf(each))
      expect(ours).toEqual(real)
      expect(ours[0]).toMatch(/^-(NOAUTH|ERR|EXECABORT)/)
    },
  )
})

describeBesideRedis('every command on a cluster node without slots', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start({ settings: { 'cluster-enabled': 'yes' } })
  })
  afterAll(() => pair?.close())

  test.each(named(withKeys))('%s answers that nobody serves the slot', async (_name, each) => {
    const { ours, real } = await pair.ask(sampleOf(each))
    expect(ours).toEqual(real)
  })
})

describe('every command with keys of another node', () => {
  let node: Node
  let client: WireClient

  beforeAll(async () => {
    node = new Node({ settings: { port: 0, 'cluster-enabled': true } })
    const { port } = await node.listen()
    const slot = keySlot('k')
    const table = node.server.cluster!.table
    const other = table.add(nodeOf(777))
    for (let each = 0; each < SLOT_COUNT; each++) table.addSlot(each === slot ? other : table.myself, each)
    node.server.cluster?.changed('state')
    client = await WireClient.connect(port)
  })
  afterAll(async () => {
    client?.close()
    await node?.close()
  })

  test.each(named(withKeys))('%s is redirected with MOVED', async (_name, each) => {
    expect(showReply(await client.call(...sampleOf(each)))).toBe(`-MOVED ${keySlot('k')} 127.0.0.1:7777`)
  })

  test.each(named(withKeys.filter((each) => keysOfSample(each).length > 1)))(
    '%s with keys of two slots is refused with CROSSSLOT',
    async (_name, each) => {
      const sample = sampleOf(each, (i) => `key-${i}`)
      expect(showReply(await client.call(...sample))).toBe("-CROSSSLOT Keys in request don't hash to the same slot")
    },
  )

  test.each(named(withKeys.filter(({ command }) => command.flags.includes('write'))))(
    '%s in a transaction is redirected when it is queued, and EXEC is aborted',
    async (_name, each) => {
      const replies = await client.send([['MULTI'], sampleOf(each), ['EXEC']])
      expect(replies.map(showReply)).toEqual([
        '+OK',
        `-MOVED ${keySlot('k')} 127.0.0.1:7777`,
        '-EXECABORT Transaction discarded because of previous errors.',
      ])
    },
  )
})

describeBesideRedis('every write on a replica', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start({
      node: {
        replication: () => ({
          ...isolatedReplication,
          role: 'replica',
          primary: {
            host: '127.0.0.1',
            port: 1,
            state: 'connect',
            transfer: null,
            offset: 0,
            receivedOffset: 0,
            copyOffset: 0,
            lastIoSeconds: -1,
            downSeconds: 0,
          },
        }),
      },
    })
    await pair.real.call('REPLICAOF', '127.0.0.1', '1')
  })
  afterAll(() => pair?.close())

  test.each(named(commands.filter(({ command }) => command.flags.includes('write'))))(
    '%s is refused',
    async (_name, each) => {
      const { ours, real } = await pair.ask(sampleOf(each))
      expect(ours).toEqual(real)
      expect(ours[0]).toBe("-READONLY You can't write against a read only replica.")
    },
  )
})
