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
