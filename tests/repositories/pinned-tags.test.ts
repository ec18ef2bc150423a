import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Criterion } from '../../src/repositories/criteria.js'
import { matches } from '../../src/repositories/evaluate.js'
import { askedPartitions } from '../../src/repositories/indexed/asked-partitions.js'
import { partitionOfRecord } from '../../src/repositories/indexed/layout.js'
import { pinnedTags } from '../../src/repositories/pinned-tags.js'
import { sampleSchema } from './sample-schema.js'

const plain = sampleSchema(8)
const schema = { ...plain, hashTag: plain.attributes.get('ip')! }
const equals = (attribute: string, value: string | null): Criterion => ({ type: 'equals', attribute, value })
const tagsOf = (where: Criterion) => {
  const tags = pinnedTags(schema, where)
  return tags === null ? null : [...tags]
}

describe('the tags that a condition pins', () => {
  test('are those of equality, of one of several values, and of text without wildcards', () => {
    expect(tagsOf(equals('ip', 'a'))).toEqual(['a'])
    expect(tagsOf(equals('ip', null))).toEqual([null])
    expect(tagsOf({ type: 'in', attribute: 'ip', values: ['a', null, 'a'] })).toEqual(['a', null])
    expect(tagsOf({ type: 'like', attribute: 'ip', pattern: { parts: ['a'] } })).toEqual(['a'])
    expect(tagsOf({ type: 'like', attribute: 'ip', pattern: { parts: ['a', ''] } })).toBeNull()
    expect(tagsOf(equals('name', 'a'))).toBeNull()
    expect(pinnedTags(plain, equals('ip', 'a'))).toBeNull()
  })

  test('are pinned by any part of a conjunction, by all parts of a disjunction, and by no negation', () => {
    const other = equals('name', 'x')
    expect(tagsOf({ type: 'all', of: [other, equals('ip', 'a')] })).toEqual(['a'])
    expect(tagsOf({ type: 'all', of: [equals('ip', 'a'), equals('ip', 'b')] })).toEqual([])
    expect(tagsOf({ type: 'any', of: [equals('ip', 'a'), equals('ip', 'b')] })).toEqual(['a', 'b'])
    expect(tagsOf({ type: 'any', of: [equals('ip', 'a'), other] })).toBeNull()
    expect(tagsOf({ type: 'any', of: [] })).toEqual([])
    expect(tagsOf({ type: 'not', of: equals('ip', 'a') })).toBeNull()
    expect(tagsOf({ type: 'notIn', attribute: 'ip', values: ['a'] })).toBeNull()
  })

  test('never leave out a partition that holds an answer', () => {
    const text = fc.constantFrom('a', 'b', 'c', 'd', 'e', null)
    const { where } = fc.letrec<{ where: Criterion }>((tie) => ({
      where: fc.oneof(
        { maxDepth: 3 },
        fc.record({ type: fc.constant('equals' as const), attribute: fc.constantFrom('ip', 'name'), value: text }),
        fc.record({
          type: fc.constant('in' as const),
          attribute: fc.constantFrom('ip', 'name'),
          values: fc.array(text),
        }),
        fc.record({ type: fc.constant('notEquals' as const), attribute: fc.constant('ip'), value: text }),
        fc.record({
          type: fc.constantFrom('all' as const, 'any' as const),
          of: fc.array(tie('where'), { maxLength: 3 }),
        }),
        fc.record({ type: fc.constant('not' as const), of: tie('where') }),
      ),
    }))
    fc.assert(
      fc.property(where, text, text, (criterion, ip, name) => {
        const fields = [...(ip === null ? [] : ['ip', ip]), ...(name === null ? [] : ['name', name])]
        const record = { id: 'x', fields }
        if (!matches(schema, criterion, record)) return
        const asked = askedPartitions(schema, criterion, null).map(({ partition }) => partition)
        expect(asked).toContain(partitionOfRecord(schema, record))
      }),
      { numRuns: 2000 },
    )
  })
})
