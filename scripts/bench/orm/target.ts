import { connections, hashSlot, parseConnectionUrl } from 'activeredis'
import { Cluster, Redis } from 'ioredis'
import { startRedisCluster, startRedisServer } from '../programs.js'
import type { TargetName } from './options.js'

/** The server or cluster that is measured: through the connection `bench`, and bare through ioredis. */
export interface Target {
  readonly name: TargetName
  readonly label: string
  readonly raw: Redis | Cluster
  /** ioredis to each primary. */
  readonly nodes: readonly Redis[]
  /** ioredis to the primary of a key: its pipelines may hold keys of one node only. */
  nodeOf(key: string): Redis
  stop(): Promise<void>
}

/** Starts a target, empty, and defines the connection `bench`. */
export const startTarget = async (name: TargetName): Promise<Target> => {
  switch (name) {
    case 'redis':
      return onServer()
    case 'cluster':
      return onCluster()
    case 'embedded':
      return onEmbedded()
    default:
      return name satisfies never
  }
}

const onServer = async (): Promise<Target> => {
  const server = await startRedisServer()
  await connections.replace('bench', `redis://127.0.0.1:${server.port}`)
  const raw = new Redis({ host: '127.0.0.1', port: server.port })
  return {
    name: 'redis',
    label: `a redis-server`,
    raw,
    nodes: [raw],
    nodeOf: () => raw,
    async stop() {
      await connections.close('bench')
      raw.disconnect()
      await server.stop()
    },
  }
}

const onCluster = async (): Promise<Target> => {
  const cluster = await startRedisCluster(3)
  await connections.replace('bench', `redis+cluster://${cluster.ports.map((port) => `127.0.0.1:${port}`).join(',')}`)
  return withCluster(
    'cluster',
    'a cluster of 3 redis-server',
    cluster.ports.map((port) => `127.0.0.1:${port}`),
    cluster.stop,
  )
}

const onEmbedded = async (): Promise<Target> => {
  await connections.replace('bench', parseConnectionUrl('embedded://?primaries=3&replicas=0'))
  const connection = await connections.connection('bench')
  const addresses = (await connection.primaries()).map((node) => node.address)
  return withCluster('embedded', 'an embedded cluster of 3 nodes', addresses, async () => {})
}

const withCluster = async (
  name: TargetName,
  label: string,
  addresses: readonly string[],
  stopServers: () => Promise<void>,
): Promise<Target> => {
  const seeds = addresses.map((address) => ({ host: '127.0.0.1', port: Number(address.split(':')[1]) }))
  const raw = new Cluster(seeds)
  await new Promise<void>((resolve, reject) => {
    raw.once('ready', resolve)
    raw.once('error', reject)
  })
  const nodes = raw.nodes('master')
  const byAddress = new Map(nodes.map((node) => [`${node.options.host}:${node.options.port}`, node]))
  return {
    name,
    label,
    raw,
    nodes,
    nodeOf(key) {
      const address = raw.slots[hashSlot(key)]?.[0]
      const node = address === undefined ? undefined : byAddress.get(address)
      if (node === undefined) throw new Error(`no node of the cluster has the slot of ${key}`)
      return node
    },
    async stop() {
      // Before the servers, which it would look for.
      raw.disconnect()
      await connections.close('bench')
      await stopServers()
    },
  }
}
