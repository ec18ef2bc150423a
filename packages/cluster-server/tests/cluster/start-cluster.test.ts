import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ClusterOptionError, ClusterStartError, type RunningCluster, startCluster } from '@activeredis/cluster-server'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { freePort } from '../../../../tests/support/free-port.js'
import { until } from '../../../../tests/support/until.js'

const KINDS = ['thread', 'process', 'inline'] as const
const LIBRARY = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

// Six nodes as processes, on a busy machine.
jest.setTimeout(30_000)

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const start = async (...options: Parameters<typeof startCluster>): Promise<RunningCluster> => {
  const cluster = await startCluster(...options)
  cleanups.push(() => cluster.close())
  return cluster
}

const clientOf = (node: { host: string; port: number }): Redis => {
  const client = new Redis({ host: node.host, port: node.port, retryStrategy: () => 20 })
  client.on('error', () => {})
  cleanups.push(() => client.disconnect())
  return client
}

const KINDS_OF_HANDLES = [
  'TCPSocketWrap',
  'TCPServerWrap',
  'TCPConnectWrap',
  'MessagePort',
  'Worker',
  'ProcessWrap',
  'Timeout',
]

/** What keeps this process alive, by kind; without the test runner's own pipes. */
const handles = (): Record<string, number> => {
  const active = process.getActiveResourcesInfo()
  return Object.fromEntries(KINDS_OF_HANDLES.map((kind) => [kind, active.filter((name) => name === kind).length]))
}

/** Calls `use` and waits until nothing is left of what it opened. */
const leavesNothing = async (use: () => Promise<unknown>): Promise<void> => {
  // Clients of the test before are still saying goodbye.
  await until(() => handles().TCPSocketWrap === 0)
  const before = handles()
  await use()
  await until(() => KINDS_OF_HANDLES.every((kind) => handles()[kind]! <= before[kind]!))
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(true))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })

describe('options of startCluster', () => {
  test.each([
    [{ primaries: 0 }, 'primaries must be a whole number from 1 to 1000; received 0'],
    [{ primaries: 2.5 }, 'received 2.5'],
    [{ primaries: '3' }, 'received "3"'],
    [{ replicas: -1 }, 'replicas must be a whole number from 0 to 10; received -1'],
    [{ host: '0.0.0.0' }, 'host must be an address that clients can connect to; received "0.0.0.0"'],
    [{ host: 'a b' }, 'received "a b"'],
    [{ ports: [7001] }, 'ports must be a list of 3 ports, one for each node; received [7001]'],
    [{ ports: [7001, 7002, 70000] }, 'ports[2] must be a whole number from 1 to 65535; received 70000'],
    [{ ports: [7001, 7002, 7001] }, '7001 occurs twice'],
    [{ worker: 'fiber' }, 'worker must be one of thread, inline, process; received "fiber"'],
    [{ startTimeoutMs: 0 }, 'received 0'],
    [{ primary: 3 }, 'There is no option primary (received 3)'],
    [{ config: { port: 7001 } }, "config cannot contain 'port' (received 7001)"],
    [{ config: { 'no-such-setting': 1 } }, "There is no setting 'no-such-setting'"],
    [{ config: { maxmemory: 'lots' } }, "The setting 'maxmemory' cannot be 'lots'"],
  ])('%j are refused before anything starts, with the value in the message', async (options, message) => {
    await expect(startCluster(options as never)).rejects.toThrow(message)
  })

  test('are refused by an error of their own class', async () => {
    await expect(startCluster({ primaries: 0 })).rejects.toBeInstanceOf(ClusterOptionError)
  })
})

describe.each(KINDS)('a cluster with worker %s', (worker) => {
  test('has every slot, replicas that follow, and a topology that all nodes agree on', async () => {
    const cluster = await start({ primaries: 3, replicas: 1, worker, config: { 'maxmemory-policy': 'allkeys-lru' } })
    expect(cluster.nodes.map(({ role }) => role)).toEqual([...Array(3).fill('primary'), ...Array(3).fill('replica')])
    expect(cluster.nodes.slice(3).map(({ primaryId }) => primaryId)).toEqual(
      cluster.nodes.slice(0, 3).map(({ id }) => id),
    )
    expect(cluster.url).toBe(`redis+cluster://${cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(',')}`)
    for (const [index, node] of cluster.nodes.entries()) {
      const client = clientOf(node)
      expect(await client.cluster('MYID')).toBe(node.id)
      const slots = (await client.call('CLUSTER', 'SLOTS')) as [number, number, [string, number, string]][]
      expect(slots.map(([first, last, [, port]]) => [first, last, port])).toEqual([
        [0, 5460, cluster.nodes[0]!.port],
        [5461, 10922, cluster.nodes[1]!.port],
        [10923, 16383, cluster.nodes[2]!.port],
      ])
      const role = (await client.call('ROLE')) as unknown[]
      expect(role[0]).toBe(index < 3 ? 'master' : 'slave')
      if (index >= 3) expect(role.slice(2, 4)).toEqual([cluster.nodes[index - 3]!.port, 'connected'])
      expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'allkeys-lru'])
    }
  })

  test('leaves nothing behind when it is closed, once or twice', async () => {
    await leavesNothing(async () => {
      const cluster = await startCluster({ primaries: 2, replicas: 1, worker })
      await Promise.all([cluster.close(), cluster.close()])
      await cluster.close()
      for (const { port } of cluster.nodes) expect(await accepts(port)).toBe(false)
    })
  })

  test('that cannot start stops what was started, and names the node', async () => {
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()]
    const squatter = createServer().listen(ports[2], '127.0.0.1')
    cleanups.push(() => squatter.close())
    await leavesNothing(async () => {
      const failure = await startCluster({ primaries: 2, replicas: 1, ports, worker }).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(ClusterStartError)
      expect((failure as ClusterStartError).nodeIndex).toBe(2)
      expect((failure as Error).message).toMatch(/^Node 2 \(a replica of node 0\) could not be started: .*EADDRINUSE.*/)
      for (const index of [0, 1, 3]) expect(await accepts(ports[index]!)).toBe(false)
    })
  })

  test('carries a message that is published anywhere to subscribers everywhere, once', async () => {
    const cluster = await start({ primaries: 2, replicas: 1, worker })
    const received: string[] = []
    for (const [index, node] of cluster.nodes.entries()) {
      const subscriber = clientOf(node)
      subscriber.on('messageBuffer', (_, message: Buffer) => received.push(`${index}:${message.toString('latin1')}`))
      await subscriber.subscribe('news')
    }
    const bytes = Buffer.from([0, 13, 10, 255])
    expect(await clientOf(cluster.nodes[0]!).publish('news', 'first')).toBe(1)
    await until(() => received.length >= 4)
    expect(await clientOf(cluster.nodes[3]!).publish('news', bytes)).toBe(1)
    await until(() => received.length >= 8)
    const expected = [0, 1, 2, 3].flatMap((index) => [`${index}:first`, `${index}:${bytes.toString('latin1')}`])
    expect(received.sort()).toEqual(expected.sort())
  })

  test('replaces a primary that died by its replica, and takes it back as one', async () => {
    const cluster = await start({ primaries: 3, replicas: 1, worker })
    const witness = clientOf(cluster.nodes[1]!)
    const successor = clientOf(cluster.nodes[3]!)
    const client = clientOf(cluster.nodes[0]!)
    await client.set('{b}', 'v')
    expect(await client.wait(1, 0)).toBe(1)
    await cluster.kill(0)
    expect(cluster.nodes[0]!.state).toBe('failed')
    await until(() => cluster.nodes[3]!.role === 'primary')
    await until(async () => String(await witness.cluster('INFO')).includes('cluster_state:ok'))
    // While it tries to connect, a node shows as connected.
    const dead = new RegExp(`^${cluster.nodes[0]!.id} \\S+ master,fail - \\d+ \\d+ 1 disconnected$`, 'm')
    await until(async () => dead.test(String(await witness.cluster('NODES'))))
    await until(async () => (await successor.set('{b}', 'w').catch(() => '')) === 'OK')

    await cluster.restart(0)
    expect(cluster.nodes[0]!).toMatchObject({ state: 'running', role: 'replica', primaryId: cluster.nodes[3]!.id })
    await until(async () => !String(await witness.cluster('NODES')).includes('fail'))
    const returned = clientOf(cluster.nodes[0]!)
    expect(await returned.cluster('MYID')).toBe(cluster.nodes[0]!.id)
    await returned.readonly()
    expect(await returned.get('{b}')).toBe('w')
  })

  test('is down while a primary without replicas is dead, and goes on when it comes back, empty', async () => {
    const cluster = await start({ primaries: 3, worker })
    const witness = clientOf(cluster.nodes[1]!)
    await clientOf(cluster.nodes[0]!).set('{b}', 'v')
    await cluster.kill(0)
    await until(async () => String(await witness.cluster('INFO')).includes('cluster_state:fail'))
    const info = String(await witness.cluster('INFO'))
    for (const line of ['cluster_slots_ok:10923', 'cluster_slots_fail:5461']) expect(info).toContain(`${line}\r\n`)
    await expect(witness.set('{c}', 'v')).rejects.toThrow('CLUSTERDOWN The cluster is down')
    await cluster.restart(0)
    expect(cluster.nodes[0]!).toMatchObject({ state: 'running', role: 'primary' })
    expect(await clientOf(cluster.nodes[0]!).dbsize()).toBe(0)
  })
})

describe('a cluster', () => {
  test('goes on without a replica that died, and fills it again when it comes back', async () => {
    const cluster = await start({ primaries: 1, replicas: 2 })
    const primary = clientOf(cluster.nodes[0]!)
    await primary.set('k', 'v')
    await cluster.kill(1)
    await until(async () => ((await primary.cluster('SLOTS')) as unknown[][])[0]?.length === 4)
    expect(await primary.set('k', 'w')).toBe('OK')
    await cluster.restart(1)
    await until(async () => ((await primary.cluster('SLOTS')) as unknown[][])[0]?.length === 5)
    const replica = clientOf(cluster.nodes[1]!)
    await expect(replica.get('k')).rejects.toThrow(`MOVED 7629 127.0.0.1:${cluster.nodes[0]!.port}`)
    await replica.readonly()
    expect(await replica.get('k')).toBe('w')
  })

  test('takes a node back while it is down for the lack of another one', async () => {
    const cluster = await start({ primaries: 3, replicas: 1, worker: 'inline' })
    await cluster.kill(3)
    await cluster.kill(0)
    await until(async () => String(await clientOf(cluster.nodes[1]!).cluster('INFO')).includes('cluster_state:fail'))
    await cluster.kill(4)
    await cluster.restart(4)
    expect(cluster.nodes[4]!).toMatchObject({ state: 'running', role: 'replica', primaryId: cluster.nodes[1]!.id })
  })

  test('notices a node that ends by itself', async () => {
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    cleanups.push(() => stderr.mockRestore())
    const cluster = await start({ primaries: 2 })
    clientOf(cluster.nodes[0]!)
      .call('SHUTDOWN', 'NOSAVE')
      .catch(() => {})
    await until(() => cluster.nodes[0]!.state === 'failed')
    expect(stderr.mock.calls.join()).toContain(`Node 0 of the cluster (127.0.0.1:${cluster.nodes[0]!.port}) is gone`)
    await until(async () => String(await clientOf(cluster.nodes[1]!).cluster('INFO')).includes('cluster_state:fail'))
  })

  test('refuses nodes that it does not have, and everything once it is closed', async () => {
    const cluster = await start({ primaries: 1, worker: 'inline' })
    await expect(cluster.kill(1)).rejects.toThrow('There is no node 1')
    await cluster.close()
    await expect(cluster.restart(0)).rejects.toThrow('has been closed')
  })

  test('counts as down or not by the rules of the moment', async () => {
    const cluster = await start({ primaries: 3, worker: 'inline', config: { 'cluster-require-full-coverage': 'no' } })
    const client = clientOf(cluster.nodes[2]!)
    await cluster.kill(0)
    expect(await client.set('{a}', 'v')).toBe('OK')
    await until(async () => String(await client.cluster('NODES')).includes('fail'))
    await client.config('SET', 'cluster-require-full-coverage', 'yes')
    await expect(client.set('{a}', 'w')).rejects.toThrow('CLUSTERDOWN The cluster is down')
    await client.config('SET', 'cluster-allow-reads-when-down', 'yes')
    expect(await client.get('{a}')).toBe('v')
    await expect(client.set('{a}', 'w')).rejects.toThrow(
      'CLUSTERDOWN The cluster is down and only accepts read commands',
    )
  })

  test('can listen on another address of this machine', async () => {
    const cluster = await start({ primaries: 1, replicas: 1, worker: 'inline', host: '::1' })
    expect(cluster.url).toMatch(/^redis\+cluster:\/\/\[::1\]:\d+,\[::1\]:\d+$/)
    expect(await clientOf(cluster.nodes[1]!).info('replication')).toContain('master_host:::1\r\n')
    expect(await clientOf(cluster.nodes[0]!).info('replication')).toContain('slave0:ip=::1,')
  })

  test('shares its password with its replicas', async () => {
    const cluster = await start({ primaries: 1, replicas: 1, config: { requirepass: 'secret word' } })
    const client = new Redis({ port: cluster.nodes[1]!.port, password: 'secret word' })
    cleanups.push(() => client.disconnect())
    expect(await client.info('replication')).toContain('master_link_status:up')
    await expect(clientOf(cluster.nodes[0]!).get('k')).rejects.toThrow('NOAUTH')
  })
})

describe('the built package', () => {
  const run = promisify(execFile)

  test.each(KINDS)('lets the program end by itself after close, with worker %s', async (worker) => {
    const program = `
      import { startCluster } from ${JSON.stringify(LIBRARY)}
      const cluster = await startCluster({ primaries: 2, replicas: 1, worker: '${worker}' })
      await cluster.close()
      console.log(cluster.nodes.length)`
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program], { timeout: 25_000 })
    expect([stdout.trim(), stderr]).toEqual(['4', ''])
  })

  test('can be loaded with require', async () => {
    const program = `const { startCluster } = require(${JSON.stringify(LIBRARY)})
      startCluster({ primaries: 1 }).then((cluster) => cluster.close()).then(() => console.log('done'))`
    const { stdout } = await run(process.execPath, ['--no-warnings', '-e', program], { timeout: 25_000 })
    expect(stdout.trim()).toBe('done')
  })
})
