import { expect, test } from '@jest/globals'
import { LongText, overwritten } from '../../src/keyspace/long-text.js'
import { Random } from '../differential/random.js'

const show = (text: string | LongText): string => (typeof text === 'string' ? text : text.text)

test('a long text is what a string would be, whatever is written where, and however it is read', () => {
  const random = new Random(7)
  for (let round = 0; round < 40; round++) {
    let model = 'x'.repeat(random.below(9000))
    let text: string | LongText = model
    for (let step = 0; step < 60; step++) {
      const offset = random.below(model.length + (random.chance(0.2) ? 5000 : 1))
      const part = String.fromCharCode(random.below(256)).repeat(1 + random.below(random.chance(0.1) ? 3000 : 4))
      model = model.slice(0, offset).padEnd(offset, '\0') + part + model.slice(offset + part.length)
      text = overwritten(text, offset, part)
      expect(text.length).toBe(model.length)
      const at = random.below(model.length + 3)
      expect(text.charCodeAt(at)).toBe(model.charCodeAt(at))
      const from = random.below(model.length + 3) * (random.chance(0.1) ? 4 : 1)
      const to = from + random.below(100)
      expect(text.slice(from, to)).toBe(model.slice(from, to))
      if (random.chance(0.1)) expect(show(text)).toBe(model)
    }
    expect(show(text)).toBe(model)
  }
})

test('a short text stays a string, and a copy does not follow its original', () => {
  expect(overwritten('abc', 1, 'X')).toBe('aXc')
  expect(overwritten('', 3, 'X')).toBe('\0\0\0X')
  const original = new LongText('a'.repeat(5000))
  original.write(0, 'b')
  const copy = original.copy()
  original.write(0, 'c')
  expect([copy.text[0], original.text[0]]).toEqual(['b', 'c'])
})

test('what a long text costs follows its form', () => {
  const text = new LongText('a'.repeat(8000))
  expect(text.bytes).toBeLessThan(8200)
  text.write(7999, 'b')
  expect(text.bytes).toBeLessThan(8400)
  text.write(100_000, 'b')
  expect(text.bytes).toBeGreaterThan(100_000)
  expect(text.bytes).toBeLessThan(114_000)
})
