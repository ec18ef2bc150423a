import { describe, expect, test } from '@jest/globals'
import { NO_HISTORY, ReplicationHistory } from '../../src/peers/replication-history.js'

const refuses = (history: ReplicationHistory, id: string, offset: number): boolean =>
  history.refusal(id, offset, '127.0.0.1:1') !== null

const withBytes = (bytes: number): ReplicationHistory => {
  const history = new ReplicationHistory()
  history.createBacklog(1000)
  history.append('x'.repeat(bytes))
  return history
}

describe('a history', () => {
  test('counts nothing before it has a backlog', () => {
    const history = new ReplicationHistory()
    history.append('lost')
    expect(history.offset).toBe(0)
    expect(refuses(history, history.id, 1)).toBe(true)
  })

  test('is gone on with from what the backlog holds, and from the byte that comes next', () => {
    const history = withBytes(50)
    expect([0, 1, 50, 51, 52].map((offset) => refuses(history, history.id, offset))).toEqual([
      true,
      false,
      false,
      false,
      true,
    ])
    expect(refuses(history, history.id.toUpperCase(), 51)).toBe(false)
  })

  test('after a promotion is the same as the one before up to there', () => {
    const history = withBytes(50)
    const before = history.id
    history.shift()
    history.append('y'.repeat(10))
    expect([history.secondId, history.secondOffset]).toEqual([before, 51])
    expect(history.id).not.toBe(before)
    expect([50, 51, 52].map((offset) => refuses(history, before, offset))).toEqual([false, false, true])
    expect(refuses(history, history.id, 61)).toBe(false)
  })

  test('of a primary that was replaced goes on under another id', () => {
    const history = withBytes(50)
    const before = history.id
    history.continueAs('a'.repeat(40), before)
    expect([history.id, history.secondId, history.secondOffset, history.offset]).toEqual([
      'a'.repeat(40),
      before,
      51,
      50,
    ])
  })

  test('of a file is the second one, behind which the node goes on', () => {
    const history = new ReplicationHistory()
    history.createBacklog(1000)
    // A key that has expired by now.
    history.append('del')
    history.resume('b'.repeat(40), 100)
    expect([history.offset, history.secondOffset, history.backlog?.firstOffset]).toEqual([103, 101, 101])
    expect(refuses(history, 'b'.repeat(40), 101)).toBe(false)
    expect(refuses(history, 'b'.repeat(40), 102)).toBe(true)
  })

  test('that begins anew has nothing to do with any other one', () => {
    const history = withBytes(50)
    const before = history.id
    history.shift()
    history.beginAnew()
    expect([history.secondId, history.secondOffset]).toEqual([NO_HISTORY, -1])
    expect(refuses(history, before, 51)).toBe(true)
  })
})
