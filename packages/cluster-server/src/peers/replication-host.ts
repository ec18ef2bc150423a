import type { Clock } from '../clock.js'
import type { ConfigReader } from '../commands/context.js'
import type { Effect } from '../commands/replication-state.js'
import type { DatasetSnapshot } from '../persistence/dataset-snapshot.js'
import type { Reply } from '../resp/reply.js'

/** A point of the stream to replicas. */
export interface StreamPosition {
  readonly replicationId: string
  readonly offset: number
  /** The database that the stream is at. */
  readonly database: number
}

/** What a copy holds: `rdb-filter-only` of REPLCONF. */
export type CopyContents = 'everything' | 'functions' | 'nothing'

/** What replication needs of the node that it belongs to. */
export interface ReplicationHost {
  readonly clock: Clock
  readonly config: ConfigReader
  /** The port on which this node listens. */
  readonly port: number
  /** Runs what a primary sent. @returns the answers in order. */
  applyEffects(effects: readonly Effect[]): readonly Reply[]
  /** All data as they are now, or a part of them, as an RDB file that a replica begins with. */
  beginSnapshot(position: StreamPosition, contents: CopyContents): DatasetSnapshot
  /**
   * Replaces all data by those of an RDB file, in small steps. @returns the database at which the stream goes on
   * @throws RdbError when the file cannot be loaded
   */
  loadCopy(rdb: Buffer): Generator<void, number>
  /** Whether CLIENT PAUSE is in force. */
  isPaused(): boolean
  /** Calls back with each unit of effects, in order of execution. @returns a function that removes the listener. */
  onEffects(listener: (unit: readonly Effect[]) => void): () => void
  /** Tries again every client in WAIT. */
  retryWaiting(): void
  /** Ends every wait in a blocking command: the node is no primary any more. */
  interruptBlocked(): void
  /** A replica gets a first copy: for INFO. */
  countFullResync(): void
  /** What a primary sent could not be applied: for INFO. */
  countUnexpectedError(): void
  log(level: 'notice' | 'warning', message: string): void
}
