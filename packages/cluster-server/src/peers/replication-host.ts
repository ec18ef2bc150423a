import type { Clock } from '../clock.js'
import type { ConfigReader } from '../commands/context.js'
import type { Effect } from '../commands/replication-state.js'
import type { Database } from '../keyspace/database.js'
import type { Reply } from '../resp/reply.js'

/** What replication needs of the node that it belongs to. */
export interface ReplicationHost {
  readonly clock: Clock
  readonly config: ConfigReader
  readonly databases: readonly Database[]
  /** The port on which this node listens. */
  readonly port: number
  /** The keys among the words of an effect; shard channels are none. */
  keysOf(argv: readonly string[]): readonly string[]
  /** Runs `work` as a unit of its own, with the databases' clocks set; what expires meanwhile is an effect. */
  runUnit(work: (nowMs: number) => void): void
  /** Runs what a primary sent. @returns the answers in order. */
  applyEffects(effects: readonly Effect[]): readonly Reply[]
  /** All data of this moment as an RDB file, in latin1. */
  encodeRdb(): string
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
  log(level: 'notice' | 'warning', message: string): void
}
