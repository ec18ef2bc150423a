import { expect } from '@jest/globals'
import type { Dayjs } from 'dayjs'
import { Attribute, CastError, Entity, InvalidArgumentError, Model, Searchable } from '../../src/index.js'
import { describeItems, describePlainItems } from './support/describe-items.js'

class Visit extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
  @Attribute({ cast: 'integer' }) @Searchable() declare companyId: number | null
  @Attribute({ cast: 'float' }) declare weight: number | null
  @Attribute({ cast: 'datetime' }) declare seenAt: Dayjs | null
  @Attribute({ cast: 'json' }) declare metadata: { tags: string[] } | null
}

@Entity({ timestamps: false })
class Other extends Model {}

describeItems([Visit, Other], (item, defect) => {
  item(
    'B2',
    { promise: 'A record knows whether it is stored, and whether this object created it.', verdict: 'same' },
    async () => {
      const visit = new Visit({ ip: 'a' })
      expect([visit.exists, visit.wasRecentlyCreated]).toEqual([false, false])
      await visit.save()
      expect([visit.exists, visit.wasRecentlyCreated]).toEqual([true, true])
      const found = await Visit.findOrFail(visit.id)
      expect([found.exists, found.wasRecentlyCreated]).toEqual([true, false])
      await visit.delete()
      expect(visit.exists).toBe(false)
    },
  )

  item(
    'B5',
    {
      promise: 'Two objects of one record are the same record.',
      verdict: 'mended',
      defects: ['D17'],
      why: 'Class and key decide; searchable values that one of the two has edited do not matter.',
    },
    async () => {
      const visit = await Visit.create({ ip: 'a' })
      const copy = await Visit.findOrFail(visit.id)
      await copy.update({ ip: 'b' })
      expect([visit.is(copy), visit.isNot(copy), visit.is(null), visit.is(undefined)]).toEqual([
        true,
        false,
        false,
        false,
      ])
      expect(visit.is(await Other.create({ id: visit.id } as never))).toBe(false)
      expect(new Visit().is(new Visit())).toBe(false)
    },
  )

  item(
    'C4',
    { promise: 'A record tells whether anything, or a named attribute, differs from what is stored.', verdict: 'same' },
    async () => {
      const visit = Visit.make({ ip: 'a' })
      expect([visit.isDirty(), visit.isDirty('ip'), visit.isDirty('companyId')]).toEqual([true, true, false])
      await visit.save()
      expect([visit.isDirty(), visit.isClean('ip', 'companyId')]).toEqual([false, true])
      visit.companyId = 7
      expect([visit.isDirty('ip'), visit.isDirty('ip', 'companyId')]).toEqual([false, true])
      visit.companyId = null
      expect(visit.isDirty()).toBe(false)
    },
  )

  item(
    'C5',
    {
      promise: 'What is changed, and what the last update wrote, can be read by name.',
      verdict: 'mended',
      why: 'Values have their own types instead of the stored text. Only a write makes a change the stored state.',
    },
    async () => {
      const visit = await Visit.create({ ip: 'a', companyId: 1 })
      expect([visit.getDirty(), visit.getChanges()]).toEqual([{}, {}])
      visit.companyId = 2
      expect(visit.getDirty()).toEqual({ companyId: 2 })
      await visit.save()
      expect(visit.getDirty()).toEqual({})
      expect(visit.getChanges()).toMatchObject({ companyId: 2 })
      expect(visit.getChanges()).not.toHaveProperty('ip')
    },
  )

  item(
    'C8',
    {
      promise: 'A decoded value that is changed in place is a change.',
      verdict: 'mended',
      why: 'The object that was handed out is compared with the stored text; it used to be decoded anew and the change lost.',
    },
    async () => {
      const visit = await Visit.create({ metadata: { tags: ['a'] } })
      visit.metadata?.tags.push('b')
      expect(visit.isDirty('metadata')).toBe(true)
      expect(await visit.save()).toBe(true)
      expect((await Visit.findOrFail(visit.id)).metadata).toEqual({ tags: ['a', 'b'] })
    },
  )

  item(
    'B3',
    {
      promise: 'An instance can be made of attributes or of stored text.',
      verdict: 'mended',
      why: '`newFromBuilder` is asynchronous: handlers of `retrieved` are awaited.',
    },
    async () => {
      const made = new Visit().newInstance({ ip: 'a' })
      expect([made.ip, made.exists, made instanceof Visit]).toEqual(['a', false, true])
      const seen: string[] = []
      const remove = Visit.retrieved((visit: Visit) => void seen.push(visit.id))
      const built = await new Visit().newFromBuilder({ id: 'v', ip: 'b', companyId: '7' })
      remove()
      expect([built.id, built.ip, built.companyId, built.exists, built.isDirty()]).toEqual(['v', 'b', 7, true, false])
      expect(seen).toEqual(['v'])
    },
  )

  item(
    'B6',
    {
      promise: 'Attributes are properties; an attribute can be taken off the record.',
      verdict: 'mended',
      defects: ['D31'],
      why: 'Every declared attribute is `in` the record, null where it has no value. `unset(name)` takes the value off; `delete visit.ip` does nothing, because attributes are accessors of the class.',
    },
    async () => {
      const visit = await Visit.create({ id: 'v', ip: 'a', weight: 1.5 })
      expect(['ip' in visit, 'seenAt' in visit, 'nothing' in visit, visit.seenAt]).toEqual([true, true, false, null])
      visit.ip = 'b'
      expect([visit.getAttribute('ip'), visit.setAttribute('ip', 'c').ip]).toEqual(['b', 'c'])
      expect(await visit.unset('ip', 'weight').save()).toBe(true)
      const found = await Visit.findOrFail('v')
      expect([found.ip, found.weight]).toEqual([null, null])
      expect(await Visit.whereNull('ip').ids()).toEqual(['v'])
    },
  )

  defect('D31', {}, async () => {
    const visit = await Visit.create({ ip: 'a', metadata: { tags: [] } })
    await visit.update({ ip: null, metadata: null })
    const found = await Visit.findOrFail(visit.id)
    expect([found.ip, found.metadata]).toEqual([null, null])
    expect(await Visit.whereNull('ip').ids()).toEqual([visit.id])
    expect(await Visit.where('ip', '=', 'a').exists()).toBe(false)
  })
})

describePlainItems((item) => {
  item('B1', { promise: 'The constructor fills attributes and stores nothing.', verdict: 'same' }, () => {
    const visit = new Visit({ ip: 'a', companyId: 7 })
    expect([visit.ip, visit.companyId, visit.exists, visit.getKey()]).toEqual(['a', 7, false, null])
  })

  item(
    'B4',
    {
      promise: 'Many attributes are set in one call.',
      verdict: 'mended',
      why: 'A name that is no attribute is an error and then none is set: a misspelt one used to be stored.',
    },
    () => {
      const visit = new Visit()
      expect(visit.fill({ ip: 'a', companyId: 7 })).toBe(visit)
      expect([visit.ip, visit.companyId]).toEqual(['a', 7])
      expect(() => visit.fill({ ip: 'b', adress: 'x' } as never)).toThrow(InvalidArgumentError)
      expect(() => visit.fill({ ip: 'b', adress: 'x' } as never)).toThrow("Model [Visit] has no attribute 'adress'")
      expect(visit.ip).toBe('a')
    },
  )

  item(
    'C1',
    {
      promise: 'Attributes can be read, set and asked for by name, as they are and as they are stored.',
      verdict: 'mended',
      why: '`getAttributes` has values, `getRawAttributes` the stored text. A name that is no attribute is an error.',
    },
    () => {
      const visit = Visit.make({ ip: 'a', companyId: 7 })
      expect(visit.getAttributes()).toMatchObject({ id: null, ip: 'a', companyId: 7, weight: null })
      expect(visit.getRawAttributes()).toMatchObject({ id: null, ip: 'a', companyId: '7', weight: null })
      expect([visit.getAttribute('companyId'), visit.setAttribute('companyId', '8').companyId]).toEqual([7, 8])
      expect([visit.hasAttribute('weight'), visit.hasAttribute('nothing')]).toEqual([true, false])
      expect(() => visit.getAttribute('nothing')).toThrow(InvalidArgumentError)
    },
  )

  item(
    'C2',
    {
      promise: 'Stored text can be put in place of all attributes.',
      verdict: 'mended',
      why: 'A name that is no attribute is an error.',
    },
    () => {
      const visit = Visit.make({ ip: 'a' })
      visit.setRawAttributes({ companyId: '7' })
      expect([visit.ip, visit.companyId, visit.isDirty()]).toEqual([null, 7, true])
      visit.setRawAttributes({ ip: 'b' }, true)
      expect([visit.ip, visit.companyId, visit.isDirty()]).toEqual(['b', null, false])
    },
  )

  item(
    'C3',
    {
      promise: 'The stored values can be read while there are changes.',
      verdict: 'mended',
      why: 'As values; `getRawOriginal` has the stored text.',
    },
    () => {
      const visit = Visit.make({ ip: 'a', companyId: 1 }).syncOriginal()
      visit.companyId = 2
      expect(visit.getOriginal()).toMatchObject({ ip: 'a', companyId: 1, weight: null })
      expect([visit.getOriginal('companyId'), visit.getOriginal('weight'), visit.getOriginal('weight', 5)]).toEqual([
        1,
        null,
        5,
      ])
      expect(visit.getRawOriginal()).toMatchObject({ companyId: '1' })
    },
  )

  item(
    'C6',
    {
      promise: 'Another text of the same value is no change.',
      verdict: 'mended',
      why: 'Values are compared in their one stored form: `1.0` and `1`, two orders of keys in an object, two zones of a moment. Floats that differ at all are different.',
    },
    () => {
      const visit = Visit.make().setRawAttributes(
        { metadata: '{"b":1, "a":2}', weight: '1', seenAt: '2024-01-01T00:00:00.000Z' },
        true,
      )
      expect(visit.metadata).toEqual({ a: 2, b: 1 })
      visit.setAttribute('metadata', { a: 2, b: 1 })
      visit.setAttribute('weight', '1.0')
      visit.setAttribute('seenAt', '2024-01-01T02:00:00+02:00')
      expect([visit.originalIsEquivalent('metadata'), visit.originalIsEquivalent('weight'), visit.isDirty()]).toEqual([
        true,
        true,
        false,
      ])
      visit.weight = 1 + 2 ** -52
      expect([visit.originalIsEquivalent('weight'), visit.isDirty('weight')]).toEqual([false, true])
      visit.weight = null
      expect(visit.originalIsEquivalent('weight')).toBe(false)
    },
  )

  item(
    'C7',
    {
      promise: 'A value keeps its declared type.',
      verdict: 'mended',
      why: 'Every attribute has a cast, that of its type: a number is read as a number, not as its text. What does not fit is a `CastError`.',
    },
    () => {
      const visit = Visit.make({ companyId: 1, ip: null })
      expect([visit.companyId, visit.ip]).toEqual([1, null])
      expect(() => visit.setAttribute('ip', { a: 1 })).toThrow(CastError)
      expect(() => visit.setAttribute('companyId', 'x')).toThrow(CastError)
      expect([visit.companyId, visit.ip]).toEqual([1, null])
    },
  )
})
