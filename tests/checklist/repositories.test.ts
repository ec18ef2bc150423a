import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import {
  ArrayRepository,
  Attribute,
  type Connection,
  Entity,
  Model,
  ModelNotFoundError,
  type Ranged,
  Searchable,
} from '../../src/index.js'
import { targetUrl } from '../support/open-target.js'
import { describeItems, describePlainItems } from './support/describe-items.js'
import { command, keysOf } from './support/keys-of.js'
import { RecordedConnections } from './support/recorded-connections.js'

@Entity({ timestamps: false, prefix: 'visits' })
class Visit extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
  @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare userId: Ranged<number> | null
}

const rows = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ id: `v${number}`, ip: `ip${number % 7}`, userId: number }))

describeItems([Visit], (item, defect) => {
  item(
    'R1',
    {
      promise: 'The key prefix of a connection is put before every key, and before patterns of a walk.',
      verdict: 'same',
      defects: ['D45'],
      on: ['redis', 'cluster', 'indexed'],
      why: 'The connection does it, not the client: a client prefixes no patterns, no replies and no script keys. It may be left out.',
    },
    async (store) => {
      await Visit.insertMany(rows(20))
      const other = `${store.target.keyPrefix}other:`
      store.connections.define(
        'other',
        targetUrl(store.target).replace(/keyPrefix=[^&]*/, `keyPrefix=${encodeURIComponent(other)}`),
      )
      store.connections.define('bare', store.target.url)
      try {
        Visit.setConnection('other')
        expect([await Visit.count(), await Visit.find('v1')]).toEqual([0, null])
        await Visit.create({ id: 'v1', ip: 'elsewhere' })
        expect(await Visit.query().ids()).toEqual(['v1'])
        Visit.setConnection(null)
        expect([await Visit.count(), (await Visit.find('v1'))?.ip]).toEqual([20, 'ip1'])
        Visit.setConnection('bare')
        expect(await Visit.where('ip', 'elsewhere').exists()).toBe(false)
        Visit.setConnection('other')
        expect(await Visit.truncate()).toBe(1)
      } finally {
        Visit.setConnection(null)
      }
    },
  )

  item(
    'R2',
    {
      promise: 'The `array` repository keeps records in memory, with deadlines, and answers as the others do.',
      verdict: 'mended',
      defects: ['D37'],
      on: ['array'],
      why: 'It passes the same contract; its clock can be set, and one instance serves one connection name. Data is given by `insertMany`.',
    },
    async () => {
      let now = 1_000
      const repository = new ArrayRepository({ now: () => now })
      @Entity({ repository, timestamps: false })
      class Timed extends Model {
        declare id: string
        @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
      }
      const timed = await Timed.create({ id: 'a', ip: 'x' })
      await timed.setExpiry(new Date(2_000))
      now = 1_999
      expect([await Timed.where('ip', 'x').count(), await Timed.query().ids()]).toEqual([1, ['a']])
      now = 2_000
      expect([await Timed.where('ip', 'x').count(), await Timed.find('a'), await Timed.exists()]).toEqual([
        0,
        null,
        false,
      ])
      await Timed.create({ id: 'a', ip: 'y' })
      now = 10_000
      expect([(await Timed.find('a'))?.ip, await Timed.where('ip', '[xy]').exists()]).toEqual(['y', false])
      expect(Visit.getRepository()).toBe(Model.getRepository.call(Visit))
    },
  )

  item(
    'R3',
    {
      promise: 'The `cluster` repository walks every primary.',
      verdict: 'mended',
      defects: ['D39', 'D40', 'D44'],
      on: ['cluster'],
      why: 'Each to its end, keys grouped by node; a primary that cannot be reached is an error.',
    },
    async (store) => {
      await Visit.insertMany(rows(60))
      const connection = await store.connections.connection('default')
      const holding = await Promise.all(
        (await connection.primaries()).map(async (node) => {
          const [outcome] = await node.execute([
            {
              type: 'command',
              name: 'SCAN',
              keys: [],
              args: ['0', 'MATCH', `${connection.keyPrefix}visits:*`, 'COUNT', 100_000],
            },
          ])
          return outcome?.ok ? (outcome.value as [string, string[]])[1].length : 0
        }),
      )
      expect(holding.every((count) => count > 0)).toBe(true)
      expect(holding.reduce((sum, count) => sum + count, 0)).toBe(60)
      expect((await Visit.all()).map(({ id }) => id).sort()).toEqual(
        rows(60)
          .map(({ id }) => id)
          .sort(),
      )
      expect(await Visit.where('ip', 'ip3').count()).toBe(9)
    },
  )

  item(
    'R6',
    { promise: 'One contract suite runs over all repositories.', verdict: 'same', defects: ['D37', 'D46'] },
    (store) => {
      const source = readFileSync(join(__dirname, `../contracts/${store.repository}.test.ts`), 'utf8')
      expect(source).toMatch(/repositoryContract\(/)
      expect(source).toMatch(store.repository === 'array' ? /ArrayRepository/ : /describeTargets/)
    },
  )

  item(
    'Y2',
    {
      promise: 'The same program works on one server and on a cluster.',
      verdict: 'mended',
      why: 'Whether it is a cluster is a part of the URL, never a guess from the client: `redis://`, `redis+cluster://`.',
    },
    async (store) => {
      const visit = await Visit.create({ ip: 'a', userId: 1 })
      await visit.update({ ip: 'b' })
      expect(await Visit.where('ip', 'b').where('userId', '>', 0).ids()).toEqual([visit.id])
      expect([await visit.delete(), await Visit.count()]).toEqual([true, 0])
      if (store.repository === 'array') return
      const { kind } = await store.connections.connection('default')
      expect(kind).toBe(store.target.topology)
    },
  )

  item(
    'Y11',
    {
      promise: 'Many records are stored at once; events, casts and deadlines are the same in every repository.',
      verdict: 'same',
      defects: ['D62'],
      why: '`insertMany` reports row by row; events are an option of it.',
    },
    async () => {
      const seen: string[] = []
      const removers = [
        Visit.created((visit: Visit) => void seen.push(visit.id)),
        Visit.creating((visit: Visit) => visit.id !== 'vetoed'),
      ]
      const report = await Visit.insertMany(
        [
          { id: 'a', userId: 1 },
          { id: 'vetoed' },
          { id: 'a' },
          { id: 'b', userId: 'x' as never },
          { id: 'c', ip: 'i' },
        ],
        { events: true },
      )
      for (const remove of removers) remove()
      expect([report.inserted, report.failed, report.cancelled]).toEqual([2, 2, 1])
      expect(new Map(report.failures.map(({ index, key }) => [index, key]))).toEqual(
        new Map([
          [2, 'a'],
          [3, 'b'],
        ]),
      )
      expect(seen).toEqual(['a', 'c'])
      expect((await Visit.findOrFail('a')).userId).toBe(1)
      const visit = await Visit.findOrFail('c')
      await visit.setExpiry(new Date(Date.now() - 5))
      expect(await Visit.query().ids()).toEqual(['a'])
    },
  )

  defect('D4', { on: ['array', 'indexed'] }, async (store) => {
    await Visit.insertMany(rows(10))
    if (store.repository === 'array') return
    const connections = new RecordedConnections(store.connections)
    Model.useConnections(connections)
    try {
      const visit = await Visit.findOrFail('v1')
      await visit.refresh()
      await visit.fresh()
      await Visit.destroy('v2')
      await Visit.create({ id: 'new' })
      await expect(Visit.create({ id: 'new' })).rejects.toThrow('already exists')
    } finally {
      Model.useConnections(store.connections)
    }
    expect(connections.walks).toBe(0)
    expect(connections.requests).toHaveLength(6)
  })

  defect('D37', {}, async () => {
    const visit = await Visit.create({ id: 'a', ip: '[x]*', userId: 1 })
    await visit.setExpiry(1000)
    await visit.delete()
    const again = await Visit.create({ id: 'a', ip: 'y' })
    expect([await again.getExpiry(), await Visit.where('ip', '=', '[x]*').exists()]).toEqual([null, false])
    await again.setExpiry(new Date(Date.now() - 1))
    let chunks = 0
    await Visit.chunk(5, () => void chunks++)
    expect([await Visit.exists(), chunks, await Visit.count()]).toEqual([false, 0, 0])
    await expect(again.refresh()).resolves.toBe(again)
    await expect(visit.update({ ip: 'z' })).resolves.toBe(false)
  })

  defect('D44', { on: ['cluster', 'indexed'] }, async (store) => {
    const connection = await store.connections.connection('default')
    const keys = Array.from({ length: 40 }, (_, number) => `grouped:${number}`)
    const outcomes = await connection.execute(
      keys.map((key, number) => ({ type: 'command', name: 'SET', keys: [key], args: [number] })),
    )
    expect(outcomes.every(({ ok }) => ok)).toBe(true)
    const read = await connection.execute(keys.map((key) => ({ type: 'command', name: 'GET', keys: [key], args: [] })))
    expect(read.map((outcome) => (outcome.ok ? outcome.value : null))).toEqual(keys.map((_, number) => String(number)))
    for (const key of keys) await command(store, 'DEL', key)
  })

  defect('D50', {}, async (store) => {
    await Visit.insertMany(rows(6))
    for (const id of ['v0', 'v1', 'v2']) await (await Visit.findOrFail(id)).setExpiry(new Date(Date.now() + 15))
    while ((await Visit.findMany(['v0', 'v1', 'v2'])).length > 0);
    expect([await Visit.count(), await Visit.where('ip', 'ip1').exists()]).toEqual([3, false])
    expect((await Visit.query().limit(10).get()).map(({ id }) => id)).toEqual(['v3', 'v4', 'v5'])
    expect((await keysOf(store, 'idx:visits:')).filter((key) => /:ip[:]ip[012]$/.test(key))).toEqual([])
  })

  defect('D61', {}, async () => {
    const visit = await Visit.create({ id: 'a', ip: 'x', userId: 1 })
    await visit.setExpiry(500)
    await visit.unset('ip').save()
    visit.setAttribute('userId', 2)
    await visit.save()
    expect(await Visit.whereNull('ip').where('userId', 2).ids()).toEqual(['a'])
    expect(await Visit.where('ip', 'x').exists()).toBe(false)
    expect(await visit.getExpiry()).not.toBeNull()
  })
})

describePlainItems((item) => {
  item(
    'R5',
    {
      promise: 'A repository can be a class of one’s own; one instance serves each connection.',
      verdict: 'mended',
      defects: ['D36'],
      why: 'It is given the connection and no model: the schema comes with each call.',
    },
    async () => {
      let made = 0
      class Silent extends ArrayRepository {
        constructor(connection: () => Promise<Connection>) {
          super()
          expect(typeof connection).toBe('function')
          made++
        }
        override async insert() {
          return 'inserted' as const
        }
      }
      class Ghost extends Model {}
      class Phantom extends Model {}
      for (const model of [Ghost, Phantom]) model.setRepository(Silent)
      expect((await Ghost.create()).exists).toBe(true)
      expect([await Ghost.all(), await Phantom.all()]).toEqual([[], []])
      expect([made, Ghost.getRepository() === Phantom.getRepository()]).toEqual([1, true])
    },
  )

  item(
    'X1',
    { promise: 'Tests can use the memory repository, without any contact with a server.', verdict: 'same' },
    async () => {
      Model.useConnections({
        connection: async () => {
          throw new Error('a connection was asked for')
        },
      })
      Model.setRepository('array')
      class Note extends Model {
        @Attribute() @Searchable() declare text: string
      }
      const note = await Note.create({ text: 'a' })
      await note.update({ text: 'b' })
      expect(await Note.where('text', 'b').count()).toBe(1)
      await note.delete()
      await expect(Note.findOrFail(note.getKey())).rejects.toThrow(ModelNotFoundError)
      expect(await Note.all()).toEqual([])
    },
  )

  item(
    'Y1',
    {
      promise: 'Repository and connection are chosen for all models or for each.',
      verdict: 'same',
      defects: ['D35'],
    },
    async () => {
      const asked: (string | undefined)[] = []
      Model.useConnections({
        connection: async (name) => {
          asked.push(name)
          throw new Error('closed')
        },
      })
      Model.setRepository('indexed')
      class Plain extends Model {}
      class Scanned extends Model {
        static override repository = 'cluster'
        static override connection = 'old'
      }
      @Entity({ repository: 'redis', connection: 'other' })
      class Shared extends Model {}
      const models = [Plain, Scanned, Shared]
      expect(models.map((model) => model.getRepository().name)).toEqual(['indexed', 'cluster', 'redis'])
      for (const model of models) await expect(model.count()).rejects.toThrow('closed')
      expect(asked).toEqual([undefined, 'old', 'other'])
    },
  )
})
