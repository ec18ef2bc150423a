import { beforeEach, describe, expect, test } from '@jest/globals'
import { NODE_FLAGS } from '../../src/cluster/node-flags.js'
import type { NodeTable } from '../../src/cluster/node-table.js'
import { SlotSet } from '../../src/cluster/slot-set.js'
import { decideVote, replicaRank, type VoteRequest } from '../../src/cluster/vote.js'
import { idOf } from './node-ids.js'
import { nodeOf, twoShards } from './node-tables.js'

const NODE_TIMEOUT_MS = 1000
const NOW_MS = 100_000

describe('the vote of a primary for a replica', () => {
  let table: NodeTable
  let request: VoteRequest

  beforeEach(() => {
    // Node 2 is asked by replica 3 of primary 1.
    table = twoShards(2)
    table.currentEpoch = 8
    const primary = table.node(idOf(1))!
    primary.mark(NODE_FLAGS.failed, true)
    request = {
      candidate: table.node(idOf(3))!,
      currentEpoch: 8,
      configEpoch: primary.configEpoch,
      slots: SlotSet.copyOf(primary.slots),
      isForced: false,
    }
  })

  const decide = (change: Partial<VoteRequest> = {}) =>
    decideVote(table, { ...request, ...change }, NODE_TIMEOUT_MS, NOW_MS)

  test('is given when the primary has failed, and names that', () => {
    expect(decide()).toEqual({ type: 'granted', primary: table.node(idOf(1)) })
  })

  test('is not there without slots, or on a replica', () => {
    for (const slot of [...table.myself.slots]) table.removeSlot(slot)
    expect(decide()).toEqual({ type: 'silent' })
    table = twoShards(3)
    expect(decide()).toEqual({ type: 'silent' })
  })

  test('is given once in an epoch, and not in an older one', () => {
    expect(decide({ currentEpoch: 7 })).toEqual({ type: 'denied', reason: 'reqEpoch (7) < curEpoch(8)' })
    table.lastVoteEpoch = 8
    expect(decide()).toEqual({ type: 'denied', reason: 'already voted for epoch 8' })
  })

  test('is given to a replica of a primary that has failed, or when it is forced', () => {
    expect(decide({ candidate: table.node(idOf(1))! })).toEqual({ type: 'denied', reason: 'it is a master node' })
    table.node(idOf(1))!.mark(NODE_FLAGS.failed, false)
    expect(decide()).toEqual({ type: 'denied', reason: 'its master is up' })
    expect(decide({ isForced: true })).toMatchObject({ type: 'granted' })
    expect(decide({ candidate: nodeOf(4, NODE_FLAGS.replica) })).toEqual({
      type: 'denied',
      reason: "I don't know its master",
    })
  })

  test('is not given for the same primary again within two node timeouts', () => {
    table.node(idOf(1))!.votedAtMs = NOW_MS - 1999
    expect(decide()).toEqual({ type: 'denied', reason: "can't vote about this master before 1 milliseconds" })
    table.node(idOf(1))!.votedAtMs = NOW_MS - 2000
    expect(decide()).toMatchObject({ type: 'granted' })
  })

  test('is not given for slots that another one claims under a greater epoch, unless it gave them up', () => {
    table.removeSlot(5)
    table.addSlot(table.myself, 5)
    expect(decide()).toEqual({ type: 'denied', reason: 'slot 5 epoch (2) > reqEpoch (1)' })
    table.unclaimed.add(5)
    expect(decide()).toMatchObject({ type: 'granted' })
    table.removeSlot(5)
    expect(decide()).toMatchObject({ type: 'granted' })
  })
})

test('the rank of a replica is the number of those that have more, and would take the place', () => {
  const table = twoShards(3)
  const primary = table.myself.primary!
  for (const [number, offset] of [
    [4, 10],
    [5, 11],
    [6, 12],
  ] as const) {
    const replica = table.add(nodeOf(number, NODE_FLAGS.replica))
    replica.replicationOffset = offset
    table.follow(replica, primary)
  }
  const rank = (own: number): number => replicaRank(table.myself, own, ({ id }) => id === idOf(6))
  expect([9, 10, 11, 12].map(rank)).toEqual([2, 1, 0, 0])
  expect(replicaRank(nodeOf(9, NODE_FLAGS.replica), 0, () => false)).toBe(0)
})
