import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Criteria, Criterion, Order } from '../../src/repositories/criteria.js'
import { fieldOf, fieldsOf } from '../../src/repositories/fields.js'
import type { NewRecord, Repository } from '../../src/repositories/repository.js'
import type { ModelSchema } from '../../src/schema/model-schema.js'
import { sampleSchema } from '../repositories/sample-schema.js'
import { itAnswersLikeTheOracle } from './oracle-property.js'

/** A repository under test; `open` gives it anew for the suite. */
export interface ContractSubject {
  readonly partitions: number
  open(): Promise<{ readonly repository: Repository; close(): Promise<void> }>
}

jest.setTimeout(60_000)

const everything: Criterion = { type: 'all', of: [] }

/** Texts that have a meaning somewhere on the way: separators, tags, globs, escapes, Lua patterns, numbers, other planes. */
export const hostileTexts = [
  'a:b', ':', '::', 'a:ip:b', '{x}', '}{', '*', '?', '[a]', '[^a]', '\\', '\\*', '%', '%null', '%25', '%3A', '%00', 'a%b',
  '-', '^', '.', '%a', '%s', '\0', 'a\0b', '\u0001', '\u0001\u0002', '\n', '\r\n', '\u007f', ' ', ' a ', '"', "'", '__proto__',
  'constructor', 'toString', '0', '00', '-0', '1e3', 'nan', 'inf', 'null', 'NULL', 'undefined', 'é', 'e\u0301', '\uffee', '😀',
  '\u{10ffff}', '\ufeff', '你好', 'x'.repeat(3000),
] // biome-ignore format: a list

/** What every repository promises. */
export function repositoryContract(title: string, subject: ContractSubject): void {
  describe(title, () => {
    let repository: Repository
    let close: () => Promise<void>
    let schema: ModelSchema
    let number = 0

    beforeAll(async () => {
      const opened = await subject.open()
      repository = opened.repository
      close = opened.close
    })
    beforeEach(async () => {
      if (schema !== undefined) await repository.clear(schema)
      number++
      schema = sampleSchema(subject.partitions, `samples${number}`)
    })
    afterAll(async () => {
      if (schema !== undefined) await repository?.clear(schema)
      await close?.()
    })

    const insert = (id: string, fields: Record<string, string> = {}, expiresAtMs: number | null = null) =>
      repository.insert(schema, { id, fields: fieldsOf(Object.entries(fields)), expiresAtMs }, { replace: false })
    const replace = (id: string, fields: Record<string, string> = {}, expiresAtMs: number | null = null) =>
      repository.insert(schema, { id, fields: fieldsOf(Object.entries(fields)), expiresAtMs }, { replace: true })
    const update = (id: string, set: Record<string, string>, unset: string[] = [], newId?: string) =>
      repository.update(schema, {
        id,
        set: fieldsOf(Object.entries(set)),
        unset,
        ...(newId !== undefined && { newId }),
      })
    const read = async (id: string) => {
      const [record] = await repository.fetch(schema, [id])
      return record === null ? null : asObject(record!.fields)
    }
    const select = (where: Criterion, more: Partial<Criteria> = {}) =>
      repository.select(schema, { where, order: null, limit: null, offset: 0, after: null, ...more })
    const ids = async (where: Criterion, more: Partial<Criteria> = {}) =>
      (await select(where, more)).records.map((record) => record.id)
    const count = async (where: Criterion) => (await repository.count(schema, where)).count
    const equals = (attribute: string, value: string | null): Criterion => ({ type: 'equals', attribute, value })

    describe('insert', () => {
      test('stores a record that is read back as it was, undeclared fields included', async () => {
        const fields = { ip: '10.0.0.1', name: 'Zoë 😀', note: 'line\r\nline\0', extra: '' }
        expect(await insert('one', fields)).toBe('inserted')
        expect(await read('one')).toEqual(fields)
      })

      test('stores a record without any field', async () => {
        expect(await insert('bare')).toBe('inserted')
        expect(await read('bare')).toEqual({})
        expect(await ids(everything)).toEqual(['bare'])
        expect(await ids(equals('ip', null))).toEqual(['bare'])
        expect(await insert('bare')).toBe('duplicate')
      })

      test('refuses a taken id and leaves the stored record and its entries alone', async () => {
        await insert('one', { ip: 'a', userId: '1' })
        expect(await insert('one', { ip: 'b', name: 'new' })).toBe('duplicate')
        expect(await read('one')).toEqual({ ip: 'a', userId: '1' })
        expect(await ids(equals('ip', 'a'))).toEqual(['one'])
        expect(await ids(equals('ip', 'b'))).toEqual([])
      })

      test('replaces a record with its entries and its deadline', async () => {
        await insert('one', { ip: 'a', name: 'old', userId: '1' }, Date.now() + 60_000)
        expect(await replace('one', { ip: 'b', userId: '2' })).toBe('inserted')
        expect(await read('one')).toEqual({ ip: 'b', userId: '2' })
        expect(await ids(equals('ip', 'a'))).toEqual([])
        expect(await ids(equals('ip', 'b'))).toEqual(['one'])
        expect(await ids({ type: 'range', attribute: 'userId', max: { value: '1', inclusive: true } })).toEqual([])
        expect(await repository.expiry(schema, 'one')).toBeNull()
        expect(await count(everything)).toBe(1)
      })

      test('replaces nothing as well', async () => {
        expect(await replace('one', { ip: 'b' })).toBe('inserted')
        expect(await read('one')).toEqual({ ip: 'b' })
      })

      test('refuses an empty id', async () => {
        await expect(insert('', { ip: 'a' })).rejects.toMatchObject({ code: 'INVALID_KEY' })
      })
    })

    describe('insertMany', () => {
      test('answers row by row: stored, taken before, taken in the same call, refused', async () => {
        await insert('taken', { ip: 'old' })
        const rows: NewRecord[] = ['a', 'taken', 'b', 'a', '', 'c'].map((id, at) => {
          return { id, fields: ['ip', String(at)], expiresAtMs: null }
        })
        const [a, taken, b, again, refused, c] = await repository.insertMany(schema, rows)
        expect([a, taken, b, again, c]).toEqual(['inserted', 'duplicate', 'inserted', 'duplicate', 'inserted'])
        expect(refused).toMatchObject({ code: 'INVALID_KEY' })
        expect(await read('taken')).toEqual({ ip: 'old' })
        expect(await read('a')).toEqual({ ip: '0' })
        expect(await count(everything)).toBe(4)
      })

      test('stores more rows than fit in one batch, and rows of very different sizes', async () => {
        const rows = Array.from({ length: 1300 }, (_, at): NewRecord => {
          const note = at % 400 === 0 ? 'x'.repeat(300_000) : 'y'
          return { id: `id${at}`, fields: ['userId', String(at % 7), 'note', note], expiresAtMs: null }
        })
        const outcomes = await repository.insertMany(schema, rows)
        expect(new Set(outcomes)).toEqual(new Set(['inserted']))
        expect(await count(everything)).toBe(1300)
        expect(await count(equals('userId', '3'))).toBe(rows.filter((row) => row.fields[1] === '3').length)
        expect((await read('id800'))?.note).toHaveLength(300_000)
      })

      test('stores deadlines', async () => {
        const deadline = Date.now() + 60_000
        await repository.insertMany(schema, [
          { id: 'a', fields: ['ip', 'x'], expiresAtMs: deadline },
          { id: 'b', fields: ['ip', 'x'], expiresAtMs: 1 },
        ])
        expect(await repository.expiry(schema, 'a')).toBe(deadline)
        expect(await ids(equals('ip', 'x'))).toEqual(['a'])
      })

      test('of no rows answers nothing', async () => {
        expect(await repository.insertMany(schema, [])).toEqual([])
      })
    })

    describe('update', () => {
      test('changes the fields that it names, and no others', async () => {
        await insert('one', { ip: 'a', name: 'n', note: 'keep' })
        expect(await update('one', { ip: 'b', userId: '4' }, ['name'])).toBe('updated')
        expect(await read('one')).toEqual({ ip: 'b', userId: '4', note: 'keep' })
      })

      test('moves the record from the entries of its stored values to those of the new ones', async () => {
        await insert('one', { ip: 'a', name: 'anna', userId: '1' })
        await update('one', { ip: 'b', name: 'berta', userId: '2' })
        await update('one', { userId: '3' }, ['ip', 'name'])
        for (const old of ['a', 'b']) expect(await ids(equals('ip', old))).toEqual([])
        expect(await ids(equals('ip', null))).toEqual(['one'])
        expect(await ids(equals('name', null))).toEqual(['one'])
        expect(await ids({ type: 'like', attribute: 'name', pattern: { parts: ['', ''] } })).toEqual([])
        expect(await ids({ type: 'range', attribute: 'userId', max: { value: '2', inclusive: true } })).toEqual([])
        expect(await ids({ type: 'range', attribute: 'userId', min: { value: '3', inclusive: true } })).toEqual(['one'])
      })

      test('of a missing record changes nothing', async () => {
        expect(await update('none', { ip: 'a', note: 'n' })).toBe('missing')
        expect(await read('none')).toBeNull()
        expect(await count(everything)).toBe(0)
      })

      test('of a record that expired changes nothing', async () => {
        await insert('one', { ip: 'a' })
        await repository.expire(schema, 'one', 1)
        expect(await update('one', { ip: 'b' })).toBe('missing')
        expect(await read('one')).toBeNull()
      })

      test('keeps the deadline, also when searchable values change', async () => {
        const deadline = Date.now() + 60_000
        await insert('one', { ip: 'a' }, deadline)
        await update('one', { ip: 'b', note: 'n' })
        expect(await repository.expiry(schema, 'one')).toBe(deadline)
      })

      test('can take a record its last field, and give it one again', async () => {
        await insert('one', { ip: 'a' })
        expect(await update('one', {}, ['ip'])).toBe('updated')
        expect(await read('one')).toEqual({})
        expect(await update('one', { note: 'back' })).toBe('updated')
        expect(await read('one')).toEqual({ note: 'back' })
      })

      test('of nothing tells whether the record is there', async () => {
        await insert('one', { ip: 'a' })
        expect(await update('one', {})).toBe('updated')
        expect(await update('two', {})).toBe('missing')
      })
    })

    describe('a change of the key', () => {
      test('keeps one record, under the new key, with its fields and its deadline', async () => {
        const deadline = Date.now() + 60_000
        await insert('old', { ip: 'a', name: 'n', userId: '1' }, deadline)
        expect(await update('old', { ip: 'b' }, ['name'], 'new')).toBe('updated')
        expect(await read('old')).toBeNull()
        expect(await read('new')).toEqual({ ip: 'b', userId: '1' })
        expect(await repository.expiry(schema, 'new')).toBe(deadline)
        expect(await ids(everything)).toEqual(['new'])
        expect(await ids(equals('ip', 'a'))).toEqual([])
        expect(await ids(equals('ip', 'b'))).toEqual(['new'])
      })

      test('to a taken one changes nothing', async () => {
        await insert('one', { ip: 'a' })
        await insert('two', { ip: 'b' })
        expect(await update('one', { ip: 'c' }, [], 'two')).toBe('duplicate')
        expect([await read('one'), await read('two')]).toEqual([{ ip: 'a' }, { ip: 'b' }])
      })

      test('of a missing record creates nothing', async () => {
        expect(await update('none', { ip: 'a' }, [], 'new')).toBe('missing')
        expect(await count(everything)).toBe(0)
      })
    })

    describe('delete', () => {
      test('tells for each id whether it removed a record, and takes the entries along', async () => {
        await insert('one', { ip: 'a', name: 'n', userId: '1' })
        await insert('two', { ip: 'a' }, Date.now() + 60_000)
        await insert('three', { ip: 'a' })
        expect(await repository.delete(schema, ['one', 'none', 'two', 'one'])).toEqual([true, false, true, false])
        expect(await ids(equals('ip', 'a'))).toEqual(['three'])
        expect(await count(everything)).toBe(1)
      })

      test('leaves an id free for a new record without a past', async () => {
        await insert('one', { ip: 'a', note: 'old' }, Date.now() + 60_000)
        await repository.delete(schema, ['one'])
        expect(await insert('one', { ip: 'b' })).toBe('inserted')
        expect(await read('one')).toEqual({ ip: 'b' })
        expect(await repository.expiry(schema, 'one')).toBeNull()
      })

      test('of no ids answers nothing', async () => {
        expect(await repository.delete(schema, [])).toEqual([])
      })
    })

    describe('fetch', () => {
      test('answers beside the ids, null where there is no record', async () => {
        await insert('one', { ip: 'a' })
        await insert('two', { ip: 'b' })
        const records = await repository.fetch(schema, ['two', 'none', 'one', 'two'])
        expect(records.map((record) => record?.id ?? null)).toEqual(['two', null, 'one', 'two'])
        expect(await repository.fetch(schema, [])).toEqual([])
      })
    })

    describe('expiry', () => {
      test('is null for a record that stays, undefined for no record, and else exact', async () => {
        const deadline = Date.now() + 3_600_000
        await insert('one', { ip: 'a' })
        expect(await repository.expiry(schema, 'one')).toBeNull()
        expect(await repository.expiry(schema, 'none')).toBeUndefined()
        expect(await repository.expire(schema, 'one', deadline)).toBe(true)
        expect(await repository.expiry(schema, 'one')).toBe(deadline)
        expect(await repository.expire(schema, 'one', null)).toBe(true)
        expect(await repository.expiry(schema, 'one')).toBeNull()
        expect(await repository.expire(schema, 'none', deadline)).toBe(false)
        expect(await repository.expire(schema, 'none', null)).toBe(false)
      })

      test('in the past removes the record', async () => {
        await insert('one', { ip: 'a', userId: '1' })
        expect(await repository.expire(schema, 'one', Date.now() - 1)).toBe(true)
        expect(await read('one')).toBeNull()
        expect(await count(everything)).toBe(0)
        expect(await ids(equals('ip', 'a'))).toEqual([])
      })

      test('in the past on insert leaves nothing', async () => {
        expect(await insert('one', { ip: 'a' }, 1)).toBe('inserted')
        expect(await read('one')).toBeNull()
        expect(await count(everything)).toBe(0)
      })

      test('takes the record out of every answer at once, and frees its id', async () => {
        for (let at = 0; at < 20; at++) {
          await insert(`id${at}`, { ip: 'a', name: 'n', userId: '1' }, at % 2 === 0 ? Date.now() + 40 : null)
        }
        await update('id2', { name: 'changed', userId: '9' })
        while ((await read('id18')) !== null) await new Promise((resolve) => setImmediate(resolve))
        expect(await count(everything)).toBe(10)
        expect(await count(equals('ip', 'a'))).toBe(10)
        expect((await select(equals('ip', 'a'), { order: by('userId', 'desc') })).records).toHaveLength(10)
        expect(await count({ type: 'range', attribute: 'userId', min: { value: '0', inclusive: true } })).toBe(10)
        expect(await repository.expiry(schema, 'id2')).toBeUndefined()
        expect(await repository.delete(schema, ['id2'])).toEqual([false])
        expect(await insert('id2', { ip: 'b' })).toBe('inserted')
        expect(await read('id2')).toEqual({ ip: 'b' })
        expect(await ids({ type: 'equals', attribute: 'name', value: 'changed' })).toEqual([])
      })
    })

    describe('queries', () => {
      test("tell null, '', 'null', '0' and '%null' apart", async () => {
        const values = { absent: null, empty: '', word: 'null', zero: '0', marker: '%null' }
        for (const [id, value] of Object.entries(values))
          await insert(id, value === null ? {} : { ip: value, name: value })
        for (const attribute of ['ip', 'name']) {
          for (const [id, value] of Object.entries(values)) {
            expect(await ids(equals(attribute, value))).toEqual([id])
            expect(await count({ type: 'notEquals', attribute, value })).toBe(4)
          }
        }
      })

      test('match hostile texts with themselves and nothing else, as values and as ids', async () => {
        const rows = hostileTexts.map((text): NewRecord => {
          return { id: text, fields: ['ip', text, 'name', text], expiresAtMs: null }
        })
        expect(new Set(await repository.insertMany(schema, rows))).toEqual(new Set(['inserted']))
        for (const text of hostileTexts) {
          expect(await ids(equals('ip', text))).toEqual([text])
          expect(await ids({ type: 'all', of: [equals('id', text), equals('name', text)] })).toEqual([text])
        }
        expect((await repository.fetch(schema, hostileTexts)).map((record) => record?.id)).toEqual(hostileTexts)
        for (const text of hostileTexts) expect(await update(text, { ip: `${text}!` })).toBe('updated')
        expect(await ids({ type: 'in', attribute: 'ip', values: hostileTexts })).toEqual([])
        expect(await repository.delete(schema, hostileTexts)).toEqual(hostileTexts.map(() => true))
        expect(await count(everything)).toBe(0)
      })

      test('page by limit and offset, and tell whether more follows', async () => {
        for (let at = 0; at < 10; at++) await insert(`id${at}`, { userId: String(at) })
        const order = by('userId', 'desc')
        const page = await select(everything, { order, limit: 3, offset: 2 })
        expect(page.records.map((record) => record.id)).toEqual(['id7', 'id6', 'id5'])
        expect(page.hasMore).toBe(true)
        expect((await select(everything, { order, limit: 8, offset: 2 })).hasMore).toBe(false)
        expect((await select(everything, { order, limit: 3, offset: 10 })).records).toEqual([])
        expect((await select(everything, { order, limit: 0 })).records).toEqual([])
        expect((await select(everything, { order })).records).toHaveLength(10)
      })

      test('continue after a position, undisturbed by rows that came, went and moved', async () => {
        for (let at = 0; at < 30; at++) await insert(`id${10 + at}`, { userId: String(at), ip: 'a' })
        const where = equals('ip', 'a')
        const order = by('userId', 'asc')
        const first = await select(where, { order, limit: 10 })
        await repository.delete(schema, ['id19', 'id12'])
        await insert('before', { userId: '3', ip: 'a' })
        await insert('zafter', { userId: '20', ip: 'a' })
        const second = await select(where, { order, limit: null, after: first.positions.at(-1)! })
        const expected = Array.from({ length: 20 }, (_, at) => `id${20 + at}`)
        expected.splice(11, 0, 'zafter')
        expect(second.records.map((record) => record.id)).toEqual(expected)
      })

      test('put rows without a value last in both directions', async () => {
        await insert('a', { userId: '2' })
        await insert('b')
        await insert('c', { userId: '1' })
        await insert('d')
        expect((await ids(everything, { order: by('userId', 'asc') })).slice(0, 2)).toEqual(['c', 'a'])
        expect((await ids(everything, { order: by('userId', 'desc') })).slice(0, 2)).toEqual(['a', 'c'])
        const page = await select(everything, { order: by('userId', 'asc'), limit: 3 })
        const rest = await ids(everything, { order: by('userId', 'asc'), after: page.positions[2]! })
        expect(rest).toEqual(['d'])
      })

      test('match patterns part by part, without overlaps, on text with and without a range index', async () => {
        for (const text of ['aba', 'abba', 'ab', 'xaba', 'abax', '']) await insert(`-${text}`, { ip: text, name: text })
        const expected: [string[], string[]][] = [
          [['ab', 'ba'], ['-abba']],
          [
            ['', 'ba'],
            ['-aba', '-abba', '-xaba'],
          ],
          [
            ['ab', ''],
            ['-ab', '-aba', '-abax', '-abba'],
          ],
          [['', 'b', 'b', ''], ['-abba']],
          [
            ['', ''],
            ['-', '-ab', '-aba', '-abax', '-abba', '-xaba'],
          ],
          [['aba'], ['-aba']],
        ]
        for (const attribute of ['ip', 'name']) {
          for (const [parts, matching] of expected) {
            const where: Criterion = { type: 'like', attribute, pattern: { parts } }
            expect([parts, (await ids(where)).sort()]).toEqual([parts, matching])
            expect(await count(where)).toBe(matching.length)
          }
        }
      })

      test('order by the key, by its bytes', async () => {
        const keys = ['b', 'B', 'a', 'é', '😀', '\uffee', 'aa', '10', '9']
        await repository.insertMany(
          schema,
          keys.map((id) => ({ id, fields: [], expiresAtMs: null })),
        )
        const sorted = [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
        expect(await ids(everything, { order: by('id', 'asc') })).toEqual(sorted)
        expect(await ids(everything, { order: by('id', 'desc'), limit: 4 })).toEqual([...sorted].reverse().slice(0, 4))
      })

      test('refuse what no index answers', async () => {
        const refused = { code: 'ATTRIBUTE_NOT_SEARCHABLE' }
        await expect(count(equals('note', 'x'))).rejects.toMatchObject({ ...refused, attribute: 'note' })
        await expect(select(equals('unknown', 'x'))).rejects.toMatchObject({ ...refused, attribute: 'unknown' })
        const range: Criterion = { type: 'range', attribute: 'ip', min: { value: 'a', inclusive: true } }
        await expect(select(range)).rejects.toMatchObject(refused)
        await expect(select(everything, { order: by('ip', 'asc') })).rejects.toMatchObject(refused)
        for (const limit of [-1, 1.5, Number.NaN]) {
          await expect(select(everything, { limit })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
          await expect(select(everything, { offset: limit })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
        }
      })

      test('answer at once with what was written', async () => {
        for (let at = 0; at < 50; at++) {
          await insert(`id${at}`, { userId: String(at) })
          expect(await count(everything)).toBe(at + 1)
        }
      })

      itAnswersLikeTheOracle(
        () => repository,
        () => schema,
      )
    })

    test('clear removes the records of its model alone', async () => {
      const other = sampleSchema(subject.partitions, `samples${number}x`)
      await repository.insert(other, { id: 'other', fields: ['ip', 'a'], expiresAtMs: null }, { replace: false })
      for (let at = 0; at < 600; at++) await insert(`id${at}`, { ip: 'a' }, at % 3 === 0 ? Date.now() + 60_000 : null)
      expect(await repository.clear(schema)).toBe(600)
      expect(await count(everything)).toBe(0)
      expect(await repository.clear(schema)).toBe(0)
      expect(await repository.clear(other)).toBe(1)
    })
  })
}

function by(attribute: string, direction: Order['direction']): Order {
  return { attribute, direction }
}

function asObject(fields: readonly string[]): Record<string, string> {
  const names = fields.filter((_, at) => at % 2 === 0)
  return Object.fromEntries(names.map((name) => [name, fieldOf(fields, name)!]))
}
