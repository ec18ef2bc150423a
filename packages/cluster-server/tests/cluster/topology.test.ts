import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { createClusterState, defaultCoverageRules } from '../../src/cluster/cluster-state.js'
import { createTopology, topologyData } from '../../src/cluster/create-topology.js'
import { splitSlots } from '../../src/cluster/slot-split.js'
import type { Topology } from '../../src/cluster/topology.js'
import {
  assignSlots,
  moveSlots,
  promoteReplica,
  replaceNode,
  unassignSlots,
} from '../../src/cluster/topology-change.js'
import { idOf, nodeOf, twoShards } from './cluster-states.js'

jest.setTimeout(60_000)

const owners = (topology: Topology): (string | undefined)[] =>
  Array.from({ length: 16384 }, (_, slot) => topology.ownerOf(slot)?.id)

const HALVES = { 1: [{ start: 0, end: 8191 }], 2: [{ start: 8192, end: 16383 }] }

describe('a topology', () => {
  test('names the owner of each slot, and merges the slots of a node to ranges', () => {
    const topology = twoShards({
      1: [
        { start: 5, end: 9 },
        { start: 0, end: 4 },
        { start: 12, end: 12 },
      ],
    })
    expect(topology.ownerOf(9)?.port).toBe(7001)
    expect(topology.ownerOf(10)).toBeUndefined()
    expect(topology.rangesOf(idOf(1))).toEqual([
      { start: 0, end: 9 },
      { start: 12, end: 12 },
    ])
    expect(topology.rangesOf(idOf(3))).toEqual([])
    expect(topology.replicasOf(idOf(1)).map(({ port }) => port)).toEqual([7003])
  })

  test('survives a round trip as plain data', () => {
    const topology = twoShards(HALVES)
    const copy = createTopology(structuredClone(topologyData(topology)))
    expect(topologyData(copy)).toEqual(topologyData(topology))
    expect(owners(copy).join()).toBe(owners(topology).join())
  })

  test.each([
    ['an id that is none', { nodes: [{ ...nodeOf(1), id: 'abc' }], slots: {} }, 'not "abc"'],
    ['two nodes with one id', { nodes: [nodeOf(1), nodeOf(1)], slots: {} }, `the id ${idOf(1)}`],
    ['a replica of nobody', { nodes: [nodeOf(1, 9)], slots: {} }, `follows ${idOf(9)}`],
    ['a replica without a primary', { nodes: [{ ...nodeOf(1), role: 'replica' }], slots: {} }, 'primary is not given'],
    [
      'slots of a stranger',
      { nodes: [nodeOf(1)], slots: { [idOf(2)]: [{ start: 0, end: 1 }] } },
      `given to ${idOf(2)}`,
    ],
    [
      'slots of a replica',
      { nodes: [nodeOf(1), nodeOf(2, 1)], slots: { [idOf(2)]: [{ start: 0, end: 1 }] } },
      'is a replica',
    ],
    ['a slot above 16383', { nodes: [nodeOf(1)], slots: { [idOf(1)]: [{ start: 0, end: 16384 }] } }, '0-16384'],
    ['a range backwards', { nodes: [nodeOf(1)], slots: { [idOf(1)]: [{ start: 5, end: 4 }] } }, '5-4'],
    [
      'a slot with two owners',
      {
        nodes: [nodeOf(1), nodeOf(2)],
        slots: { [idOf(1)]: [{ start: 0, end: 7 }], [idOf(2)]: [{ start: 7, end: 9 }] },
      },
      'slot 7',
    ],
  ] as const)('refuses %s, and names it', (_, data, named) => {
    expect(() => createTopology({ currentEpoch: 1, ...data } as never)).toThrow(named)
  })
})

describe('changes make new topologies', () => {
  test('assigning and unassigning slots leaves the old topology and the epochs as they were', () => {
    const before = twoShards({ 1: [{ start: 0, end: 9 }] })
    const after = unassignSlots(assignSlots(before, idOf(2), [20, 10, 11]), [0, 10, 16000])
    expect(owners(before).filter(Boolean)).toHaveLength(10)
    expect(after.rangesOf(idOf(1))).toEqual([{ start: 1, end: 9 }])
    expect(after.rangesOf(idOf(2))).toEqual([
      { start: 11, end: 11 },
      { start: 20, end: 20 },
    ])
    expect(after.currentEpoch).toBe(before.currentEpoch)
    expect(() => assignSlots(before, idOf(2), [9])).toThrow('slot 9')
    expect(() => assignSlots(before, idOf(1), [9])).toThrow('twice')
  })

  test('moving slots bumps the epoch of the node that gets them above all others', () => {
    const before = twoShards(HALVES)
    const after = moveSlots(before, idOf(2), [0, 1, 8000])
    expect(after.ownerOf(8000)?.id).toBe(idOf(2))
    expect(after.ownerOf(2)?.id).toBe(idOf(1))
    expect(after.currentEpoch).toBe(4)
    expect(after.nodes.get(idOf(2))?.configEpoch).toBe(4)
    expect(before.ownerOf(0)?.id).toBe(idOf(1))
  })

  test('moving any slots keeps every other slot where it was', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(16383), { maxLength: 50 }), (slots) => {
        const before = twoShards(HALVES)
        const after = owners(moveSlots(before, idOf(2), slots))
        const moved = new Set(slots)
        const expected = owners(before).map((owner, slot) => (moved.has(slot) ? idOf(2) : owner))
        expect(after.join()).toBe(expected.join())
      }),
      { numRuns: 20 },
    )
  })

  test('a promoted replica takes the slots, and the old primary follows it', () => {
    const after = promoteReplica(twoShards(HALVES), idOf(3))
    expect(after.ownerOf(0)?.id).toBe(idOf(3))
    expect(after.nodes.get(idOf(3))).toMatchObject({ role: 'primary', primaryId: null, configEpoch: 4 })
    expect(after.nodes.get(idOf(1))).toMatchObject({ role: 'replica', primaryId: idOf(3) })
    expect(() => promoteReplica(after, idOf(3))).toThrow('primary already')
  })

  test('a replaced node keeps its slots', () => {
    const after = replaceNode(twoShards(HALVES), { ...nodeOf(1), port: 9999, failed: true })
    expect(after.ownerOf(0)).toMatchObject({ port: 9999, failed: true })
    expect(() => replaceNode(after, nodeOf(9))).toThrow(idOf(9))
  })
})

describe('the state of a cluster', () => {
  const health = (topology: Topology, requireFullCoverage = true) =>
    createClusterState(idOf(1), topology, { ...defaultCoverageRules, requireFullCoverage }).health

  test('is ok only while every slot has an owner that answers', () => {
    expect(health(twoShards(HALVES))).toBe('ok')
    expect(health(unassignSlots(twoShards(HALVES), [77]))).toBe('fail')
    expect(health(unassignSlots(twoShards(HALVES), [77]), false)).toBe('ok')
  })

  test('is fail when half of the primaries are gone, even without full coverage', () => {
    const half = replaceNode(twoShards(HALVES), { ...nodeOf(2), failed: true })
    expect(health(half)).toBe('fail')
    expect(health(half, false)).toBe('fail')
    expect(health(twoShards({}), false)).toBe('fail')
  })

  test('cannot be made for a node outside of the topology', () => {
    expect(() => createClusterState(idOf(9), twoShards(HALVES))).toThrow(idOf(9))
  })
})

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
