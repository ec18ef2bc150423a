import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  formatDefinition,
  formName,
  type IndexForm,
  type IndexState,
  ownDefinition,
  parseDefinition,
  writerTerms,
} from '../../../src/repositories/indexed/index-definition.js'
import { integerCast } from '../../../src/schema/casts/number-casts.js'
import { textCast } from '../../../src/schema/casts/text-cast.js'
import { sampleSchema, schemaOf } from '../sample-schema.js'

const names = fc.string({ minLength: 1, unit: 'binary' }).filter((name) => name.isWellFormed())
const forms: fc.Arbitrary<IndexForm> = fc.oneof(
  names.map((name): IndexForm => ({ kind: '=', attributes: [name], detail: '' })),
  names.map((name): IndexForm => ({ kind: 't', attributes: [name], detail: '' })),
  fc.tuple(names, names).map(([name, detail]): IndexForm => ({ kind: 's', attributes: [name], detail })),
  fc
    .array(names, { minLength: 2, maxLength: 4 })
    .map((attributes): IndexForm => ({ kind: 'c', attributes, detail: '' })),
)
const states = fc.constantFrom<IndexState>('ready', 'building', 'retired')

describe('the stored definition of indexes', () => {
  test('comes back as it was written, whatever the names of attributes and casts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(forms, states)),
        fc.option(fc.integer({ min: 1, max: 1024 })),
        (listed, movesTo) => {
          const indexes = new Map(listed.map(([form, state]) => [formName(form), { form, state }]))
          expect(parseDefinition(formatDefinition({ indexes, movesTo }))).toEqual({ indexes, movesTo })
        },
      ),
    )
  })

  test('is the same text whatever the order of its indexes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(forms, states)), (listed) => {
        const indexes = new Map(listed.map(([form, state]) => [formName(form), { form, state }]))
        const reversed = new Map([...indexes].reverse())
        expect(formatDefinition({ indexes: reversed, movesTo: null })).toBe(
          formatDefinition({ indexes, movesTo: null }),
        )
      }),
    )
  })

  test('of another form is refused', () => {
    for (const text of ['', '2', '1\n', '1\n=:ip', '1\n?=:ip', '1\n+r:a', '1\n+r:a:t:x', '1\n+c:a', '1\n+=:a:b']) {
      expect(() => parseDefinition(text)).toThrow(RangeError)
    }
  })

  test('of a new model names all of its indexes as ready', () => {
    expect(ownDefinition(schemaOf('m', 1, { ip: [textCast, 'equality'], userId: [integerCast, 'range'] }))).toBe(
      '1\n+=:ip\n+=:userId\n+r:userId:s:integer',
    )
  })

  test('is agreed on once: under the text that a writer stores it has nothing more to change', () => {
    const schema = sampleSchema(1)
    fc.assert(
      fc.property(fc.array(fc.tuple(forms, states)), (listed) => {
        const indexes = new Map(listed.map(([form, state]) => [formName(form), { form, state }]))
        const { text } = writerTerms(schema, formatDefinition({ indexes, movesTo: null }))
        expect(writerTerms(schema, text)).toMatchObject({ text, build: 'keep', emptied: [] })
        const stored = parseDefinition(text).indexes
        for (const [name, { form }] of parseDefinition(ownDefinition(schema)).indexes) {
          expect(stored.get(name)?.form).toEqual(form)
        }
        for (const { form } of indexes.values()) {
          const known = stored.get(formName(form))
          const isOwn = parseDefinition(ownDefinition(schema)).indexes.has(formName(form))
          if (!isOwn) expect(known?.state).not.toBe('ready')
        }
      }),
    )
  })
})
