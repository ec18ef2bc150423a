import { describeClient } from '../commands/connection/client-line.js'
import { Client } from '../dispatch/client.js'
import { Replication } from '../peers/replication.js'
import type { LoadMode, PrimaryEndpoint, ReplicationHost } from '../peers/replication-host.js'
import { wireError } from '../wire-errors.js'
import { endpointText } from './admission.js'
import type { Engine } from './engine.js'
import type { Node } from './node.js'
import { CopyLoading } from './persistence/copy-loading.js'
import type { HistoryRestore } from './persistence/persistence-host.js'
import { ReceivedFile } from './persistence/received-file.js'
import { ReplicaCopies } from './persistence/replica-copies.js'
import { PrimaryConnection } from './primary-connection.js'

/** The parts of a node that only its replication sees. */
export interface ReplicationParts {
  readonly engine: () => Engine
  /** Whether the node has a file for its data. */
  readonly hasFile: () => boolean
  /** Whether a process of its own writes copies of the data. */
  readonly usesProcess: () => boolean
  /** From now on this client runs what a primary sends. */
  readonly useStream: (client: Client) => void
  /** Whether so much output waits for a replica that it has to go; the log says so. */
  readonly exceedsOutputLimit: (client: Client, bytes: number) => boolean
}

const ROLE_CHANGED = wireError(
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
)
/** Source: `useDisklessLoad` of Redis 7.0.15. */
const loadModeOf = ({ server }: Node): LoadMode => {
  const setting = server.config.text('repl-diskless-load')
  if (setting === 'swapdb') return 'swap'
  const isEmpty = server.databases.every(({ size }) => size === 0)
  return setting === 'on-empty-db' && isEmpty ? 'socket' : 'disk'
}

/** The stream of a primary is a client, too: it is listed, and CLIENT KILL ends it. */
const listPrimary = (
  endpoint: PrimaryEndpoint,
  { clients, server }: Engine,
  useStream: (client: Client) => void,
): (() => void) => {
  const client = new Client({
    id: clients.nextId(),
    address: endpointText(endpoint.remote.host, endpoint.remote.port),
    localAddress: endpointText(endpoint.local.host, endpoint.local.port),
    connectedAtMs: server.clock.nowMs(),
    authenticated: true,
    isReplicationStream: true,
  })
  client.connection = new PrimaryConnection(endpoint)
  clients.add(client)
  useStream(client)
  return () => clients.remove(client)
}

/** What the replication of a node takes from the file that the node loads at its start. */
export const restoreOf = (replication: () => Replication, engine: () => Engine): HistoryRestore => ({
  begin: () => replication().beginRestore(),
  expired: (databaseIndex, key) => {
    const name = engine().config.flag('lazyfree-lazy-expire') ? 'UNLINK' : 'DEL'
    replication().feedRestored({ databaseIndex, argv: [name, key] })
  },
  end: (point) => replication().endRestore(point, engine().isReplica),
})

/** The replication of a node. It looks at the node only when it is used, as the node is still being made now. */
export const createReplication = (
  node: Node,
  { engine, hasFile, usesProcess, ...parts }: ReplicationParts,
): Replication => {
  const copies = new ReplicaCopies(
    () => engine().server,
    () => engine().persistence,
    hasFile,
    usesProcess,
  )
  const suspendLog = (): void => engine().appendLog.stop()
  const resumeLog = (): void => void engine().appendLog.applySetting()
  const host: ReplicationHost = {
    get clock() {
      return node.server.clock
    },
    get config() {
      return node.server.config
    },
    get port() {
      return node.address.port
    },
    applyEffects: (effects) => node.applyEffects(effects),
    listPrimary: (endpoint) => listPrimary(endpoint, engine(), parts.useStream),
    isWriting: () => engine().persistence.isWriting,
    savesOnItsOwn: () => engine().persistence.savesOnItsOwn,
    saveCopy: (point, onEnd) => copies.save(point, onEnd),
    streamCopy: (point, contents, sink, onEnd) => copies.stream(point, contents, sink, onEnd),
    loadMode: () => loadModeOf(node),
    openStore: () => {
      const nowSeconds = Math.floor(node.server.clock.nowMs() / 1000)
      return hasFile() ? new ReceivedFile(node.server.config, nowSeconds) : null
    },
    loadCopy: (copy, mode, isAsync, events) =>
      new CopyLoading(
        {
          server: node.server,
          persistence: engine().persistence,
          databases: node.server.databases,
          suspendLog,
          resumeLog,
          holdClients: () => engine().pauses.beginLoading(),
          releaseClients: () => engine().pauses.endLoading(),
        },
        copy,
        mode,
        isAsync,
        events,
      ),
    resumeLog,
    isPaused: () => node.isPaused,
    isHandingOver: () => engine().pauses.isHandingOver,
    pauseWrites: () => node.server.clients.pause('write', Number.POSITIVE_INFINITY, 'failover'),
    unpause: () => node.server.clients.unpause('failover'),
    onEffects: (listener) => node.onEffects(listener),
    exceedsOutputLimit: (client, bytes) => client instanceof Client && parts.exceedsOutputLimit(client, bytes),
    retryWaiting: () => node.server.retryWaiting(),
    interruptBlocked: () => engine().blocked.releaseAll(ROLE_CHANGED),
    describe: (client) => describeClient(client, node.server, { client, argv: [] }),
    count: (event) => {
      const { statistics } = node.server
      if (event === 'fullResync') statistics.fullResyncs++
      else if (event === 'partialResync') statistics.partialResyncs++
      else if (event === 'refusedResync') statistics.refusedResyncs++
      else statistics.unexpectedErrors++
    },
    countInput: (bytes) => {
      node.server.statistics.replicationInputBytes += bytes
    },
    log: (level, message) => node.log(level, message),
  }
  return new Replication(host)
}
