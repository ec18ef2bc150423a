import { expect, test } from '@jest/globals'
import type { FailoverRequest, ReplicaStatus } from '../../src/commands/replication-state.js'
import { CoordinatedFailover, type FailoverOwner } from '../../src/peers/coordinated-failover.js'
import type { ReplicationHost } from '../../src/peers/replication-host.js'

const replica = (port: number, offset: number): ReplicaStatus => ({
  host: '127.0.0.1',
  port,
  state: 'online',
  offset,
  lagSeconds: 0,
  pendingBytes: 0,
})

/** A primary at offset 100, whose calls are noted. */
class FakePrimary implements FailoverOwner {
  readonly calls: string[] = []
  readonly log: string[] = []
  readonly offset = 100
  replicas: readonly ReplicaStatus[] = []
  nowMs = 1000
  isPaused = false
  readonly host = {
    clock: { nowMs: () => this.nowMs, nowMicroseconds: () => this.nowMs * 1000 },
    pauseWrites: () => {
      this.isPaused = true
    },
    unpause: () => {
      this.isPaused = false
    },
    isPaused: () => this.isPaused,
    log: (_level: string, message: string) => void this.log.push(message),
  } as ReplicationHost

  follow(host: string, port: number): void {
    this.calls.push(`follow ${host}:${port}`)
  }

  becomePrimary(): void {
    this.calls.push('becomePrimary')
  }
}

const begin = (
  request: Partial<FailoverRequest>,
): { readonly primary: FakePrimary; readonly failover: CoordinatedFailover } => {
  const primary = new FakePrimary()
  const failover = new CoordinatedFailover(primary)
  failover.begin({ target: null, timeoutMs: 0, isForced: false, ...request })
  return { primary, failover }
}

test('holds writes back until the target has everything, follows it, and is done when it accepts', () => {
  const { primary, failover } = begin({ target: { host: '127.0.0.1', port: 2 } })
  primary.replicas = [replica(1, 100), replica(2, 99)]
  failover.tick()
  expect([failover.state, primary.isPaused, primary.calls]).toEqual(['waiting-for-sync', true, []])
  primary.replicas = [replica(1, 100), replica(2, 100)]
  failover.tick()
  expect([failover.state, primary.calls]).toEqual(['failover-in-progress', ['follow 127.0.0.1:2']])
  expect(failover.answered(true)).toBe(true)
  expect([failover.state, primary.isPaused]).toEqual(['no-failover', false])
})

test('without a target takes the first replica that has everything', () => {
  const { primary, failover } = begin({})
  primary.replicas = [replica(1, 99), replica(2, 100), replica(3, 100)]
  failover.tick()
  expect(primary.calls).toEqual(['follow 127.0.0.1:2'])
})

test('gives up when the time is up', () => {
  const { primary, failover } = begin({ target: { host: '127.0.0.1', port: 1 }, timeoutMs: 500 })
  primary.replicas = [replica(1, 99)]
  primary.nowMs += 499
  failover.tick()
  expect([failover.state, failover.holdsPings]).toEqual(['waiting-for-sync', true])
  primary.nowMs += 1
  failover.tick()
  expect([failover.state, primary.isPaused, primary.calls]).toEqual(['no-failover', false, []])
  expect(primary.log.at(-1)).toBe('FAILOVER to 127.0.0.1:1 aborted: Replica never caught up before timeout')
})

test('hands over to a target that is behind when the time is up, if it is forced', () => {
  const { primary, failover } = begin({ target: { host: '127.0.0.1', port: 1 }, timeoutMs: 500, isForced: true })
  primary.replicas = [replica(1, 99)]
  primary.nowMs += 500
  failover.tick()
  expect([failover.state, primary.calls]).toEqual(['failover-in-progress', ['follow 127.0.0.1:1']])
})

test('makes this node the primary again when the target refuses, or when it is aborted', () => {
  for (const end of ['refused', 'aborted']) {
    const { primary, failover } = begin({})
    primary.replicas = [replica(1, 100)]
    failover.tick()
    if (end === 'refused') expect(failover.answered(false)).toBe(false)
    else failover.abort('Failover manually aborted')
    expect([failover.state, primary.isPaused]).toEqual(['no-failover', false])
    expect(primary.calls).toEqual(['follow 127.0.0.1:1', 'becomePrimary'])
  }
})

test('has no part in what other links are answered', () => {
  const failover = new CoordinatedFailover(new FakePrimary())
  expect([failover.answered(true), failover.answered(false)]).toEqual([true, true])
})
