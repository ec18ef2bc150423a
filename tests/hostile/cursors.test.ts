import { beforeAll, expect, test } from '@jest/globals'
import {
  ArrayRepository,
  Attribute,
  Entity,
  InvalidArgumentError,
  Model,
  type Ranged,
  Searchable,
} from '../../src/index.js'
import { createRandom } from '../repositories/random.js'
import { brokenValues, hostileValues } from './hostile-values.js'

@Entity({ timestamps: false, repository: new ArrayRepository() })
class Row extends Model {
  declare id: string
  declare text: Ranged<string>
}
Searchable({ range: true })(Row.prototype, 'text')
Attribute({ cast: 'string' })(Row.prototype, 'text')

let cursor: string
beforeAll(async () => {
  await Row.insertMany(hostileValues(60, 4).map((text, at) => ({ id: `r${at}`, text })))
  cursor = (await page(null)).next!
})

const page = (after: unknown) => Row.orderBy('text').cursorPaginate({ size: 20, after: after as string })

test('a cursor that is given back unchanged continues where the page ended', async () => {
  const pages = [await page(null), await page(cursor)]
  pages.push(await page(pages[1]!.next))
  expect(new Set(pages.flatMap(({ rows }) => rows.map(({ id }) => id))).size).toBe(60)
})

test('a cursor with one changed, missing or added character is refused', async () => {
  const alphabet = 'ABCabc019-_=+/ %\0é'
  const random = createRandom(11)
  const mangled = new Set<string>()
  for (let at = 0; at < cursor.length; at++) {
    mangled.add(cursor.slice(0, at))
    mangled.add(cursor.slice(0, at) + cursor.slice(at + 1))
    mangled.add(cursor.slice(0, at) + random.of([...alphabet]) + cursor.slice(at + 1))
    mangled.add(cursor.slice(0, at) + random.of([...alphabet]) + cursor.slice(at))
  }
  for (const character of [...alphabet, '\n', '\ud800']) mangled.add(cursor + character)
  mangled.delete(cursor)
  for (const text of mangled) await expect(page(text)).rejects.toThrow(InvalidArgumentError)
})

test('a forged cursor, that of another question, and what is no text are refused with a message that shows them', async () => {
  const forms = ['[null,0,"r1"]', '["a",1,"r1"]', '{}', 'null', '[]', '[[],[],[]]', '["a","b",{"toString":1}]', '\0']
  const forged = forms.flatMap((text) => [text, `${'A'.repeat(16)}${text}`, `${' '.repeat(16)}${text}`])
  for (const text of forged) {
    await expect(page(Buffer.from(text).toString('base64url'))).rejects.toThrow(
      'is not a cursor of this query on model [Row]',
    )
  }
  const other = await Row.orderBy('text', 'desc').cursorPaginate({ size: 5 })
  const filtered = await Row.where('text', '!=', 'a').orderBy('text').cursorPaginate({ size: 5 })
  for (const text of [
    other.next,
    filtered.next,
    ...hostileValues(600, 12),
    ...brokenValues(40, 12),
    'x'.repeat(2 ** 20),
  ]) {
    await expect(page(text)).rejects.toThrow(InvalidArgumentError)
  }
  for (const value of [0, 1n, true, {}, [cursor], Symbol('x'), () => cursor, undefined]) {
    const outcome = page(value)
    if (value === undefined) await expect(outcome).resolves.toBeDefined()
    else await expect(outcome).rejects.toThrow(InvalidArgumentError)
  }
})

test('cursors of several orders lead through hostile texts in both directions, and are refused when they are mangled', async () => {
  const question = () => Row.orderBy('text', 'desc').orderBy('id')
  const forwards: string[] = []
  let after: string | null = null
  let last = await question().cursorPaginate({ size: 7 })
  for (;;) {
    forwards.push(...last.rows.map(({ id }) => id))
    if (last.next === null) break
    after = last.next
    last = await question().cursorPaginate({ size: 7, after })
  }
  expect(forwards).toEqual(await question().ids())
  const backwards = last.rows.map(({ id }) => id)
  for (let before = last.previous; before !== null; ) {
    const page = await question().cursorPaginate({ size: 7, before })
    backwards.unshift(...page.rows.map(({ id }) => id))
    before = page.previous
  }
  expect(backwards).toEqual(forwards)
  const random = createRandom(5)
  for (let round = 0; round < 200; round++) {
    const at = random.below(after!.length)
    const mangled = after!.slice(0, at) + random.of(['A', 'z', '9', '', '-']) + after!.slice(at + 1)
    if (mangled === after) continue
    await expect(question().cursorPaginate({ size: 7, before: mangled })).rejects.toThrow(InvalidArgumentError)
    await expect(question().cursorPaginate({ size: 7, after: mangled })).rejects.toThrow(InvalidArgumentError)
  }
  await expect(question().cursorPaginate({ size: 7, before: cursor })).rejects.toThrow(InvalidArgumentError)
})
