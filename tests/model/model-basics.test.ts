import { beforeEach, describe, expect, test } from '@jest/globals'
import { ArrayRepository, Attribute, Model, Searchable } from '../../src/index.js'

class Visit extends Model {
  @Attribute() @Searchable() declare ip: string
  @Attribute() @Searchable({ range: true }) declare userId: number
}

beforeEach(() => {
  Model.setRepository(new ArrayRepository())
})

describe('a record', () => {
  test('is created, found, updated and deleted', async () => {
    const visit = await Visit.create({ ip: '192.168.1.100', userId: 7 })
    expect(visit.exists).toBe(true)
    expect(await Visit.where('ip', '192.168.1.*').count()).toBe(1)
    const found = await Visit.findOrFail(visit.getKey())
    expect(found.ip).toBe('192.168.1.100')
    expect(found.is(visit)).toBe(true)
    expect(await found.update({ userId: 8 })).toBe(true)
    expect((await Visit.where('userId', '>=', 8).orderBy('userId', 'desc').limit(10).get()).map(String)).toHaveLength(1)
    expect((await visit.refresh()).userId).toBe(8)
    expect(await visit.delete()).toBe(true)
    expect(await Visit.exists()).toBe(false)
  })
})
