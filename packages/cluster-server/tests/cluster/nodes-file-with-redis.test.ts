import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, jest, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.js'
import { until } from '../../../../tests/support/until.js'
import { flagNames } from '../../src/cluster/node-flags.js'
import { formatNodesFile, parseNodesFile } from '../../src/cluster/nodes-file.js'
import { describeBesideRedis } from '../support/server-pair.js'
import { entryOf, sampleFile } from './nodes-files.js'

jest.setTimeout(60_000)

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const directory = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'activeredis-nodes-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const start = async (path: string, ...args: string[]): Promise<{ server: RedisServer; client: Redis }> => {
  const server = await startRedisServer({ directory: path, args: ['--cluster-enabled', 'yes', ...args] })
  const client = server.client()
  cleanups.push(
    () => server.stop(),
    () => client.disconnect(),
  )
  return { server, client }
}

/** CLUSTER NODES without what differs from one moment to the next: times, and whether a connection is made again. */
const lasting = (nodes: string): string[] =>
  nodes
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('vars'))
    .map((line) =>
      line
        .split(' ')
        .filter((_, index) => index !== 4 && index !== 5 && index !== 7)
        .join(' '),
    )
    .sort()

describeBesideRedis('nodes.conf of redis-server', () => {
  test('is read, and written again to the same bytes', async () => {
    const paths = [directory(), directory()]
    const [first, second] = await Promise.all(
      paths.map((path, index) => start(path, '--cluster-announce-hostname', `host-${index}.example`)),
    )
    const id = (await second!.client.cluster('MYID')) as string
    await first!.client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '100', '200', '200')
    await second!.client.call('CLUSTER', 'ADDSLOTS', '300')
    await first!.client.call('CLUSTER', 'MEET', '127.0.0.1', String(second!.server.port))
    // A slot that is on its way in is taken from no gossip, so the gossip comes first.
    const described = new RegExp(`${id} .*,host-1\\.example master .* 300\n`)
    await until(async () => described.test((await first!.client.cluster('NODES')) as string))
    await first!.client.call('CLUSTER', 'SETSLOT', '200', 'MIGRATING', id)
    await first!.client.call('CLUSTER', 'SETSLOT', '300', 'IMPORTING', id)
    await first!.client.call('CLUSTER', 'SAVECONFIG')

    const text = readFileSync(join(paths[0]!, 'nodes.conf'), 'latin1')
    const parsed = parseNodesFile(text)
    expect(formatNodesFile(parsed)).toBe(text)
    const own = parsed.nodes.find(({ flags }) => flagNames(flags).startsWith('myself'))
    expect(own).toMatchObject({
      ip: '127.0.0.1',
      port: first!.server.port,
      busPort: first!.server.port + 10000,
      hostname: 'host-0.example',
      flags: 17,
      primaryId: null,
      isConnected: true,
      slots: [
        { start: 0, end: 100 },
        { start: 200, end: 200 },
      ],
      migrating: new Map([[200, id]]),
      importing: new Map([[300, id]]),
    })
    expect(parsed.nodes).toContainEqual(
      expect.objectContaining({ id, hostname: 'host-1.example', flags: 1, slots: [{ start: 300, end: 300 }] }),
    )
    expect(parsed.currentEpoch).toBeGreaterThanOrEqual(0)
  })

  test('is one that we have written: it starts from it and shows the same nodes', async () => {
    const path = directory()
    const file = {
      ...sampleFile,
      nodes: [
        ...sampleFile.nodes,
        entryOf(5, { flags: 2 | 4 | 512, primaryId: sampleFile.nodes[0]!.id, configEpoch: 1 }),
      ],
    }
    const text = formatNodesFile(file)
    // As it is after it was written over.
    writeFileSync(join(path, 'nodes.conf'), `${text}${'\n'.repeat(60)}`)
    const { server, client } = await start(path, '--cluster-announce-hostname', 'one.example.org')
    const shown = lasting((await client.cluster('NODES')) as string)
    const own = `127.0.0.1:7001@17001`
    // It is not where it was: the file knows that from no one but itself.
    expect(shown).toEqual(lasting(text.replace(own, `127.0.0.1:${server.port}@${server.port + 10000}`)))
    expect(await client.cluster('INFO')).toContain('cluster_current_epoch:12')
    await client.call('CLUSTER', 'SAVECONFIG')
    expect(parseNodesFile(readFileSync(join(path, 'nodes.conf'), 'latin1'))).toMatchObject({
      currentEpoch: 12,
      lastVoteEpoch: 11,
    })
  })
})
