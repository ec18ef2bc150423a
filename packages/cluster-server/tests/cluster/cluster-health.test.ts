import { describe, expect, test } from '@jest/globals'
import { ClusterHealth, isCovered, reachesMajority } from '../../src/cluster/cluster-health.js'
import { NODE_FLAGS } from '../../src/cluster/node-flags.js'
import { idOf } from './node-ids.js'
import { twoShards } from './node-tables.js'

const RULES = { requiresFullCoverage: true, nodeTimeoutMs: 1000 }
const other = (me: number): string => idOf(me === 1 ? 2 : 1)

describe('a cluster', () => {
  test('is covered while each slot has an owner that is not dead', () => {
    const table = twoShards(1)
    expect(isCovered(table)).toBe(true)
    table.node(idOf(2))!.mark(NODE_FLAGS.suspected, true)
    expect(isCovered(table)).toBe(true)
    table.node(idOf(2))!.mark(NODE_FLAGS.failed, true)
    expect(isCovered(table)).toBe(false)
    const holed = twoShards(1)
    holed.removeSlot(16383)
    expect(isCovered(holed)).toBe(false)
  })

  test('has a majority while more than half of the primaries with slots answer', () => {
    const table = twoShards(1)
    expect(reachesMajority(table)).toBe(true)
    table.node(idOf(2))!.mark(NODE_FLAGS.suspected, true)
    expect(reachesMajority(table)).toBe(false)
  })

  test('that a new node joins is ok at once; one that knew it before waits two seconds, but for a replica', () => {
    expect(new ClusterHealth(false).judge(twoShards(1), RULES, 0)).toBe(true)
    const returned = new ClusterHealth(true)
    expect([0, 1999, 2000].map((nowMs) => returned.judge(twoShards(1), RULES, nowMs))).toEqual([false, false, true])
    expect(returned.isOk).toBe(true)
    expect(new ClusterHealth(true).judge(twoShards(3), RULES, 0)).toBe(true)
  })

  test.each([
    [100, 500],
    [1000, 1000],
    [60_000, 5000],
  ])('with a node timeout of %d ms is trusted %d ms after a primary was in a minority', (nodeTimeoutMs, delayMs) => {
    const rules = { ...RULES, nodeTimeoutMs }
    const health = new ClusterHealth(false)
    const table = twoShards(1)
    health.judge(table, rules, 0)
    table.node(other(1))!.mark(NODE_FLAGS.suspected, true)
    expect(health.judge(table, rules, 10)).toBe(true)
    expect(health.isOk).toBe(false)
    expect(health.judge(table, rules, 20)).toBe(false)
    table.node(other(1))!.mark(NODE_FLAGS.suspected, false)
    expect(health.judge(table, rules, 20 + delayMs - 1)).toBe(false)
    expect(health.judge(table, rules, 20 + delayMs)).toBe(true)
    expect(health.isOk).toBe(true)
  })

  test('is down with a hole only where every slot is asked for', () => {
    const table = twoShards(1)
    table.removeSlot(7)
    const health = new ClusterHealth(false)
    expect(health.judge(table, RULES, 0)).toBe(false)
    expect(health.judge(table, { ...RULES, requiresFullCoverage: false }, 1)).toBe(true)
  })
})
