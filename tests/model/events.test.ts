import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  ArrayRepository,
  Attribute,
  InvalidArgumentError,
  InvalidStateError,
  Model,
  type ModelEvent,
  Searchable,
} from '../../src/index.js'

class Document extends Model {
  declare id: string
  @Attribute() @Searchable() declare title: string
}

class Letter extends Document {}

const events: readonly ModelEvent[] = [
  'retrieved',
  'creating',
  'created',
  'updating',
  'updated',
  'saving',
  'saved',
  'deleting',
  'deleted',
]

let seen: string[]
let removers: (() => void)[]

const listen = (model: typeof Document, event: ModelEvent, handler: (record: Document) => unknown): void => {
  removers.push(model[event].call(model, handler as never))
}
const listenToAll = (model: typeof Document, name = ''): void => {
  for (const event of events) listen(model, event, () => seen.push(`${name}${event}`))
}
const takeSeen = (): string[] => seen.splice(0)

beforeEach(() => {
  Model.setRepository(new ArrayRepository())
  seen = []
  removers = []
})
afterEach(() => {
  for (const remove of removers) remove()
})

describe('the order of events', () => {
  test('create, update, delete, and reading once for each row', async () => {
    listenToAll(Document)
    const document = await Document.create({ title: 'a' })
    expect(takeSeen()).toEqual(['saving', 'creating', 'created', 'saved'])
    await document.update({ title: 'b' })
    expect(takeSeen()).toEqual(['saving', 'updating', 'updated', 'saved'])
    await Document.create({ title: 'b' })
    takeSeen()
    await Document.where('title', 'b').get()
    expect(takeSeen()).toEqual(['retrieved', 'retrieved'])
    await Document.find(document.id)
    await document.fresh()
    expect(takeSeen()).toEqual(['retrieved', 'retrieved'])
    await document.refresh()
    await Document.where('title', 'b').count()
    expect(takeSeen()).toEqual([])
    await document.delete()
    expect(takeSeen()).toEqual(['deleting', 'deleted'])
  })

  test('a save without changes fires saving and its partner saved, and no updating', async () => {
    const document = await Document.create({ title: 'a' })
    listenToAll(Document)
    expect(await document.save()).toBe(false)
    expect(takeSeen()).toEqual(['saving', 'saved'])
  })

  test('what a saving handler changes is part of the save', async () => {
    const document = await Document.create({ title: 'a' })
    listen(Document, 'saving', (record) => {
      record.title = 'by handler'
    })
    expect(await document.save()).toBe(true)
    expect((await Document.findOrFail(document.id)).title).toBe('by handler')
  })

  test('creating sees the key and the changes, created sees a stored record without any', async () => {
    const states: unknown[] = []
    const note = (record: Document): void => {
      states.push([record.exists, record.isDirty(), typeof record.getKey(), record.wasRecentlyCreated])
    }
    listen(Document, 'creating', note)
    listen(Document, 'created', note)
    await Document.create({ title: 'a' })
    expect(states).toEqual([
      [false, true, 'string', false],
      [true, false, 'string', true],
    ])
  })

  test('handlers are awaited, one after the other, in order of registration', async () => {
    for (const name of ['first', 'second']) {
      listen(Document, 'saving', async () => {
        seen.push(`${name} begins`)
        await new Promise((resolve) => setImmediate(resolve))
        seen.push(`${name} ends`)
      })
    }
    await Document.create({ title: 'a' })
    expect(takeSeen()).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
  })
})

describe('a handler that answers false', () => {
  test.each(['saving', 'creating'] as const)('to %s cancels a creation', async (event) => {
    listen(Document, event, async () => false)
    listen(Document, event, () => seen.push('later handler'))
    listen(Document, 'saved', () => seen.push('saved'))
    const document = await Document.create({ title: 'a' })
    expect([document.exists, await Document.count(), takeSeen()]).toEqual([false, 0, []])
  })

  test.each(['saving', 'updating'] as const)('to %s cancels an update, which stays a change', async (event) => {
    const document = await Document.create({ title: 'a' })
    listen(Document, event, () => false)
    expect(await document.update({ title: 'b' })).toBe(false)
    expect(document.getDirty()).toEqual({ title: 'b' })
    expect((await Document.findOrFail(document.id)).title).toBe('a')
  })

  test('to deleting keeps the record, and destroy does not count it', async () => {
    const kept = await Document.create({ title: 'keep' })
    const other = await Document.create({ title: 'b' })
    listen(Document, 'deleting', (record) => record.title !== 'keep')
    expect(await kept.delete()).toBe(false)
    expect(await Document.destroy([kept.id, other.id])).toBe(1)
    expect(await Document.query().ids()).toEqual([kept.id])
  })

  test('to an event after the fact changes nothing', async () => {
    listen(Document, 'created', () => false)
    listen(Document, 'saved', () => seen.push('saved'))
    expect((await Document.create({ title: 'a' })).exists).toBe(true)
    expect(takeSeen()).toEqual(['saved'])
  })
})

describe('handlers', () => {
  test('of a base class run for subclasses too, before their own; those of a subclass do not run for the base', async () => {
    listenToAll(Letter as typeof Document, 'letter ')
    listenToAll(Document, 'document ')
    await Letter.create({ title: 'a' })
    expect(takeSeen()).toEqual(
      ['saving', 'creating', 'created', 'saved'].flatMap((event) => [`document ${event}`, `letter ${event}`]),
    )
    await Document.create({ title: 'a' })
    expect(takeSeen()).toEqual(['document saving', 'document creating', 'document created', 'document saved'])
  })

  test('can be removed; the same function registered twice runs twice and is removed one by one', async () => {
    const handler = (): unknown => seen.push('called')
    const remove = Document.saving(handler)
    const removeOther = Document.saving(handler)
    await Document.create({ title: 'a' })
    expect(takeSeen()).toHaveLength(2)
    remove()
    await Document.create({ title: 'a' })
    expect(takeSeen()).toHaveLength(1)
    removeOther()
    await Document.create({ title: 'a' })
    expect(takeSeen()).toHaveLength(0)
  })

  test('that throw stop the save before anything is written', async () => {
    listen(Document, 'creating', () => {
      throw new Error('no')
    })
    await expect(Document.create({ title: 'a' })).rejects.toThrow('no')
    expect(await Document.count()).toBe(0)
  })

  test('that save the record again are refused before the write and served after it', async () => {
    let again: unknown
    listen(Document, 'saving', async (record) => {
      again = await record.save().catch((error: unknown) => error)
    })
    const document = await Document.create({ title: 'a' })
    expect(again).toBeInstanceOf(InvalidStateError)
    expect((again as Error).message).toBe(
      `Cannot save the record [null] of model [Document] during its save: await that first.`,
    )
    for (const remove of removers.splice(0)) remove()
    listen(Document, 'updated', async (record) => {
      if (record.title === 'b') await record.update({ title: 'c' })
    })
    await document.update({ title: 'b' })
    expect((await Document.findOrFail(document.id)).title).toBe('c')
  })

  test('must be functions', () => {
    expect(() => Document.saving('x' as never)).toThrow(InvalidArgumentError)
  })
})
