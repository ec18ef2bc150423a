import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import type { Redis } from 'ioredis'
import { until } from '../support/until.js'
import { describeClusters, isFull } from './support/cluster-kind.js'
import { infoField, isLinkedReplica, listedSelf, listNodes } from './support/cluster-view.js'
import { DividedNetwork } from './support/divided-network.js'
import { UNREACHABLE } from './support/routed-client.js'
import { allKeys, type Member, NODE_TIMEOUT_MS, scenario, TestCluster } from './support/test-cluster.js'
import { WriteLoad } from './support/write-load.js'

const ROUNDS = isFull ? 8 : 2
const FAILOVER_MS = 2 * NODE_TIMEOUT_MS + 2_000
const HEALING_MS = 30_000

describeClusters((plan) => {
  let network: DividedNetwork
  let cluster: TestCluster

  beforeAll(async () => {
    network = await DividedNetwork.open(plan.programs.length)
    cluster = await TestCluster.start(plan, {
      argsOf: (index) => network.argsOf(index),
      started: (nodes) => network.connect(nodes),
    })
    const ports = new Set(cluster.members.map((_, index) => network.portOf(index)))
    for (const { client } of cluster.members) {
      await until(async () => (await listNodes(client)).every(({ port }) => ports.has(port)))
      await until(async () => {
        const info = await client.info('replication')
        return infoField(info, 'role') === 'master' || ports.has(Number(infoField(info, 'master_port')))
      })
    }
    await cluster.settled()
  }, 60_000)
  afterAll(async () => {
    await cluster?.close()
    await network?.close()
  })

  const indexOf = (member: Member): number => cluster.members.indexOf(member)
  /** Clients that reach some nodes only, and those directly. */
  const loadOn = (prefix: string, reached: readonly Member[]): WriteLoad => {
    const addresses = new Map(
      reached.map(({ node }) => [
        `${node.host}:${network.portOf(cluster.members.findIndex((m) => m.node === node))}`,
        node,
      ]),
    )
    return new WriteLoad({
      seeds: [...addresses.keys()].map((address) => ({ host: '127.0.0.1', port: Number(address.split(':')[1]) })),
      keys: Array.from({ length: 60 }, (_, number) => `${prefix}:${number}`),
      timeoutMs: 1_000,
      reach: (address) => {
        const node = addresses.get(address)
        return node === undefined ? null : `${node.host}:${node.port}`
      },
    })
  }
  const stateOf = async ({ client }: Member): Promise<string> =>
    infoField(await client.cluster('INFO'), 'cluster_state')
  const contents = async (client: Redis): Promise<Readonly<Record<string, readonly string[]>>> => {
    const keys = [...(await allKeys(client))].sort()
    const lists = await Promise.all(keys.map((key) => client.lrange(key, 0, -1)))
    return Object.fromEntries(keys.map((key, index) => [key, lists[index] ?? []]))
  }

  const divideAndHeal = async (round: number): Promise<string> => {
    const lonely = await cluster.victim(round)
    const heir = await cluster.heirOf(lonely)
    const other = (await cluster.primaries()).find((primary) => primary !== lonely)
    if (other === undefined) throw new Error('there are three primaries')
    const stray = await cluster.heirOf(other)
    const minority = [lonely, stray]
    const majority = cluster.members.filter((member) => !minority.includes(member))

    const above = loadOn(`majority:${round}`, majority)
    const below = loadOn(`minority:${round}`, minority)
    try {
      network.divide(majority.map(indexOf), minority.map(indexOf))
      const startMs = performance.now()
      above.start()
      below.start()
      await until(async () => (await stateOf(lonely)) === 'fail' && (await stateOf(stray)) === 'fail', FAILOVER_MS)
      const refusingMs = Math.round(performance.now() - startMs)
      await expect(lonely.client.set(`minority:${round}:0`, 'v')).rejects.toThrow('CLUSTERDOWN The cluster is down')
      await expect(stray.client.get(`minority:${round}:0`)).rejects.toThrow('CLUSTERDOWN The cluster is down')
      await until(async () => (await listedSelf(heir.client)).isPrimary, FAILOVER_MS)
      await until(async () => (await Promise.all(majority.map(stateOf))).every((state) => state === 'ok'), FAILOVER_MS)
      const promotedMs = Math.round(performance.now() - startMs)
      await above.progressed(300)
      const acknowledgedBelow = below.acknowledged
      await until(() => [...below.errors.keys()].some((error) => error.startsWith('CLUSTERDOWN')))
      await above.progressed(300)
      expect(below.acknowledged).toBe(acknowledgedBelow)
      expect(await stateOf(lonely)).toBe('fail')

      await below.stop()
      network.heal()
      await until(() => isLinkedReplica(lonely.client), HEALING_MS)
      await above.progressed(100)
      await above.stop()
      await cluster.settled()
      expect((await listedSelf(lonely.client)).primaryId).toBe((await listedSelf(heir.client)).id)
      expect((await listedSelf(stray.client)).primaryId).toBe((await listedSelf(other.client)).id)
      expect(await cluster.faultsOfOwnership()).toEqual([])
      expect([...above.errors.keys()].filter((error) => error !== UNREACHABLE && !/^CLUSTERDOWN/.test(error))).toEqual(
        [],
      )

      expect(await above.faults('acknowledged')).toEqual([])
      for (const primary of await cluster.primaries()) {
        await cluster.replicated(primary)
        const reader = cluster.connect(await cluster.heirOf(primary))
        await reader.readonly()
        expect(await contents(reader)).toEqual(await contents(primary.client))
        reader.disconnect()
      }
      return (
        `${lonely.node.program} refuses after ${refusingMs} ms, ${heir.node.program} takes over after ${promotedMs} ms; ` +
        `majority: ${above.summary}; minority: ${below.summary}`
      )
    } finally {
      network.heal()
      for (const load of [above, below]) {
        await load.stop()
        load.close()
      }
    }
  }

  describe('in a divided network', () => {
    scenario(
      'a minority refuses commands, the majority goes on, and together again they have one history: that of the majority',
      () => cluster,
      async () => {
        for (let round = 0; round < ROUNDS; round += 1)
          process.stdout.write(`partition (${plan.kind}): ${await divideAndHeal(round)}\n`)
      },
      30_000 + ROUNDS * 40_000,
    )
  })
})
