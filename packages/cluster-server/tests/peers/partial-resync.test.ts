import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { startRedisServer } from '../../../../tests/support/redis-server.js'
import { TcpProxy } from '../../../../tests/support/tcp-proxy.js'
import { until } from '../../../../tests/support/until.js'
import { Node } from '../../src/server/node.js'
import { writeRandomly } from '../support/random-writes.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(60_000)

/** A server of either kind. */
interface Server {
  readonly port: number
  readonly client: Redis
}

type Kind = 'ours' | 'real'

/** A PING between two commands of a test would give one node a byte of history that another one does not have. */
const QUIET = { 'enable-debug-command': 'yes', 'repl-ping-replica-period': '3600', 'repl-diskless-sync-delay': '0' }

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const clientOf = (port: number): Redis => {
  const client = new Redis({ host: '127.0.0.1', port })
  client.on('error', () => {})
  cleanups.push(() => client.disconnect())
  return client
}

const startOurs = async (settings: Record<string, string> = {}): Promise<Server & { readonly node: Node }> => {
  const node = new Node({ log: () => {}, settings: { port: 0, ...QUIET, ...settings } })
  cleanups.push(() => node.close())
  const { port } = await node.listen()
  return { node, port, client: clientOf(port) }
}

const startReal = async (...args: string[]): Promise<Server> => {
  const server = await startRedisServer({
    args: [...Object.entries(QUIET).flatMap(([name, value]) => [`--${name}`, value]), ...args],
  })
  cleanups.push(() => server.stop())
  return { port: server.port, client: clientOf(server.port) }
}

const start = (kind: Kind): Promise<Server> => (kind === 'ours' ? startOurs() : startReal())

const proxyTo = async ({ port }: { readonly port: number }): Promise<TcpProxy> => {
  const proxy = await TcpProxy.open({ host: '127.0.0.1', port })
  cleanups.push(() => proxy.close())
  return proxy
}

const field = async ({ client }: Server, section: string, name: string): Promise<string> =>
  new RegExp(`^${name}:(.*)\r$`, 'm').exec(await client.info(section))?.[1] ?? ''

const counts = async (server: Server): Promise<{ readonly full: number; readonly partial: number }> => ({
  full: Number(await field(server, 'stats', 'sync_full')),
  partial: Number(await field(server, 'stats', 'sync_partial_ok')),
})

const follow = async (replica: Server, { port }: { readonly port: number }): Promise<void> => {
  await replica.client.call('REPLICAOF', '127.0.0.1', String(port))
  await until(async () => (await field(replica, 'replication', 'master_link_status')) === 'up')
}

/**
 * Has servers remove expired keys only when they are asked for: what a primary removes by itself after another one has been
 * promoted belongs to its history alone.
 */
const expireOnDemand = async (...servers: readonly Server[]): Promise<void> => {
  await Promise.all(servers.map(({ client }) => client.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0')))
}

const promote = (server: Server): Promise<unknown> => server.client.call('REPLICAOF', 'NO', 'ONE')

const digest = async ({ client }: Server): Promise<unknown> => client.call('DEBUG', 'DIGEST')

/** Waits until every server has all that the first one has, and compares the data. */
const expectSame = async (primary: Server, ...replicas: readonly Server[]): Promise<void> => {
  await primary.client.set('last', 'write')
  await until(async () => {
    const expected = await digest(primary)
    const found = await Promise.all(replicas.map(digest))
    return found.every((each) => each === expected)
  })
  const ids = await Promise.all([primary, ...replicas].map((each) => field(each, 'replication', 'master_replid')))
  expect(new Set(ids).size).toBe(1)
}

describeBesideRedis('a replica', () => {
  test.each<[Kind, Kind]>([
    ['ours', 'real'],
    ['real', 'ours'],
    ['ours', 'ours'],
  ])('(%s) of a primary (%s) goes on whenever its link is cut while others write', async (replicaKind, primaryKind) => {
    const [primary, replica] = [await start(primaryKind), await start(replicaKind)]
    const proxy = await proxyTo(primary)
    await follow(replica, proxy)
    const before = await counts(primary)
    await writeRandomly(primary.client, 11, 60, async (round) => {
      if (round % 6 !== 3) return
      const { partial } = await counts(primary)
      proxy.cut()
      await until(async () => (await counts(primary)).partial > partial)
    })
    await expectSame(primary, replica)
    const after = await counts(primary)
    expect(after.full).toBe(before.full)
    expect(after.partial - before.partial).toBe(10)
    expect(Number(await field(primary, 'stats', 'total_net_repl_output_bytes'))).toBeGreaterThan(10_000)
    expect(Number(await field(replica, 'stats', 'total_net_repl_input_bytes'))).toBeGreaterThan(10_000)
  })

  test('keeps its own replicas while it goes on with the same history', async () => {
    const [top, middle, bottom] = [await startReal(), await startOurs(), await startReal()]
    const proxy = await proxyTo(top)
    await follow(middle, proxy)
    await follow(bottom, middle)
    const before = await counts(middle)
    await writeRandomly(top.client, 5, 20, async (round) => {
      if (round % 5 !== 2) return
      const { partial } = await counts(top)
      proxy.cut()
      await until(async () => (await counts(top)).partial > partial)
    })
    await expectSame(top, middle, bottom)
    expect(await counts(middle)).toEqual(before)
  })

  test('gets a copy when the backlog does not reach back as far as it is', async () => {
    const primary = await startOurs({ 'repl-backlog-size': '16384' })
    const replica = await startReal()
    const proxy = await proxyTo(primary)
    await follow(replica, proxy)
    const before = await counts(primary)
    proxy.refuse()
    proxy.cut()
    for (let i = 0; i < 20; i++) await primary.client.set(`k${i}`, 'x'.repeat(1000))
    proxy.accept()
    await expectSame(primary, replica)
    const after = await counts(primary)
    expect([after.full - before.full, after.partial]).toEqual([1, before.partial])
  })
})

describeBesideRedis('replicas that come together', () => {
  test.each<[string, string]>([
    ['as it is made', 'yes'],
    ['in a file', 'no'],
  ])('share one copy, %s', async (_title, diskless) => {
    const primary = await startOurs({ 'repl-diskless-sync': diskless, 'repl-diskless-sync-delay': '100' })
    await primary.client.config('SET', 'repl-diskless-sync-max-replicas', '2')
    await primary.client.call('DEBUG', 'POPULATE', '200', 'key', '100')
    // A file is long enough under way for the second one to come.
    if (diskless === 'no') await primary.client.config('SET', 'rdb-key-save-delay', '2000')
    const [first, second] = [await startReal(), await startOurs()]
    await Promise.all([follow(first, primary), follow(second, primary)])
    await writeRandomly(primary.client, 1, 3)
    await expectSame(primary, first, second)
    expect(await counts(primary)).toEqual({ full: 2, partial: 0 })
    expect(await field(primary, 'stats', 'total_forks')).toBe('1')
  })
})

describeBesideRedis('when a replica is promoted', () => {
  test.each<[Kind, Kind, Kind]>([
    ['ours', 'real', 'ours'],
    ['real', 'ours', 'real'],
  ])('its old primary (%s) and a sibling follow it without a copy (%s, %s)', async (...kinds) => {
    const [first, second, third] = await Promise.all(kinds.map(start))
    if (first === undefined || second === undefined || third === undefined) throw new Error('three servers are needed')
    await expireOnDemand(first, second, third)
    await follow(second, first)
    await follow(third, first)
    await writeRandomly(first.client, 3, 10)
    await expectSame(first, second, third)
    const before = await Promise.all([counts(first), counts(second), counts(third)])
    await promote(second)
    await follow(first, second)
    await follow(third, second)
    await writeRandomly(second.client, 4, 10)
    await expectSame(second, first, third)
    // A second time, down a chain, with a replica of a replica.
    await promote(third)
    await follow(second, third)
    await follow(first, second)
    await writeRandomly(third.client, 6, 10)
    await expectSame(third, second, first)
    const after = await Promise.all([counts(first), counts(second), counts(third)])
    expect(after.map(({ full }) => full)).toEqual(before.map(({ full }) => full))
  })

  test.each<[Kind, Kind]>([
    ['ours', 'real'],
    ['real', 'ours'],
  ])('by FAILOVER, the primary (%s) becomes its replica without a copy (%s)', async (...kinds) => {
    const [primary, replica] = await Promise.all(kinds.map(start))
    if (primary === undefined || replica === undefined) throw new Error('two servers are needed')
    await expireOnDemand(primary, replica)
    await follow(replica, primary)
    await writeRandomly(primary.client, 8, 5)
    await until(async () => (await field(primary, 'replication', 'slave0')).includes('state=online'))
    await primary.client.call('FAILOVER', 'TO', '127.0.0.1', String(replica.port), 'TIMEOUT', '20000')
    await until(async () => (await field(primary, 'replication', 'master_failover_state')) === 'no-failover')
    await until(async () => (await field(primary, 'replication', 'master_link_status')) === 'up')
    expect((await replica.client.role())[0]).toBe('master')
    await writeRandomly(replica.client, 9, 5)
    await expectSame(replica, primary)
    expect(await counts(replica)).toEqual({ full: 0, partial: 1 })
  })
})

describeBesideRedis('after a restart from its file', () => {
  const directory = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'activeredis-resync-'))
    cleanups.push(() => rmSync(path, { recursive: true, force: true }))
    return path
  }
  const restart = async ({ node, port }: { readonly node: Node; readonly port: number }, dir: string, of?: number) => {
    await node.close()
    const settings = { ...QUIET, port, dir, save: '3600 1' }
    const again = new Node({ log: () => {}, settings })
    cleanups.push(() => again.close())
    if (of !== undefined) again.replication.prepareToFollow('127.0.0.1', of)
    await again.listen()
    if (of !== undefined) again.replication.follow('127.0.0.1', of)
    return { node: again, port, client: clientOf(port) }
  }

  test('a primary is followed by its replicas from where they were', async () => {
    const dir = directory()
    const [primary, replica] = [await startOurs({ dir, save: '3600 1' }), await startReal()]
    await follow(replica, primary)
    await writeRandomly(primary.client, 2, 5)
    await expectSame(primary, replica)
    const again = await restart(primary, dir)
    await until(async () => (await field(replica, 'replication', 'master_link_status')) === 'up')
    await writeRandomly(again.client, 3, 5)
    await expectSame(again, replica)
    expect(await counts(again)).toEqual({ full: 0, partial: 1 })
  })

  test('a replica follows its primary from where it was, and keeps what has expired', async () => {
    const dir = directory()
    const [primary, replica] = [await startReal(), await startOurs({ dir, save: '3600 1' })]
    await follow(replica, primary)
    await writeRandomly(primary.client, 2, 5)
    // Neither of them removes it by itself.
    await expireOnDemand(primary)
    await primary.client.set('expired', '1', 'PX', 1)
    await expectSame(primary, replica)
    const before = await counts(primary)
    const again = await restart(replica, dir, primary.port)
    await again.node.replication.whenSynced()
    await expectSame(primary, again)
    expect(await counts(primary)).toEqual({ full: before.full, partial: before.partial + 1 })
    expect(await again.client.dbsize()).toBe(await primary.client.dbsize())
  })
})

describeBesideRedis('a replica that is loading a copy', () => {
  test.each<[Kind]>([['ours'], ['real']])(
    'that is complete goes on from it when the link is lost meanwhile (primary: %s)',
    async (kind) => {
      const primary = await start(kind)
      await primary.client.call('DEBUG', 'POPULATE', '300', 'key', '100')
      // Clients are answered after the first ten keys, and there is much time for the others, until it is told otherwise.
      const replica = await startOurs({ 'key-load-delay': '20000', 'loading-process-events-interval-bytes': '1024' })
      const proxy = await proxyTo(primary)
      await replica.client.call('REPLICAOF', '127.0.0.1', String(proxy.port))
      await until(async () => (await field(replica, 'persistence', 'loading')) === '1')
      const { full, partial } = await counts(primary)
      proxy.cut()
      await primary.client.set('meanwhile', '1')
      await replica.client.config('SET', 'key-load-delay', '0')
      await expectSame(primary, replica)
      expect(await counts(primary)).toEqual({ full, partial: partial + 1 })
    },
  )

  test.each<[Kind, string]>([
    ['ours', 'yes'],
    ['real', 'yes'],
    ['real', 'no'],
  ])(
    'as it arrives waits for values that are longer than what it lets wait (primary: %s, diskless: %s)',
    async (kind, diskless) => {
      const primary = await start(kind)
      await primary.client.config('SET', 'rdbcompression', 'no')
      await primary.client.config('SET', 'repl-diskless-sync', diskless)
      await primary.client.set('text', 'x'.repeat(5_000_000))
      for (let at = 0; at < 20_000; at += 5000) {
        const fields = Array.from({ length: 5000 }, (_, index) => [`f${at + index}`, 'y'.repeat(100)])
        await primary.client.hset('hash', ...fields.flat())
      }
      const replica = await startOurs({ 'repl-diskless-load': 'swapdb' })
      await follow(replica, primary)
      await expectSame(primary, replica)
    },
  )

  test.each<[Kind]>([['ours'], ['real']])(
    'beside its old data of the same history answers with those (primary: %s), also when the copy breaks off',
    async (kind) => {
      const primary =
        kind === 'ours'
          ? await startOurs({ 'repl-backlog-size': '16384' })
          : await startReal('--repl-backlog-size', '16384')
      const replica = await startOurs({ 'repl-diskless-load': 'swapdb' })
      const proxy = await proxyTo(primary)
      await primary.client.set('old', '1')
      await follow(replica, proxy)
      await primary.client.call('DEBUG', 'POPULATE', '3000', 'key', '1000')
      await primary.client.config('SET', 'rdbcompression', 'no')
      await primary.client.config('SET', 'rdb-key-save-delay', '10000')
      // More than the backlog holds comes while there is no link.
      proxy.refuse()
      proxy.cut()
      for (let i = 0; i < 200; i++) await primary.client.set('new', 'x'.repeat(1000))
      proxy.accept()
      const isLoading = async (): Promise<boolean> => (await field(replica, 'persistence', 'async_loading')) === '1'
      await until(isLoading)
      expect(await replica.client.get('old')).toBe('1')
      expect(await replica.client.dbsize()).toBe(1)
      await expect(replica.client.call('REPLICAOF', 'NO', 'ONE')).rejects.toThrow('LOADING')
      proxy.refuse()
      proxy.cut()
      await until(async () => !(await isLoading()))
      expect(await replica.client.dbsize()).toBe(1)
      await primary.client.config('SET', 'rdb-key-save-delay', '0')
      proxy.accept()
      await expectSame(primary, replica)
      expect(await replica.client.dbsize()).toBe(3003)
    },
  )
})
