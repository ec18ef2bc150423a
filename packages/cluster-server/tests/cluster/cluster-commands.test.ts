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
import { ClusterScript, type ClusterStep, keyOfSlot } from '../support/cluster-script.js'
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
    .replace(/(cluster_stats_messages_(?:sent|received)|cluster_current_epoch):\d+/g, '$1:N')

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
  'MEET 127.0.0.1 x',
  'MEET 127.0.0.1 7000 x',
  'MEET 127.0.0.1 7000 17000 1',
  'MEET localhost 7000',
  'MEET 127.0.0.1 0',
  'MEET 127.0.0.1 65536 17000',
  'MEET 127.0.0.1 60000',
  'SETSLOT 1',
  'ADDSLOTS',
  'ADDSLOTSRANGE 1',
  'ADDSLOTS 16384',
  'ADDSLOTS 0',
  'DELSLOTSRANGE 5 x',
  'BUMPEPOCH x',
  'FORGET x',
  'REPLICATE x',
  'FAILOVER x',
  'FAILOVER FORCE x',
  'RESET x',
  'RESET HARD x',
  'SAVECONFIG x',
  'SET-CONFIG-EPOCH x',
  'SET-CONFIG-EPOCH -1',
  'SET-CONFIG-EPOCH 7',
  'LINKS x',
  'SHARDS x',
  'HELP x',
]

const callCluster = (client: WireClient, words: string): Promise<WireReply> =>
  client.call('CLUSTER', ...words.split(' '))

describeBesideRedis('beside a real cluster', () => {
  let real: RedisCluster
  let lone: Node
  let realLone: RedisServer

  beforeAll(async () => {
    lone = new Node({ settings: { port: 0, 'cluster-enabled': true, 'cluster-announce-ip': '127.0.0.1' } })
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
        text
          .replace(/127\.0\.0\.1:(\d+)/g, (_, port) => `node ${nodes.findIndex((node) => node.port === Number(port))}`)
          // RANDOMKEY has two to choose from.
          .replace(/^\$"\{a\}[01]"$/, 'a key of the node')
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
        [['READONLY'], ['MULTI'], ['SET', KEY, 'v'], ['EXEC']],
        [
          ['READONLY'],
          ['EVAL', "return redis.call('GET', KEYS[1])", '1', KEY],
          ['EVAL', "return redis.call('SET', KEYS[1], 'v')", '1', KEY],
          ['EVAL', "return redis.call('GET', ARGV[1])", '0', KEY],
          ['EVAL', '#!lua flags=no-writes\nreturn redis.call("GET", KEYS[1])', '1', KEY],
          ['EVAL', '#!lua\nreturn redis.call("GET", KEYS[1])', '1', KEY],
          ['EVAL_RO', "return redis.call('GET', KEYS[1])", '1', KEY],
          ['EVAL_RO', "return redis.call('GET', ARGV[1])", '1', KEY, OTHER],
        ],
        [['EVAL_RO', 'return 1', '1', KEY]],
        [['READONLY'], ['BLPOP', KEY, '0.01'], ['XREAD', 'BLOCK', '10', 'STREAMS', KEY, '$']],
        [['READONLY'], ['SORT', KEY], ['SORT_RO', KEY], ['GETEX', KEY], ['TOUCH', KEY], ['OBJECT', 'FREQ', KEY]],
        [['SSUBSCRIBE', KEY, OTHER]],
        [['SSUBSCRIBE', KEY], ['SUNSUBSCRIBE'], ['SUNSUBSCRIBE', KEY]],
        [['READONLY'], ['SSUBSCRIBE', KEY], ['SPUBLISH', KEY, 'm']],
        [['MULTI'], ['SPUBLISH', KEY, 'm'], ['EXEC']],
        [['PUBLISH', KEY, 'm']],
        [['MIGRATE', '127.0.0.1', '1', KEY, '0', '2000']],
        [['COPY', KEY, OTHER]],
        [['BITOP', 'AND', KEY, KEY, OTHER]],
        [['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', KEY, OTHER, '>', '>']],
        [['SWAPDB', '0', '1']],
        [['MOVE', KEY, '1']],
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

  describe('nodes that move a slot, and answer for each other', () => {
    const [first, second, other] = [keyOfSlot(0), `{${keyOfSlot(0)}}2`, keyOfSlot(1)]
    const steps: readonly ClusterStep[] = [
      ...(['STABLE', 'MIGRATING N1', 'IMPORTING N1', 'NODE N1'] as const).map(
        (action): ClusterStep => [3, `CLUSTER SETSLOT 0 ${action}`],
      ),
      ...[
        ...['x STABLE', '16384 STABLE', '-1 STABLE', '0 FOO', '0 MIGRATING', '0 STABLE N1', '0 NODE', '0 NODE x N1'],
        ...['0 MIGRATING x', '0 MIGRATING N3', '0 IMPORTING N1', '16383 MIGRATING N1', '16383 IMPORTING x'],
        ...['16383 IMPORTING N3', '0 NODE x', '0 NODE N3'],
      ].map((words): ClusterStep => [0, `CLUSTER SETSLOT ${words}`]),
      [0, 'CLUSTER FORGET N0'],
      [3, 'CLUSTER FORGET N0'],
      [0, 'CLUSTER REPLICATE N0'],
      [0, 'CLUSTER REPLICATE N3'],
      [0, 'CLUSTER REPLICATE N1'],
      [0, 'CLUSTER FAILOVER'],
      [0, 'CLUSTER COUNT-FAILURE-REPORTS N1'],
      [0, 'CLUSTER REPLICAS N4'],
      [0, `SET ${first} v`],
      [0, 'CLUSTER RESET'],
      [0, 'CLUSTER FLUSHSLOTS'],
      [0, 'CLUSTER SETSLOT 0 NODE N1'],
      [1, 'CLUSTER SETSLOT 0 IMPORTING N0'],
      [0, 'CLUSTER SETSLOT 0 MIGRATING N1'],
      [0, 'CLUSTER SETSLOT 1 MIGRATING N2'],
      [0, 'CLUSTER SETSLOT 16383 IMPORTING N2'],
      // A slot that has not all of the keys.
      [0, `GET ${first}`],
      [0, `GET ${second}`],
      [0, `MGET ${first} ${second}`],
      [0, `MGET ${second} ${second}`],
      [0, `MGET ${first} ${other}`],
      [0, `SET ${second} v`],
      [0, `EVAL return{redis.call('get',KEYS[1])} 1 ${first}`],
      [0, `EVAL return{redis.call('get',KEYS[1])} 1 ${second}`],
      [0, `EVAL return{redis.call('get',ARGV[1])} 1 ${first} ${second}`],
      [0, 'MULTI'],
      [0, `GET ${first}`],
      [0, `GET ${second}`],
      [0, 'EXEC'],
      [0, 'MULTI'],
      [0, `GET ${first}`],
      [0, 'PING'],
      [0, 'EXEC'],
      [0, `WATCH ${second}`],
      [0, `SPUBLISH ${second} m`],
      [0, `OBJECT ENCODING ${second}`],
      // The node to which it moves.
      [1, `GET ${first}`],
      [1, 'ASKING'],
      [1, `GET ${first}`],
      [1, `GET ${first}`],
      [1, 'ASKING'],
      [1, `MGET ${first} ${second}`],
      [1, 'ASKING'],
      [1, `SET ${second} w`],
      [1, 'ASKING'],
      [1, `MGET ${first} ${second}`],
      [1, 'ASKING'],
      [1, `MGET ${second} ${second}`],
      [1, 'ASKING'],
      [1, `EVAL return{redis.call('get',KEYS[1])} 1 ${second}`],
      [1, 'ASKING'],
      [1, `EVAL return{redis.call('get',ARGV[1]),redis.call('get',ARGV[1])} 0 ${second}`],
      [1, `EVAL return{redis.call('get',ARGV[1])} 0 ${second}`],
      [1, 'ASKING'],
      [1, 'MULTI'],
      [1, `GET ${second}`],
      [1, `GET ${second}`],
      [1, 'EXEC'],
      [1, `GET ${second}`],
      [1, 'MULTI'],
      [1, 'ASKING'],
      [1, `GET ${second}`],
      [1, 'EXEC'],
      [1, 'ASKING'],
      [1, 'NOSUCH'],
      [1, `GET ${second}`],
      [1, 'ASKING'],
      [1, `SSUBSCRIBE ${second}`],
      [1, `SUNSUBSCRIBE ${second}`],
      [1, 'ASKING'],
      [1, `SUNSUBSCRIBE ${second}`],
      // A replica does not know that the slot moves.
      [3, `GET ${second}`],
      [3, 'READONLY'],
      [3, `GET ${second}`],
      [3, `SET ${second} v`],
      [3, 'READWRITE'],
      // Keys on their way.
      [0, `MIGRATE 127.0.0.1 P1 ${first} 0 2000`],
      [0, `MIGRATE 127.0.0.1 P1 ${first} 0 2000`],
      [0, `MIGRATE 127.0.0.1 P1 ${other} 1 2000`],
      [1, 'CLUSTER GETKEYSINSLOT 0 0'],
      [1, 'CLUSTER COUNTKEYSINSLOT 0'],
      [0, 'CLUSTER COUNTKEYSINSLOT 0'],
      [0, 'CLUSTER SETSLOT 1 STABLE'],
      [0, 'CLUSTER SETSLOT 16383 STABLE'],
      [1, 'CLUSTER SETSLOT 0 NODE N1'],
      [0, 'CLUSTER SETSLOT 0 NODE N1'],
      [0, `GET ${first}`],
      [1, `MGET ${first} ${second}`],
    ]

    test('do so in the words of real ones', async () => {
      const interview = async (nodes: readonly Address[]): Promise<string[]> => {
        const script = await ClusterScript.connect(nodes)
        try {
          const answers = await script.play(steps)
          const lines = [await script.ask(0, 'CLUSTER NODES'), await script.ask(1, 'CLUSTER NODES')]
          return [...answers, ...lines.map((text) => /myself\S* .*?( \d+-?\d*)+( \[.*?\])*/.exec(text)?.[1] ?? text)]
        } finally {
          script.close()
        }
      }
      expect(await interview(ours.nodes)).toEqual(await interview(real.nodes))
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
      'SHARDS',
      'LINKS',
      'FLUSHSLOTS',
      'NODES',
      'FAILOVER',
      'SET-CONFIG-EPOCH -7',
      'SET-CONFIG-EPOCH 5',
      'SET-CONFIG-EPOCH 6',
      'BUMPEPOCH',
      'INFO',
      'SAVECONFIG',
      'RESET',
      'INFO',
      'BUMPEPOCH',
      'BUMPEPOCH',
      'RESET HARD',
      'INFO',
      'BUMPEPOCH',
      'BUMPEPOCH',
      'ADDSLOTSRANGE 0 100 200 16383',
      'INFO',
      'ADDSLOTSRANGE 101 199',
      'SETSLOT 3 STABLE',
      'SETSLOT 3 FOO',
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
