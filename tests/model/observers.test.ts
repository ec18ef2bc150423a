import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ArrayRepository, Attribute, InvalidArgumentError, Model } from '../../src/index.js'

class Visit extends Model {
  declare id: string
  @Attribute() declare ip: string
}
class Letter extends Visit {}

let seen: string[] = []

beforeEach(() => {
  Model.setRepository(new ArrayRepository())
  seen = []
})
afterEach(() => {
  Visit.flushEventListeners()
  Letter.flushEventListeners()
})

describe('observers', () => {
  class Recorder {
    readonly #name = 'recorder'
    creating(visit: Visit): void {
      seen.push(`${this.#name} creating ${visit.ip}`)
    }
    deleting(): boolean {
      return false
    }
    helper(): void {
      throw new Error('it is no handler')
    }
  }

  test('are objects, classes, or lists of them; their methods named after events are handlers', async () => {
    const remove = Visit.observe([Recorder, { created: (visit) => seen.push(`created ${visit.ip}`) }])
    const visit = await Visit.create({ ip: 'a' })
    expect(seen).toEqual(['recorder creating a', 'created a'])
    expect(await visit.delete()).toBe(false)
    remove()
    expect(await visit.delete()).toBe(true)
  })

  test('of anything else are refused, by name', () => {
    for (const observer of ['AuditObserver', 5, null, () => {}, [Recorder, undefined]] as never[]) {
      expect(() => Visit.observe(observer)).toThrow(InvalidArgumentError)
    }
    expect(() => Visit.observe('AuditObserver' as never)).toThrow('Unable to find observer: AuditObserver')
  })

  test('are removed for a class; those of its base classes stay', async () => {
    Visit.created(() => seen.push('visit'))
    Letter.observe({ created: () => seen.push('letter') })
    await Letter.create()
    Letter.flushEventListeners()
    await Letter.create()
    expect(seen).toEqual(['visit', 'letter', 'visit'])
  })

  test('can be told what there is to observe', () => {
    expect(Visit.getObservableEvents()).toEqual(new Visit().getObservableEvents())
    expect(Visit.getObservableEvents()).toEqual(
      expect.arrayContaining(['retrieved', 'saving', 'deleted', 'replicating']),
    )
  })
})

describe('withoutEvents', () => {
  test('mutes what it awaits, and nothing that runs beside it', async () => {
    Visit.created((visit) => seen.push(visit.ip))
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const muted = Visit.withoutEvents(async () => {
      await gate
      await setImmediate()
      const visit = await Visit.create({ ip: 'muted' })
      return visit.exists
    })
    await Visit.create({ ip: 'beside' })
    release()
    expect(await muted).toBe(true)
    await Visit.create({ ip: 'after' })
    expect(seen).toEqual(['beside', 'after'])
  })

  test('ends with an error too', async () => {
    Visit.saving(() => seen.push('saving'))
    expect(() =>
      Visit.withoutEvents(() => {
        throw new Error('no')
      }),
    ).toThrow('no')
    await Visit.create()
    expect(seen).toEqual(['saving'])
  })

  test('quiet methods do it for one call', async () => {
    for (const event of ['saving', 'saved', 'creating', 'updating', 'deleting'] as const) {
      Visit[event](() => void seen.push(event))
    }
    const visit = await Visit.createQuietly({ ip: 'a' })
    visit.ip = 'b'
    expect([await visit.saveQuietly(), await visit.updateQuietly({ ip: 'c' }), await visit.deleteQuietly()]).toEqual([
      true,
      true,
      true,
    ])
    expect(seen).toEqual([])
  })
})

test('an event emitter is told of every event of every model, after the handlers', async () => {
  const emitter = new EventEmitter()
  emitter.on('redis.model.created: Letter', (letter: Letter) => seen.push(`told of ${letter.ip}`))
  Model.setEventDispatcher(emitter)
  expect(Model.getEventDispatcher()).toBe(emitter)
  Letter.created(() => seen.push('handled'))
  await Letter.create({ ip: 'a' })
  await Model.withoutEvents(() => Letter.create({ ip: 'b' }))
  Model.unsetEventDispatcher()
  await Letter.create({ ip: 'c' })
  expect(seen).toEqual(['handled', 'told of a', 'handled'])
  expect(Model.getEventDispatcher()).toBeNull()
})
