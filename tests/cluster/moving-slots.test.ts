import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { hashSlot } from '../../src/schema/hash-slot.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { until } from '../support/until.js'
import { describeClusters, isFull } from './support/cluster-kind.js'
import { infoField, isLinkedReplica, listedSelf, listNodes, slotCount } from './support/cluster-view.js'
import { manageCluster, runRedisCli } from './support/redis-cli.js'
import { addressOf, type Member, scenario, TestCluster } from './support/test-cluster.js'
import { WriteLoad } from './support/write-load.js'

/** Tags of keys in the first thousand slots, which are those that are moved. */
const movingTags: readonly string[] = Array.from({ length: 2_000 }, (_, number) => `tag-${number}`)
  .filter((tag) => hashSlot(tag) < 1_000)
  .slice(0, 40)
const FILLERS = 40
/** How much of all slots a new node gets. */
const NEW_SHARE = isFull ? 0.1 : 0.01

const idOf = async ({ client }: Member): Promise<string> => (await listedSelf(client)).id

describeClusters(
  (plan) => {
    let cluster: TestCluster
    let standalone: RedisServer | undefined

    beforeAll(async () => {
      cluster = await TestCluster.start(plan)
    }, 60_000)
    afterAll(async () => {
      await cluster?.close()
      await standalone?.stop()
    })
    const it = (title: string, run: () => Promise<void>): void => scenario(title, () => cluster, run, 240_000)

    /** Each key is stored once, on the owner of its slot, which all nodes agree on. */
    const expectOrder = async (keys: number): Promise<void> => {
      await until(async () => (await cluster.faultsOfOwnership()).length === 0)
      expect(await manageCluster('check', cluster.address)).toContain('[OK] All 16384 slots covered.')
      const holders = [...(await cluster.holders())]
      expect(holders.filter(([, ids]) => ids.length !== 1)).toEqual([])
      expect(holders).toHaveLength(keys)
      for (const [key, [holder]] of holders) {
        if (hashSlot(key) % 50 === 0)
          expect([key, holder]).toEqual([key, await idOf(await cluster.ownerOf(hashSlot(key)))])
      }
    }
    const fillers = movingTags.flatMap((tag) =>
      Array.from({ length: FILLERS }, (_, number) => `{${tag}}:filler:${number}`),
    )
    const lists = movingTags.flatMap((tag) => [`{${tag}}:list:1`, `{${tag}}:list:2`])
    const others = Array.from({ length: 20 }, (_, number) => `elsewhere:${number}`)
    let keyCount = 0

    describe('redis-cli --cluster', () => {
      it('reshard moves 1,000 slots under clients that write and read: redirected, they lose nothing and find nothing twice', async () => {
        const [from, to] = [cluster.at(0), cluster.at(1)]
        const filling = from.client.pipeline()
        for (const key of fillers) filling.set(key, `value of ${key}`)
        await filling.exec()
        const load = new WriteLoad({
          seeds: cluster.seeds,
          keys: [...lists, ...others],
          writers: 8,
          pauseMs: 2,
        }).start()
        try {
          await load.progressed(500)
          const redirectedBefore = load.moved
          const words = ['--cluster-slots', '1000', '--cluster-yes', '--cluster-pipeline', '1']
          await manageCluster(
            ...[
              'reshard',
              cluster.address,
              '--cluster-from',
              await idOf(from),
              '--cluster-to',
              await idOf(to),
              ...words,
            ],
          )
          await load.progressed(500)
          await load.stop()
          process.stdout.write(`reshard (${plan.kind}): ${load.summary}\n`)
          expect(load.asked).toBeGreaterThan(0)
          expect(load.moved).toBeGreaterThan(redirectedBefore)
          expect([...load.errors]).toEqual([])
          expect(await load.faults('acknowledged')).toEqual([])
        } finally {
          await load.stop()
          load.close()
        }
        for (const key of fillers) expect(await to.client.get(key)).toBe(`value of ${key}`)
        keyCount = fillers.length + lists.length + others.length
        await expectOrder(keyCount)
      })

      it('fix ends a migration that was broken off where most of its keys are, and check says before how it is', async () => {
        const [from, to] = [cluster.at(1), cluster.at(2)]
        for (const [tag, moved, owner] of [
          [movingTags[0] ?? '', 30, to],
          [movingTags[1] ?? '', 8, from],
        ] as const) {
          const slot = hashSlot(tag)
          await to.client.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', await idOf(from))
          await from.client.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', await idOf(to))
          const keys = await from.client.cluster('GETKEYSINSLOT', slot, moved)
          await from.client.call('MIGRATE', to.node.host, String(to.node.port), '', '0', '5000', 'KEYS', ...keys)
          const before = await runRedisCli(['--cluster', 'check', cluster.address])
          expect(before.status).toBe(1)
          expect(before.output).toContain(`[WARNING] The following slots are open: ${slot}`)
          expect(await manageCluster('fix', cluster.address)).toContain(`>>> Fixing open slot ${slot}`)
          for (const { client } of [from, to]) expect(await listedSelf(client)).toMatchObject({ openSlots: [] })
          expect(await owner.client.cluster('COUNTKEYSINSLOT', slot)).toBe(FILLERS + 2)
          await expectOrder(keyCount)
        }
      })

      it('add-node adds a primary without slots and a replica of it; rebalance gives it slots by its weight; del-node removes both', async () => {
        const [program, other] = [plan.programs[1] ?? 'redis-server', plan.programs[0] ?? 'redis-server']
        const primary = await cluster.add(program)
        await manageCluster('add-node', addressOf(primary.node), cluster.address)
        await until(
          async () => (await listNodes(cluster.at(2).client)).filter(({ isPrimary }) => isPrimary).length === 4,
        )
        const replica = await cluster.add(other)
        const words = ['--cluster-slave', '--cluster-master-id', await idOf(primary)]
        await manageCluster('add-node', addressOf(replica.node), cluster.address, ...words)
        await until(() => isLinkedReplica(replica.client), 20_000)

        // It takes nothing before it has seen for itself that the cluster is in order.
        await until(async () => infoField(await primary.client.cluster('INFO'), 'cluster_state') === 'ok', 20_000)

        // The others keep their shares, so that few slots are moved.
        const shares = new Map<Member, number>([[primary, NEW_SHARE]])
        for (const member of await cluster.primaries()) {
          shares.set(member, (slotCount(await listedSelf(member.client)) / 16_384) * (1 - NEW_SHARE))
        }
        const weights: string[] = []
        for (const [member, share] of shares) weights.push(`${await idOf(member)}=${share}`)
        await manageCluster('rebalance', cluster.address, '--cluster-use-empty-masters', '--cluster-weight', ...weights)
        await until(async () => (await cluster.faultsOfOwnership()).length === 0)
        for (const [member, share] of shares) {
          expect(Math.abs(slotCount(await listedSelf(member.client)) - share * 16_384)).toBeLessThan(3)
        }
        await expectOrder(keyCount)
        expect(await primary.client.dbsize()).toBeGreaterThan(0)
        await cluster.replicated(primary)
        expect(await replica.client.dbsize()).toBe(await primary.client.dbsize())

        const without = [...weights.slice(1), `${await idOf(primary)}=0`]
        await manageCluster('rebalance', cluster.address, '--cluster-weight', ...without)
        await manageCluster('del-node', cluster.address, await idOf(replica))
        await manageCluster('del-node', cluster.address, await idOf(primary))
        await cluster.remove(replica)
        await cluster.remove(primary)
        for (const { client } of cluster.living) expect(await listNodes(client)).toHaveLength(6)
        await cluster.settled()
        await expectOrder(keyCount)
      })

      it('call reaches every node', async () => {
        const output = await manageCluster('call', cluster.address, 'SET', 'called', 'v')
        for (const { node } of cluster.members) expect(output).toContain(addressOf(node))
        expect(output.match(/: OK$/gm)).toHaveLength(1)
        expect(output.match(/MOVED /g)).toHaveLength(5)
        keyCount += 1
      })

      it('import takes all keys of a standalone server, with their values and deadlines', async () => {
        standalone = await startRedisServer()
        const source = standalone.client()
        for (let number = 0; number < 300; number += 1) await source.set(`imported:${number}`, `value ${number}`)
        await source.hset('imported:hash', { a: '1', b: '2' })
        await source.zadd('imported:zset', '1.5', 'm', '-3', 'n')
        await source.pexpire('imported:7', 100_000)
        await manageCluster('import', cluster.address, '--cluster-from', addressOf(standalone), '--cluster-copy')
        expect(await source.dbsize()).toBe(302)
        source.disconnect()
        const client = cluster.ioredis()
        for (let number = 0; number < 300; number += 1)
          expect(await client.get(`imported:${number}`)).toBe(`value ${number}`)
        expect(await client.hgetall('imported:hash')).toEqual({ a: '1', b: '2' })
        expect(await client.zmscore('imported:zset', 'm', 'n')).toEqual(['1.5', '-3'])
        expect(await client.pttl('imported:7')).toBeGreaterThan(1_000)
        expect(await client.pttl('imported:8')).toBe(-1)
        keyCount += 302
        await expectOrder(keyCount)
      })
    })
  },
  { needsRedis: true },
)
