import { expect } from '@jest/globals'
import type { Dayjs } from 'dayjs'
import { Attribute, Entity, InvalidArgumentError, Model, type ModelEvent, Searchable } from '../../src/index.js'
import { describeItems, describePlainItems } from './support/describe-items.js'

class Visit extends Model {
  declare id: string
  declare created_at: Dayjs
  declare updated_at: Dayjs
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
}

class SpecialVisit extends Visit {}

@Entity({ timestamps: false })
class Timeless extends Model {}

@Entity({ createdAt: 'born', updatedAt: null })
class Born extends Model {}

const all: readonly ModelEvent[] = [
  'retrieved',
  'creating',
  'created',
  'updating',
  'updated',
  'saving',
  'saved',
  'deleting',
  'deleted',
  'replicating',
]

/** Writes down the events of a model while work is done. */
async function eventsDuring(work: () => Promise<unknown>, model: typeof Visit = Visit): Promise<string[]> {
  const seen: string[] = []
  const removers = all.map((event) => model.observe({ [event]: () => void seen.push(event) }))
  try {
    await work()
  } finally {
    for (const remove of removers) remove()
  }
  return seen
}

describeItems([Visit, SpecialVisit], (item) => {
  item(
    'M1',
    { promise: 'Creation sets both times and an update the later one, unless they were set by hand.', verdict: 'same' },
    async () => {
      const before = Date.now()
      const visit = await Visit.create({ ip: 'a' })
      expect(visit.created_at.valueOf()).toBeGreaterThanOrEqual(before)
      expect(visit.updated_at.valueOf()).toBe(visit.created_at.valueOf())
      const old = await Visit.create({ created_at: '2020-01-01', updated_at: new Date(0) } as never)
      expect([old.created_at.toISOString(), old.updated_at.valueOf()]).toEqual(['2020-01-01T00:00:00.000Z', 0])
      await old.update({ ip: 'b' })
      const stored = await Visit.findOrFail(old.id)
      expect(stored.created_at.toISOString()).toBe('2020-01-01T00:00:00.000Z')
      expect(stored.updated_at.valueOf()).toBeGreaterThanOrEqual(before)
      const fresh = new Visit().updateTimestamps()
      expect([fresh.created_at.valueOf() >= before, fresh.updated_at.valueOf() >= before]).toEqual([true, true])
    },
  )

  item(
    'E1',
    {
      promise: 'There are events before and after creation, update, saving and deletion, and after reading.',
      verdict: 'mended',
      why: '`replicating` happens, too, when a record is replicated. Booting has hooks (A9) and no events.',
    },
    async () => {
      const seen = await eventsDuring(async () => {
        const visit = await Visit.create({ ip: 'a' })
        await visit.update({ ip: 'b' })
        await Visit.find(visit.id)
        await visit.replicate()
        await visit.delete()
      })
      expect(new Set(seen)).toEqual(new Set(all))
    },
  )

  item(
    'E2',
    {
      promise: 'A class registers handlers by a method named after the event; they are awaited in order.',
      verdict: 'mended',
      why: 'Registering returns the function that removes the handler.',
    },
    async () => {
      const seen: string[] = []
      const removers = [
        Visit.saving(async () => {
          await new Promise((resolve) => setImmediate(resolve))
          seen.push('slow')
        }),
        Visit.saving(() => void seen.push('quick')),
      ]
      await Visit.create()
      for (const remove of removers) remove()
      await Visit.create()
      expect(seen).toEqual(['slow', 'quick'])
    },
  )

  item(
    'E3',
    {
      promise: 'False from an event before a write cancels it; nothing is written and no later event happens.',
      verdict: 'mended',
      why: 'Only false ends the chain: a handler that returns something by accident used to end it too.',
    },
    async () => {
      for (const event of ['saving', 'creating'] as const) {
        const removers = [Visit[event](() => true), Visit[event](() => false)]
        const seen = await eventsDuring(() => Visit.create({ ip: 'a' }))
        for (const remove of removers) remove()
        expect([await Visit.count(), seen.includes('created'), seen.includes('saved')]).toEqual([0, false, false])
      }
      const visit = await Visit.create({ ip: 'a' })
      const removers = [Visit.updating(() => false), Visit.deleting(() => false)]
      expect([await visit.update({ ip: 'b' }), await visit.delete(), visit.exists]).toEqual([false, false, true])
      for (const remove of removers) remove()
      expect((await Visit.findOrFail(visit.id)).ip).toBe('a')
    },
  )

  item(
    'E4',
    {
      promise: 'Events come in a fixed sequence.',
      verdict: 'mended',
      defects: ['D32'],
      why: 'A save without changes is saving and saved, so that pairs stay pairs; it used to be saving and updating.',
    },
    async () => {
      let visit = new Visit({ ip: 'a' })
      expect(await eventsDuring(() => visit.save())).toEqual(['saving', 'creating', 'created', 'saved'])
      expect(await eventsDuring(() => visit.update({ ip: 'b' }))).toEqual(['saving', 'updating', 'updated', 'saved'])
      expect(await eventsDuring(() => visit.save())).toEqual(['saving', 'saved'])
      await Visit.create({ ip: 'b' })
      expect(await eventsDuring(() => Visit.where('ip', 'b').get())).toEqual(['retrieved', 'retrieved'])
      visit = await Visit.findOrFail(visit.id)
      expect(await eventsDuring(() => visit.delete())).toEqual(['deleting', 'deleted'])
    },
  )

  item(
    'E5',
    { promise: 'Observers are objects or classes with methods named after events.', verdict: 'same' },
    async () => {
      const seen: string[] = []
      class Observer {
        readonly name = 'class'
        creating(visit: Visit): void {
          seen.push(`${this.name} ${visit.ip}`)
        }
        unrelated(): void {
          seen.push('never')
        }
      }
      const remove = Visit.observe([Observer, { saved: (visit: Visit) => void seen.push(`object ${visit.ip}`) }])
      await Visit.create({ ip: 'a' })
      remove()
      await Visit.create({ ip: 'b' })
      expect(seen).toEqual(['class a', 'object a'])
      expect(() => Visit.observe('Missing' as never)).toThrow(InvalidArgumentError)
      expect(() => Visit.observe('Missing' as never)).toThrow('Unable to find observer: Missing')
    },
  )

  item(
    'E6',
    {
      promise: 'Work can be done without events; handlers can be removed all at once.',
      verdict: 'mended',
      why: 'Muted is what the function and all that it awaits do, not what runs beside it.',
    },
    async () => {
      const seen: string[] = []
      const note = () => void seen.push('saved')
      const remove = Visit.saved(note)
      await Model.withoutEvents(async () => {
        await Visit.create()
        await Promise.resolve()
        await Visit.create()
      })
      expect(seen).toEqual([])
      await expect(
        Model.withoutEvents(async () => {
          throw new Error('inside')
        }),
      ).rejects.toThrow('inside')
      const [muted] = await Promise.all([Model.withoutEvents(() => Visit.create()), Visit.create()])
      expect([muted.exists, seen.splice(0)]).toEqual([true, ['saved']])
      Visit.flushEventListeners()
      await Visit.create()
      expect(seen).toEqual([])
      remove()
    },
  )

  item(
    'E8',
    {
      promise: 'Handlers of a base class run for subclasses too, and before theirs.',
      verdict: 'mended',
      why: 'As everywhere where classes inherit; they used to be those of the very class only.',
    },
    async () => {
      const seen: string[] = []
      const removers = [
        SpecialVisit.created(() => void seen.push('special')),
        Visit.created(() => void seen.push('visit')),
      ]
      await SpecialVisit.create()
      expect(seen.splice(0)).toEqual(['visit', 'special'])
      await Visit.create()
      expect(seen).toEqual(['visit'])
      for (const remove of removers) remove()
    },
  )
})

describePlainItems((item) => {
  item(
    'M2',
    {
      promise: 'A record knows the names of its times and can set them.',
      verdict: 'mended',
      why: '`freshTimestampString` is the stored form, ISO 8601 in UTC.',
    },
    () => {
      const visit = new Visit()
      expect([visit.getCreatedAtColumn(), visit.getUpdatedAtColumn(), visit.usesTimestamps()]).toEqual([
        'created_at',
        'updated_at',
        true,
      ])
      expect(visit.setCreatedAt(new Date(0)).setUpdatedAt('2024-01-01').created_at.valueOf()).toBe(0)
      expect(visit.updated_at.toISOString()).toBe('2024-01-01T00:00:00.000Z')
      expect(visit.freshTimestamp()).toBeInstanceOf(Date)
      expect(visit.freshTimestampString()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      expect([new Timeless().usesTimestamps(), new Timeless().getCreatedAtColumn()]).toEqual([false, null])
      expect([new Born().getCreatedAtColumn(), new Born().getUpdatedAtColumn(), new Born().usesTimestamps()]).toEqual([
        'born',
        null,
        true,
      ])
    },
  )

  item(
    'E7',
    {
      promise: 'The names of the events can be listed, and one listener told of all of them.',
      verdict: 'mended',
      why: 'The dispatcher is anything with `emit`, such as an EventEmitter; the names of events are the same.',
    },
    async () => {
      Visit.setRepository('array')
      expect(new Visit().getObservableEvents()).toEqual(expect.arrayContaining([...all]))
      const seen: string[] = []
      const before = Model.getEventDispatcher()
      Model.setEventDispatcher({ emit: (event) => void seen.push(event) })
      await Visit.create({ id: 'dispatched' })
      Model.unsetEventDispatcher()
      await Visit.create()
      expect(before).toBeNull()
      expect(seen).toEqual([
        'redis.model.saving: Visit',
        'redis.model.creating: Visit',
        'redis.model.created: Visit',
        'redis.model.saved: Visit',
      ])
    },
  )
})
