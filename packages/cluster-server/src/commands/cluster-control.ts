import type { KnownNode } from '../cluster/known-node.js'
import type { RoutingState } from '../cluster/routing.js'

/** `to`: this node made the connection; `from`: the other one. */
export type LinkDirection = 'to' | 'from'

/** A connection of the cluster bus, as CLUSTER LINKS describes it. */
export interface BusLinkStatus {
  readonly direction: LinkDirection
  readonly nodeId: string
  /** Unix time in milliseconds. */
  readonly createdAtMs: number
  /** `r`, and `w` while something waits to be sent. */
  readonly events: string
  readonly sendBufferAllocatedBytes: number
  readonly sendBufferUsedBytes: number
}

/** What the bus has counted. */
export interface BusStatistics {
  /** By the number of the message's type: see `BUS_MESSAGE_TYPES`. */
  readonly sent: readonly number[]
  readonly received: readonly number[]
  /** Connections that were closed as more waited to be sent than `cluster-link-sendbuf-limit`. */
  readonly linksOverLimit: number
  /** Memory of all connections. */
  readonly linkBytes: number
}

/** What a change asks for before anybody is answered: `save` writes nodes.conf, `state` judges the cluster anew. */
export type ClusterTodo = 'save' | 'state'

/** How CLUSTER FAILOVER was asked for. */
export type FailoverKind = 'agreed' | 'force' | 'takeover'

/**
 * A node's place in a cluster: what routing looks at, and what CLUSTER's handlers ask of the bus. A handler that changes
 * `table` itself says so with `changed`.
 */
export interface ClusterControl extends RoutingState {
  readonly statistics: BusStatistics
  /** The connections to nodes that are known, and from them. */
  links(): readonly BusLinkStatus[]
  /**
   * Begins to introduce this node to the one at an address. @returns `invalid` for no IP address or port number; `started`
   * also when that is under way already
   */
  meet(ip: string, port: number, busPort: number): 'started' | 'invalid'
  /** Forgets a node for at least a minute; its connections are closed. */
  forget(node: KnownNode): void
  /** Makes this node, which has no slots, a replica of `primary`. */
  follow(primary: KnownNode): void
  /** Forgets the cluster; a replica becomes an empty primary. `hard`: with a new id and epochs from 0. */
  reset(hard: boolean): void
  /** Takes a new epoch without asking anybody. @returns false when this node has the greatest one already */
  bumpEpoch(): boolean
  /** Begins to take the primary's place; on a replica. */
  startFailover(kind: FailoverKind): void
  /** Ends a failover by hand that is under way. */
  resetFailover(): void
  /** Writes nodes.conf now. @returns why that failed, or null */
  saveConfig(): string | null
  changed(...todo: readonly ClusterTodo[]): void
  /** Tells all nodes what this one claims, without waiting for the next ping. */
  announce(): void
  /** Number of nodes that hold `node` for dead. */
  failureReports(node: KnownNode): number
  /** Hands a message to all other nodes. */
  publish(channel: string, message: string): void
  /** Hands a message to the other nodes of this shard. */
  publishToShard(channel: string, message: string): void
  /** Closes the connection that this node made to another one, the one that it got from there, or both. */
  closeLinks(node: KnownNode, which: LinkDirection | 'all'): void
  /** DEBUG DROP-CLUSTER-PACKET-FILTER: packets of the type with this number are passed over; null for none. */
  dropsMessageType: number | null
}
