/** What the clients take, in bytes. */
export interface ClientMemory {
  /** Clients, subscribers and the link to a primary. */
  readonly normalBytes: number
  /** Output that waits for replicas. */
  readonly replicaBytes: number
}

/**
 * The memory of a node as it is counted: data, clients and their buffers, scripts; not the interpreter, and nothing that
 * waits for the garbage collector. What the process takes is in `process.memoryUsage()`.
 */
export interface MemoryState {
  /** What an empty node is taken to need. */
  readonly startupBytes: number
  /** Everything that is counted. */
  readonly usedBytes: number
  /** The highest `usedBytes` that was seen. */
  readonly peakBytes: number
  /** What is used and does not count against `maxmemory`: the output that waits for replicas. */
  readonly uncountedBytes: number
  readonly clients: ClientMemory
  /** What is kept of the stream for replicas that lost their link. */
  readonly backlogBytes: number
  readonly dataBytes: number
  readonly scriptBytes: number
}
