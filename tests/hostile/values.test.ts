import { describe, expect, test } from '@jest/globals'
import {
  Attribute,
  CastError,
  DuplicateKeyError,
  Entity,
  escapeWildcards,
  InvalidKeyError,
  Model,
  type Ranged,
  Searchable,
} from '../../src/index.js'
import { MAX_KEY_LENGTH } from '../../src/schema/record-key.js'
import { describeStores } from '../model/support/stores.js'
import { createRandom } from '../repositories/random.js'
import { brokenValues, hostileValues } from './hostile-values.js'

@Entity({ timestamps: false })
class Hostile extends Model {
  declare id: string
  declare text: Ranged<string>
  declare note: string
}
// Declared by calls, as a program would that learns of its attributes when it runs.
Searchable({ range: true })(Hostile.prototype, 'text')
Attribute({ cast: 'string' })(Hostile.prototype, 'text')
Attribute({ cast: 'string' })(Hostile.prototype, 'note')

const isFull = process.env.FULL === '1'
const values = hostileValues(isFull ? 9_500 : 260, 20_240_924)
const broken = brokenValues(isFull ? 500 : 60, 7)
const isKey = (text: string) => text.trim() !== '' && text.length <= MAX_KEY_LENGTH
const keys = values.filter(isKey)
/** Repositories that search by walking all keys are asked about many texts at once, and about few one by one. */
const singles = (repository: string, list: readonly string[]): readonly string[] => {
  const count = repository === 'indexed' ? (isFull ? list.length : 40) : isFull ? 150 : 25
  const random = createRandom(3)
  return count >= list.length ? list : Array.from({ length: count }, () => random.of(list))
}
const groupsOf = (list: readonly string[], size: number): string[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size))
const sorted = (list: readonly string[]) => [...list].sort()
const byBytes = (list: readonly string[]) =>
  [...list].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))

describeStores([Hostile], ({ repository, target }) => {
  describe(`${values.length + broken.length} hostile texts`, () => {
    test('as ids come back as they were, and find and destroy nothing but their own record', async () => {
      const report = await Hostile.insertMany(values.map((id) => ({ id, note: id })))
      expect(report.inserted).toBe(keys.length)
      for (const { index, error } of report.failures) {
        expect(isKey(values[index]!)).toBe(false)
        expect(error).toBeInstanceOf(InvalidKeyError)
      }
      const found = await Hostile.findMany(keys)
      expect(found.map(({ id }) => id)).toEqual(keys)
      expect(found.map(({ note }) => note)).toEqual(keys)
      expect(sorted(await Hostile.query().ids())).toEqual(sorted(keys))
      expect(await Hostile.orderBy('id').ids()).toEqual(byBytes(keys))
      for (const key of singles(repository, keys)) {
        expect((await Hostile.find(key))?.note).toBe(key)
        expect(await Hostile.whereKey(key).ids()).toEqual([key])
      }
      for (const group of groupsOf(keys, 500))
        expect(sorted(await Hostile.whereKey(group).ids())).toEqual(sorted(group))

      // Wildcards name no records but those called so.
      for (const wildcard of ['*', '?', '**', '[a-z]', '*:*', '*1\r\n']) {
        const isKnown = keys.includes(wildcard)
        expect((await Hostile.find(wildcard))?.id ?? null).toBe(isKnown ? wildcard : null)
        expect(await Hostile.destroy(wildcard)).toBe(isKnown ? 1 : 0)
      }
      const left = keys.filter((key) => !['*', '?', '**', '[a-z]', '*:*', '*1\r\n'].includes(key))
      const gone = left.filter((_, at) => at % 2 === 0)
      expect(await Hostile.destroy(gone)).toBe(gone.length)
      expect(await Hostile.destroy(gone)).toBe(0)
      expect(sorted(await Hostile.query().ids())).toEqual(sorted(left.filter((_, at) => at % 2 === 1)))
    }, 600_000)

    test('as values come back as they were and match only themselves, in =, in, like, order and after an update', async () => {
      const rows = values.map((text, at) => ({ id: `v${at}`, text }))
      expect((await Hostile.insertMany(rows)).inserted).toBe(values.length)
      const found = await Hostile.findMany(rows.map(({ id }) => id))
      expect(found.map(({ text }) => text)).toEqual(values)
      const idOf = new Map(rows.map(({ id, text }) => [text, id]))
      for (const text of singles(repository, values)) {
        expect(await Hostile.where('text', '=', text).ids()).toEqual([idOf.get(text)])
        expect(await Hostile.whereLike('text', escapeWildcards(text)).ids()).toEqual([idOf.get(text)])
      }
      for (const group of groupsOf(values, 500)) {
        const ids = await Hostile.whereIn('text', group).ids()
        expect(sorted(ids)).toEqual(sorted(group.map((text) => idOf.get(text)!)))
      }
      for (const text of singles(repository, values).slice(0, isFull ? 60 : 15)) {
        const prefixed = await Hostile.where('text', `${escapeWildcards(text)}*`).ids()
        expect(sorted(prefixed)).toEqual(sorted(rows.filter((row) => row.text.startsWith(text)).map(({ id }) => id)))
        const inside = await Hostile.where('text', `*${escapeWildcards(text)}*`).count()
        expect(inside).toBe(rows.filter((row) => row.text.includes(text)).length)
      }
      const ordered = await Hostile.orderBy('text').get()
      expect(ordered.map(({ text }) => text)).toEqual(byBytes(values))

      const moved = rows.slice(0, 40)
      for (const [at, { id }] of moved.entries()) {
        const record = await Hostile.findOrFail(id)
        await record.update({ text: `moved ${values[values.length - 1 - at]}` })
        expect(await Hostile.where('text', '=', values[at]!).exists()).toBe(false)
        expect(await Hostile.where('text', '=', record.text).ids()).toEqual([id])
      }
    }, 600_000)

    test('that UTF-8 cannot carry are refused by name, wherever they are given', async () => {
      const asIds = await Hostile.insertMany(broken.map((id) => ({ id })))
      expect([asIds.inserted, asIds.failed]).toEqual([0, broken.length])
      for (const { error } of asIds.failures) expect(error).toBeInstanceOf(InvalidKeyError)
      const asValues = await Hostile.insertMany(broken.map((text) => ({ text })))
      expect([asValues.inserted, asValues.failed]).toEqual([0, broken.length])
      for (const { error } of asValues.failures) expect(error).toBeInstanceOf(CastError)
      for (const text of broken.slice(0, 50)) {
        expect(() => Hostile.where('text', '=', text)).toThrow(CastError)
        expect(() => Hostile.whereLike('text', `${text}*`)).toThrow(CastError)
        expect(() => Hostile.make({ note: text })).toThrow(CastError)
        await expect(Hostile.find(text)).rejects.toThrow(InvalidKeyError)
        await expect(Hostile.destroy(text)).rejects.toThrow(InvalidKeyError)
      }
      expect(await Hostile.count()).toBe(0)
    })

    test('of a mebibyte are as good as short ones', async () => {
      // Most of its characters are escaped, one by one, in a script: the embedded server takes seconds for each.
      const units = isFull && target.kind !== 'embedded-cluster' ? ['x', 'é', '%', '\0', 'é:%\0'] : ['é:%\0']
      const long = units.map((unit) => unit.repeat(2 ** 20 / unit.length))
      for (const [at, text] of long.entries()) {
        await Hostile.create({ id: `long${at}`, text, note: text })
        await Hostile.create({ id: `other${at}`, text: `${text.slice(0, -1)}y` })
      }
      for (const [at, text] of long.entries()) {
        const [found, ...others] = await Hostile.where('text', '=', text).get()
        expect([found?.id, found?.text === text, found?.note === text, others.length]).toEqual([
          `long${at}`,
          true,
          true,
          0,
        ])
      }
    }, 120_000)

    test('of a mebibyte are as good ids as short ones', async () => {
      const long = 'é:%\0'.repeat(MAX_KEY_LENGTH / 4)
      const other = `${long.slice(0, -1)}y`
      await Hostile.create({ id: long, text: 'first' })
      await Hostile.create({ id: other, text: 'second' })
      expect((await Hostile.findOrFail(long)).text).toBe('first')
      expect((await Hostile.orderBy('text', 'desc').ids()).map((id) => [long, other].indexOf(id))).toEqual([1, 0])
      const first = await Hostile.orderBy('text').cursorPaginate({ size: 1 })
      const second = await Hostile.orderBy('text').cursorPaginate({ size: 1, after: first.next })
      expect([first.rows[0]?.id === long, second.rows[0]?.id === other]).toEqual([true, true])
      await first.rows[0]!.update({ text: 'third' })
      expect((await Hostile.where('text', '=', 'third').ids()).map((id) => id === long)).toEqual([true])
      await expect(Hostile.create({ id: other })).rejects.toThrow(DuplicateKeyError)
      expect(await Hostile.destroy([long, other])).toBe(2)
      await expect(Hostile.create({ id: `${long}x` })).rejects.toThrow(`at most ${MAX_KEY_LENGTH}`)
    }, 120_000)
  })
})
