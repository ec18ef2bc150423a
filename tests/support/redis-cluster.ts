import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { type RedisServer, type RedisServerOptions, startRedisServer } from './redis-server.js'

export interface RedisClusterOptions extends RedisServerOptions {
  /** Default 3. */
  readonly primaries?: number
  /** Replicas of each primary, default 1. */
  readonly replicas?: number
  /** Default 5000. A short one makes failovers quick, and spurious on a busy machine. */
  readonly nodeTimeoutMs?: number
  /** Whether nodes can be started again after they were stopped; they come back without data, as who they were. */
  readonly restartable?: boolean
}

/** A node of a real cluster. */
export interface RedisClusterNode extends RedisServer {
  /** Starts the node again after `stop`, at the same address. Only of a restartable cluster. */
  restart(): Promise<void>
}

/** A real cluster of redis-server processes on free loopback ports. */
export interface RedisCluster {
  /** Primaries first, in order of their slots; then the replicas, as they are numbered. */
  readonly nodes: readonly RedisClusterNode[]
  /** `redis+cluster://127.0.0.1:12345,127.0.0.1:12346`, the primaries. */
  readonly url: string
  /** Waits until every living node sees the whole cluster in order and the replicas are linked. */
  settled(): Promise<void>
  /** Kills all nodes and removes their directories. Idempotent. */
  stop(): Promise<void>
}

const SLOTS = 16_384
/** While the cluster forms: nodes greet each other twice in this time, so that roles spread quickly. */
const FORMING_TIMEOUT_MS = 800

/** Repeats a question until the answer is yes. */
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 30_000
  for (;;) {
    if (await holds()) return
    if (Date.now() > deadline) throw new Error(`the cluster did not get there in 30 s: ${what}`)
    await delay(20)
  }
}

const field = (info: unknown, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(info))?.[1]

/** What a node believes of the living ones: a sorted list of id, role and slots. Null while something is missing. */
const view = async (client: Redis): Promise<string | null> => {
  const info = await client.cluster('INFO')
  if (field(info, 'cluster_state') !== 'ok' || field(info, 'cluster_slots_ok') !== String(SLOTS)) return null
  const replication = await client.info('replication')
  if (field(replication, 'role') === 'slave' && field(replication, 'master_link_status') !== 'up') return null
  const nodes: string[] = []
  for (const line of String(await client.cluster('NODES'))
    .trim()
    .split('\n')) {
    const [id = '', , flags = '', , , , , , ...slots] = line.split(' ')
    if (flags.includes('fail') || flags.includes('handshake')) continue
    const role = flags.includes('slave') ? 'replica' : 'primary'
    if (role === 'primary' && slots.length === 0) return null
    nodes.push(`${id} ${role} ${slots.join(' ')}`)
  }
  return nodes.sort().join('\n')
}

const agree = async (clients: readonly Redis[]): Promise<boolean> => {
  const [first, ...others] = await Promise.all(clients.map(view))
  return (
    typeof first === 'string' && first.split('\n').length === clients.length && others.every((other) => other === first)
  )
}

const nodeId = async (client: Redis): Promise<string> => String(await client.cluster('MYID'))

const join = async (clients: readonly Redis[], nodes: readonly RedisServer[], primaries: number): Promise<void> => {
  await Promise.all(
    clients.map(async (client, index) => {
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
      if (index >= primaries) return
      const from = Math.floor((index * SLOTS) / primaries)
      const to = Math.floor(((index + 1) * SLOTS) / primaries) - 1
      await client.call(
        'CLUSTER',
        'ADDSLOTS',
        ...Array.from({ length: to - from + 1 }, (_, slot) => String(from + slot)),
      )
    }),
  )
  // Each with each, rather than waiting for gossip.
  await Promise.all(
    clients.flatMap((client, index) =>
      nodes.slice(index + 1).map((node) => client.call('CLUSTER', 'MEET', node.host, String(node.port))),
    ),
  )
  await until('all nodes know each other', async () => {
    const views = await Promise.all(clients.map(async (client) => String(await client.cluster('NODES'))))
    return views.every((view) => view.trim().split('\n').length === nodes.length && !view.includes('handshake'))
  })
  await Promise.all(
    clients.slice(primaries).map(async (client, index) => {
      const primary = clients[index % primaries]
      if (primary !== undefined) await client.call('CLUSTER', 'REPLICATE', await nodeId(primary))
    }),
  )
}

const setNodeTimeout = async (nodes: readonly RedisServer[], timeoutMs: number): Promise<void> => {
  for (const node of nodes) {
    const client = node.client()
    try {
      await client.config('SET', 'cluster-node-timeout', timeoutMs)
    } finally {
      client.disconnect()
    }
  }
}

/**
 * Starts a cluster and waits until every node calls it complete and every replica is linked to its primary.
 * @throws Error when a node does not start or the cluster does not form within 30 seconds.
 */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const primaries = options.primaries ?? 3
  const count = primaries * (1 + (options.replicas ?? 1))
  const args = [
    ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(FORMING_TIMEOUT_MS)],
    ...(options.args ?? []),
  ]
  const directory = options.restartable ? await mkdtemp(path.join(tmpdir(), 'activeredis-cluster-')) : null
  const optionsOf = async (index: number): Promise<RedisServerOptions> => {
    if (directory === null) return { ...options, args }
    const own = path.join(directory, String(index))
    await mkdir(own, { recursive: true })
    return { ...options, args, directory: own }
  }
  const started = await Promise.allSettled(
    Array.from({ length: count }, async (_, index) => startRedisServer(await optionsOf(index))),
  )
  const nodes = started.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const current = [...nodes]
  const stop = async (): Promise<void> => {
    await Promise.all(current.map((node) => node.stop()))
    if (directory !== null) await rm(directory, { recursive: true, force: true })
  }
  const stopped = new Set<RedisServer>()
  const settled = async (): Promise<void> => {
    const living = nodes.filter((node) => !stopped.has(node))
    const clients = living.map((node) => node.client({ maxRetriesPerRequest: 1 }))
    try {
      await until('all nodes agree on a complete cluster', () => agree(clients))
    } finally {
      for (const client of clients) client.disconnect()
    }
  }
  try {
    for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason
    const clients = nodes.map((node) => node.client())
    try {
      await join(clients, nodes, primaries)
    } finally {
      for (const client of clients) client.disconnect()
    }
    await settled()
    await setNodeTimeout(nodes, options.nodeTimeoutMs ?? 5000)
  } catch (error) {
    await stop()
    throw error
  }
  const seeds = nodes.slice(0, primaries).map((node) => `${node.host}:${node.port}`)
  return {
    nodes: nodes.map((node, index) => ({
      ...node,
      stop: async () => {
        stopped.add(node)
        await current[index]?.stop()
      },
      restart: async () => {
        if (directory === null) throw new Error('only nodes of a restartable cluster start again')
        const timeout = ['--cluster-node-timeout', String(options.nodeTimeoutMs ?? 5000)]
        const own = await optionsOf(index)
        current[index] = await startRedisServer({ ...own, args: [...args, ...timeout], port: node.port })
        stopped.delete(node)
      },
    })),
    url: `redis+cluster://${seeds.join(',')}`,
    settled,
    stop,
  }
}
