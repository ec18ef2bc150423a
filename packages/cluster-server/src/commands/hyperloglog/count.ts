import { narrowInt64 } from '../../int64.js'
import { OK, type Reply } from '../../resp/reply.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { estimate, newHistogram } from './cardinality.js'
import { REGISTERS } from './dense-registers.js'
import { elementPlace, INDEX_BITS } from './element-hash.js'
import { Sketch } from './sketch.js'
import { CORRUPTED, keepSketch, sketchAt, sparseLimit } from './stored-sketch.js'

export const pfadd = defineCommand({
  name: 'pfadd',
  arity: -2,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'insert'], 1)],
  categories: ['hyperloglog'],
  group: 'hyperloglog',
  since: '2.8.9',
  complexity: 'O(1) for each element',
  summary: 'Adds elements to a HyperLogLog',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'element', type: 'string', optional: true, multiple: true },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const stored = sketchAt(context, key)
    const sketch = stored ?? Sketch.empty()
    const limit = sparseLimit(context)
    let isChanged = stored === undefined
    for (let i = 2; i < argv.length; i++) {
      const place = elementPlace(argument(argv, i))
      const raised = sketch.raise(place & (REGISTERS - 1), place >> INDEX_BITS, limit)
      if (raised === undefined) {
        keepSketch(context, key, sketch)
        throw CORRUPTED
      }
      isChanged ||= raised
    }
    if (isChanged) sketch.markStale()
    keepSketch(context, key, sketch)
    if (isChanged) context.db.changed(key, 'pfadd')
    return isChanged ? 1 : 0
  },
})

/** Raises `registers` to those of each sketch. @returns whether one of them is dense @throws WireError */
const mergeAll = (context: CommandContext, keys: readonly string[], registers: Uint8Array): boolean => {
  let hasDense = false
  for (const key of keys) {
    const sketch = context.db.reading(() => sketchAt(context, key))
    if (sketch === undefined) continue
    hasDense ||= !sketch.isSparse
    if (!sketch.mergeInto(registers)) throw CORRUPTED
  }
  return hasDense
}

const countUnion = (context: CommandContext, keys: readonly string[]): number => {
  const registers = new Uint8Array(REGISTERS)
  mergeAll(context, keys, registers)
  const histogram = newHistogram()
  for (const value of registers) histogram[value] = (histogram[value] ?? 0) + 1
  return estimate(histogram)
}

const asReply = (cardinality: bigint): Reply => narrowInt64(BigInt.asIntN(64, cardinality))

/** Counts one sketch, and remembers the count in its text. */
const countOne = (context: CommandContext, key: string): Reply => {
  const sketch = sketchAt(context, key)
  if (sketch === undefined) return 0
  const cached = sketch.cachedCardinality
  const counted = cached === undefined ? sketch.estimate() : undefined
  if (counted !== undefined) sketch.cachedCardinality = BigInt(counted)
  keepSketch(context, key, sketch)
  if (cached !== undefined) return asReply(cached)
  if (counted === undefined) throw CORRUPTED
  // No notification has this name: a count is passed on and fails transactions, but is no event.
  context.db.changed(key, 'pfcount')
  return asReply(BigInt(counted))
}

export const pfcount = defineCommand({
  name: 'pfcount',
  arity: -2,
  flags: ['readonly', 'may_replicate'],
  keySpecs: [
    {
      ...keyRange(['RW', 'access'], 1, -1),
      notes: 'RW because it may change the internal representation of the key, and propagate to replicas',
    },
  ],
  categories: ['hyperloglog'],
  group: 'hyperloglog',
  since: '2.8.9',
  complexity: 'O(1) for one key, O(N) with N keys',
  summary: 'Estimates how many different elements were added to HyperLogLogs',
  arguments: [{ name: 'key', type: 'key', multiple: true, keySpecIndex: 0 }],
  run: (context, argv) =>
    argv.length > 2 ? asReply(BigInt(countUnion(context, argv.slice(1)))) : countOne(context, argument(argv, 1)),
})

export const pfmerge = defineCommand({
  name: 'pfmerge',
  arity: -2,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['RW', 'access', 'insert'], 1), keyRange(['RO', 'access'], 2, -1)],
  categories: ['hyperloglog'],
  group: 'hyperloglog',
  since: '2.8.9',
  complexity: 'O(N) with N keys',
  summary: 'Merges HyperLogLogs into one',
  arguments: [
    { name: 'destkey', type: 'key', keySpecIndex: 0 },
    { name: 'sourcekey', type: 'key', multiple: true, keySpecIndex: 1 },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const registers = new Uint8Array(REGISTERS)
    const hasDense = mergeAll(context, argv.slice(1), registers)
    const sketch = sketchAt(context, key) ?? Sketch.empty()
    if (hasDense) sketch.makeDense()
    const limit = sparseLimit(context)
    registers.forEach((value, index) => {
      if (value > 0) sketch.raise(index, value, limit)
    })
    sketch.markStale()
    keepSketch(context, key, sketch)
    context.db.changed(key, 'pfadd')
    return OK
  },
})
