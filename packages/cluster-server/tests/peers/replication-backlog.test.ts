import { describe, expect, test } from '@jest/globals'
import { ReplicationBacklog } from '../../src/peers/replication-backlog.js'

const textFrom = (backlog: ReplicationBacklog, offset: number): string => [...backlog.since(offset)].join('')

/** Numbers that follow each other, so that a byte out of place shows. */
const sample = (length: number, seed: number): string =>
  Array.from({ length }, (_, at) => String.fromCharCode((seed * 31 + at * 7) & 255)).join('')

describe('the backlog', () => {
  test('gives back what was added, from every offset that it reaches', () => {
    const backlog = new ReplicationBacklog(100, 1)
    backlog.append('hello ')
    backlog.append(Buffer.from('world'))
    expect([backlog.firstOffset, backlog.length]).toEqual([1, 11])
    expect(textFrom(backlog, 1)).toBe('hello world')
    expect(textFrom(backlog, 7)).toBe('world')
    expect(textFrom(backlog, 12)).toBe('')
    expect([0, 1, 12, 13].map((offset) => backlog.reaches(offset))).toEqual([false, true, true, false])
  })

  test.each([1000, 70_000, 200_000])('keeps the newest %i bytes, whatever the pieces that they come in', (size) => {
    const backlog = new ReplicationBacklog(size, 1)
    let all = ''
    for (let round = 0; round < 20; round++) {
      const piece = sample((round * 7919) % Math.floor(size / 3), round)
      all += piece
      backlog.append(round % 2 === 0 ? piece : Buffer.from(piece, 'latin1'))
      expect(backlog.length).toBe(Math.min(all.length, size))
      expect(backlog.firstOffset).toBe(all.length - backlog.length + 1)
    }
    expect(textFrom(backlog, backlog.firstOffset) === all.slice(-size)).toBe(true)
    expect(textFrom(backlog, all.length - 9)).toBe(all.slice(-10))
  })

  test('keeps the end of a piece that is longer than itself', () => {
    const backlog = new ReplicationBacklog(10, 1)
    backlog.append('before')
    backlog.append('0123456789abcdef')
    expect([backlog.firstOffset, backlog.length]).toEqual([13, 10])
    expect(textFrom(backlog, 13)).toBe('6789abcdef')
  })

  test('keeps what fits when its size changes', () => {
    const backlog = new ReplicationBacklog(10, 1)
    backlog.append('0123456789ab')
    backlog.resize(4)
    expect(textFrom(backlog, 9)).toBe('89ab')
    expect(backlog.reaches(8)).toBe(false)
    backlog.resize(20)
    backlog.append('cdefghijklmnop')
    expect(textFrom(backlog, 9)).toBe('89abcdefghijklmnop')
  })
})
