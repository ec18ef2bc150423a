import { describe, expect, jest, test } from '@jest/globals'
import { parseReplicationInfo } from '../../src/connections/replication-info.js'
import { SlotFloors } from '../../src/connections/slot-floors.js'
import { SlotMap } from '../../src/connections/slot-map.js'
import { WriteLog } from '../../src/connections/write-log.js'

const info = (offset: number, history = 'h') => ({ role: 'primary', history, offset, isLinked: true }) as const

describe('how far a replica must have come', () => {
  test('is unknown until the primary has said that it has the slot', () => {
    const floors = new SlotFloors(new WriteLog())
    expect(floors.floor(7, 'p', false)).toBeNull()
    floors.seen(7, 'p', info(100), 0)
    expect(floors.floor(7, 'p', false)).toEqual({ history: 'h', offset: 100 })
    expect(floors.floor(7, 'other', false)).toBeNull()
    floors.forget(7)
    expect(floors.floor(7, 'p', false)).toBeNull()
  })

  test('stays where the slot came whole, unless our writes must be seen', () => {
    const floors = new SlotFloors(new WriteLog())
    floors.seen(7, 'p', info(100), 0)
    floors.seen(7, 'p', info(500), 0)
    expect(floors.floor(7, 'p', false)).toEqual({ history: 'h', offset: 100 })
    expect(floors.floor(7, 'p', true)).toEqual({ history: 'h', offset: 500 })
  })

  test('is asked for again after a write to the slot, and after no other', () => {
    const log = new WriteLog()
    const floors = new SlotFloors(log)
    floors.seen(7, 'p', info(100), floors.writes)
    log.note(8)
    expect(floors.floor(7, 'p', true)).not.toBeNull()
    const before = floors.writes
    log.note(7)
    expect(floors.floor(7, 'p', true)).toBeNull()
    expect(floors.floor(7, 'p', false)).not.toBeNull()
    // The primary was asked before the write: its answer does not cover it.
    floors.seen(7, 'p', info(200), before)
    expect(floors.floor(7, 'p', true)).toBeNull()
    floors.seen(7, 'p', info(200), floors.writes)
    expect(floors.floor(7, 'p', true)).toEqual({ history: 'h', offset: 200 })
  })

  test('does not go back when answers overtake each other', () => {
    const log = new WriteLog()
    const floors = new SlotFloors(log)
    log.note(7)
    floors.seen(7, 'p', info(300), 1)
    floors.seen(7, 'p', info(100), 0)
    expect(floors.floor(7, 'p', true)).toEqual({ history: 'h', offset: 300 })
  })

  test('begins anew with another history or another primary', () => {
    const floors = new SlotFloors(new WriteLog())
    floors.seen(7, 'p', info(900), 0)
    floors.seen(7, 'p', info(50, 'new'), 0)
    expect(floors.floor(7, 'p', true)).toEqual({ history: 'new', offset: 50 })
    floors.seen(7, 'q', info(20, 'new'), 0)
    expect(floors.floor(7, 'p', false)).toBeNull()
    expect(floors.floor(7, 'q', false)).toEqual({ history: 'new', offset: 20 })
  })

  test('is forgotten when nobody has looked for five seconds', () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(1_000)
    const floors = new SlotFloors(new WriteLog())
    floors.seen(7, 'p', info(100), 0)
    now.mockReturnValue(6_000)
    expect(floors.floor(7, 'p', false)).not.toBeNull()
    now.mockReturnValue(6_001)
    expect(floors.floor(7, 'p', false)).toBeNull()
    now.mockRestore()
  })
})

test('INFO replication is read on both sides; a text of another form is null', () => {
  const history = 'a'.repeat(40)
  const primary = `# Replication\r\nrole:master\r\nmaster_replid:${history}\r\nmaster_repl_offset:12\r\n`
  expect(parseReplicationInfo(primary)).toEqual({ role: 'primary', history, offset: 12, isLinked: true })
  const replica = `role:slave\r\nslave_repl_offset:7\r\nmaster_replid:${history}\r\nmaster_repl_offset:12\r\n`
  for (const [link, isLinked] of [
    ['up', true],
    ['down', false],
  ] as const) {
    const text = `${replica}master_link_status:${link}\r\n`
    expect(parseReplicationInfo(text)).toEqual({ role: 'replica', history, offset: 7, isLinked })
  }
  expect(parseReplicationInfo('role:sentinel\r\n')).toBeNull()
  expect(parseReplicationInfo('role:master\r\n')).toBeNull()
  expect(parseReplicationInfo(null)).toBeNull()
})

test('CLUSTER SLOTS names the replicas of each primary, however many ranges it has', () => {
  const map = SlotMap.parse(
    [
      [0, 10, ['p', 1, 'id'], ['r', 2, 'id'], ['s', 3, 'id']],
      [11, 16_000, ['q', 4, 'id']],
      [16_001, 16_383, ['p', 1, 'id'], ['r', 2, 'id'], ['s', 3, 'id']],
    ],
    ({ host, port }) => `${host}:${port}`,
  )
  expect(map.replicasOf('p:1')).toEqual(['r:2', 's:3'])
  expect(map.replicasOf('q:4')).toEqual([])
  expect(map.replicas.map(({ address }) => address)).toEqual(['r:2', 's:3'])
})
