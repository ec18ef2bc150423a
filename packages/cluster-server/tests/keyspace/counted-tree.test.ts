import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { CountedTree, type TreeShape } from '../../src/keyspace/counted-tree.js'
import { comesBefore } from '../../src/keyspace/ordered-entries.js'

interface Entry {
  readonly score: number
  readonly member: string
}

type Step = { readonly type: 'put'; readonly entry: Entry } | { readonly type: 'remove'; readonly place: number }

/** The same promises, kept by sorting an array. */
class NaiveEntries {
  entries: Entry[] = []

  put(entry: Entry): void {
    this.entries.push(entry)
    this.entries.sort((a, b) => (comesBefore(a.score, a.member, b.score, b.member) ? -1 : 1))
  }
}

const score = fc.constantFrom(-Infinity, -2, -0, 0, 0.5, 1, 7, Infinity)
const entry = fc.record({ score, member: fc.string({ minLength: 1, maxLength: 3 }) })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: entry.map((value): Step => ({ type: 'put', entry: value })) },
  { weight: 2, arbitrary: fc.nat(1_000_000).map((place): Step => ({ type: 'remove', place })) },
)

const SHAPES: readonly TreeShape[] = [
  { leafCapacity: 4, fanOut: 4 },
  { leafCapacity: 5, fanOut: 6 },
  { leafCapacity: 128, fanOut: 64 },
]

const expectSame = (tree: CountedTree, model: NaiveEntries): void => {
  tree.checkInvariants()
  const { members, scores } = tree.slice(0, tree.size)
  expect(members.map((member, i) => ({ score: scores[i], member }))).toEqual(model.entries)
}

describe('CountedTree', () => {
  test.each(SHAPES)('keeps the order of a sorted array under any insertions and removals (%o)', (shape) => {
    const property = fc.property(fc.array(step, { maxLength: 300 }), fc.nat(), fc.nat(), (steps, low, high) => {
      const tree = new CountedTree(shape)
      const model = new NaiveEntries()
      for (const next of steps) {
        if (next.type === 'put') {
          const old = model.entries.findIndex(({ member }) => member === next.entry.member)
          if (old !== -1) {
            tree.remove(model.entries[old]!.score, next.entry.member)
            model.entries.splice(old, 1)
          }
          tree.insert(next.entry.score, next.entry.member)
          model.put(next.entry)
        } else if (model.entries.length > 0) {
          const [removed] = model.entries.splice(next.place % model.entries.length, 1)
          tree.remove(removed!.score, removed!.member)
        }
        tree.checkInvariants()
      }
      expectSame(tree, model)
      const from = low % (model.entries.length + 1)
      const to = from + (high % (model.entries.length + 1))
      expect(tree.slice(from, to).members).toEqual(model.entries.slice(from, to).map(({ member }) => member))
      for (const cut of model.entries) {
        const rank = tree.countBefore((s, m) => comesBefore(s, m, cut.score, cut.member))
        expect(model.entries[rank]).toEqual(cut)
      }
    })
    fc.assert(property, { numRuns: shape.leafCapacity > 100 ? 40 : 150 })
  })

  test('stays sound while it grows at the right edge and shrinks from the left one', () => {
    const tree = new CountedTree({ leafCapacity: 8, fanOut: 4 })
    for (let i = 0; i < 2000; i++) tree.insert(i, `m${i}`)
    tree.checkInvariants()
    for (let i = 0; i < 1990; i++) {
      tree.remove(i, `m${i}`)
      if (i % 50 === 0) tree.checkInvariants()
    }
    expect(tree.slice(0, 3).members).toEqual(['m1990', 'm1991', 'm1992'])
  })

  test('stays sound when all of it is removed in an order unlike that of its growth', () => {
    const tree = new CountedTree({ leafCapacity: 4, fanOut: 4 })
    const count = 1500
    for (let i = 0; i < count; i++) tree.insert((i * 7919) % count, `m${i}`)
    for (let i = 0; i < count; i++) {
      const place = (i * 104729) % count
      tree.remove((place * 7919) % count, `m${place}`)
      if (i % 37 === 0) tree.checkInvariants()
    }
    tree.checkInvariants()
    expect(tree.size).toBe(0)
  })

  test('ignores the removal of an entry that is not there', () => {
    const tree = new CountedTree()
    tree.insert(1, 'a')
    tree.remove(2, 'a')
    tree.remove(1, 'b')
    expect(tree.size).toBe(1)
  })
})
