import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type RedisCluster, startRedisCluster } from '../../../../tests/support/redis-cluster.js'
import { until } from '../../../../tests/support/until.js'
import type { RunningCluster } from '../../src/server/running-cluster.js'
import { startCluster } from '../../src/server/start-cluster.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'
import { ClusterScript, keyOfSlot, type ScriptNode } from '../support/cluster-script.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(60_000)

describeBesideRedis('a cluster whose nodes have names', () => {
  let ours: RunningCluster
  let real: RedisCluster
  let scripts: readonly ClusterScript[]

  beforeAll(async () => {
    ;[ours, real] = await Promise.all([
      startCluster({ primaries: 3, replicas: 1, worker: 'inline' }),
      startRedisCluster({ primaries: 3, replicas: 1 }),
    ])
    scripts = await Promise.all([ours, real].map(({ nodes }) => ClusterScript.connect(nodes)))
    await Promise.all(scripts.map(warmUp))
  })
  afterAll(async () => {
    for (const script of scripts ?? []) script.close()
    await Promise.all([ours?.close(), real?.stop()])
  })

  /** What differs between two clusters, and changes by itself. */
  const neutral = (text: string): string =>
    text
      .replace(/:P?\d+@\d+/g, ':PORT@BUS')
      .replace(/, :\d+/g, ', :INT')
      .replace(/ \d+ \d+ \d+ (?:dis)?connected[^"\\]*/g, ' TIMES')
      .replace(/\*\[:\d+, :/g, '*[:INT, :')

  const sorted = (text: string): string =>
    text
      .replace(/^\$"|"$/g, '')
      .split('\\n')
      .sort()
      .join('\n')

  const views = async (script: ClusterScript): Promise<string[]> => {
    const key = keyOfSlot(16383)
    const answers: string[] = []
    for (const type of ['ip', 'hostname', 'unknown-endpoint']) {
      await script.ask(0, `CONFIG SET cluster-preferred-endpoint-type ${type}`)
      answers.push(type, neutral(await script.ask(0, 'CLUSTER SLOTS')), await script.ask(0, `GET ${key}`))
      const shards = neutral(await script.ask(0, 'CLUSTER SHARDS'))
      answers.push(...(shards.match(/\$"endpoint", [^,]+(, \$"hostname", [^,]+)?/g) ?? []).sort())
    }
    answers.push(neutral(sorted(await script.ask(0, 'CLUSTER NODES'))))
    return answers.map((answer) => answer.replace(/cluster-\d|N\d/g, 'N'))
  }

  /** A replica is listed once it is known to have received something. */
  const warmUp = async (script: ClusterScript): Promise<void> => {
    for (const [node, slot] of [0, 6000, 16383].entries()) await script.ask(node, `SET ${keyOfSlot(slot)} v`)
    for (const node of [0, 1, 2, 3, 4, 5]) {
      await until(async () => {
        const slots = await script.ask(node, 'CLUSTER SLOTS')
        return [3, 4, 5].every((replica) => slots.includes(`"N${replica}"`))
      })
    }
  }

  const agree = async (): Promise<string[]> => {
    const [mine, theirs] = await Promise.all(scripts.map(views))
    expect(mine).toEqual(theirs)
    return mine!
  }

  test('tells them by the kind of endpoint that is preferred, in views and redirections', async () => {
    await agree()
    for (const script of scripts) {
      for (let node = 1; node < 5; node++) {
        await script.ask(node, `CONFIG SET cluster-announce-hostname node-${node}.example`)
      }
      await until(async () => {
        const nodes = await script.ask(0, 'CLUSTER NODES')
        return [1, 2, 3, 4].every((node) => nodes.includes(`,node-${node}.example`))
      })
    }
    const answers = await agree()
    expect(answers).toContain('-MOVED 16383 node-2.example:P2')
    expect(answers).toContain('-MOVED 16383 :P2')
  })

  test('refuses names that are none', async () => {
    const refusals = scripts.map(async (script) => [
      await script.ask(0, `CONFIG SET cluster-announce-hostname ${'x'.repeat(256)}`),
      await script.ask(0, 'CONFIG SET cluster-announce-hostname no_name'),
      await script.ask(0, `CONFIG SET cluster-announce-hostname ${'x'.repeat(255)}`),
      await script.ask(0, "CONFIG SET cluster-announce-hostname ''"),
      await script.ask(0, 'CONFIG SET cluster-preferred-endpoint-type name'),
      await script.ask(0, 'CONFIG GET cluster-preferred-endpoint-type'),
    ])
    const [mine, theirs] = await Promise.all(refusals)
    expect(mine).toEqual(theirs)
  })

  test('sends those away who wait for keys of a slot, or listen to its channels, when it has moved', async () => {
    const key = keyOfSlot(0)
    const outcome = async (nodes: readonly ScriptNode[], script: ClusterScript): Promise<string[]> => {
      const clients = await Promise.all([0, 0, 3, 3].map((node) => WireClient.connect(nodes[node]!.port)))
      await script.ask(0, `DEL ${key}`)
      const [waiting, listening, reading, following] = clients as [WireClient, WireClient, WireClient, WireClient]
      waiting.write([['BLPOP', key, '0']])
      await listening.call('SSUBSCRIBE', key)
      await following.call('SSUBSCRIBE', key)
      await reading.call('READONLY')
      reading.write([['XREAD', 'BLOCK', '0', 'STREAMS', key, '$']])
      for (const node of [0, 3]) {
        await until(async () => (await script.ask(node, 'INFO clients')).includes('blocked_clients:1'))
      }
      await script.play([
        [0, 'CONFIG SET cluster-preferred-endpoint-type ip'],
        [1, 'CLUSTER SETSLOT 0 IMPORTING N0'],
        [0, 'CLUSTER SETSLOT 0 MIGRATING N1'],
        [1, 'CLUSTER SETSLOT 0 NODE N1'],
        [0, 'CLUSTER SETSLOT 0 NODE N1'],
      ])
      const replies = await Promise.all(clients.map(async (client) => showReply((await client.read(1))[0]!)))
      for (const client of clients) client.close()
      return replies.map((reply) => script.named(reply))
    }
    const [mine, theirs] = await Promise.all([ours, real].map(({ nodes }, index) => outcome(nodes, scripts[index]!)))
    expect(mine).toEqual(theirs)
    expect(mine).toEqual([
      '-MOVED 0 127.0.0.1:P1',
      `*[$"sunsubscribe", $"${key}", :0]`,
      '-MOVED 0 127.0.0.1:P1',
      `*[$"sunsubscribe", $"${key}", :0]`,
    ])
  })
})
