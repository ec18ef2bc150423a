import { beforeEach, describe, expect, test } from '@jest/globals'
import { ArrayRepository, Attribute, Entity, Model } from '../../src/index.js'

@Entity({ timestamps: false })
class Row extends Model {
  declare id: string
  @Attribute() declare name: string
}

/** Counts the pages that were asked for, and answers them one by one when it is told to. */
class PagedRepository extends ArrayRepository {
  asked = 0
  fails = false

  override async select(...given: Parameters<ArrayRepository['select']>) {
    this.asked++
    if (this.fails) throw new Error('the connection is gone')
    return super.select(...given)
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a lazy query', () => {
  const ids = Array.from({ length: 25 }, (_, at) => `r${String(at).padStart(2, '0')}`)
  let repository: PagedRepository

  beforeEach(async () => {
    repository = new PagedRepository()
    Row.setRepository(repository)
    await Row.insertMany(ids.map((id) => ({ id, name: id })))
  })

  test('brings every row once, in order', async () => {
    const found: string[] = []
    for await (const row of Row.query().orderBy('id').lazy({ size: 10 })) found.push(row.id)
    expect(found).toEqual(ids)
    expect(repository.asked).toBe(3)
  })

  test('fetches one page ahead while the rows of one are worked on, and no more', async () => {
    const rows = Row.query().orderBy('id').lazy({ size: 5 })
    const asked: number[] = []
    for (let at = 0; at < 11; at++) {
      await rows.next()
      await settle()
      asked.push(repository.asked)
    }
    expect(asked).toEqual([2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4])
    await rows.return()
    await settle()
    expect(repository.asked).toBe(4)
  })

  test('fetches nothing ahead if it is told so', async () => {
    const rows = Row.query().orderBy('id').lazy({ size: 5, prefetch: false })
    const asked: number[] = []
    for (let at = 0; at < 6; at++) {
      await rows.next()
      await settle()
      asked.push(repository.asked)
    }
    expect(asked).toEqual([1, 1, 1, 1, 1, 2])
  })

  test('asks for nothing before the first row is wanted', async () => {
    Row.query().lazy()
    await settle()
    expect(repository.asked).toBe(0)
  })

  test('brings the rows before a page that fails, and then its error', async () => {
    const found: string[] = []
    const read = async () => {
      for await (const row of Row.query().orderBy('id').lazy({ size: 5 })) {
        found.push(row.id)
        if (found.length === 3) repository.fails = true
      }
    }
    await expect(read()).rejects.toThrow('the connection is gone')
    expect(found).toEqual(ids.slice(0, 10))
  })

  test('a failure ahead of a loop that is left hurts nobody', async () => {
    for await (const row of Row.query().orderBy('id').lazy({ size: 5 })) {
      repository.fails = true
      if (row.id === 'r06') break
    }
    expect(repository.fails).toBe(true)
  })

  test('keeps to limit and offset', async () => {
    const found: string[] = []
    for await (const row of Row.query().orderBy('id').offset(3).limit(12).lazy({ size: 5 })) found.push(row.id)
    expect(found).toEqual(ids.slice(3, 15))
  })

  test('refuses a page of no rows', async () => {
    await expect(Row.query().lazy({ size: 0 }).next()).rejects.toThrow('size is 0')
  })
})
