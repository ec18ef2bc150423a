import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Database } from '../../src/keyspace/database.js'
import { keySlot } from '../../src/slot.js'

/** A database at a time of its own, which tells what it was told. */
const open = (nowMs = 1000, slotIndex = false) => {
  const events: string[] = []
  const database = new Database({
    index: 0,
    slotIndex,
    listener: {
      awaitsKeys: false,
      changed: (_database, key, event) => events.push(`${event} ${key}`),
      created: () => {},
      missed: () => {},
      changedAside: () => {},
      notified: () => {},
      ready: () => {},
      evicted: (_database, key) => events.push(`evicted ${key}`),
      expired: (_database, key) => events.push(`gone ${key}`),
      clearing: () => events.push('clearing'),
      swapping: () => events.push('swapping'),
    },
  })
  database.nowMs = nowMs
  return { database, events }
}

describe('deadlines', () => {
  test('a key is there until its deadline and is removed when it is met afterwards', () => {
    const { database, events } = open()
    database.set('k', 'v')
    database.setDeadline('k', 1500)
    database.nowMs = 1499
    expect(database.get('k')).toBe('v')
    database.nowMs = 1500
    expect(database.size).toBe(1)
    expect(database.get('k')).toBeUndefined()
    expect(database.size).toBe(0)
    expect(events).toEqual(['gone k'])
  })

  test('set drops a deadline, replace keeps it, persist removes it', () => {
    const { database } = open()
    database.set('k', 'v')
    database.setDeadline('k', 2000)
    database.replace('k', 'w')
    expect(database.deadline('k')).toBe(2000)
    expect(database.persist('k')).toBe(true)
    expect(database.persist('k')).toBe(false)
    database.setDeadline('k', 2000)
    database.set('k', 'x')
    expect(database.deadline('k')).toBeUndefined()
    expect(database.deadlineCount).toBe(0)
  })

  test('replace over an expired key makes a new one without a deadline', () => {
    const { database } = open()
    database.set('k', 'v')
    database.setDeadline('k', 1500)
    database.nowMs = 1600
    database.replace('k', 'w')
    expect(database.deadline('k')).toBeUndefined()
  })

  test('a replica hides an expired key without removing it, and its primary still sees it', () => {
    const { database, events } = open()
    database.set('k', 'v')
    database.setDeadline('k', 1500)
    database.nowMs = 1600
    database.expiryMode = 'hide'
    expect(database.get('k')).toBeUndefined()
    expect(database.expireSample(20, () => 0)).toEqual({ sampled: 0, removed: 0 })
    database.expiryMode = 'ignore'
    expect(database.get('k')).toBe('v')
    expect(events).toEqual([])
  })

  test('a writable replica removes an expired key for a writer alone, and by itself what it gave the deadline', () => {
    const { database, events } = open()
    for (const key of ['theirs', 'read', 'deleted', 'kept']) database.set(key, 'v')
    database.setDeadline('theirs', 1500)
    database.expiryMode = 'hideFromReads'
    database.setDeadline('read', 1500)
    database.setDeadline('deleted', 1500)
    database.setDeadline('kept', 3000)
    database.nowMs = 1600
    expect(database.reading(() => database.get('theirs'))).toBeUndefined()
    expect(database.isStored('theirs')).toBe(true)
    // As in Redis, DEL does not look whether a key has expired.
    expect(database.delete('deleted')).toBe(true)
    database.ownDeadlines.step((key) => database.expireIfDue(key))
    expect([...database.allEntries()].map(({ key }) => key).sort()).toEqual(['kept', 'theirs'])
    expect(database.ownDeadlines.size).toBe(1)
    expect(database.get('theirs')).toBeUndefined()
    expect(database.isStored('theirs')).toBe(false)
    expect(events).toEqual(['gone read', 'gone theirs'])
  })

  test('samples remove what has expired and nothing else', () => {
    const { database } = open()
    for (let i = 0; i < 100; i++) {
      database.set(`k${i}`, 'v')
      database.setDeadline(`k${i}`, i < 50 ? 1500 : 3000)
    }
    database.nowMs = 2000
    let step = 0
    while (database.size > 50) database.expireSample(20, () => ((step++ * 7919) % 1000) / 1000)
    expect([...database.keys()]).toEqual(Array.from({ length: 50 }, (_, i) => `k${i + 50}`))
  })

  test('the average time to live is that of the keys with a deadline', () => {
    const { database } = open()
    for (const key of ['a', 'b', 'c']) database.set(key, 'v')
    database.setDeadline('a', 2000)
    database.setDeadline('b', 4000)
    database.setDeadline('b', 3000)
    expect(database.averageTtlMs).toBe(1500)
    database.delete('a')
    expect(database.averageTtlMs).toBe(2000)
  })
})

describe('scan', () => {
  type Step = { readonly add: number } | { readonly remove: number }
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ add: fc.integer({ min: 100, max: 200 }) }),
    fc.record({ remove: fc.integer({ min: 0, max: 200 }) }),
  )

  test('meets every key that is there all along, whatever else comes and goes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.array(step, { maxLength: 8 })),
        (size, count, turns) => {
          const { database } = open()
          for (let i = 0; i < size; i++) database.set(`k${i}`, 'v')
          const lasting = new Set(Array.from({ length: size }, (_, i) => `k${i}`))
          const met = new Set<string>()
          let cursor = 0
          let turn = 0
          do {
            const found = database.scan(cursor, count)
            for (const key of found.keys) met.add(key)
            cursor = found.cursor
            for (const change of turns[turn++] ?? []) {
              if ('add' in change) database.set(`k${change.add}`, 'v')
              else if (database.delete(`k${change.remove}`)) lasting.delete(`k${change.remove}`)
            }
          } while (cursor !== 0)
          for (const key of lasting) expect(met).toContain(key)
        },
      ),
    )
  })

  test('visits at most as many keys as it was asked to, and ends', () => {
    const { database } = open()
    for (let i = 0; i < 25; i++) database.set(`k${i}`, 'v')
    const sizes: number[] = []
    let cursor = 0
    do {
      const found = database.scan(cursor, 10)
      sizes.push(found.keys.length)
      cursor = found.cursor
    } while (cursor !== 0)
    expect(sizes).toEqual([10, 10, 5])
  })

  test('a cursor from before a flush ends the scan', () => {
    const { database } = open()
    for (let i = 0; i < 25; i++) database.set(`k${i}`, 'v')
    const { cursor } = database.scan(0, 10)
    database.clear()
    expect(database.scan(cursor, 10)).toEqual({ cursor: 0, keys: [] })
  })
})

describe('the slot index', () => {
  test('knows the keys of each slot after any changes', () => {
    const change = fc.record({
      key: fc.integer({ min: 0, max: 30 }).map((i) => `{${i % 4}}k${i}`),
      remove: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
        const { database } = open(1000, true)
        for (const { key, remove } of changes) {
          if (remove) database.delete(key)
          else database.set(key, 'v')
        }
        for (let tag = 0; tag < 4; tag++) {
          const slot = keySlot(`{${tag}}`)
          const expected = [...database.keys()].filter((key) => keySlot(key) === slot).sort()
          expect(database.slots?.count(slot)).toBe(expected.length)
          expect(database.slots?.keys(slot, 100).sort()).toEqual(expected)
        }
      }),
    )
  })
})

describe('contents', () => {
  test('a random key is one that is there, and each can be drawn', () => {
    const { database } = open()
    for (const key of ['a', 'b', 'c', 'd']) database.set(key, 'v')
    database.delete('b')
    const drawn = Array.from({ length: 300 }, (_, i) => database.randomKey(() => i / 300))
    expect(new Set(drawn)).toEqual(new Set(['a', 'c', 'd']))
  })

  test('swapped databases keep their numbers and their deadlines', () => {
    const one = open().database
    const other = new Database({ index: 1 })
    other.nowMs = 1000
    one.set('k', 'v')
    one.setDeadline('k', 2000)
    one.swap(other)
    expect([one.size, other.size, one.index, other.index]).toEqual([0, 1, 0, 1])
    expect(other.deadline('k')).toBe(2000)
  })

  test('a key of another type is refused', () => {
    const { database } = open()
    database.set('k', 'v')
    expect(() => database.getHash('k')).toThrow(/^WRONGTYPE/)
    expect(database.getHash('nosuch')).toBeUndefined()
  })
})
