import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { until } from '../support/until.js'
import { describeClusters, isFull } from './support/cluster-kind.js'
import { infoField, isLinkedReplica, listedSelf } from './support/cluster-view.js'
import { type Member, NODE_TIMEOUT_MS, scenario, TestCluster } from './support/test-cluster.js'
import { WriteLoad } from './support/write-load.js'

const ROUNDS = isFull ? 20 : 2
/** A primary counts as failed after the node timeout, which it may take twice to be noticed; then a replica is elected. */
const FAILOVER_MS = 2 * NODE_TIMEOUT_MS + 2_000
const HEALING_MS = 30_000

// A node that is elected twice within four times the node timeout counts the votes of its first election again, in Redis 7.0,
// and takes the old epoch. The order of these tests leaves more time between two elections of one node.
const keysOf = (prefix: string): readonly string[] => Array.from({ length: 60 }, (_, number) => `${prefix}:${number}`)

describeClusters((plan) => {
  let cluster: TestCluster

  beforeAll(async () => {
    cluster = await TestCluster.start(plan)
  }, 60_000)
  afterAll(() => cluster?.close())
  const it = (title: string, run: () => Promise<void>, timeoutMs?: number): void =>
    scenario(title, () => cluster, run, timeoutMs)

  const isPrimary = async ({ client }: Member): Promise<boolean> => {
    const self = await listedSelf(client).catch(() => null)
    return self?.isPrimary === true && self.ranges.length > 0
  }
  const isOk = async ({ client }: Member): Promise<boolean> => {
    const info = await client.cluster('INFO').catch(() => '')
    return infoField(info, 'cluster_state') === 'ok'
  }
  const asTheyWere = async (): Promise<void> => {
    await cluster.settled()
    for (const primary of await cluster.primaries()) await cluster.replicated(primary)
    expect(await cluster.faultsOfOwnership()).toEqual([])
  }
  /** Clients that write while `run` goes on; afterwards what had to remain is there, and everyone agrees on who owns what. */
  const underLoad = async (
    title: string,
    options: { readonly confirms: boolean },
    run: (load: WriteLoad) => Promise<string>,
  ): Promise<WriteLoad> => {
    const load = new WriteLoad({ seeds: cluster.seeds, keys: keysOf(title), timeoutMs: 1_000, ...options }).start()
    try {
      await load.progressed(100)
      const measured = await run(load)
      await load.progressed(100)
      await load.stop()
      process.stdout.write(`${title} (${plan.kind}): ${measured}; ${load.summary}\n`)
      await asTheyWere()
      if (options.confirms) expect(load.confirmed).toBeGreaterThan(load.acknowledged / 4)
      expect(await load.faults(options.confirms ? 'confirmed' : 'acknowledged')).toEqual([])
      return load
    } finally {
      await load.stop()
      load.close()
    }
  }

  describe('under clients that write', () => {
    it('CLUSTER FAILOVER swaps a primary and its replica: nothing acknowledged is lost, and no client sees more than MOVED', async () => {
      const load = await underLoad('manual failover', { confirms: false }, async () => {
        const times: string[] = []
        for (const primary of await cluster.primaries()) {
          const heir = await cluster.heirOf(primary)
          const startMs = performance.now()
          expect(await heir.client.call('CLUSTER', 'FAILOVER')).toBe('OK')
          await until(() => isPrimary(heir), FAILOVER_MS)
          times.push(`${primary.node.program} by ${heir.node.program} ${Math.round(performance.now() - startMs)} ms`)
          await until(() => isLinkedReplica(primary.client), HEALING_MS)
          await asTheyWere()
        }
        return times.join(', ')
      })
      expect([...load.errors]).toEqual([])
      expect(load.moved).toBeGreaterThan(3)
    })

    it(
      'a primary that dies is replaced within twice the node timeout and 2 s, and comes back as a replica; what replicas confirmed remains',
      async () => {
        await underLoad('kill', { confirms: true }, async (load) => {
          const times: string[] = []
          for (let round = 0; round < ROUNDS; round += 1) {
            const victim = await cluster.victim(round)
            const heir = await cluster.heirOf(victim)
            const hangs = round % 4 === 3
            const startMs = performance.now()
            if (hangs) await victim.node.suspend()
            else await victim.node.stop()
            const others = cluster.living.filter((member) => member !== victim)
            await until(() => isPrimary(heir), FAILOVER_MS)
            await until(async () => (await Promise.all(others.map(isOk))).every(Boolean), FAILOVER_MS)
            times.push(`${victim.node.program} by ${heir.node.program} ${Math.round(performance.now() - startMs)} ms`)
            await load.progressed(100)
            if (hangs) victim.node.resume()
            else await victim.node.restart()
            await until(() => isLinkedReplica(victim.client).catch(() => false), HEALING_MS)
            expect((await listedSelf(victim.client)).primaryId).toBe((await listedSelf(heir.client)).id)
            await asTheyWere()
          }
          return times.join(', ')
        })
      },
      60_000 + ROUNDS * 20_000,
    )

    it('CLUSTER FAILOVER FORCE replaces a primary that does not answer, before it counts as failed', async () => {
      await underLoad('forced failover', { confirms: true }, async () => {
        const times: string[] = []
        for (const primary of (await cluster.primaries()).slice(0, 2)) {
          const heir = await cluster.heirOf(primary)
          await primary.node.suspend()
          const startMs = performance.now()
          expect(await heir.client.call('CLUSTER', 'FAILOVER', 'FORCE')).toBe('OK')
          await until(() => isPrimary(heir), NODE_TIMEOUT_MS)
          times.push(`${primary.node.program} by ${heir.node.program} ${Math.round(performance.now() - startMs)} ms`)
          primary.node.resume()
          await until(() => isLinkedReplica(primary.client), HEALING_MS)
          await asTheyWere()
        }
        return times.join(', ')
      })
    })

    it('CLUSTER FAILOVER TAKEOVER gives replicas the slots when most primaries are gone, and these come back as replicas', async () => {
      await underLoad('takeover', { confirms: true }, async () => {
        const victims = (await cluster.primaries()).slice(0, 2)
        const heirs: Member[] = []
        for (const victim of victims) heirs.push(await cluster.heirOf(victim))
        for (const { node } of victims) await node.stop()
        await until(async () => !(await Promise.all(cluster.living.map(isOk))).some(Boolean), FAILOVER_MS)
        const startMs = performance.now()
        for (const { client } of heirs) expect(await client.call('CLUSTER', 'FAILOVER', 'TAKEOVER')).toBe('OK')
        for (const heir of heirs) await until(() => isPrimary(heir), FAILOVER_MS)
        await until(async () => (await Promise.all(cluster.living.map(isOk))).every(Boolean), FAILOVER_MS)
        const tookMs = Math.round(performance.now() - startMs)
        for (const { node } of victims) await node.restart()
        for (const { client } of victims) await until(() => isLinkedReplica(client).catch(() => false), HEALING_MS)
        return `${tookMs} ms`
      })
    })
  })
})
