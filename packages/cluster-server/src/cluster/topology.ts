import type { SlotRange } from './slot-ranges.js'

/** One node as the cluster knows it. */
export interface ClusterNode {
  /** 40 lower-case hexadecimal digits. */
  readonly id: string
  readonly host: string
  readonly port: number
  /** Port of the cluster bus; Redis' default is `port + 10000`. */
  readonly busPort: number
  readonly role: 'primary' | 'replica'
  /** The primary that a replica follows; null on a primary. */
  readonly primaryId: string | null
  readonly configEpoch: number
  readonly linkState: 'connected' | 'disconnected'
  /** The cluster holds the node for dead: flag `fail` of CLUSTER NODES. Absent: it answers. */
  readonly failed?: boolean
}

export type { SlotRange } from './slot-ranges.js'

/** Who owns which slot. Immutable: a change makes a new topology, so that a reader never sees half of one. */
export interface Topology {
  readonly currentEpoch: number
  readonly nodes: ReadonlyMap<string, ClusterNode>
  /** The primary that owns `slot`; undefined while nobody does. */
  ownerOf(slot: number): ClusterNode | undefined
  /** The slots of a primary, merged to ranges, ascending; empty for a replica. */
  rangesOf(nodeId: string): readonly SlotRange[]
  replicasOf(primaryId: string): readonly ClusterNode[]
}

/** What one node knows of the cluster it is in. */
export interface ClusterState {
  readonly myId: string
  readonly topology: Topology
  /** Slots on their way in or out: slot to the other node's id. Empty until slots migrate. */
  readonly importing: ReadonlyMap<number, string>
  readonly migrating: ReadonlyMap<number, string>
  /** `fail` while a slot has no owner that answers and `cluster-require-full-coverage` is on. */
  readonly health: 'ok' | 'fail'
  /** `cluster-allow-reads-when-down`: reads are served while `health` is `fail`. Absent: they are not. */
  readonly allowReadsWhenDown?: boolean
  /** `cluster-allow-pubsubshard-when-down`. Absent: sharded channels work while `health` is `fail`, as by default in Redis. */
  readonly allowShardChannelsWhenDown?: boolean
}
