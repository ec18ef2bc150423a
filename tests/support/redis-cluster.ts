import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { RedisClusterNode } from './redis-cluster-node.js'
import type { RedisServer, RedisServerOptions, ServerProgram } from './redis-server.js'

export { RedisClusterNode }

export interface RedisClusterOptions extends Omit<RedisServerOptions, 'program' | 'port' | 'directory'> {
  /** Which program each node runs, primaries first; default: all of them `redis-server`. */
  readonly programs?: readonly ServerProgram[]
  /** Further arguments of one node, by its index. */
  readonly argsOf?: (index: number) => readonly string[]
  /** Default 3. */
  readonly primaries?: number
  /** Replicas of each primary, default 1. */
  readonly replicas?: number
  /** Default 5000. A short one makes failovers quick, and spurious on a busy machine. */
  readonly nodeTimeoutMs?: number
  /** Whether nodes can be started again after they ended, as who they were and with what they saved. */
  readonly restartable?: boolean
  /** Called when all nodes have started, before they meet. */
  readonly started?: (nodes: readonly RedisClusterNode[]) => void
  /** False: nodes start, know nothing of each other and own no slots. Default true. */
  readonly joined?: boolean
}

/** A cluster of server processes on free loopback ports. */
export interface RedisCluster {
  /** Primaries first, in order of their slots; then the replicas, as they are numbered; then those that were added. */
  readonly nodes: readonly RedisClusterNode[]
  /** `redis+cluster://127.0.0.1:12345,127.0.0.1:12346`, the primaries. */
  readonly url: string
  /** Starts another node, which knows nothing of the others. */
  add(program: ServerProgram): Promise<RedisClusterNode>
  /** Waits until every living node sees the whole cluster in order and the replicas are linked. */
  settled(): Promise<void>
  /** Kills all nodes and removes their directories. Idempotent. */
  stop(): Promise<void>
}

const SLOTS = 16_384
/** While the cluster forms: nodes greet each other twice in this time, so that roles spread quickly. */
const FORMING_TIMEOUT_MS = 800

/** Repeats a question until nothing is missing any more; `missing` says what is, and null for nothing. */
const until = async (what: string, missing: () => Promise<string | null>): Promise<void> => {
  const deadline = Date.now() + 30_000
  for (;;) {
    const answer = await missing()
    if (answer === null) return
    if (Date.now() > deadline) throw new Error(`the cluster did not get there in 30 s: ${what}\n${answer}`)
    await delay(20)
  }
}

const field = (info: unknown, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(info))?.[1]

/** What a node believes of the living ones: a sorted list of id, role and slots. Or what it misses. */
type View = { readonly nodes: string } | { readonly missing: string }

const view = async (client: Redis): Promise<View> => {
  const info = await client.cluster('INFO')
  if (field(info, 'cluster_state') !== 'ok' || field(info, 'cluster_slots_ok') !== String(SLOTS)) {
    return { missing: String(info).replaceAll('\r\n', ' ') }
  }
  const replication = await client.info('replication')
  if (field(replication, 'role') === 'slave' && field(replication, 'master_link_status') !== 'up') {
    return { missing: `no link to its primary: ${replication.replaceAll('\r\n', ' ')}` }
  }
  const nodes: string[] = []
  for (const line of String(await client.cluster('NODES'))
    .trim()
    .split('\n')) {
    const [id = '', , flags = '', , , , , , ...slots] = line.split(' ')
    if (flags.includes('fail') || flags.includes('handshake')) continue
    const role = flags.includes('slave') ? 'replica' : 'primary'
    if (role === 'primary' && slots.length === 0) return { missing: `a primary without slots: ${line}` }
    nodes.push(`${id} ${role} ${slots.join(' ')}`)
  }
  return { nodes: nodes.sort().join('\n') }
}

/** Why the nodes do not agree, with what each of them says; null when they do. */
const disagreement = async (clients: readonly Redis[]): Promise<string | null> => {
  const loading = (error: Error): View => {
    if (error.message.startsWith('LOADING ')) return { missing: error.message }
    throw error
  }
  const views = await Promise.all(clients.map((client) => view(client).catch(loading)))
  const [first] = views
  const agree = (one: View): boolean =>
    'nodes' in one && first !== undefined && 'nodes' in first && one.nodes === first.nodes
  if (views.every(agree) && first !== undefined && 'nodes' in first) {
    if (first.nodes.split('\n').length === clients.length) return null
  }
  const said = views.map((one, index) => {
    return `${clients[index]?.options.port}: ${'nodes' in one ? `sees\n${one.nodes}` : one.missing}`
  })
  return `${clients.length} nodes live; what each of them says:\n${said.join('\n')}`
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
    const isWhole = (view: string): boolean =>
      view.trim().split('\n').length === nodes.length && !view.includes('handshake')
    return views.every(isWhole) ? null : views.join('\n')
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
  const nodeTimeoutMs = options.nodeTimeoutMs ?? 5000
  const isJoined = options.joined ?? true
  const directory = options.restartable ? await mkdtemp(path.join(tmpdir(), 'activeredis-cluster-')) : null
  const nodes: RedisClusterNode[] = []
  const start = (index: number, program: ServerProgram): Promise<RedisClusterNode> =>
    RedisClusterNode.start(
      {
        ...options,
        program,
        args: [
          ...['--cluster-enabled', 'yes'],
          ...['--cluster-node-timeout', String(isJoined ? FORMING_TIMEOUT_MS : nodeTimeoutMs)],
          ...(options.args ?? []),
          ...(options.argsOf?.(index) ?? []),
        ],
        ...(directory !== null && { directory: path.join(directory, String(index)) }),
      },
      ['--cluster-node-timeout', String(nodeTimeoutMs)],
    )
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
    if (directory !== null) await rm(directory, { recursive: true, force: true })
  }
  const settled = async (): Promise<void> => {
    const living = nodes.filter((node) => node.isRunning)
    const clients = living.map((node) => node.client({ maxRetriesPerRequest: 1 }))
    try {
      await until('all nodes agree on a complete cluster', () => disagreement(clients)).catch((error: Error) => {
        const logs = living.map((node) => `the last that ${node.port} logged:\n${node.log().slice(-1500)}`)
        throw new Error(`${error.message}\n${logs.join('\n')}`)
      })
    } finally {
      for (const client of clients) client.disconnect()
    }
  }
  const { programs = [] } = options
  const started = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => start(index, programs[index] ?? 'redis-server')),
  )
  for (const outcome of started) if (outcome.status === 'fulfilled') nodes.push(outcome.value)
  try {
    for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason
    options.started?.(nodes)
    if (isJoined) {
      const clients = nodes.map((node) => node.client())
      try {
        await join(clients, nodes, primaries)
      } finally {
        for (const client of clients) client.disconnect()
      }
      await settled()
      await setNodeTimeout(nodes, nodeTimeoutMs)
    }
  } catch (error) {
    await stop()
    throw error
  }
  const seeds = nodes.slice(0, primaries).map((node) => `${node.host}:${node.port}`)
  return {
    nodes,
    url: `redis+cluster://${seeds.join(',')}`,
    add: async (program) => {
      const node = await start(nodes.length, program)
      nodes.push(node)
      return node
    },
    settled,
    stop,
  }
}
