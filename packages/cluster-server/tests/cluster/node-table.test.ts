import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import type { KnownNode } from '../../src/cluster/known-node.js'
import { NODE_FLAGS } from '../../src/cluster/node-flags.js'
import type { NodeTable } from '../../src/cluster/node-table.js'
import { ownedRanges } from '../../src/cluster/slot-ranges.js'
import { splitSlots } from '../../src/cluster/slot-split.js'
import { idOf } from './node-ids.js'
import { nodeOf, twoShards } from './node-tables.js'

jest.setTimeout(60_000)

const owners = (table: NodeTable): (string | undefined)[] =>
  Array.from({ length: 16384 }, (_, slot) => table.ownerOf(slot)?.id)

const node = (table: NodeTable, number: number): KnownNode => table.node(idOf(number))!

describe('the table of nodes', () => {
  test('gives a slot to one node at a time', () => {
    const table = twoShards(1, [[{ start: 0, end: 9 }]])
    expect(table.addSlot(node(table, 2), 9)).toBe(false)
    expect(table.removeSlot(9)).toBe(true)
    expect(table.removeSlot(9)).toBe(false)
    expect(table.addSlot(node(table, 2), 9)).toBe(true)
    expect(table.ownerOf(9)).toBe(node(table, 2))
    expect([...node(table, 2).slots]).toEqual([9])
    expect(node(table, 1).slots.size).toBe(9)
    expect(table.voters).toBe(2)
  })

  test('says when this node, or the primary that it follows, loses a slot', () => {
    const lost = [1, 2, 3].map((me) => {
      const table = twoShards(me)
      const slots: number[] = []
      table.onSlotLost = (slot) => slots.push(slot)
      for (const slot of [0, 8191, 8192]) table.removeSlot(slot)
      return slots
    })
    expect(lost).toEqual([[0, 8191], [8192], [0, 8191]])
  })

  test('forgets with a node its slots, what moves to or from it, and what it said of others', () => {
    const table = twoShards(1)
    const [myself, other, replica] = [1, 2, 3].map((number) => node(table, number)) as [KnownNode, KnownNode, KnownNode]
    table.migrating.set(1, other)
    table.importing.set(9000, other)
    replica.failureReports.set(other, 1)
    table.remove(other)
    expect(table.node(idOf(2))).toBeUndefined()
    expect(table.ownerOf(9000)).toBeUndefined()
    expect(table.migrating.size + table.importing.size + replica.failureReports.size).toBe(0)
    expect(table.ownerOf(1)).toBe(myself)
    table.remove(replica)
    expect(myself.replicas).toEqual([])
  })

  test('a replica that becomes a primary leaves the one that it followed, and may own slots', () => {
    const table = twoShards(2)
    const [primary, replica] = [node(table, 1), node(table, 3)]
    expect(table.makePrimary(replica)).toBe(true)
    expect(table.makePrimary(replica)).toBe(false)
    expect(replica).toMatchObject({ isPrimary: true, isReplica: false, primary: null })
    expect(primary.replicas).toEqual([])
    table.makeReplica(primary)
    table.follow(primary, replica)
    expect(primary.slots.size).toBe(0)
    expect(table.ownerOf(0)).toBeUndefined()
    expect(replica.replicas).toEqual([primary])
    expect(primary.shardPrimary).toBe(replica)
    expect(primary.claimEpoch).toBe(replica.configEpoch)
  })

  test('does not learn of a banned node again before its time', () => {
    const table = twoShards(1)
    table.banUntil(idOf(9), 100)
    expect(table.isBanned(idOf(9), 100)).toBe(true)
    expect(table.isBanned(idOf(9), 101)).toBe(false)
    expect(table.isBanned(idOf(8), 0)).toBe(false)
  })

  test('marks a primary that gets its first slot for replicas to move to, where any primary has some', () => {
    const table = twoShards(1)
    const fresh = table.add(nodeOf(4))
    table.removeSlot(0)
    table.addSlot(fresh, 0)
    expect(fresh.has(NODE_FLAGS.migrateTo)).toBe(true)
  })
})

describe('ranges of slots', () => {
  test('are those of the owners, merged, in one ascending list', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(16383), fc.integer({ min: 0, max: 2 })), { maxLength: 60 }), (changes) => {
        const table = twoShards(1)
        for (const [slot, owner] of changes) {
          table.removeSlot(slot)
          if (owner > 0) table.addSlot(node(table, owner), slot)
        }
        const listed: (string | undefined)[] = new Array(16384).fill(undefined)
        const ranges = ownedRanges(table)
        for (const [at, { start, end, owner }] of ranges.entries()) {
          listed.fill(owner.id, start, end + 1)
          const before = ranges[at - 1]
          if (before !== undefined) expect(before.end + (before.owner === owner ? 1 : 0)).toBeLessThan(start)
        }
        expect(listed.join()).toBe(owners(table).join())
        for (const owner of table.nodes) expect(owner.slots.ranges()).toEqual(ownRanges(owner))
      }),
      { numRuns: 50 },
    )
  })
})

const ownRanges = (owner: KnownNode) => {
  const ranges: { start: number; end: number }[] = []
  for (const slot of owner.slots) {
    const last = ranges.at(-1)
    if (last?.end === slot - 1) last.end = slot
    else ranges.push({ start: slot, end: slot })
  }
  return ranges
}

describe('splitting slots', () => {
  test('gives three primaries what redis-cli gives them', () => {
    expect(splitSlots(3)).toEqual([
      { start: 0, end: 5460 },
      { start: 5461, end: 10922 },
      { start: 10923, end: 16383 },
    ])
  })

  test('covers every slot once, in ranges of nearly the same size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (primaries) => {
        const ranges = splitSlots(primaries)
        expect(ranges).toHaveLength(primaries)
        expect(ranges[0]?.start).toBe(0)
        expect(ranges.at(-1)?.end).toBe(16383)
        expect(ranges.every(({ start }, index) => index === 0 || start === ranges[index - 1]!.end + 1)).toBe(true)
        const sizes = ranges.map(({ start, end }) => end - start + 1)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(2)
      }),
    )
  })
})
