import type { ListeningAddress } from './node-options.js'

/** Where a node of a cluster listens. */
export interface MemberAddress extends ListeningAddress {
  readonly busPort: number
}

/** How one node of a cluster is started. Plain data: it goes to another thread or process. */
export interface MemberOptions {
  /** The node's id in the cluster. */
  readonly id: string
  /** Settings by the names of redis.conf. */
  readonly settings: Readonly<Record<string, string | number | boolean>>
}

/** One node of a cluster as its launcher holds it, wherever it runs. */
export interface Member {
  /** Opens the ports. @returns where the node listens */
  start(options: MemberOptions): Promise<MemberAddress>
  /**
   * Takes its place in a cluster.
   * @param nodesFile the cluster in the form of nodes.conf, with this node as `myself`
   */
  join(nodesFile: string): Promise<void>
  /** Resolves when all other nodes that live have answered, the cluster is ok, and a replica has all data of its primary. */
  awaitJoined(): Promise<void>
  /** Tells the cluster that a node is dead: whoever started it knows. */
  reportFailure(nodeId: string): Promise<void>
  /** Answers what is in flight, closes everything; may be called again. */
  close(): Promise<void>
  /** Ends the node at once, as a crash would. */
  kill(): Promise<void>
  /** Calls back whenever the node has learned something of the cluster, with all that it knows in the form of nodes.conf. */
  onView(listener: (nodesFile: string) => void): void
  /** Calls back once, when the node is gone for any reason but `close` or `kill`. */
  onExit(listener: (reason: string) => void): void
}
