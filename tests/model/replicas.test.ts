import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  Attribute,
  ConnectionManager,
  confirmed,
  Entity,
  HashTag,
  Model,
  type QueryTrace,
  type Ranged,
  ReplicationError,
  Searchable,
  transaction,
  Unique,
} from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { targetUrl } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { until } from '../support/until.js'

@Entity({ partitions: 6 })
class Order extends Model {
  declare id: string
  @Attribute() @Searchable() declare state: string
  @Attribute({ cast: Number }) @Searchable({ range: true }) declare total: Ranged<number>
}

@Entity({ partitions: 6 })
class Ticket extends Model {
  declare id: string
  @HashTag() declare tenant: string
  @Attribute() @Searchable() declare seat: string
}

@Entity({ partitions: 6 })
class Guest extends Model {
  declare id: string
  @Attribute() @Searchable() @Unique() declare email: string
}

const { schema } = definitionOf(Order.prototype)

describeTargets(['embedded-cluster', 'redis-cluster'], (target) => {
  const connections = new ConnectionManager({})
  beforeAll(async () => {
    connections.define('default', targetUrl(target))
    Model.useConnections(connections)
    Model.setRepository('indexed')
    await Order.insertMany(Array.from({ length: 60 }, (_, total) => ({ state: total % 2 ? 'open' : 'paid', total })))
    // A cluster names a replica some time after it was added.
    await until(async () => {
      const reading = Order.getRepository().reading?.({ readYourWrites: true, maxWaitMs: 1000 })
      await reading?.repository.count(schema, { type: 'all', of: [] })
      return reading?.served().every(({ role }) => role === 'replica') ?? false
    }, 30_000)
  }, 60_000)
  afterAll(async () => {
    await Order.getRepository().clear(schema)
    await connections.closeAll()
  })

  describe('queries from replicas', () => {
    test('are answered by them, and the trace says by whom', async () => {
      const traces: QueryTrace[] = []
      const query = Order.query()
        .fromReplica({ readYourWrites: true, maxWaitMs: 10_000 })
        .onTrace((trace) => traces.push(trace))
      expect((await query.where('state', 'open').orderBy('total').limit(3).get()).map(({ total }) => total)).toEqual([
        1, 3, 5,
      ])
      expect(await query.count()).toBe(60)
      expect(await query.where('total', '>=', 30).sum('total')).toBe(1335)
      expect(await query.countBy('state')).toEqual(
        new Map([
          ['open', 30],
          ['paid', 30],
        ]),
      )
      expect(await query.where('total', '<', 2).exists()).toBe(true)
      expect(await query.ids()).toHaveLength(60)
      const [some] = await query.get()
      expect(await query.find(some!.id)).toMatchObject({ id: some!.id })
      expect(traces).toHaveLength(8)
      for (const { servedBy } of traces) expect(servedBy!.map(({ role }) => role)).not.toContain('primary')
    })

    test('show every write before them', async () => {
      for (let round = 0; round < 40; round += 1) {
        const order = await Order.create({ state: 'fresh', total: 1000 + round })
        const query = Order.query().fromReplica({ readYourWrites: true })
        expect(await query.where('total', 1000 + round).ids()).toEqual([order.id])
        await order.delete()
        expect(await query.where('state', 'fresh').count()).toBe(0)
      }
    })

    test('never show or count what has expired, although replicas cannot remove it', async () => {
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          Order.create({ state: 'brief', total: 5000 + index }, { ttlSeconds: 0.15 }),
        ),
      )
      const stays = await Order.create({ state: 'brief', total: 6000 })
      const query = Order.query().fromReplica({ readYourWrites: true, maxWaitMs: 10_000 }).where('state', 'brief')
      await until(async () => (await query.count()) < 21)
      await until(async () => (await query.count()) === 1)
      expect(await query.ids()).toEqual([stays.id])
      expect(await query.where('total', '>', 1).orderBy('total', 'desc').get()).toHaveLength(1)
      expect(await Order.query().fromReplica().where('state', '!=', 'brief').count()).toBe(60)
      expect(await query.max('total')).toBe(6000)
      await stays.delete()
    })

    test('of a repository that walks primaries are answered by those, and the trace says so', async () => {
      const traces: QueryTrace[] = []
      Order.setRepository('cluster')
      await Order.query()
        .fromReplica()
        .onTrace((trace) => traces.push(trace))
        .where('state', 'none')
        .get()
      Order.setRepository('indexed')
      expect(traces[0]?.servedBy).toEqual([
        { address: null, role: 'primary', reason: 'the repository [cluster] reads from primaries alone' },
      ])
    })
  })

  describe('writes that replicas confirm', () => {
    test('are creations, updates, removals and many rows', async () => {
      const options = { waitReplicas: 1, timeoutMs: 10_000 }
      const order = await Order.create({ state: 'sure', total: 1 }, options)
      expect(await order.update({ total: 2 }, options)).toBe(true)
      expect(await order.save(options)).toBe(false)
      expect(await order.delete(options)).toBe(true)
      const report = await Order.insertMany(
        Array.from({ length: 300 }, (_, total) => ({ state: 'sure', total })),
        options,
      )
      expect(report).toMatchObject({ inserted: 300, failed: 0 })
      const removed = await confirmed(options, async () => Order.destroy(await Order.where('state', 'sure').ids()))
      expect(removed).toBe(300)
    })

    test('that too few confirm are stored, counted as saved, and reported when all is done', async () => {
      const events: string[] = []
      Order.created(() => void events.push('created'))
      const order = new Order().fill({ state: 'unsure', total: 7 })
      const failure = await order.save({ waitReplicas: 9, timeoutMs: 20 }).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(ReplicationError)
      expect(failure).toMatchObject({ code: 'REPLICATION', wanted: 9, acknowledged: 1 })
      expect(events).toEqual(['created'])
      expect([order.exists, order.isDirty()]).toEqual([true, false])
      expect(await Order.find(order.id)).toMatchObject({ total: 7 })
      await expect(order.delete({ waitReplicas: 9, timeoutMs: 20 })).rejects.toBeInstanceOf(ReplicationError)
      expect(order.exists).toBe(false)
      expect(await Order.find(order.id)).toBeNull()
    })

    test('are those of transactions, claims of unique values and bulk changes too', async () => {
      const sure = { waitReplicas: 1, timeoutMs: 10_000 }
      const unsure = { waitReplicas: 9, timeoutMs: 20 }
      await confirmed(sure, () => transaction('t', (tx) => tx.create(Ticket, { seat: 'a1' })))
      await expect(
        confirmed(unsure, () => transaction('t', (tx) => tx.create(Ticket, { seat: 'a2' }))),
      ).rejects.toBeInstanceOf(ReplicationError)
      const guest = await Guest.create({ email: 'a@x' }, sure)
      await expect(guest.update({ email: 'b@x' }, unsure)).rejects.toBeInstanceOf(ReplicationError)
      expect(await Guest.query().fromReplica({ readYourWrites: true }).where('email', 'b@x').count()).toBe(1)
      await confirmed(sure, () => Ticket.query().updateMany({ seat: 'b' }))
      expect(await Ticket.where('seat', 'b').count()).toBe(2)
      await confirmed(sure, () => Guest.query().deleteMany())
      await Ticket.truncate()
      expect(await Guest.count()).toBe(0)
    })

    test('refuse numbers out of range before anything is written', async () => {
      const order = new Order().fill({ state: 'never', total: 1 })
      await expect(order.save({ waitReplicas: 0 })).rejects.toThrow('waitReplicas is 0')
      await expect(order.save({ waitReplicas: 1, timeoutMs: 1e9 })).rejects.toThrow('timeoutMs is 1000000000')
      await expect(order.save({ timeoutMs: 100 })).rejects.toThrow('without waitReplicas')
      expect(await Order.where('state', 'never').count()).toBe(0)
    })
  })
})

test('a repository in memory has nothing to wait for', async () => {
  Order.setRepository('array')
  const order = await Order.create({ state: 'memory', total: 1 }, { waitReplicas: 1 })
  expect(await Order.query().fromReplica({ readYourWrites: true }).ids()).toEqual([order.id])
})
