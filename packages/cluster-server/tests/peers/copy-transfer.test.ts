import { expect, test } from '@jest/globals'
import { CopyTransfer, type TransferLink } from '../../src/peers/copy-transfer.js'
import type { HistoryPoint } from '../../src/peers/replication-history.js'
import type { CopyLoad, CopyLoadEvents, LoadMode, ReplicationHost } from '../../src/peers/replication-host.js'

/** A link whose calls are noted, with a loader that is driven by hand. */
class FakeLink implements TransferLink {
  readonly calls: string[] = []
  readonly replicationId = 'own'
  events: CopyLoadEvents | null = null
  isUnderWay = true
  wantsMore = true
  readonly host: ReplicationHost

  constructor(mode: LoadMode) {
    const load: CopyLoad = Object.defineProperties({} as CopyLoad, {
      isUnderWay: { get: () => this.isUnderWay },
      wantsMore: { get: () => this.wantsMore },
      advance: { value: () => void this.calls.push('advance') },
      abandon: { value: () => void this.calls.push('abandon') },
    })
    this.host = {
      loadMode: () => mode,
      openStore: () => null,
      loadCopy: (_copy, _mode, isAsync, events) => {
        this.calls.push(isAsync ? 'load beside' : 'load')
        this.events = events
        return load
      },
      log: () => {},
    } as Partial<ReplicationHost> as ReplicationHost
  }

  pause(): void {
    this.calls.push('pause')
  }

  resume(): void {
    this.calls.push('resume')
  }

  replacing(): void {
    this.calls.push('replacing')
  }

  loaded({ replicationId, offset, databaseIndex }: HistoryPoint, rest: readonly Buffer[]): void {
    this.calls.push(`loaded ${replicationId}:${offset} ${databaseIndex} ${Buffer.concat([...rest]).toString()}`)
  }

  failed(reason: string): void {
    this.calls.push(`failed ${reason}`)
  }
}

const begin = (
  mode: LoadMode,
  history = 'other',
): { readonly link: FakeLink; readonly transfer: CopyTransfer; readonly push: (text: string) => void } => {
  const link = new FakeLink(mode)
  const transfer = new CopyTransfer(link, history, 100)
  return { link, transfer, push: (text) => transfer.push(Buffer.from(text)) }
}

test('a copy that is loaded from the disk is loaded once all of it is there, and hands on what came behind it', () => {
  const { link, transfer, push } = begin('disk')
  push('\n$4')
  expect(transfer.status).toEqual({ totalBytes: -1, readBytes: 0 })
  push('\r\nab')
  expect([transfer.status, transfer.isLoading, link.calls]).toEqual([{ totalBytes: 4, readBytes: 2 }, false, []])
  push('cdrest')
  expect([transfer.isLoading, transfer.needsNoConnection, link.calls]).toEqual([true, true, ['load', 'pause']])
  link.events?.done(3)
  expect(link.calls.slice(2)).toEqual(['loaded other:100 3 rest'])
})

test('a copy that is loaded as it arrives needs its connection until all is there, and has it wait when it is behind', () => {
  const { link, transfer, push } = begin('socket')
  push('$4\r\n')
  expect(link.calls).toEqual([])
  push('a')
  expect([transfer.isLoading, transfer.needsNoConnection, link.calls]).toEqual([true, false, ['load']])
  link.wantsMore = false
  push('b')
  link.events?.drained()
  expect(link.calls).toEqual(['load', 'advance', 'pause', 'resume'])
  link.wantsMore = true
  push('cd')
  // All of it is there: what follows waits in the socket.
  link.events?.drained()
  expect([transfer.needsNoConnection, link.calls.slice(4)]).toEqual([true, ['advance', 'pause']])
})

test.each([
  ['own', 'load beside'],
  ['other', 'load'],
])('beside the data of history own, a copy of history %s: %s', (history, call) => {
  const { link, push } = begin('swap', history)
  push('$4\r\na')
  expect(link.calls).toEqual([call])
})

test('a transfer that is closed abandons the loading, and reports nothing that comes of it', () => {
  const { link, transfer, push } = begin('socket')
  push('$4\r\na')
  transfer.close()
  link.events?.drained()
  link.events?.failed('too late')
  link.events?.done(0)
  expect(link.calls).toEqual(['load', 'abandon'])
})

test('a transfer that cannot be loaded says why, and does not outlive its connection', () => {
  const { link, transfer, push } = begin('disk')
  push('$4\r\nabcd')
  link.isUnderWay = false
  link.events?.failed('no data')
  expect([transfer.needsNoConnection, link.calls]).toEqual([false, ['load', 'pause', 'failed no data']])
})
