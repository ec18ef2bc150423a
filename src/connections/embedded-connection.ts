import { ConfigurationError, ConnectionError } from '../errors/connection-errors.js'
import { ClusterConnection } from './cluster-connection.js'
import type {
  ConfirmedWrites,
  Connection,
  ConnectionHealth,
  Outcome,
  PrimaryNode,
  ReplicaReadOptions,
  ReplicaReads,
  ReplicaWait,
  Request,
} from './connection.js'
import { connectionDefaults, type EmbeddedOptions, type NodeAddress } from './connection-options.js'

/** What the server package returns, as far as it is used here. */
interface EmbeddedCluster {
  readonly nodes: readonly NodeAddress[]
  close(): Promise<void>
}

interface ServerPackage {
  startCluster(options: { readonly primaries: number; readonly replicas: number }): Promise<EmbeddedCluster>
}

/** The package is an optional peer: it is loaded when an embedded connection opens, and never before. */
const SERVER_PACKAGE = '@activeredis/cluster-server'

/**
 * A connection to a cluster of its own, which starts and ends with it. Apart from that it is a cluster connection: it
 * talks RESP over loopback sockets.
 */
export class EmbeddedConnection implements Connection {
  readonly name: string
  readonly kind = 'cluster'
  readonly keyPrefix: string
  readonly #cluster: EmbeddedCluster
  readonly #connection: ClusterConnection
  #closing: Promise<void> | null = null

  /**
   * Starts the cluster and connects to it.
   * @throws ConfigurationError when the package `@activeredis/cluster-server` is not installed.
   * @throws ConnectionError when the cluster does not start.
   */
  static async open(name: string, options: EmbeddedOptions): Promise<EmbeddedConnection> {
    const {
      kind: _,
      primaries = connectionDefaults.primaries,
      replicas = connectionDefaults.replicas,
      ...common
    } = options
    const cluster = await start(name, { primaries, replicas })
    try {
      const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }))
      const connection = await ClusterConnection.open(name, { ...common, kind: 'cluster', nodes })
      return new EmbeddedConnection(cluster, connection)
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  private constructor(cluster: EmbeddedCluster, connection: ClusterConnection) {
    this.name = connection.name
    this.keyPrefix = connection.keyPrefix
    this.#cluster = cluster
    this.#connection = connection
  }

  send(request: Request): Promise<unknown> {
    return this.#connection.send(request)
  }

  execute(requests: readonly Request[]): Promise<readonly Outcome[]> {
    return this.#connection.execute(requests)
  }

  primaries(): Promise<readonly PrimaryNode[]> {
    return this.#connection.primaries()
  }

  replicaReads(options: ReplicaReadOptions): ReplicaReads {
    return this.#connection.replicaReads(options)
  }

  confirmedWrites(wait: ReplicaWait): ConfirmedWrites {
    return this.#connection.confirmedWrites(wait)
  }

  health(): Promise<ConnectionHealth> {
    return this.#connection.health()
  }

  /** Closes the connection, then the cluster; its data is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#connection.close().finally(() => this.#cluster.close())
    return this.#closing
  }
}

async function start(name: string, size: { primaries: number; replicas: number }): Promise<EmbeddedCluster> {
  const server = await load(name)
  try {
    return await server.startCluster(size)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConnectionError(name, `the embedded cluster did not start: ${reason}`, { cause })
  }
}

async function load(name: string): Promise<ServerPackage> {
  try {
    // In a variable: compilers and bundlers must not resolve an optional package.
    const specifier: string = SERVER_PACKAGE
    return await import(specifier)
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new ConfigurationError(
      `Connection [${name}]: an embedded cluster needs the package ${SERVER_PACKAGE}; run: npm install ${SERVER_PACKAGE}`,
      { cause },
    )
  }
}

/** True when the package itself is missing, rather than something that it needs. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND') &&
  error.message.includes(SERVER_PACKAGE)
