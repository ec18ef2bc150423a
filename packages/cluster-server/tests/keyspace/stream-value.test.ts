import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compareIds, FIRST_ID, idText, LAST_ID, type StreamId } from '../../src/keyspace/stream-id.js'
import { StreamNode } from '../../src/keyspace/stream-node.js'
import { StreamValue } from '../../src/keyspace/stream-value.js'

const half = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.integer({ min: 2 ** 52, max: Number.MAX_SAFE_INTEGER }) },
  { weight: 2, arbitrary: fc.bigInt(2n ** 53n, 2n ** 64n - 1n) },
)
const id: fc.Arbitrary<StreamId> = fc.record({ ms: half, seq: half })
const text = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 12 }),
  fc.constantFrom(
    'a',
    'b',
    '',
    '0',
    '-1',
    '127',
    '128',
    '-4096',
    '4095',
    '4096',
    '32767',
    '-32768',
    '8388607',
    '-8388609',
  ),
  fc.constantFrom('2147483647', '-2147483648', '2147483648', '9223372036854775807', '-9223372036854775808', '01', '-0'),
  fc.constantFrom('x'.repeat(63), 'x'.repeat(64), 'y'.repeat(4095), 'y'.repeat(4096), 'z'.repeat(20000)),
)
const content = fc.array(fc.tuple(fc.constantFrom('a', 'b', '5'), text), { minLength: 1, maxLength: 3 })

type Step =
  | { readonly type: 'add'; readonly id: StreamId; readonly content: readonly (readonly [string, string])[] }
  | { readonly type: 'delete'; readonly pick: number }
  | { readonly type: 'trim'; readonly length: number; readonly approximate: boolean }
  | { readonly type: 'trimBefore'; readonly id: StreamId; readonly approximate: boolean }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ type: fc.constant('add' as const), id, content }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('delete' as const), pick: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('trim' as const), length: fc.nat(20), approximate: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('trimBefore' as const), id, approximate: fc.boolean() }),
  },
)

interface ModelEntry {
  readonly id: StreamId
  readonly content: readonly string[]
}

const seen = (entries: readonly ModelEntry[]): unknown => entries.map((entry) => [idText(entry.id), entry.content])

/** Ids in the order in which a stream can take them. */
const inOrder = (steps: readonly Step[]): Step[] => {
  const ids = steps.flatMap((each) => (each.type === 'add' ? [each.id] : [])).sort(compareIds)
  return steps.map((each) => (each.type === 'add' ? { ...each, id: ids.shift()! } : each))
}

const apply = (stream: StreamValue, model: ModelEntry[], each: Step): void => {
  switch (each.type) {
    case 'add': {
      if (compareIds(each.id, stream.lastId) <= 0) return
      const words = each.content.flat()
      stream.append(each.id, words, { maxNodeBytes: 300, maxNodeEntries: 7 })
      model.push({ id: each.id, content: words })
      return
    }
    case 'delete': {
      const victim = model[each.pick % Math.max(1, model.length)]
      expect(stream.delete(victim ? [victim.id, victim.id] : [each.pick].map((ms) => ({ ms, seq: 1 })))).toBe(
        victim ? 1 : 0,
      )
      if (victim) model.splice(model.indexOf(victim), 1)
      return
    }
    case 'trim': {
      const deleted = stream.trim({ keep: { length: each.length }, approximate: each.approximate, limit: 0 })
      if (!each.approximate) expect(deleted).toBe(Math.max(0, model.length - each.length))
      expect(model.length - deleted).toBeGreaterThanOrEqual(Math.min(model.length, each.length))
      model.splice(0, deleted)
      return
    }
    case 'trimBefore': {
      const doomed = model.filter((entry) => compareIds(entry.id, each.id) < 0).length
      const deleted = stream.trim({ keep: { from: each.id }, approximate: each.approximate, limit: 0 })
      if (each.approximate) expect(deleted).toBeLessThanOrEqual(doomed)
      else expect(deleted).toBe(doomed)
      model.splice(0, deleted)
    }
  }
}

describe('a stream value', () => {
  test('holds what a sorted list of entries would, whatever is added, deleted and trimmed', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120 }),
        id,
        id,
        fc.integer({ min: 1, max: 9 }),
        (steps, from, to, limit) => {
          const stream = new StreamValue()
          const model: ModelEntry[] = []
          for (const each of inOrder(steps)) {
            apply(stream, model, each)
            expect(stream.size).toBe(model.length)
            expect(idText(stream.firstId)).toBe(idText(model[0]?.id ?? FIRST_ID))
            expect(stream.lastLiveId() ?? null).toEqual(model.at(-1)?.id ?? null)
          }
          const within = model.filter((entry) => compareIds(entry.id, from) >= 0 && compareIds(entry.id, to) <= 0)
          expect(seen(stream.range(FIRST_ID, LAST_ID))).toEqual(seen(model))
          expect(seen(stream.range(from, to))).toEqual(seen(within))
          expect(seen(stream.range(from, to, limit))).toEqual(seen(within.slice(0, limit)))
          expect(seen(stream.rangeBackwards(from, to))).toEqual(seen([...within].reverse()))
          expect(seen(stream.rangeBackwards(from, to, limit))).toEqual(seen([...within].reverse().slice(0, limit)))
          for (const entry of model) expect(stream.has(entry.id)).toBe(true)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('is the same after it was written as listpacks and read again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const stream = new StreamValue()
        for (const each of inOrder(steps)) apply(stream, [...stream.range(FIRST_ID, LAST_ID)], each)
        const nodes = [...stream.nodes()].map((node) => StreamNode.fromListpack(node.id, node.listpack)!)
        for (const node of stream.nodes()) expect(node.listpack).toHaveLength(node.sizeBytes)
        const { lastId, firstId, maxDeletedId, entriesAdded } = stream
        const again = StreamValue.restored({ nodes, lastId, firstId, maxDeletedId, entriesAdded })
        expect(again.size).toBe(stream.size)
        expect(seen(again.range(FIRST_ID, LAST_ID))).toEqual(seen(stream.range(FIRST_ID, LAST_ID)))
      }),
      { numRuns: 60 },
    )
  })

  test('refuses a listpack of which a byte was changed, or reads it as another stream, but never fails', () => {
    const stream = new StreamValue()
    for (let ms = 1; ms < 6; ms++) {
      stream.append({ ms, seq: 0 }, ['a', String(ms * 1000), ms % 2 ? 'b' : 'c', 'long text'.repeat(9)], {
        maxNodeBytes: 0,
        maxNodeEntries: 0,
      })
    }
    const [node] = [...stream.nodes()]
    const bytes = node!.listpack
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [1, 64, 128, 255]) {
        const broken = bytes.slice(0, at) + String.fromCharCode(bytes.charCodeAt(at) ^ change) + bytes.slice(at + 1)
        expect(StreamNode.fromListpack(node!.id, broken)?.entries().length ?? 5).toBeLessThanOrEqual(5)
      }
    }
    expect(StreamNode.fromListpack(node!.id, bytes)?.entries()).toEqual(node!.entries())
  })

  test('keeps pending entries with their group and their consumer through a copy', () => {
    const stream = new StreamValue()
    const group = stream.addGroup('g', FIRST_ID, -1)!
    const [ann, bob] = [group.addConsumer('ann', 1), group.addConsumer('bob', 2)]
    for (let ms = 400; ms > 0; ms--) group.addPending({ ms, seq: 0 }, ms % 3 ? ann : bob, ms)
    for (const entry of [...ann.pending].filter(({ deliveredAtMs }) => deliveredAtMs % 2)) group.reassign(entry, bob)
    const copy = stream.copy().group('g')!
    group.removeConsumer(bob)
    expect(group.pending.size).toBe(ann.pending.size)
    expect(copy.pending.size).toBe(400)
    expect([...copy.pending].map(({ deliveredAtMs }) => deliveredAtMs)).toEqual(
      Array.from({ length: 400 }, (_, i) => i + 1),
    )
    const held = copy.consumers().map((consumer) => [...consumer.pending].map(({ id: { ms } }) => ms))
    expect(held.flat().sort((one, other) => Number(one) - Number(other))).toEqual(
      [...copy.pending].map(({ id: { ms } }) => ms),
    )
    expect([...copy.pending].every((entry) => entry.consumer.pending.get(entry.id) === entry)).toBe(true)
  })
})
