import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { Announcement } from '../../src/peers/bus/announcement.js'

let told: string[]
let announcement: Announcement

beforeEach(() => {
  jest.useFakeTimers()
  told = []
  announcement = new Announcement((audience) => told.push(audience))
})

afterEach(() => {
  announcement.close()
  jest.useRealTimers()
})

test('all nodes are told at once, after the turn, and once for all of it', () => {
  for (let slot = 0; slot < 3; slot++) announcement.make()
  expect(told).toEqual([])
  jest.advanceTimersByTime(1)
  expect(told).toEqual(['all'])
  jest.advanceTimersByTime(1000)
  expect(told).toEqual(['all'])
})

test('of slot after slot the replicas of the shard hear at once, the other shards once in a while, and of the last', () => {
  for (let slot = 0; slot < 25; slot++) {
    announcement.make()
    jest.advanceTimersByTime(1)
  }
  const replicas = told.filter((audience) => audience === 'shardReplicas').length
  expect(told.filter((audience) => audience === 'all')).toEqual(['all'])
  expect(replicas).toBeGreaterThan(20)
  expect(told.filter((audience) => audience === 'otherShards')).toHaveLength(2)
  jest.advanceTimersByTime(10)
  expect(told.at(-1)).toBe('otherShards')
  const before = told.length
  jest.advanceTimersByTime(1000)
  expect(told).toHaveLength(before)
  announcement.make()
  jest.advanceTimersByTime(1)
  expect(told.slice(before)).toEqual(['all'])
})

test('nobody is told after the end', () => {
  announcement.make()
  jest.advanceTimersByTime(1)
  announcement.make()
  jest.advanceTimersByTime(1)
  announcement.make()
  announcement.close()
  const before = told.length
  jest.advanceTimersByTime(1000)
  expect(told).toHaveLength(before)
})
