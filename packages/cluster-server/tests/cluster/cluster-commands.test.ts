import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { type RedisCluster, startRedisCluster } from '../../../../tests/support/redis-cluster.js'
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.js'
import { until } from '../../../../tests/support/until.js'
import { Node } from '../../src/server/node.js'
import type { RunningCluster } from '../../src/server/running-cluster.js'
import { startCluster } from '../../src/server/start-cluster.js'
import { keySlot } from '../../src/slot.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply, type WireReply } from '../differential/wire-reply.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(60_000)

interface Address {
  readonly port: number
}

let ours: RunningCluster

beforeAll(async () => {
  ours = await startCluster({ primaries: 3, replicas: 1, worker: 'inline' })
})

afterAll(() => ours?.close())

/** Calls `use` with a connection to a node. */
const connected = async <Result>({ port }: Address, use: (client: WireClient) => Promise<Result>): Promise<Result> => {
  const client = await WireClient.connect(port)
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

/** A replica counts as loaded once it is known to have received something. */
const warmUp = async (nodes: readonly Address[]): Promise<void> => {
  const keys = ['{b}0', '{c}0', '{a}0']
  for (const [index, key] of keys.entries()) await connected(nodes[index]!, (client) => client.call('SET', key, 'v'))
  await until(async () => {
    const views = await Promise.all(nodes.map((node) => connected(node, (client) => callCluster(client, 'SHARDS'))))
    return views.every((view) => !/loading/.test(showReply(view)))
  })
}

/** What differs between two clusters of the same form: ids, ports, times, and where the slots are cut. */
const neutral = (text: string): string =>
  text
    .replace(/\b[0-9a-f]{40}\b/g, 'ID')
    .replace(/:\d+@\d+/g, ':PORT@BUS')
    .replace(/ \d+ \d+ (\d+ (?:dis)?connected)/g, ' PING PONG $1')
    .replace(/\d+-\d+/g, 'RANGE')
    .replace(/cluster_stats_messages_(ping|pong|meet|fail|update|publish)\w*:\d+\r\n/g, '')
    .replace(/(cluster_stats_messages_(?:sent|received)):\d+/g, '$1:N')

/** A reply without what differs; lists of equals are sorted, as nodes come in any order. */
const shape = (reply: WireReply): string => {
  switch (reply.kind) {
    case 'aggregate': {
      const items = reply.items.map(shape)
      const isListOfNodes = items.every((item) => /^[*%]/.test(item))
      return `${reply.prefix}[${(isListOfNodes ? items.sort() : items).join(', ')}]`
    }
    case 'bulk': {
      const lines = neutral(reply.text.replace(/^txt:/, '')).split('\n')
      return `${reply.prefix}${JSON.stringify(lines.every((line) => /^(ID|$)/.test(line)) ? lines.sort() : lines)}`
    }
    case 'line':
      return reply.prefix === ':' ? ':int' : showReply(reply)
    default:
      return showReply(reply)
  }
}

const VIEWS = ['NODES', 'SLOTS', 'SHARDS', 'INFO', 'MYID', 'KEYSLOT {a}b', 'COUNTKEYSINSLOT 7', 'GETKEYSINSLOT 7 10']

const MISTAKES = [
  'FOO',
  'NODES x',
  'KEYSLOT',
  'COUNTKEYSINSLOT x',
  'COUNTKEYSINSLOT 16384',
  'COUNTKEYSINSLOT -1',
  'GETKEYSINSLOT 16384 1',
  'GETKEYSINSLOT 1 -1',
  'GETKEYSINSLOT x 1',
  'GETKEYSINSLOT 1 x',
  'GETKEYSINSLOT 1',
  'REPLICAS x',
  'SLAVES x',
  'COUNT-FAILURE-REPORTS x',
  'MEET 127.0.0.1',
  'SETSLOT 1',
  'ADDSLOTS',
  'ADDSLOTSRANGE 1',
]

const callCluster = (client: WireClient, words: string): Promise<WireReply> =>
  client.call('CLUSTER', ...words.split(' '))

describeBesideRedis('beside a real cluster', () => {
  let real: RedisCluster
  let lone: Node
  let realLone: RedisServer

  beforeAll(async () => {
    lone = new Node({ settings: { port: 0, 'cluster-enabled': true } })
    const loneArgs = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '500', '--cluster-announce-ip', '127.0.0.1']
    ;[real, realLone] = await Promise.all([
      startRedisCluster({ primaries: 3, replicas: 1 }),
      startRedisServer({ args: loneArgs }),
      lone.listen(),
    ])
    await Promise.all([warmUp(ours.nodes), warmUp(real.nodes)])
  })

  afterAll(async () => {
    await Promise.all([real?.stop(), realLone?.stop(), lone?.close()])
  })

  describe.each([2, 3])('CLUSTER with RESP%i', (protocol) => {
    const interview = (address: Address): Promise<string[]> =>
      connected(address, async (client) => {
        await client.call('HELLO', String(protocol))
        const answers: string[] = []
        for (const words of [...VIEWS, ...MISTAKES])
          answers.push(`${words}: ${shape(await callCluster(client, words))}`)
        const nodes = await callCluster(client, 'NODES')
        const [, replicaId, primaryId] =
          /([0-9a-f]{40}) \S+ slave ([0-9a-f]{40}) \d+ \d+ 2 /.exec(showReply(nodes)) ?? []
        for (const words of [`REPLICAS ${primaryId}`, `SLAVES ${replicaId}`, `COUNT-FAILURE-REPORTS ${primaryId}`]) {
          answers.push(shape(await callCluster(client, words)))
        }
        return answers
      })

    test('a primary answers in the shape of a real one, field by field', async () => {
      expect(await interview(ours.nodes[0]!)).toEqual(await interview(real.nodes[0]!))
    })

    test('a replica answers in the shape of a real one, field by field', async () => {
      expect(await interview(ours.nodes[3]!)).toEqual(await interview(real.nodes[3]!))
    })
  })

  describe('redirections', () => {
    const KEY = '{a}1'
    const OTHER = '{b}1'

    /** The same questions to each node; ports become the position of the node that they lead to. */
    const interview = async (nodes: readonly Address[]): Promise<string[]> => {
      const position = (text: string): string =>
        text.replace(
          /127\.0\.0\.1:(\d+)/g,
          (_, port) => `node ${nodes.findIndex((node) => node.port === Number(port))}`,
        )
      const sessions: string[][][] = [
        [['GET', KEY]],
        [['SET', KEY, 'v']],
        [['MGET', KEY, OTHER]],
        [['MGET', OTHER, KEY]],
        [['DEL', KEY, KEY]],
        [['EVAL', 'return 1', '2', KEY, OTHER]],
        [['EVAL', 'return 1', '1', KEY]],
        [['EVAL', 'return 1', '0']],
        [['READONLY'], ['GET', KEY], ['SET', KEY, 'v'], ['MGET', KEY, OTHER], ['READWRITE'], ['GET', KEY]],
        [['MULTI'], ['GET', KEY], ['EXEC']],
        [['READONLY'], ['MULTI'], ['GET', KEY], ['EXEC']],
        [['MULTI'], ['PING'], ['EXEC']],
        [['ASKING'], ['GET', KEY]],
        [['WATCH', KEY]],
        [['OBJECT', 'ENCODING', KEY]],
        [['DBSIZE']],
        [['SSUBSCRIBE', KEY]],
        [['SPUBLISH', KEY, 'm']],
        [['SELECT', '1']],
        [['REPLICAOF', 'NO', 'ONE']],
      ]
      const answers: string[] = []
      for (const node of nodes) {
        for (const session of sessions) {
          const replies = await connected(node, (client) => client.send(session))
          answers.push(`${session.flat().join(' ')}: ${replies.map((reply) => position(showReply(reply))).join(' | ')}`)
        }
      }
      return answers
    }

    test('are those of a real cluster, word by word, on every node', async () => {
      expect(keySlot(KEY)).toBe(15495)
      const [mine, theirs] = [await interview(ours.nodes), await interview(real.nodes)]
      expect(mine).toEqual(theirs)
      expect(theirs.filter((line) => line.includes('MOVED'))).not.toHaveLength(0)
    })
  })

  describe('a lone cluster node', () => {
    const steps = [
      'INFO',
      'ADDSLOTS x',
      'ADDSLOTS 16384',
      'ADDSLOTS 1 1',
      'ADDSLOTSRANGE 1 2 3',
      'ADDSLOTSRANGE 5 3',
      'ADDSLOTSRANGE 0 5 3 9',
      'ADDSLOTS 0 2 4',
      'ADDSLOTS 1 2',
      'DELSLOTS 1',
      'DELSLOTS 2 2',
      'DELSLOTSRANGE 0 1',
      'DELSLOTS 2',
      'NODES',
      'SLOTS',
      'FLUSHSLOTS',
      'NODES',
      'ADDSLOTSRANGE 0 100 200 16383',
      'INFO',
      'ADDSLOTSRANGE 101 199',
      'INFO',
      'SLOTS',
      'SHARDS',
    ]

    test('takes and leaves slots as a real one does', async () => {
      const interview = (address: Address): Promise<string[]> =>
        connected(address, async (client) => {
          const answers: string[] = [showReply(await client.call('SET', 'k', 'v'))]
          for (const words of steps) answers.push(`${words}: ${shape(await callCluster(client, words))}`)
          // The state of a real node follows a moment later.
          for (;;) {
            if (/cluster_state:ok/.test(showReply(await callCluster(client, 'INFO')))) break
          }
          answers.push(showReply(await client.call('SET', 'k', 'v')))
          answers.push(shape(await callCluster(client, 'FLUSHSLOTS')))
          return answers.map((answer) => answer.replace(/cluster_state:\w+/, 'cluster_state:S'))
        })
      expect(await interview(lone.address)).toEqual(await interview(realLone))
    })
  })
})

describe('a topology that a launcher fixed', () => {
  test('cannot be changed by CLUSTER, and says so', async () => {
    await connected(ours.nodes[0]!, async (client) => {
      for (const words of ['MEET 127.0.0.1 7000', 'FORGET x', 'REPLICATE x', 'FAILOVER', 'RESET', 'BUMPEPOCH']) {
        const [name] = words.split(' ')
        expect(showReply(await callCluster(client, words))).toBe(
          `-ERR CLUSTER ${name} is refused: the topology is fixed by the launcher`,
        )
      }
      for (const words of ['ADDSLOTS 1', 'DELSLOTS 1', 'FLUSHSLOTS', 'DELSLOTSRANGE 1 2']) {
        expect(showReply(await callCluster(client, words))).toContain('-ERR The slots of this cluster were assigned')
      }
      expect(showReply(await callCluster(client, 'LINKS'))).toBe('*[]')
      expect(showReply(await callCluster(client, 'HELP'))).toContain('+CLUSTER <subcommand>')
    })
  })
})

describe('a node without cluster support', () => {
  test('answers every subcommand with the error of Redis', async () => {
    const node = new Node({ settings: { port: 0 } })
    const address = await node.listen()
    try {
      await connected(address, async (client) => {
        for (const words of ['NODES', 'INFO', 'HELP', 'MEET 127.0.0.1 7000', 'ADDSLOTS x', 'KEYSLOT a', 'FLUSHSLOTS']) {
          expect(showReply(await callCluster(client, words))).toBe('-ERR This instance has cluster support disabled')
        }
      })
    } finally {
      await node.close()
    }
  })
})
