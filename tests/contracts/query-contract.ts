import { describe, expect, test } from '@jest/globals'
import type { Criterion } from '../../src/repositories/criteria.js'
import type { NewRecord } from '../../src/repositories/repository.js'
import { by, type ContractContext, equals, everything } from './contract-context.js'
import { hostileTexts } from './hostile-texts.js'
import { itAnswersLikeTheOracle } from './oracle-property.js'

/** What every repository promises about answers. */
export function itAnswersQueries(context: ContractContext): void {
  describe('queries', () => {
    test("tell null, '', 'null', '0' and '%null' apart", async () => {
      const values = { absent: null, empty: '', word: 'null', zero: '0', marker: '%null' }
      for (const [id, value] of Object.entries(values))
        await context.insert(id, value === null ? {} : { ip: value, name: value })
      for (const attribute of ['ip', 'name']) {
        for (const [id, value] of Object.entries(values)) {
          expect(await context.ids(equals(attribute, value))).toEqual([id])
          expect(await context.count({ type: 'notEquals', attribute, value })).toBe(4)
        }
      }
    })

    test('match hostile texts with themselves and nothing else, as values and as ids', async () => {
      const rows = hostileTexts.map((text): NewRecord => {
        return { id: text, fields: ['ip', text, 'name', text], expiresAtMs: null }
      })
      expect(new Set(await context.repository.insertMany(context.schema, rows))).toEqual(new Set(['inserted']))
      for (const text of hostileTexts) {
        expect(await context.ids(equals('ip', text))).toEqual([text])
        expect(await context.ids({ type: 'all', of: [equals('id', text), equals('name', text)] })).toEqual([text])
      }
      expect((await context.repository.fetch(context.schema, hostileTexts)).map((record) => record?.id)).toEqual(
        hostileTexts,
      )
      for (const text of hostileTexts) expect(await context.update(text, { ip: `${text}!` })).toBe('updated')
      expect(await context.ids({ type: 'in', attribute: 'ip', values: hostileTexts })).toEqual([])
      expect(await context.repository.delete(context.schema, hostileTexts)).toEqual(hostileTexts.map(() => true))
      expect(await context.count(everything)).toBe(0)
    })

    test('page by limit and offset, and tell whether more follows', async () => {
      for (let at = 0; at < 10; at++) await context.insert(`id${at}`, { userId: String(at) })
      const order = by('userId', 'desc')
      const page = await context.select(everything, { order, limit: 3, offset: 2 })
      expect(page.records.map((record) => record.id)).toEqual(['id7', 'id6', 'id5'])
      expect(page.hasMore).toBe(true)
      expect((await context.select(everything, { order, limit: 8, offset: 2 })).hasMore).toBe(false)
      expect((await context.select(everything, { order, limit: 3, offset: 10 })).records).toEqual([])
      expect((await context.select(everything, { order, limit: 0 })).records).toEqual([])
      expect((await context.select(everything, { order })).records).toHaveLength(10)
    })

    test('continue after a position, undisturbed by rows that came, went and moved', async () => {
      for (let at = 0; at < 30; at++) await context.insert(`id${10 + at}`, { userId: String(at), ip: 'a' })
      const where = equals('ip', 'a')
      const order = by('userId', 'asc')
      const first = await context.select(where, { order, limit: 10 })
      await context.repository.delete(context.schema, ['id19', 'id12'])
      await context.insert('before', { userId: '3', ip: 'a' })
      await context.insert('zafter', { userId: '20', ip: 'a' })
      const second = await context.select(where, { order, limit: null, after: first.positions.at(-1)! })
      const expected = Array.from({ length: 20 }, (_, at) => `id${20 + at}`)
      expected.splice(11, 0, 'zafter')
      expect(second.records.map((record) => record.id)).toEqual(expected)
    })

    test('put rows without a value last in both directions', async () => {
      await context.insert('a', { userId: '2' })
      await context.insert('b')
      await context.insert('c', { userId: '1' })
      await context.insert('d')
      expect((await context.ids(everything, { order: by('userId', 'asc') })).slice(0, 2)).toEqual(['c', 'a'])
      expect((await context.ids(everything, { order: by('userId', 'desc') })).slice(0, 2)).toEqual(['a', 'c'])
      const page = await context.select(everything, { order: by('userId', 'asc'), limit: 3 })
      const rest = await context.ids(everything, { order: by('userId', 'asc'), after: page.positions[2]! })
      expect(rest).toEqual(['d'])
    })

    test('match patterns part by part, without overlaps, on text with and without a range index', async () => {
      for (const text of ['aba', 'abba', 'ab', 'xaba', 'abax', ''])
        await context.insert(`-${text}`, { ip: text, name: text })
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
          expect([parts, (await context.ids(where)).sort()]).toEqual([parts, matching])
          expect(await context.count(where)).toBe(matching.length)
        }
      }
    })

    test('order by the key, by its bytes', async () => {
      const keys = ['b', 'B', 'a', 'é', '😀', '\uffee', 'aa', '10', '9']
      await context.repository.insertMany(
        context.schema,
        keys.map((id) => ({ id, fields: [], expiresAtMs: null })),
      )
      const sorted = [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
      expect(await context.ids(everything, { order: by('id', 'asc') })).toEqual(sorted)
      expect(await context.ids(everything, { order: by('id', 'desc'), limit: 4 })).toEqual(
        [...sorted].reverse().slice(0, 4),
      )
    })

    test('refuse what no index answers', async () => {
      const refused = { code: 'ATTRIBUTE_NOT_SEARCHABLE' }
      await expect(context.count(equals('note', 'x'))).rejects.toMatchObject({ ...refused, attribute: 'note' })
      await expect(context.select(equals('unknown', 'x'))).rejects.toMatchObject({ ...refused, attribute: 'unknown' })
      const range: Criterion = { type: 'range', attribute: 'ip', min: { value: 'a', inclusive: true } }
      await expect(context.select(range)).rejects.toMatchObject(refused)
      await expect(context.select(everything, { order: by('ip', 'asc') })).rejects.toMatchObject(refused)
      for (const limit of [-1, 1.5, Number.NaN]) {
        await expect(context.select(everything, { limit })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
        await expect(context.select(everything, { offset: limit })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      }
    })

    test('answer at once with what was written', async () => {
      for (let at = 0; at < 50; at++) {
        await context.insert(`id${at}`, { userId: String(at) })
        expect(await context.count(everything)).toBe(at + 1)
      }
    })

    itAnswersLikeTheOracle(
      () => context.repository,
      () => context.schema,
    )
  })
}
