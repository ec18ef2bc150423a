import { functionsOf } from '../commands/scripting/function-libraries.js'
import { hashLimits, setLimits, sortedSetLimits } from '../commands/value-limits.js'
import { REPORTED_VERSION } from '../commands/version.js'
import { Replication } from '../peers/replication.js'
import type { CopyContents, ReplicationHost, StreamPosition } from '../peers/replication-host.js'
import { loadDataset } from '../persistence/dataset-loader.js'
import { DatasetSnapshot } from '../persistence/dataset-snapshot.js'
import { RdbForm } from '../persistence/rdb-form.js'
import { RdbReader } from '../persistence/rdb-reader.js'
import type { Node } from './node.js'
import { countedSnapshot } from './persistence/counted-snapshot.js'
import { addLibrary } from './persistence/dataset-settings.js'

/** The data of a node as they are now, for a replica that goes on with the stream at `position`. */
const beginSnapshot = (
  { server }: Node,
  { replicationId, offset, database }: StreamPosition,
  contents: CopyContents,
): DatasetSnapshot =>
  new DatasetSnapshot(
    contents === 'everything' ? server.databases : [],
    new RdbForm(
      {
        compresses: true,
        checksums: true,
        listNodeLimit: server.config.number('list-max-listpack-size'),
        usage: null,
      },
      {
        auxiliary: [
          ['redis-ver', REPORTED_VERSION],
          ['redis-bits', '64'],
          ['ctime', String(Math.floor(server.clock.nowMs() / 1000))],
          ['used-mem', String(process.memoryUsage().heapUsed)],
          ['repl-stream-db', String(database)],
          ['repl-id', replicationId],
          ['repl-offset', String(offset)],
          ['aof-base', '0'],
        ],
        functions: contents === 'nothing' ? [] : functionsOf(server).sources(),
      },
    ),
  )

/** Replaces all data of a node by those of a file. @returns the database at which the stream goes on */
function* loadCopy(node: Node, rdb: Buffer): Generator<void, number> {
  const { server } = node
  // What the log says is of other data than these.
  node.suspendLog()
  node.applyEffects([{ databaseIndex: 0, argv: ['FLUSHALL'] }])
  functionsOf(server).clear()
  const { auxiliary } = yield* loadDataset(new RdbReader(rdb, true), {
    databases: server.databases,
    limits: {
      hash: hashLimits(server.config),
      set: setLimits(server.config),
      sortedSet: sortedSetLimits(server.config),
    },
    nowMs: server.clock.nowMs(),
    dropsExpired: false,
    replaces: true,
    checksChecksum: true,
    addLibrary: (source) => addLibrary(server, source, true),
    log: (level, message) => server.log(level, message),
  })
  node.resumeLog()
  return Number(auxiliary.get('repl-stream-db') ?? 0)
}

/** The replication of a node. It looks at the node only when it is used, as the node is still being made now. */
export const createReplication = (node: Node): Replication => {
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
    beginSnapshot: (position, contents) => countedSnapshot(node.server, () => beginSnapshot(node, position, contents)),
    loadCopy: (rdb) => loadCopy(node, rdb),
    isPaused: () => node.isPaused,
    onEffects: (listener) => node.onEffects(listener),
    retryWaiting: () => node.server.retryWaiting(),
    interruptBlocked: () => node.interruptBlocked(),
    countFullResync: () => {
      node.server.statistics.fullResyncs++
    },
    countUnexpectedError: () => {
      node.server.statistics.unexpectedErrors++
    },
    log: (level, message) => node.log(level, message),
  }
  return new Replication(host)
}
