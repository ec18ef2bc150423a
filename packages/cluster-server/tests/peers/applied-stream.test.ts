import { expect, jest, test } from '@jest/globals'
import { AppliedStream, type StreamLink } from '../../src/peers/applied-stream.js'
import { encodeCommand } from '../../src/peers/effect-encoder.js'
import type { ReplicationHost } from '../../src/peers/replication-host.js'
import { OK } from '../../src/resp/reply.js'
import { wireError } from '../../src/wire-errors.js'

/** A replica whose calls are noted. */
class FakeReplica implements StreamLink {
  readonly calls: string[] = []
  isPaused = false
  /** What the next commands are answered. */
  answer: 'ok' | 'error' = 'ok'
  onApply = (): void => {}
  readonly host = {
    isPaused: () => this.isPaused,
    applyEffects: (effects) => {
      this.calls.push(`apply ${effects.map(({ argv }) => argv.join(' ')).join(', ')}`)
      this.onApply()
      return effects.map(() => (this.answer === 'ok' ? OK : wireError('WRONGTYPE')))
    },
    config: { text: () => 'panic', flag: () => true, number: () => 0 },
    count: () => {},
    log: () => {},
  } as Partial<ReplicationHost> as ReplicationHost

  passOn(bytes: Buffer): void {
    this.calls.push(`pass on ${bytes.length}`)
  }

  acknowledge(): void {
    this.calls.push('acknowledge')
  }

  diverged(): void {
    this.calls.push('diverged')
  }

  failed(): void {
    this.calls.push('failed')
  }
}

const textOf = (...commands: readonly string[]): Buffer =>
  Buffer.from(commands.map((command) => encodeCommand(command.split(' '))).join(''), 'latin1')

const begin = (replicationId = 'id'): { readonly replica: FakeReplica; readonly stream: AppliedStream } => {
  const replica = new FakeReplica()
  return { replica, stream: new AppliedStream(replica, { replicationId, offset: 10, databaseIndex: 0 }) }
}

test('a stream is applied, passed on, and acknowledged where that is asked for', () => {
  const { replica, stream } = begin()
  const bytes = textOf('SET k v', 'REPLCONF GETACK *')
  stream.push(bytes)
  expect(replica.calls).toEqual(['apply SET k v', `pass on ${bytes.length}`, 'acknowledge'])
  expect([stream.offset, stream.received]).toEqual([10 + bytes.length, 10 + bytes.length])
  expect(stream.point).toEqual({ replicationId: 'id', offset: stream.offset, databaseIndex: 0 })
})

test('a stream without a name goes on from nowhere', () => {
  const { stream } = begin('')
  expect([stream.isNamed, stream.point]).toEqual([false, null])
})

test('a command that cannot be applied is passed on, and ends the likeness of the data', () => {
  const { replica, stream } = begin()
  replica.answer = 'error'
  const bytes = textOf('LPUSH k v')
  stream.push(bytes)
  expect(replica.calls).toEqual(['apply LPUSH k v', `pass on ${bytes.length}`, 'diverged'])
})

test('what ends the link is passed on to its end, and nothing behind it is applied', () => {
  const { replica, stream } = begin()
  replica.onApply = () => stream.close()
  const bytes = textOf('SET a 1', 'REPLCONF GETACK *')
  stream.push(Buffer.concat([bytes, textOf('SET b 2')]))
  expect(replica.calls).toEqual(['apply SET a 1', `pass on ${bytes.length}`, 'acknowledge'])
  expect(stream.offset).toBe(10 + bytes.length)
})

test('a paused replica receives the stream, and applies it once the pause is over', () => {
  jest.useFakeTimers()
  try {
    const { replica, stream } = begin()
    replica.isPaused = true
    const bytes = textOf('SET k v')
    stream.push(bytes)
    jest.advanceTimersByTime(1000)
    expect([replica.calls, stream.offset, stream.received]).toEqual([[], 10, 10 + bytes.length])
    replica.isPaused = false
    jest.advanceTimersByTime(1000)
    expect([replica.calls.length, stream.offset]).toEqual([2, 10 + bytes.length])
  } finally {
    jest.useRealTimers()
  }
})

test.each([false, true])('what is no stream of commands ends the link, held back before: %s', (isPaused) => {
  jest.useFakeTimers()
  try {
    const { replica, stream } = begin()
    replica.isPaused = isPaused
    stream.push(Buffer.from('*x\r\n'))
    replica.isPaused = false
    jest.advanceTimersByTime(1000)
    expect(replica.calls).toEqual(['failed'])
  } finally {
    jest.useRealTimers()
  }
})
