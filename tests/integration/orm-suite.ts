import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import dayjs from 'dayjs'
import { ConnectionManager, DuplicateKeyError, Model, ModelNotFoundError } from '../../src/index.js'
import { definitionOf } from '../../src/model/definition-of.js'
import { auditIndexes } from '../repositories/index-auditor.js'
import { targetUrl } from '../support/open-target.js'
import type { Target } from '../support/targets.js'
import { until } from '../support/until.js'
import { City, type CityRow, cityRows, OtherVisit, Visit } from './visit-models.js'

const repositoriesOf = {
  memory: ['array'],
  standalone: ['indexed', 'redis'],
  cluster: ['indexed', 'cluster'],
} as const satisfies Record<Target['topology'], readonly string[]>

/** The order of strings as Redis has it. */
const byBytes = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right))
const idsOf = (rows: readonly { id: string }[]): string[] => rows.map((row) => row.id).sort(byBytes)

/** What models promise, through their public face only, on one target and every repository that it carries. */
export function ormSuite(target: Target): void {
  describe.each(repositoriesOf[target.topology])('with the %s repository', (repository) => {
    const connections = new ConnectionManager({})
    const sendsRange = repository === 'indexed' || repository === 'array'
    /** The others keep searchable values in the key of the record: two writers of one id write two keys. */
    const isAtomic = sendsRange

    beforeAll(() => {
      if (target.topology !== 'memory') {
        const url = targetUrl(target)
        connections.define('main', `${url}${repository}:`)
        connections.define('second', `${url}${repository}:second:`)
      }
      Model.useConnections(connections)
      for (const model of [Visit, City, OtherVisit]) model.setRepository(repository)
    })
    const clear = async (): Promise<void> => {
      for (const model of [Visit, City, OtherVisit]) {
        await model.getRepository().clear(definitionOf(model.prototype).schema)
      }
    }
    beforeEach(clear)
    afterAll(async () => {
      await clear()
      await connections.closeAll()
    })
    /** After every test of the indexed repository, indexes and records must tell the same story. */
    afterEach(async () => {
      if (repository !== 'indexed') return
      const [main, second] = [await connections.connection('main'), await connections.connection('second')]
      expect(await auditIndexes(main, definitionOf(Visit.prototype).schema)).toEqual([])
      expect(await auditIndexes(main, definitionOf(City.prototype).schema)).toEqual([])
      expect(await auditIndexes(second, definitionOf(OtherVisit.prototype).schema)).toEqual([])
    })

    describe('one record', () => {
      test('the first example: create, find by pattern and range, update, delete', async () => {
        const visit = await Visit.create({ ip: '192.168.1.100', userId: 7, metadata: { tags: ['a', 'b'] } })
        await Visit.create({ ip: '192.168.2.1', userId: 3 })
        expect(idsOf(await Visit.where('ip', '192.168.1.*').get())).toEqual([visit.id])
        if (sendsRange) {
          const busy = Visit.where('userId', '>=', 5).where('ip', '192.168.1.100')
          expect(idsOf(await busy.orderBy('userId', 'desc').limit(10).get())).toEqual([visit.id])
        }
        expect(await visit.update({ ip: '10.0.0.1' })).toBe(true)
        expect(await Visit.where('ip', '192.168.1.*').get()).toEqual([])
        expect((await Visit.where('ip', '10.0.0.1').firstOrFail()).metadata).toEqual({ tags: ['a', 'b'] })
        expect(await visit.delete()).toBe(true)
        expect(await Visit.find(visit.id)).toBeNull()
        expect(await Visit.count()).toBe(1)
      })

      test('every value comes back as it was stored', async () => {
        const seenAt = dayjs('2024-02-29T12:34:56.789Z')
        const ip = '\0 "quoted" \r\n ü Ω 漢字 🙂 * ? [a] \\ %2A : {tag}'
        const { id } = await Visit.create({ ip, userId: -0.1, seenAt, metadata: { tags: ['*', ''] } })
        const found = await Visit.findOrFail(id)
        expect([found.ip, found.userId, found.seenAt!.valueOf(), found.metadata]).toEqual([
          ip,
          -0.1,
          seenAt.valueOf(),
          { tags: ['*', ''] },
        ])
        expect(idsOf(await Visit.where('ip', '=', ip).get())).toEqual([id])
      })

      test('only what changed is written: two objects of one record do not undo each other', async () => {
        const { id } = await Visit.create({ ip: 'a', userId: 1 })
        const [first, second] = [await Visit.findOrFail(id), await Visit.findOrFail(id)]
        await first.update({ ip: 'b' })
        await second.update({ userId: 2 })
        const stored = await Visit.findOrFail(id)
        expect([stored.ip, stored.userId]).toEqual(['b', 2])
      })

      test('a record that was deleted meanwhile is not half resurrected by an update', async () => {
        const visit = await Visit.create({ ip: 'a', userId: 1 })
        const copy = await Visit.findOrFail(visit.id)
        await visit.delete()
        await expect(copy.update({ ip: 'b' })).rejects.toBeInstanceOf(ModelNotFoundError)
        expect(await Visit.count()).toBe(0)
        expect(await Visit.where('ip', 'b').get()).toEqual([])
      })

      if (isAtomic) {
        test('of 20 creations with one key at the same time exactly one succeeds', async () => {
          const outcomes = await Promise.allSettled(
            Array.from({ length: 20 }, (_, index) => Visit.create({ id: 'one', ip: `ip${index}`, userId: index })),
          )
          const winners = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [index] : []))
          expect(winners).toHaveLength(1)
          for (const outcome of outcomes) {
            if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(DuplicateKeyError)
          }
          expect((await Visit.all()).map((visit) => visit.ip)).toEqual([`ip${winners[0]}`])
        })
      }
    })

    describe('expiry', () => {
      test('an expired record is in no answer, and its key is free again', async () => {
        const visit = await Visit.create({ id: 'gone', ip: 'a', userId: 1 }, { ttlSeconds: 0.05 })
        const kept = await Visit.create({ ip: 'a', userId: 1 })
        await until(async () => (await Visit.find('gone')) === null)
        expect(await Visit.count()).toBe(1)
        expect(idsOf(await Visit.where('ip', 'a').get())).toEqual([kept.id])
        expect(await visit.getExpiry()).toBeNull()
        await Visit.create({ id: 'gone', ip: 'b', userId: 2 })
        expect(await Visit.where('ip', 'b').count()).toBe(1)
      })

      test('a deadline survives updates, can be moved and taken away', async () => {
        const visit = await Visit.create({ ip: 'a', userId: 1 })
        const deadline = new Date(Date.now() + 3_600_000)
        expect(await visit.setExpiry(deadline)).toBe(true)
        await visit.update({ ip: 'b', userId: 2 })
        expect(await visit.getExpiry()).toEqual(deadline)
        await visit.setExpiry(null)
        expect(await visit.getExpiry()).toBeNull()
        await visit.setExpiry(new Date(Date.now() - 1))
        expect(await Visit.find(visit.id)).toBeNull()
        expect(await Visit.count()).toBe(0)
      })
    })

    describe('events', () => {
      test('run in their order around what is stored, and `false` cancels', async () => {
        const seen: string[] = []
        const names = [
          'retrieved',
          'saving',
          'creating',
          'created',
          'updating',
          'updated',
          'saved',
          'deleting',
          'deleted',
        ] as const
        const remove = names.map((name) => Visit[name]((visit) => void seen.push(`${name} ${visit.userId}`)))
        try {
          const visit = await Visit.create({ ip: 'a', userId: 1 })
          await visit.update({ userId: 2 })
          await visit.update({ userId: 2 })
          await Visit.find(visit.id)
          remove.push(Visit.deleting((record) => record.userId !== 2))
          expect(await visit.delete()).toBe(false)
          expect(await Visit.find(visit.id)).not.toBeNull()
          await visit.update({ userId: 3 })
          expect(await visit.delete()).toBe(true)
        } finally {
          for (const take of remove) take()
        }
        expect(seen).toEqual([
          ...['saving 1', 'creating 1', 'created 1', 'saved 1'],
          ...['saving 2', 'updating 2', 'updated 2', 'saved 2'],
          ...['saving 2', 'saved 2'],
          'retrieved 2',
          'deleting 2',
          'retrieved 2',
          ...['saving 3', 'updating 3', 'updated 3', 'saved 3'],
          ...['deleting 3', 'deleted 3'],
        ])
      })
    })

    describe('many records', () => {
      const rows = cityRows(400)
      const inMemory = (holds: (row: CityRow) => boolean): string[] => idsOf(rows.filter(holds))
      const store = async (): Promise<void> => {
        const report = await City.insertMany(rows)
        expect([report.inserted, report.failed]).toEqual([rows.length, 0])
      }

      test('queries answer what the plain array answers', async () => {
        await store()
        expect(await City.count()).toBe(rows.length)
        expect(idsOf(await City.where('country', 'DE').get())).toEqual(inMemory((row) => row.country === 'DE'))
        expect(idsOf(await City.where('name', 'Ber*').get())).toEqual(inMemory((row) => row.name.startsWith('Ber')))
        expect(idsOf(await City.where('name', '*1').where('country', 'JP').get())).toEqual(
          inMemory((row) => row.name.endsWith('1') && row.country === 'JP'),
        )
        expect(idsOf(await City.where('name', '=', 'x:y|z%2A*').get())).toEqual(
          inMemory((row) => row.name === 'x:y|z%2A*'),
        )
        expect(await City.where('country', 'Ωμ').where('municipality', 'M1').count()).toBe(
          inMemory((row) => row.country === 'Ωμ' && row.municipality === 'M1').length,
        )
        expect(idsOf(await City.findMany(['city-3', 'absent', 'city-399']))).toEqual(['city-3', 'city-399'])
        expect(await City.where('country', 'XX').exists()).toBe(false)
      })

      if (sendsRange) {
        test('ranges, lists, nulls and orders answer what the plain array answers', async () => {
          await store()
          const top = await City.where('country', 'FR')
            .where('population', '>', 500)
            .orderBy('population', 'desc')
            .limit(10)
            .get()
          const expected = rows
            .filter((row) => row.country === 'FR' && row.population > 500)
            .map((row) => row.population)
            .sort((left, right) => right - left)
            .slice(0, 10)
          expect(top.map((city) => city.population)).toEqual(expected)
          expect(idsOf(await City.whereNull('municipality').get())).toEqual(
            inMemory((row) => row.municipality === null),
          )
          expect(idsOf(await City.whereIn('country', ['DE', 'Ωμ']).get())).toEqual(
            inMemory((row) => row.country === 'DE' || row.country === 'Ωμ'),
          )
          expect(await City.where('population', 'between', [100, 5000]).count()).toBe(
            inMemory((row) => row.population >= 100 && row.population <= 5000).length,
          )
          const names = (await City.where('country', 'IS').orderBy('name').get()).map((city) => city.name)
          const sorted = rows.filter((row) => row.country === 'IS').map((row) => row.name)
          expect(names).toEqual(sorted.sort(byBytes))
        })
      }

      test('pages by cursor show every row once, while rows come and go', async () => {
        await store()
        const seen: string[] = []
        let after: string | null = null
        let page = 0
        do {
          const { rows: found, next } = await City.where('country', 'DE').cursorPaginate({ size: 7, after })
          seen.push(...found.map((city) => city.id))
          // A row of an earlier page goes; the later ones stay where they are.
          if (page === 1) await City.destroy(seen[0]!)
          page += 1
          after = next
        } while (after !== null)
        expect(seen.length).toBe(new Set(seen).size)
        expect([...seen].sort(byBytes)).toEqual(inMemory((row) => row.country === 'DE'))
      })

      test('deleting while iterating reaches every row', async () => {
        await store()
        let visited = 0
        for await (const city of City.where('country', 'JP')) {
          visited += 1
          await city.delete()
        }
        expect(visited).toBe(inMemory((row) => row.country === 'JP').length)
        expect(await City.where('country', 'JP').count()).toBe(0)
        await City.chunk(50, async (cities) => {
          await City.destroy(cities.map((city) => city.id))
        })
        expect(await City.count()).toBe(0)
      })

      test('a row that cannot be stored is reported and does not stop the others', async () => {
        await City.create({ ...rows[1]! })
        const given = [rows[0]!, rows[1]!, { ...rows[2]!, population: 1.5 }, rows[3]!]
        const report = await City.insertMany(given)
        expect([report.inserted, report.failed]).toEqual([2, 2])
        expect(report.failures.map(({ index, error }) => [index, error.name])).toEqual(
          expect.arrayContaining([
            [1, 'DuplicateKeyError'],
            [2, 'CastError'],
          ]),
        )
        expect(idsOf(await City.all())).toEqual(['city-0', 'city-1', 'city-3'])
      })
    })

    if (isAtomic) {
      describe('many writers', () => {
        test('random creates, updates and deletes at the same time leave indexes that match the records', async () => {
          const rounds = process.env.FULL === '1' ? 300 : 40
          const ids = Array.from({ length: 12 }, (_, index) => `r${index}`)
          const [countries, sizes] = [
            ['A', 'B', 'C'],
            [1, 2, 3, 4],
          ]
          const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(Math.random() * values.length)]!
          const step = async (): Promise<void> => {
            const id = pick(ids)
            const values = { country: pick(countries), population: pick(sizes), municipality: pick([null, 'M']) }
            const found = await City.find(id)
            if (found === null) await City.create({ id, name: pick(['x', 'y']), ...values })
            else if (Math.random() < 0.3) await found.delete()
            else await found.update(Math.random() < 0.5 ? values : { name: pick(['x', 'y', 'z']) })
          }
          const writers = Array.from({ length: 8 }, async () => {
            for (let round = 0; round < rounds; round += 1) {
              await step().catch((error: unknown) => {
                // Somebody else was first: that is an answer, not a fault.
                if (!(error instanceof DuplicateKeyError) && !(error instanceof ModelNotFoundError)) throw error
              })
            }
          })
          await Promise.all(writers)
          const stored = await City.findMany(ids)
          expect(await City.count()).toBe(stored.length)
          for (const country of countries) {
            expect(idsOf(await City.where('country', country).get())).toEqual(
              idsOf(stored.filter((city) => city.country === country)),
            )
          }
          for (const name of ['x', 'y', 'z']) {
            expect(await City.where('name', name).count()).toBe(stored.filter((city) => city.name === name).length)
          }
        })
      })
    }

    if (target.topology !== 'memory') {
      describe('several connections', () => {
        test('models of one name under different key prefixes do not see each other', async () => {
          await Visit.create({ id: 'same', ip: 'main', userId: 1 })
          await OtherVisit.create({ id: 'same', ip: 'second' })
          expect((await Visit.findOrFail('same')).ip).toBe('main')
          expect((await OtherVisit.findOrFail('same')).ip).toBe('second')
          await OtherVisit.destroy('same')
          expect(await Visit.count()).toBe(1)
        })

        test('requests over both at once are answered', async () => {
          const work = Array.from({ length: 50 }, (_, index) =>
            index % 2 === 0 ? Visit.create({ ip: 'x', userId: index }) : OtherVisit.create({ ip: 'y' }),
          )
          await Promise.all(work)
          expect([await Visit.where('ip', 'x').count(), await OtherVisit.where('ip', 'y').count()]).toEqual([25, 25])
        })
      })
    }
  })
}
