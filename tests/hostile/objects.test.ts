import { expect, test } from '@jest/globals'
import { ActiveRedisError, Attribute, Entity, Model, Searchable } from '../../src/index.js'
import { describeStores } from '../model/support/stores.js'
import { hostileValues } from './hostile-values.js'

@Entity({ timestamps: false })
class Note extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare text: string | null
  @Attribute({ cast: 'json' }) declare data: unknown
}

/** Names that mean something to objects, as a request body can have them. */
const names = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'exists',
  'save',
  'then',
  '#state',
  '',
]
const bodyOf = (name: string): never => JSON.parse(`{${JSON.stringify(name)}: {"polluted": "yes"}}`) as never

/** What a call is refused with. */
async function refusal(call: () => unknown): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    return error
  }
}

describeStores([Note], () => {
  test('names in untrusted objects are attributes or refused; they reach no object and no class', async () => {
    const note = await Note.create({ id: 'a', text: 'x' })
    for (const name of names) {
      const calls: (() => unknown)[] = [
        () => note.fill(bodyOf(name)),
        () => Note.make(bodyOf(name)),
        () => new Note(bodyOf(name)),
        () => Note.create(bodyOf(name)),
        () => note.update(bodyOf(name)),
        () => Note.where(bodyOf(name)).get(),
        () => Note.firstOrCreate(bodyOf(name)),
        () => Note.updateOrCreate({ text: 'x' }, bodyOf(name)),
        () => note.setRawAttributes(bodyOf(name)),
        () => note.getAttribute(name),
        () => note.setAttribute(name, 'x'),
        () => Note.where({ [name]: 'x' } as never).get(),
        () => Note.orderBy(name as never).get(),
        () => Note.query().pluck(name as never),
        () => Note.query().countBy(name as never),
        () => Note.resolveRouteBinding('x', name as never),
      ]
      for (const call of calls)
        expect([name, String(call), await refusal(call)]).toEqual([name, String(call), expect.any(ActiveRedisError)])
    }
    const report = await Note.insertMany(names.map(bodyOf))
    expect([report.inserted, report.failed]).toEqual([0, names.length])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    expect([Object.getPrototypeOf(note) === Note.prototype, note.exists, note.isDirty()]).toEqual([true, true, false])
    expect(await Note.query().ids()).toEqual(['a'])
  })

  test('hostile keys and texts in JSON come back as they were', async () => {
    const texts = hostileValues(150, 77)
    const data: unknown = JSON.parse(
      `{${texts.map((text) => `${JSON.stringify(text)}: [${JSON.stringify(text)}, {"__proto__": {"constructor": ${JSON.stringify(text)}}}]`).join(',')}}`,
    )
    await Note.create({ id: 'a', data })
    const found = await Note.findOrFail('a')
    expect(JSON.parse(JSON.stringify(found.data))).toEqual(data)
    expect(Object.keys(found.data as object).sort()).toEqual([...texts].sort())
    expect(found.isDirty()).toBe(false)
    expect(JSON.parse(found.toJson())).toMatchObject({ data })
    expect(Reflect.get({}, 'constructor')).toBe(Object)
  })

  test('hostile values are counted and plucked as themselves', async () => {
    const texts = hostileValues(160, 78)
    await Note.insertMany(texts.map((text, at) => ({ id: `n${at}`, text })))
    await Note.insertMany([{ id: 'none' }, { id: 'again', text: '__proto__' }])
    const counts = await Note.query().countBy('text')
    expect(counts.size).toBe(texts.length + 1)
    expect([counts.get('__proto__'), counts.get(null), counts.get('')]).toEqual([2, 1, 1])
    for (const text of texts) if (text !== '__proto__') expect([text, counts.get(text)]).toEqual([text, 1])
    expect(new Set(await Note.query().whereNotNull('text').pluck('text'))).toEqual(new Set(texts))
    const byText = await Note.query().where('id', '!=', 'again').pluck('id', 'text')
    for (const [at, text] of texts.entries()) expect(byText.get(text)).toBe(`n${at}`)
  })
})
