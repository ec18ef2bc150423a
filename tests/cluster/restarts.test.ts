import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { until } from '../support/until.js'
import { describeClusters } from './support/cluster-kind.js'
import { isLinkedReplica, listedSelf } from './support/cluster-view.js'
import { NODE_TIMEOUT_MS, scenario, TestCluster } from './support/test-cluster.js'
import { WriteLoad } from './support/write-load.js'

const HEALING_MS = 30_000
/** What writers may meet when nodes end and come back one after the other, besides redirections: the end of a connection. */
const BROKEN_CONNECTION = /^Connection is closed|^Reached the max retries per request limit/
/** Of a flag that it does not know redis-server says so, and crashes. */
const REFUSAL = /Unrecoverable error: corrupted cluster config file|Unknown flag in redis cluster config file/

describeClusters((plan) => {
  describe('a cluster', () => {
    let cluster: TestCluster

    beforeAll(async () => {
      cluster = await TestCluster.start(plan)
    }, 60_000)
    afterAll(() => cluster?.close())
    const it = (title: string, run: () => Promise<void>): void => scenario(title, () => cluster, run)

    it('is restarted node by node under clients that write: nothing acknowledged is lost, and they see no error but ended connections', async () => {
      const keys = Array.from({ length: 60 }, (_, number) => `rolling:${number}`)
      const load = new WriteLoad({ seeds: cluster.seeds, keys }).start()
      try {
        await load.progressed(200)
        for (const member of [...cluster.members].reverse()) {
          const [heir] = await cluster.replicasOf(member)
          if (heir !== undefined) {
            await heir.client.call('CLUSTER', 'FAILOVER')
            await until(async () => (await listedSelf(heir.client)).isPrimary, 2 * NODE_TIMEOUT_MS + 2_000)
            await until(() => isLinkedReplica(member.client), HEALING_MS)
          }
          await member.node.shutDown('nosave')
          await load.progressed(100)
          await member.node.restart()
          await until(() => isLinkedReplica(member.client).catch(() => false), HEALING_MS)
          await cluster.settled()
        }
        await load.progressed(200)
        await load.stop()
        process.stdout.write(`rolling restart (${plan.kind}): ${load.summary}\n`)
        expect([...load.errors.keys()].filter((error) => !BROKEN_CONNECTION.test(error))).toEqual([])
        expect(await load.faults('acknowledged')).toEqual([])
        expect(await cluster.faultsOfOwnership()).toEqual([])
      } finally {
        await load.stop()
        load.close()
      }
    })

    it('that was shut down as a whole comes back as it was: ids, roles, slots, epochs and data', async () => {
      const description = async (): Promise<readonly unknown[]> =>
        Promise.all(
          cluster.members.map(async ({ client }) => {
            const { id, port, isPrimary, primaryId, ranges, configEpoch } = await listedSelf(client)
            return { id, port, isPrimary, primaryId, ranges, configEpoch }
          }),
        )
      const client = cluster.ioredis()
      for (let number = 0; number < 200; number += 1) await client.set(`saved:${number}`, `value ${number}`)
      await client.hset('saved:hash', { field: 'value' })
      await client.pexpire('saved:7', 1_000_000)
      for (const primary of await cluster.primaries()) await cluster.replicated(primary)
      const before = await description()
      const holders = await cluster.holders()
      // Replicas first, as one would: none of them takes over from a primary that leaves.
      const primaries = await cluster.primaries()
      const replicas = cluster.members.filter((member) => !primaries.includes(member))
      for (const { node } of replicas) await node.shutDown('save')
      for (const { node } of primaries) await node.shutDown('save')
      await Promise.all(cluster.members.map(({ node }) => node.restart()))
      await cluster.settled()
      expect(await description()).toEqual(before)
      expect(await cluster.holders()).toEqual(holders)
      for (let number = 0; number < 200; number += 1)
        expect(await client.get(`saved:${number}`)).toBe(`value ${number}`)
      expect(await client.hgetall('saved:hash')).toEqual({ field: 'value' })
      expect(await client.pttl('saved:7')).toBeGreaterThan(100_000)
      for (const primary of primaries) {
        await cluster.replicated(primary)
        const replica = await cluster.heirOf(primary)
        expect(await replica.client.dbsize()).toBe(await primary.client.dbsize())
      }
    })
  })

  // Of a mixed cluster both are tested without it.
  for (const program of plan.kind === 'mixed' ? [] : new Set(plan.programs))
    describe(program, () => {
      let directory: string
      const started: RedisServer[] = []

      beforeAll(async () => {
        directory = await mkdtemp(path.join(tmpdir(), 'activeredis-nodes-'))
      })
      afterAll(async () => {
        for (const server of started) await server.stop()
        await rm(directory, { recursive: true, force: true })
      })
      const start = async (): Promise<RedisServer> => {
        const server = await startRedisServer({ program, directory, args: ['--cluster-enabled', 'yes'] })
        started.push(server)
        return server
      }
      const file = (): string => path.join(directory, 'nodes.conf')

      test('finds out by its nodes.conf who it is, and refuses to start with one that is torn or foreign, which stays as it was', async () => {
        const first = await start()
        const client = first.client()
        const id = await client.cluster('MYID')
        await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '99', '200', '16383')
        client.disconnect()
        await first.stop()
        const whole = readFileSync(file(), 'latin1')
        expect(whole).toContain(String(id))

        const [line = ''] = whole.split('\n')
        const broken = {
          'a line that ends in the middle': line.slice(0, 60),
          'a line that ends in the middle behind whole ones': `${whole}${line.slice(0, 70)}`,
          'variables without a value': `${line}\nvars currentEpoch\n`,
          'no line of its own': whole.replace('myself,', ''),
          'text of another program': 'port 6379\nbind 127.0.0.1 ::1\nsave 3600 1 300 100\n',
          'an image': '\x89PNG\r\n\x1a\n\0\0\0\rIHDR',
          'a slot that there is not': whole.replace('200-16383', '200-16384'),
          'an unknown flag': whole.replace('myself,master', 'myself,emperor'),
        }
        for (const [what, text] of Object.entries(broken)) {
          await writeFile(file(), text, 'latin1')
          const outcome = await start().then(
            () => 'it started',
            (error: Error) => error.message,
          )
          expect([what, outcome]).toEqual([what, expect.stringMatching(REFUSAL)])
          expect([what, readFileSync(file(), 'latin1')]).toEqual([what, text])
        }

        await writeFile(file(), whole, 'latin1')
        const again = await start()
        const second = again.client()
        expect(await second.cluster('MYID')).toBe(id)
        expect((await listedSelf(second)).ranges).toEqual([
          [0, 99],
          [200, 16_383],
        ])
        second.disconnect()

        // Another node in the same directory would be the same node.
        const before = readFileSync(file(), 'latin1')
        await expect(start()).rejects.toThrow('is already used by a different Redis Cluster node')
        expect(readFileSync(file(), 'latin1')).toBe(before)
      })
    })
})
