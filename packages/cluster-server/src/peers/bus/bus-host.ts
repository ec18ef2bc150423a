import type { Clock } from '../../clock.js'
import type { NodesFile } from '../../cluster/nodes-file.js'
import type { ConfigReader } from '../../commands/settings.js'
import type { BusEndpoint, BusSocket } from './bus-link.js'

/** The replication of the node, as the bus steers it. */
export interface SteeredReplication {
  /** Bytes of the stream so far; on a replica those that were applied. */
  readonly offset: number
  /** Milliseconds since anything came from the primary; 0 on a primary. */
  readonly dataAgeMs: number
  /** Whether a primary is followed at present. */
  readonly isFollowing: boolean
  follow(host: string, port: number): void
  becomePrimary(): void
}

/** The data of the node, as far as slots are concerned. */
export interface SlotData {
  /** Number of keys in a slot. */
  count(slot: number): number
  /** Deletes the keys of a slot that this node has lost. */
  remove(slot: number): void
  /** Deletes all data. */
  clear(): void
}

/** How important a line of the log is. */
export type BusLogLevel = 'debug' | 'verbose' | 'notice' | 'warning'

/** What the bus needs of the node that it belongs to. */
export interface BusHost {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly config: ConfigReader
  /** The port on which clients reach the node. */
  readonly port: number
  readonly replication: SteeredReplication
  readonly data: SlotData
  /** Begins to connect to the bus of another node. */
  connect(endpoint: BusEndpoint): BusSocket
  /**
   * Whether data are being loaded, from a file or a primary: on a primary nothing is heard meanwhile, and a replica does not take
   * its primary's place.
   */
  readonly isLoading: boolean
  /** Holds back all writes until then, on behalf of a failover. */
  pauseWrites(untilMs: number): void
  resumeWrites(): void
  /** Delivers a message that was published at another node. */
  deliver(channel: string, message: string): void
  deliverToShard(channel: string, message: string): void
  /** Ends the sharded subscriptions to channels of a slot that this shard has lost. */
  slotLost(slot: number): void
  /** Who is blocked on keys is told when they are elsewhere now. */
  routingChanged(): void
  /**
   * Keeps what the node knows.
   * @param options.isSynced whether it must be on the disk when this returns, so that a crash of the machine keeps it, too
   * @throws the system's error when the file cannot be written
   */
  save(file: NodesFile, options: { readonly isSynced: boolean }): void
  /** Ends the node: what it knows cannot be kept. */
  fatal(): void
  log(level: BusLogLevel, message: string): void
}
