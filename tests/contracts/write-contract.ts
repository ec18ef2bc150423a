import { describe, expect, test } from '@jest/globals'
import type { NewRecord } from '../../src/repositories/repository.js'
import { by, type ContractContext, equals, everything } from './contract-context.js'

/** What every repository promises about writes and deadlines. */
export function itStoresRecords(context: ContractContext): void {
  describe('insert', () => {
    test('stores a record that is read back as it was, undeclared fields included', async () => {
      const fields = { ip: '10.0.0.1', name: 'Zoë 😀', note: 'line\r\nline\0', extra: '' }
      expect(await context.insert('one', fields)).toBe('inserted')
      expect(await context.read('one')).toEqual(fields)
    })

    test('stores a record without any field', async () => {
      expect(await context.insert('bare')).toBe('inserted')
      expect(await context.read('bare')).toEqual({})
      expect(await context.ids(everything)).toEqual(['bare'])
      expect(await context.ids(equals('ip', null))).toEqual(['bare'])
      expect(await context.insert('bare')).toBe('duplicate')
    })

    test('refuses a taken id and leaves the stored record and its entries alone', async () => {
      await context.insert('one', { ip: 'a', userId: '1' })
      expect(await context.insert('one', { ip: 'b', name: 'new' })).toBe('duplicate')
      expect(await context.read('one')).toEqual({ ip: 'a', userId: '1' })
      expect(await context.ids(equals('ip', 'a'))).toEqual(['one'])
      expect(await context.ids(equals('ip', 'b'))).toEqual([])
    })

    test('replaces a record with its entries and its deadline', async () => {
      await context.insert('one', { ip: 'a', name: 'old', userId: '1' }, Date.now() + 60_000)
      expect(await context.replace('one', { ip: 'b', userId: '2' })).toBe('inserted')
      expect(await context.read('one')).toEqual({ ip: 'b', userId: '2' })
      expect(await context.ids(equals('ip', 'a'))).toEqual([])
      expect(await context.ids(equals('ip', 'b'))).toEqual(['one'])
      expect(await context.ids({ type: 'range', attribute: 'userId', max: { value: '1', inclusive: true } })).toEqual(
        [],
      )
      expect(await context.repository.expiry(context.schema, 'one')).toBeNull()
      expect(await context.count(everything)).toBe(1)
    })

    test('replaces nothing as well', async () => {
      expect(await context.replace('one', { ip: 'b' })).toBe('inserted')
      expect(await context.read('one')).toEqual({ ip: 'b' })
    })

    test('refuses an empty id', async () => {
      await expect(context.insert('', { ip: 'a' })).rejects.toMatchObject({ code: 'INVALID_KEY' })
    })
  })

  describe('insertMany', () => {
    test('answers row by row: stored, taken before, taken in the same call, refused', async () => {
      await context.insert('taken', { ip: 'old' })
      const rows: NewRecord[] = ['a', 'taken', 'b', 'a', '', 'c'].map((id, at) => {
        return { id, fields: ['ip', String(at)], expiresAtMs: null }
      })
      const [a, taken, b, again, refused, c] = await context.repository.insertMany(context.schema, rows)
      expect([a, taken, b, again, c]).toEqual(['inserted', 'duplicate', 'inserted', 'duplicate', 'inserted'])
      expect(refused).toMatchObject({ code: 'INVALID_KEY' })
      expect(await context.read('taken')).toEqual({ ip: 'old' })
      expect(await context.read('a')).toEqual({ ip: '0' })
      expect(await context.count(everything)).toBe(4)
    })

    test('stores more rows than fit in one batch, and rows of very different sizes', async () => {
      const rows = Array.from({ length: 1300 }, (_, at): NewRecord => {
        const note = at % 400 === 0 ? 'x'.repeat(300_000) : 'y'
        return { id: `id${at}`, fields: ['userId', String(at % 7), 'note', note], expiresAtMs: null }
      })
      const outcomes = await context.repository.insertMany(context.schema, rows)
      expect(new Set(outcomes)).toEqual(new Set(['inserted']))
      expect(await context.count(everything)).toBe(1300)
      expect(await context.count(equals('userId', '3'))).toBe(rows.filter((row) => row.fields[1] === '3').length)
      expect((await context.read('id800'))?.note).toHaveLength(300_000)
    })

    test('stores deadlines', async () => {
      const deadline = Date.now() + 60_000
      await context.repository.insertMany(context.schema, [
        { id: 'a', fields: ['ip', 'x'], expiresAtMs: deadline },
        { id: 'b', fields: ['ip', 'x'], expiresAtMs: 1 },
      ])
      expect(await context.repository.expiry(context.schema, 'a')).toBe(deadline)
      expect(await context.ids(equals('ip', 'x'))).toEqual(['a'])
    })

    test('of no rows answers nothing', async () => {
      expect(await context.repository.insertMany(context.schema, [])).toEqual([])
    })
  })

  describe('update', () => {
    test('changes the fields that it names, and no others', async () => {
      await context.insert('one', { ip: 'a', name: 'n', note: 'keep' })
      expect(await context.update('one', { ip: 'b', userId: '4' }, ['name'])).toBe('updated')
      expect(await context.read('one')).toEqual({ ip: 'b', userId: '4', note: 'keep' })
    })

    test('moves the record from the entries of its stored values to those of the new ones', async () => {
      await context.insert('one', { ip: 'a', name: 'anna', userId: '1' })
      await context.update('one', { ip: 'b', name: 'berta', userId: '2' })
      await context.update('one', { userId: '3' }, ['ip', 'name'])
      for (const old of ['a', 'b']) expect(await context.ids(equals('ip', old))).toEqual([])
      expect(await context.ids(equals('ip', null))).toEqual(['one'])
      expect(await context.ids(equals('name', null))).toEqual(['one'])
      expect(await context.ids({ type: 'like', attribute: 'name', pattern: { parts: ['', ''] } })).toEqual([])
      expect(await context.ids({ type: 'range', attribute: 'userId', max: { value: '2', inclusive: true } })).toEqual(
        [],
      )
      expect(await context.ids({ type: 'range', attribute: 'userId', min: { value: '3', inclusive: true } })).toEqual([
        'one',
      ])
    })

    test('of a missing record changes nothing', async () => {
      expect(await context.update('none', { ip: 'a', note: 'n' })).toBe('missing')
      expect(await context.read('none')).toBeNull()
      expect(await context.count(everything)).toBe(0)
    })

    test('of a record that expired changes nothing', async () => {
      await context.insert('one', { ip: 'a' })
      await context.repository.expire(context.schema, 'one', 1)
      expect(await context.update('one', { ip: 'b' })).toBe('missing')
      expect(await context.read('one')).toBeNull()
    })

    test('keeps the deadline, also when searchable values change', async () => {
      const deadline = Date.now() + 60_000
      await context.insert('one', { ip: 'a' }, deadline)
      await context.update('one', { ip: 'b', note: 'n' })
      expect(await context.repository.expiry(context.schema, 'one')).toBe(deadline)
    })

    test('can take a record its last field, and give it one again', async () => {
      await context.insert('one', { ip: 'a' })
      expect(await context.update('one', {}, ['ip'])).toBe('updated')
      expect(await context.read('one')).toEqual({})
      expect(await context.update('one', { note: 'back' })).toBe('updated')
      expect(await context.read('one')).toEqual({ note: 'back' })
    })

    test('of nothing tells whether the record is there', async () => {
      await context.insert('one', { ip: 'a' })
      expect(await context.update('one', {})).toBe('updated')
      expect(await context.update('two', {})).toBe('missing')
    })
  })

  describe('a change of the key', () => {
    test('keeps one record, under the new key, with its fields and its deadline', async () => {
      const deadline = Date.now() + 60_000
      await context.insert('old', { ip: 'a', name: 'n', userId: '1' }, deadline)
      expect(await context.update('old', { ip: 'b' }, ['name'], 'new')).toBe('updated')
      expect(await context.read('old')).toBeNull()
      expect(await context.read('new')).toEqual({ ip: 'b', userId: '1' })
      expect(await context.repository.expiry(context.schema, 'new')).toBe(deadline)
      expect(await context.ids(everything)).toEqual(['new'])
      expect(await context.ids(equals('ip', 'a'))).toEqual([])
      expect(await context.ids(equals('ip', 'b'))).toEqual(['new'])
    })

    test('to a taken one changes nothing', async () => {
      await context.insert('one', { ip: 'a' })
      await context.insert('two', { ip: 'b' })
      expect(await context.update('one', { ip: 'c' }, [], 'two')).toBe('duplicate')
      expect([await context.read('one'), await context.read('two')]).toEqual([{ ip: 'a' }, { ip: 'b' }])
    })

    test('of a missing record creates nothing', async () => {
      expect(await context.update('none', { ip: 'a' }, [], 'new')).toBe('missing')
      expect(await context.count(everything)).toBe(0)
    })
  })

  describe('delete', () => {
    test('tells for each id whether it removed a record, and takes the entries along', async () => {
      await context.insert('one', { ip: 'a', name: 'n', userId: '1' })
      await context.insert('two', { ip: 'a' }, Date.now() + 60_000)
      await context.insert('three', { ip: 'a' })
      expect(await context.repository.delete(context.schema, ['one', 'none', 'two', 'one'])).toEqual([
        true,
        false,
        true,
        false,
      ])
      expect(await context.ids(equals('ip', 'a'))).toEqual(['three'])
      expect(await context.count(everything)).toBe(1)
    })

    test('leaves an id free for a new record without a past', async () => {
      await context.insert('one', { ip: 'a', note: 'old' }, Date.now() + 60_000)
      await context.repository.delete(context.schema, ['one'])
      expect(await context.insert('one', { ip: 'b' })).toBe('inserted')
      expect(await context.read('one')).toEqual({ ip: 'b' })
      expect(await context.repository.expiry(context.schema, 'one')).toBeNull()
    })

    test('of no ids answers nothing', async () => {
      expect(await context.repository.delete(context.schema, [])).toEqual([])
    })
  })

  describe('fetch', () => {
    test('answers beside the ids, null where there is no record', async () => {
      await context.insert('one', { ip: 'a' })
      await context.insert('two', { ip: 'b' })
      const records = await context.repository.fetch(context.schema, ['two', 'none', 'one', 'two'])
      expect(records.map((record) => record?.id ?? null)).toEqual(['two', null, 'one', 'two'])
      expect(await context.repository.fetch(context.schema, [])).toEqual([])
    })
  })

  describe('expiry', () => {
    test('is null for a record that stays, undefined for no record, and else exact', async () => {
      const deadline = Date.now() + 3_600_000
      await context.insert('one', { ip: 'a' })
      expect(await context.repository.expiry(context.schema, 'one')).toBeNull()
      expect(await context.repository.expiry(context.schema, 'none')).toBeUndefined()
      expect(await context.repository.expire(context.schema, 'one', deadline)).toBe(true)
      expect(await context.repository.expiry(context.schema, 'one')).toBe(deadline)
      expect(await context.repository.expire(context.schema, 'one', null)).toBe(true)
      expect(await context.repository.expiry(context.schema, 'one')).toBeNull()
      expect(await context.repository.expire(context.schema, 'none', deadline)).toBe(false)
      expect(await context.repository.expire(context.schema, 'none', null)).toBe(false)
    })

    test('in the past removes the record', async () => {
      await context.insert('one', { ip: 'a', userId: '1' })
      expect(await context.repository.expire(context.schema, 'one', Date.now() - 1)).toBe(true)
      expect(await context.read('one')).toBeNull()
      expect(await context.count(everything)).toBe(0)
      expect(await context.ids(equals('ip', 'a'))).toEqual([])
    })

    test('in the past on insert leaves nothing', async () => {
      expect(await context.insert('one', { ip: 'a' }, 1)).toBe('inserted')
      expect(await context.read('one')).toBeNull()
      expect(await context.count(everything)).toBe(0)
    })

    test('takes the record out of every answer at once, and frees its id', async () => {
      for (let at = 0; at < 20; at++) {
        await context.insert(`id${at}`, { ip: 'a', name: 'n', userId: '1' }, at % 2 === 0 ? Date.now() + 40 : null)
      }
      await context.update('id2', { name: 'changed', userId: '9' })
      while ((await context.read('id18')) !== null) await new Promise((resolve) => setImmediate(resolve))
      expect(await context.count(everything)).toBe(10)
      expect(await context.count(equals('ip', 'a'))).toBe(10)
      expect((await context.select(equals('ip', 'a'), { order: by('userId', 'desc') })).records).toHaveLength(10)
      expect(await context.count({ type: 'range', attribute: 'userId', min: { value: '0', inclusive: true } })).toBe(10)
      expect(await context.repository.expiry(context.schema, 'id2')).toBeUndefined()
      expect(await context.repository.delete(context.schema, ['id2'])).toEqual([false])
      expect(await context.insert('id2', { ip: 'b' })).toBe('inserted')
      expect(await context.read('id2')).toEqual({ ip: 'b' })
      expect(await context.ids({ type: 'equals', attribute: 'name', value: 'changed' })).toEqual([])
    })
  })
}
