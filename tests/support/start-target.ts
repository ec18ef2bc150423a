import { startRedisCluster } from './redis-cluster.js'
import { startRedisServer } from './redis-server.js'
import { type ContainerKind, containerImages, type TargetKind } from './target-kind.js'

/** A started target. */
export interface RunningTarget {
  /** Connection URL; '' for memory. */
  readonly url: string
  stop(): Promise<void>
}

/** Starts one target and waits until it answers. */
export async function startTarget(kind: TargetKind): Promise<RunningTarget> {
  switch (kind) {
    case 'memory':
      return { url: '', stop: async () => {} }
    case 'redis-server':
      return startRedisServer()
    case 'redis-cluster':
      return startRedisCluster()
    case 'embedded-node': {
      const { startNode } = await import('@activeredis/cluster-server')
      const node = await startNode({ port: 0 })
      return { url: `redis://${node.host}:${node.port}`, stop: () => node.close() }
    }
    case 'embedded-cluster': {
      const { startCluster } = await import('@activeredis/cluster-server')
      const cluster = await startCluster({ primaries: 3, replicas: 1 })
      const seeds = cluster.nodes.map((node) => `${node.host}:${node.port}`)
      return { url: `redis+cluster://${seeds.join(',')}`, stop: () => cluster.close() }
    }
    case 'redis-container':
    case 'valkey-container':
      return startContainer(kind)
    default:
      throw new Error(`no such target: ${kind satisfies never}`)
  }
}

const startContainer = async (kind: ContainerKind): Promise<RunningTarget> => {
  const { GenericContainer, Wait } = await import('testcontainers')
  const program = kind === 'valkey-container' ? 'valkey-server' : 'redis-server'
  const container = await new GenericContainer(containerImages[kind])
    .withCommand([program, '--save', '', '--appendonly', 'no'])
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start()
  return {
    url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`,
    stop: async () => {
      await container.stop()
    },
  }
}
