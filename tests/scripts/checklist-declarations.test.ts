import { expect, test } from '@jest/globals'
import { readDeclarations } from '../../scripts/docs/checklist-declarations.js'
import { defects, itemSections } from '../checklist/support/facts.js'

const read = (body: string) => readDeclarations('some.test.ts', body)

test('items and defects are read from their literals, with the repositories on which they are proved', () => {
  const { items, defects: proved } = read(`
    describeItems([Visit], (item, defect) => {
      item('K5', { promise: 'One' + ' line.', verdict: 'mended', why: \`because\`, defects: ['D8'] }, async () => {})
      item('K6', { promise: 'Two.', verdict: 'same', on: ['indexed', 'redis'] }, async () => { item })
      for (const one of [1]) defect('D1', { on: ['cluster'] }, () => one)
    })
    describePlainItems((item) => {
      item('K7', { promise: 'Three.', verdict: 'left out', why: 'no' }, () => {})
    })
    item('K8', { promise: 'outside', verdict: 'same' }, () => {})
  `)
  expect(items).toEqual([
    {
      id: 'K5',
      promise: 'One line.',
      verdict: 'mended',
      why: 'because',
      defects: ['D8'],
      repositories: ['array', 'redis', 'cluster', 'indexed'],
    },
    { id: 'K6', promise: 'Two.', verdict: 'same', repositories: ['redis', 'indexed'] },
    { id: 'K7', promise: 'Three.', verdict: 'left out', why: 'no', repositories: null },
  ])
  expect(proved).toEqual([{ id: 'D1', repositories: ['cluster'] }])
})

test('facts that are no literals are refused with the name of the file', () => {
  const source = "describeItems([], (item) => { item('K5', { promise: text, verdict: 'same' }, () => {}) })"
  expect(() => read(source)).toThrow('some.test.ts: an item has a Identifier where a literal is needed')
})

test('the list has each item once, and 62 defects', () => {
  const ids = Object.values(itemSections).flat()
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toHaveLength(138)
  expect(Object.keys(defects)).toEqual(Array.from({ length: 62 }, (_, at) => `D${at + 1}`))
})
