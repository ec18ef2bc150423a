import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Request } from '../../src/connections/connection.js'
import type { NodeClient } from '../../src/connections/node-client.js'
import type { NodeReply } from '../../src/connections/node-reply.js'
import { RetryPauses } from '../../src/connections/retry-pauses.js'
import type { ShardDirectory } from '../../src/connections/shard.js'
import { ShardReader } from '../../src/connections/shard-reader.js'
import { SlotFloors } from '../../src/connections/slot-floors.js'
import type { WireCommand } from '../../src/connections/wire-command.js'
import { WriteLog } from '../../src/connections/write-log.js'

/** A node that answers by hand. */
class FakeNode {
  readonly address: string
  readonly names: string[] = []
  role: 'master' | 'slave'
  history = 'h1'
  offset = 0
  isAway = false
  isMoving = false
  isLinked = true
  value = 'value'

  constructor(address: string, role: 'master' | 'slave') {
    this.address = address
    this.role = role
  }

  get client(): NodeClient {
    return this as unknown as NodeClient
  }

  claimScript(): boolean {
    return true
  }

  async send({ name }: WireCommand): Promise<NodeReply> {
    this.names.push(name)
    if (this.isAway) return { type: 'notSent', cause: new Error('away') }
    if (name === 'INFO') {
      const offset = this.role === 'slave' ? `slave_repl_offset:${this.offset}` : `master_repl_offset:${this.offset}`
      const link = this.role === 'slave' ? `master_link_status:${this.isLinked ? 'up' : 'down'}\r\n` : ''
      return { type: 'value', value: `role:${this.role}\r\n${link}master_replid:${this.history}\r\n${offset}\r\n` }
    }
    if (name === 'EXISTS' && this.isMoving) {
      return { type: 'error', message: 'ASK 7 other:1', cause: new Error('ASK') }
    }
    return { type: 'value', value: name === 'EXISTS' ? 0 : this.value }
  }
}

const request: Request = { type: 'command', name: 'GET', keys: ['{a}b'], args: [] }
let primary: FakeNode
let replica: FakeNode
let log: WriteLog
let reader: ShardReader
let nowMs: number

beforeEach(() => {
  primary = new FakeNode('p:1', 'master')
  replica = new FakeNode('r:1', 'slave')
  log = new WriteLog()
  nowMs = 1_000
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const directory: ShardDirectory = {
    slotOf: () => 7,
    shardOf: () => ({ primary: primary.client, replicas: [replica.client] }),
    stabilityProbe: (key) => ({ name: 'EXISTS', args: [`${key}:%absent`] }),
    refresh: () => {},
  }
  reader = new ShardReader(directory, new SlotFloors(log), new RetryPauses(), '')
})
afterEach(() => {
  jest.restoreAllMocks()
})

const read = async (readYourWrites: boolean) => {
  const shard = { primary: primary.client, replicas: [replica.client] }
  const [answer] = await reader.read(shard, [{ request, slot: 7 }], { readYourWrites, maxWaitMs: 0 })
  return answer!.type === 'answered' ? 'answered' : answer!.reason
}

test('a steady reader looks at the primary once for each read, and twice for the first', async () => {
  expect(await read(false)).toBe('answered')
  expect(primary.names).toEqual(['EXISTS', 'INFO', 'EXISTS', 'INFO'])
  expect(await read(false)).toBe('answered')
  expect(await read(true)).toBe('answered')
  expect(primary.names).toHaveLength(8)
  expect(replica.names.slice(0, 3)).toEqual(['INFO', 'GET', 'INFO'])
})

test('a write is asked for, and the replica must have it', async () => {
  expect(await read(true)).toBe('answered')
  primary.offset = 50
  log.note(7)
  expect(await read(false)).toBe('answered')
  expect(await read(true)).toBe('replica r:1 is behind')
  replica.offset = 50
  expect(await read(true)).toBe('answered')
})

test('a primary that is away leaves our writes demanded, however long it has been away', async () => {
  log.note(7)
  primary.offset = 50
  expect(await read(true)).toBe('replica r:1 is behind')
  primary.isAway = true
  replica.isLinked = false
  nowMs += 60_000
  expect(await read(true)).toBe('replica r:1 is behind')
  replica.offset = 50
  nowMs += 60_000
  expect(await read(true)).toBe('answered')
  // A write of which nobody says how far it came.
  log.note(7)
  expect(await read(true)).toBe('it does not say how far a replica must have come')
  expect(await read(false)).toBe('answered')
})

test('a primary that was always away leaves plain reads to the replica', async () => {
  primary.isAway = true
  replica.isLinked = false
  expect(await read(false)).toBe('answered')
  expect(await read(true)).toBe('answered')
  log.note(7)
  expect(await read(true)).toBe('it does not say how far a replica must have come')
})

test('a primary that is out of reach, but not of its replica, may be moving slots: the replica does not count', async () => {
  primary.isAway = true
  expect(await read(false)).toBe('it is out of reach, but not of replica r:1')
  expect(await read(true)).toBe('it is out of reach, but not of replica r:1')
  // It went away while the replica answered.
  primary.isAway = false
  expect(await read(false)).toBe('answered')
  primary.isAway = true
  expect(await read(false)).toBe('it is out of reach, but not of replica r:1')
  replica.isLinked = false
  expect(await read(false)).toBe('answered')
  // It was out of reach before, and is not after.
  nowMs += 60_000
  const send = replica.send.bind(replica)
  replica.send = async (command) => {
    primary.isAway = false
    return send(command)
  }
  expect(await read(false)).toBe('it was out of reach for a moment')
})

test('a slot on the move is read from nobody but its primary', async () => {
  primary.isMoving = true
  expect(await read(false)).toBe('slot 7 is on the move')
  expect(replica.names).toEqual([])
  primary.isMoving = false
  expect(await read(false)).toBe('answered')
  // It began to move while the replica answered.
  const send = replica.send.bind(replica)
  replica.send = async (command) => {
    primary.isMoving = true
    return send(command)
  }
  expect(await read(false)).toBe('slot 7 is on the move')
})

test('a replica of another history, a promoted one and one that is away do not count', async () => {
  expect(await read(false)).toBe('answered')
  replica.history = 'h2'
  expect(await read(false)).toBe('replica r:1 is behind')
  replica.role = 'master'
  expect(await read(false)).toBe('r:1 is a replica no more')
  replica.isAway = true
  expect(await read(false)).toBe('replica r:1 is out of reach')
  replica.isAway = false
  replica.role = 'slave'
  replica.history = 'h1'
  expect(await read(false)).toBe('its replicas are out of reach')
  nowMs += 5_000
  expect(await read(false)).toBe('answered')
})
