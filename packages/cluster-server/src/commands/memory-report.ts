import { DEADLINE_BYTES, ENTRY_BYTES } from '../keyspace/memory-cost.js'
import type { ServerState } from './context.js'
import { functionsOf } from './scripting/function-libraries.js'
import { scriptsOf } from './scripting/script-cache.js'

/** What the tables of one database take, without keys and values. */
export interface DatabaseOverhead {
  readonly index: number
  readonly mainBytes: number
  readonly expiresBytes: number
}

/** The figures of INFO memory and MEMORY STATS: counted ones, and what the process says. */
export interface MemoryReport {
  readonly usedBytes: number
  readonly startupBytes: number
  readonly peakBytes: number
  readonly uncountedBytes: number
  readonly normalClientBytes: number
  readonly replicaBytes: number
  readonly backlogBytes: number
  readonly scriptBytes: number
  readonly functionBytes: number
  readonly databases: readonly DatabaseOverhead[]
  readonly keyCount: number
  /** Everything but keys and values. */
  readonly overheadBytes: number
  readonly datasetBytes: number
  /** Share of the data set in what is used beyond the start, in percent. */
  readonly datasetPercent: number
  readonly peakPercent: number
  readonly bytesPerKey: number
  /** The heap of V8 with what it keeps outside: in use, and reserved; both with garbage. */
  readonly heapUsedBytes: number
  readonly heapReservedBytes: number
  readonly residentBytes: number
}

/** Takes the figures of this moment. */
export const memoryReport = (server: ServerState): MemoryReport => {
  const { memory } = server
  const { usedBytes, startupBytes, peakBytes, uncountedBytes, backlogBytes } = memory
  const { normalBytes, replicaBytes } = memory.clients
  const scriptBytes = scriptsOf(server).bytes
  const functionBytes = functionsOf(server).bytes
  const databases = server.databases
    .filter(({ size }) => size > 0)
    .map(({ index, size, deadlineCount }) => ({
      index,
      mainBytes: size * ENTRY_BYTES,
      expiresBytes: deadlineCount * DEADLINE_BYTES,
    }))
  const tables = databases.reduce((sum, { mainBytes, expiresBytes }) => sum + mainBytes + expiresBytes, 0)
  const clientBytes = normalBytes + replicaBytes
  const overheadBytes = startupBytes + clientBytes + backlogBytes + scriptBytes + functionBytes + tables
  const datasetBytes = usedBytes - overheadBytes
  const grown = Math.max(1, usedBytes - startupBytes)
  const keyCount = server.databases.reduce((sum, { size }) => sum + size, 0)
  const { heapUsed, heapTotal, external, rss } = process.memoryUsage()
  return {
    usedBytes,
    startupBytes,
    peakBytes,
    uncountedBytes,
    normalClientBytes: normalBytes,
    replicaBytes,
    backlogBytes,
    scriptBytes,
    functionBytes,
    databases,
    keyCount,
    overheadBytes,
    datasetBytes,
    datasetPercent: (datasetBytes * 100) / grown,
    peakPercent: (usedBytes * 100) / peakBytes,
    bytesPerKey: keyCount === 0 ? 0 : Math.floor(grown / keyCount),
    heapUsedBytes: heapUsed + external,
    heapReservedBytes: heapTotal + external,
    residentBytes: rss,
  }
}
