import { afterEach, expect, test } from '@jest/globals'
import { Database } from '../../src/keyspace/database.js'
import type { EntryWalk } from '../../src/keyspace/entry-walk.js'
import { ListValue } from '../../src/keyspace/list-value.js'
import { undoLog } from '../../src/keyspace/undo-log.js'
import { Random } from '../differential/random.js'

afterEach(() => undoLog.close())

const keyAt = (at: number): string => `{${at % 4}}k${at}`

/** Changes a key, out of 60. */
const change = (database: Database, random: Random): void => {
  const key = keyAt(random.below(60))
  const kind = random.below(100)
  if (kind < 40) database.delete(key)
  else if (kind < 50) database.setDeadline(key, 2000 + random.below(1000))
  else if (kind < 60) database.persist(key)
  else if (kind < 61) database.clear()
  else database.set(key, `v${random.below(1000)}`)
  database.changed(key, 'event')
}

/** A few changes that are taken back. */
const changeInVain = (database: Database, random: Random): void => {
  undoLog.open(database)
  for (let left = random.below(20); left > 0; left--) change(database, random)
  undoLog.undo()
}

const imageOf = (database: Database): unknown => ({
  entries: database.allEntries().map(({ key, value, deadline, position }) => [key, value, deadline?.atMs, position]),
  counts: [database.size, database.bytes, database.dirty, database.deadlineCount],
  slots: Array.from({ length: 16384 }, (_, slot) => database.slots?.keys(slot, 100).sort() ?? []).filter(
    (keys) => keys.length > 0,
  ),
})

const open = (random: Random, size = 40): Database => {
  const database = new Database({ index: 0, slotIndex: true })
  database.nowMs = 1000
  for (let at = 0; at < size; at++) database.set(keyAt(at), 'v')
  for (let at = 0; at < 20; at++) change(database, random)
  return database
}

test('keys, positions, deadlines, counts and the slot index are as before', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed)
    const database = open(random)
    const before = imageOf(database)
    changeInVain(database, random)
    expect([seed, imageOf(database)]).toEqual([seed, before])
  }
})

test('a scan meets every key that is there all along, though it was removed and came back', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed)
    const database = open(random)
    const lasting = new Set(database.keys())
    const met = new Set<string>()
    let cursor = 0
    do {
      const step = database.scan(cursor, 1 + random.below(5))
      for (const key of step.keys) met.add(key)
      cursor = step.cursor
      changeInVain(database, random)
      const gone = random.pick([...lasting])
      database.delete(gone)
      lasting.delete(gone)
    } while (cursor !== 0)
    for (const key of lasting) expect([seed, [...met]]).toEqual([seed, expect.arrayContaining([key])])
  }
})

test('a walk visits every entry once, as it was at its beginning', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed)
    const database = open(random)
    const shown = ({ key, value }: { key: string; value: unknown }): string => `${key} ${String(value)}`
    const expected = database.allEntries().map(shown).sort()
    const seen: string[] = []
    const walk: EntryWalk = database.beginWalk((entry, wasVisited) => {
      if (!wasVisited) seen.push(shown(entry))
    })
    for (let entry = walk.next(); entry !== undefined; entry = walk.next()) {
      seen.push(shown(entry))
      if (random.chance(0.5)) changeInVain(database, random)
      if (random.chance(0.3)) change(database, random)
    }
    expect([seed, seen.sort()]).toEqual([seed, expected])
  }
})

test('nothing is noted of a value that the command has made', () => {
  const database = new Database()
  undoLog.open(database)
  const list = new ListValue()
  expect(undoLog.concerns(list)).toBe(false)
  const other = new ListValue()
  expect([undoLog.concerns(list), undoLog.concerns(other)]).toEqual([true, false])
  undoLog.close()
  expect(undoLog.concerns(list)).toBe(false)
})

test('what is not taken back: the end of a key by time', () => {
  const database = new Database()
  database.set('k', 'v')
  database.setDeadline('k', 1000)
  database.set('other', 'v')
  database.nowMs = 999
  undoLog.open(database)
  database.replace('k', 'w')
  database.nowMs = 1000
  database.delete('k')
  database.delete('other')
  undoLog.undo()
  expect([...database.keys()]).toEqual(['other'])
  expect([database.size, database.deadlineCount, database.allEntries().length]).toEqual([1, 0, 1])
  database.delete('other')
  expect(database.bytes).toBe(0)
})

test('one change that cannot be taken back does not keep the others from it', () => {
  const database = new Database()
  undoLog.open(database)
  database.set('k', 'v')
  undoLog.note(
    {
      undo: () => {
        throw new TypeError('broken')
      },
    },
    'any',
  )
  database.set('l', 'v')
  expect(() => undoLog.undo()).toThrow('broken')
  expect([database.size, undoLog.isOpen]).toEqual([0, false])
})
