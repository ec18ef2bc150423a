import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Cluster, Redis } from 'ioredis'
import { hashSlot } from '../../src/schema/hash-slot.js'
import { until } from '../support/until.js'
import { type ClusterPlan, describeClusters } from './support/cluster-kind.js'
import { isLinkedReplica, listedSelf, slotCount, slotOwners } from './support/cluster-view.js'
import { manageCluster } from './support/redis-cli.js'
import { addressOf, type Member, scenario, TestCluster } from './support/test-cluster.js'

const KEYS = 10_000
const keyOf = (number: number): string => `spread:${number}`

describeClusters(
  (plan: ClusterPlan) => {
    let cluster: TestCluster
    let created: string

    beforeAll(async () => {
      cluster = await TestCluster.start(plan, { joined: false })
      const addresses = cluster.members.map(({ node }) => addressOf(node))
      created = await manageCluster('create', ...addresses, '--cluster-replicas', '1', '--cluster-yes')
      await cluster.settled()
    }, 60_000)
    afterAll(() => cluster?.close())
    const it = (title: string, run: () => Promise<void>): void => scenario(title, () => cluster, run)

    const ownerOfKey = (key: string): Promise<Member> => cluster.ownerOf(hashSlot(key))
    const anotherPrimary = async (than: Member): Promise<Member> => {
      const other = (await cluster.primaries()).find(({ node }) => node !== than.node)
      if (other === undefined) throw new Error('there are three primaries')
      return other
    }
    const replicaOf = (primary: Member): Promise<Member> => cluster.heirOf(primary)

    describe('created by redis-cli', () => {
      it('has three primaries with a third of the slots and a linked replica each, on which all nodes agree', async () => {
        expect(created).toContain('[OK] All 16384 slots covered.')
        const primaries = await cluster.primaries()
        expect(primaries).toHaveLength(3)
        for (const primary of primaries) {
          expect(Math.abs(slotCount(await listedSelf(primary.client)) - 16_384 / 3)).toBeLessThan(2)
          const replica = await replicaOf(primary)
          expect(await isLinkedReplica(replica.client)).toBe(true)
        }
        expect(await cluster.faultsOfOwnership()).toEqual([])
        expect(await manageCluster('check', cluster.address)).toContain(
          '[OK] All nodes agree about slots configuration.',
        )
      })

      it('stores each of 10,000 keys on the node that owns its slot, and there alone', async () => {
        const owners = await slotOwners(cluster.at(0).client)
        const numbers = Array.from({ length: KEYS }, (_, number) => number)
        const perSlot = new Map<number, string[]>()
        for (const number of numbers) {
          const slot = hashSlot(keyOf(number))
          perSlot.set(slot, [...(perSlot.get(slot) ?? []), keyOf(number)])
        }
        for (const { client } of await cluster.primaries()) {
          const { id } = await listedSelf(client)
          const writing = client.pipeline()
          for (const number of numbers) {
            if (owners[hashSlot(keyOf(number))] === id) writing.set(keyOf(number), `value ${number}`)
          }
          const replies = (await writing.exec()) ?? []
          expect(replies.filter(([error]) => error !== null)).toEqual([])
        }
        let total = 0
        for (const { client } of await cluster.primaries()) {
          const { id } = await listedSelf(client)
          const slots = owners.flatMap((owner, slot) => (owner === id ? [slot] : []))
          const counting = client.pipeline()
          for (const slot of slots) counting.cluster('COUNTKEYSINSLOT', slot)
          const counts = (await counting.exec())?.map(([, count]) => count)
          expect(counts).toEqual(slots.map((slot) => perSlot.get(slot)?.length ?? 0))
          for (const slot of slots.filter((_, index) => index % 100 === 0)) {
            const keys = await client.cluster('GETKEYSINSLOT', slot, 100)
            expect([...keys].sort()).toEqual([...(perSlot.get(slot) ?? [])].sort())
          }
          total += await client.dbsize()
        }
        expect(total).toBe(KEYS)
        for (const primary of await cluster.primaries()) {
          await cluster.replicated(primary)
          expect(await (await replicaOf(primary)).client.dbsize()).toBe(await primary.client.dbsize())
        }
      })
    })

    describe('serves a key', () => {
      let client: Cluster
      beforeAll(() => {
        client = cluster.ioredis()
      })

      it('on its node, and every other node says which that is: the owner of the slot', async () => {
        const key = 'moved:key'
        const owner = await ownerOfKey(key)
        for (const { node, client } of cluster.members) {
          if (node === owner.node) continue
          await expect(client.get(key)).rejects.toThrow(`MOVED ${hashSlot(key)} ${addressOf(owner.node)}`)
        }
        expect(await owner.client.set(key, 'v')).toBe('OK')
        expect(await client.get(key)).toBe('v')
      })

      it('to ioredis, which finds each of many keys', async () => {
        const numbers = Array.from({ length: 300 }, (_, index) => index * 33)
        const values = await Promise.all(numbers.map((number) => client.get(keyOf(number))))
        expect(values).toEqual(numbers.map((number) => `value ${number}`))
      })

      it('together with others of the same hash tag, and with no others', async () => {
        expect(await client.mset('{tag}a', '1', '{tag}b', '2', '{tag}c', '3')).toBe('OK')
        expect(await client.mget('{tag}c', '{tag}b', '{tag}a', '{tag}none')).toEqual(['3', '2', '1', null])
        const owner = await ownerOfKey('{tag}a')
        await expect(owner.client.mget('{tag}a', 'other')).rejects.toThrow(
          "CROSSSLOT Keys in request don't hash to the same slot",
        )
        await expect(owner.client.mset('{tag}a', '9', 'other', '9')).rejects.toThrow('CROSSSLOT')
        expect(await client.get('{tag}a')).toBe('1')
      })
    })

    describe('replicates', () => {
      it('what a primary acknowledged before WAIT answers 1', async () => {
        const primary = await ownerOfKey('waited')
        for (let round = 0; round < 20; round += 1) {
          await primary.client.set('waited', String(round))
          expect(await primary.client.wait(1, 5_000)).toBe(1)
          const reader = cluster.connect(await replicaOf(primary))
          await reader.readonly()
          expect(await reader.get('waited')).toBe(String(round))
          reader.disconnect()
        }
      })

      it('to replicas that answer after READONLY, and send writers and everyone else to the primary', async () => {
        const primary = await ownerOfKey('read:key')
        await primary.client.set('read:key', 'v')
        await cluster.replicated(primary)
        const moved = `MOVED ${hashSlot('read:key')} ${addressOf(primary.node)}`
        const reader = cluster.connect(await replicaOf(primary))
        await expect(reader.get('read:key')).rejects.toThrow(moved)
        await reader.readonly()
        expect(await reader.get('read:key')).toBe('v')
        await expect(reader.set('read:key', 'w')).rejects.toThrow(moved)
        const elsewhere = await anotherPrimary(primary)
        const foreign = cluster.connect(await replicaOf(elsewhere))
        await foreign.readonly()
        await expect(foreign.get('read:key')).rejects.toThrow(moved)
        await reader.readwrite()
        await expect(reader.get('read:key')).rejects.toThrow(moved)
      })

      it('the deadline of a key and its end', async () => {
        const primary = await ownerOfKey('brief')
        const replica = await replicaOf(primary)
        const reader = cluster.connect(replica)
        await reader.readonly()
        await primary.client.psetex('brief', 60_000, 'v')
        await cluster.replicated(primary)
        expect(await reader.call('PEXPIRETIME', 'brief')).toBe(await primary.client.call('PEXPIRETIME', 'brief'))
        await primary.client.pexpire('brief', 30)
        await until(async () => (await reader.exists('brief')) === 0)
        expect(await primary.client.exists('brief')).toBe(0)
        await until(async () => (await replica.client.dbsize()) === (await primary.client.dbsize()))
      })

      it('what a script did, not the script: both have the same random numbers', async () => {
        const primary = await ownerOfKey('{lua}list')
        const script = `
          for index = 1, 20 do redis.call('RPUSH', KEYS[1], math.random(1000000) .. ':' .. redis.call('TIME')[2]) end
          redis.call('SET', KEYS[2], redis.sha1hex(redis.call('LINDEX', KEYS[1], -1)))
          return redis.call('LLEN', KEYS[1])`
        expect(await primary.client.eval(script, 2, '{lua}list', '{lua}sum')).toBe(20)
        await cluster.replicated(primary)
        const reader = cluster.connect(await replicaOf(primary))
        await reader.readonly()
        expect(await reader.lrange('{lua}list', 0, -1)).toEqual(await primary.client.lrange('{lua}list', 0, -1))
        expect(await reader.get('{lua}sum')).toBe(await primary.client.get('{lua}sum'))
        expect(await reader.get('{lua}sum')).toMatch(/^[0-9a-f]{40}$/)
      })
    })

    describe('carries messages', () => {
      const messagesOf = (subscriber: Redis): string[] => {
        const received: string[] = []
        subscriber.on('message', (channel: string, message: string) => received.push(`${channel} ${message}`))
        subscriber.on('pmessage', (pattern: string, channel: string, message: string) =>
          received.push(`${pattern} ${channel} ${message}`),
        )
        subscriber.on('smessage', (channel: string, message: string) => received.push(`${channel} ${message}`))
        return received
      }

      it('published on any node to the subscribers of every node, of channels and of patterns, once', async () => {
        const subscribers = cluster.members.map((member) => cluster.connect(member))
        const received = subscribers.map(messagesOf)
        await Promise.all(subscribers.map((subscriber) => subscriber.subscribe('news')))
        await Promise.all(subscribers.map((subscriber) => subscriber.psubscribe('n?ws')))
        const expected: string[] = []
        for (const [index, { client }] of cluster.members.entries()) {
          expect(await client.publish('news', `from ${index}`)).toBe(2)
          expected.push(`news from ${index}`, `n?ws news from ${index}`)
        }
        const large = 'x'.repeat(100_000)
        await cluster.at(5).client.publish('news', large)
        expected.push(`news ${large}`, `n?ws news ${large}`)
        await until(() => received.every((messages) => messages.length >= expected.length))
        for (const messages of received) expect([...messages].sort()).toEqual([...expected].sort())
        for (const subscriber of subscribers) subscriber.disconnect()
      })

      it('of a shard within it: to the primary and its replica, and to no other', async () => {
        const channel = 'orders'
        const primary = await ownerOfKey(channel)
        const replica = await replicaOf(primary)
        const elsewhere = await anotherPrimary(primary)
        await expect(cluster.connect(elsewhere).ssubscribe(channel)).rejects.toThrow(`MOVED ${hashSlot(channel)} `)
        await expect(elsewhere.client.spublish(channel, 'm')).rejects.toThrow(`MOVED ${hashSlot(channel)} `)
        const subscribers = [primary, replica].map((member) => cluster.connect(member))
        const received = subscribers.map(messagesOf)
        const classic = cluster.connect(elsewhere)
        const others = messagesOf(classic)
        await classic.subscribe(channel)
        for (const subscriber of subscribers) await subscriber.ssubscribe(channel)
        expect(await primary.client.spublish(channel, 'one')).toBe(1)
        expect(await replica.client.spublish(channel, 'two')).toBe(1)
        await until(() => received.every((messages) => messages.length >= 2))
        for (const messages of received) expect([...messages].sort()).toEqual([`${channel} one`, `${channel} two`])
        // What a classic subscriber gets after it shows that the shard's messages did not come.
        await elsewhere.client.publish(channel, 'classic')
        await until(() => others.length > 0)
        expect(others).toEqual([`${channel} classic`])
        for (const subscriber of [...subscribers, classic]) subscriber.disconnect()
      })
    })

    test.each([0, 1])('node %i lists its slots to be its own by CLUSTER SLOTS and SHARDS alike', async (index) => {
      const { client } = cluster.at(index)
      const slots = (await client.cluster('SLOTS')) as unknown as [number, number, [string, number, string]][]
      const listed = slots.map(([from, to, [, port, id]]) => `${from}-${to} ${port} ${id}`).sort()
      const shards = (await client.call('CLUSTER', 'SHARDS')) as [string, number[], string, unknown[][]][]
      const fromShards = shards.flatMap(([, ranges, , nodes]) => {
        const node = nodes.find((fields) => fields[fields.indexOf('role') + 1] === 'master') ?? []
        const fieldOf = (name: string) => node[node.indexOf(name) + 1]
        return [`${ranges[0]}-${ranges[1]} ${fieldOf('port')} ${fieldOf('id')}`]
      })
      expect(fromShards.sort()).toEqual(listed)
      const self = await listedSelf(client)
      expect(listed.filter((line) => line.endsWith(self.id)).length).toBe(self.isPrimary ? 1 : 0)
    })
  },
  { needsRedis: true },
)
