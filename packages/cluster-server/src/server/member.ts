import type { TopologyData } from '../cluster/create-topology.js'
import type { ListeningAddress } from './node-options.js'

/** How one node of a cluster is started. Plain data: it goes to another thread or process. */
export interface MemberOptions {
  /** The node's id in the cluster. */
  readonly id: string
  /** Settings by the names of redis.conf. */
  readonly settings: Readonly<Record<string, string | number | boolean>>
}

/** One node of a cluster as its launcher holds it, wherever it runs. */
export interface Member {
  /** Opens the port. @returns where the node listens */
  start(options: MemberOptions): Promise<ListeningAddress>
  /** Replaces what the node knows of the cluster, and makes it follow the primary that the topology names. */
  applyTopology(data: TopologyData): Promise<void>
  /** Resolves when the node has all data of its primary; at once on a primary. */
  awaitSync(): Promise<void>
  /** Answers what is in flight, closes everything; may be called again. */
  close(): Promise<void>
  /** Ends the node at once, as a crash would. */
  kill(): Promise<void>
  /** Delivers a message that was published at another node. */
  publish(channel: string, message: string): void
  /** Calls back with every message that is published at this node. */
  onPublish(listener: (channel: string, message: string) => void): void
  /** Calls back once, when the node is gone for any reason but `close` or `kill`. */
  onExit(listener: (reason: string) => void): void
}
