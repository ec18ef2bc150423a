import type { ClusterNode, ClusterState } from './topology.js'

/** A command as far as routing looks at it. */
export interface RoutingRequest {
  /** Every key of the command (or of the whole transaction), latin1. A sharded channel counts as a key. */
  readonly keys: readonly string[]
  /** True when no command of the request has the `write` flag (EVAL has none). */
  readonly readOnly: boolean
  /** The client sent READONLY. */
  readonly clientReadsReplicas: boolean
  /** The client sent ASKING just before, or the command has the `asking` flag. */
  readonly asking: boolean
  /** Counts those of `keys` that this node holds; called only while their slot moves. */
  readonly countPresent: (keys: readonly string[]) => number
  /** SSUBSCRIBE, SUNSUBSCRIBE, SPUBLISH: `keys` are channels. */
  readonly shardChannels?: boolean
  /** MIGRATE: always runs here while its slot moves. */
  readonly movesKeys?: boolean
}

/** Every way in which `route` can end. */
export type RoutingDecision =
  | { readonly type: 'serve' }
  | { readonly type: 'crossSlot' }
  | { readonly type: 'tryAgain' }
  | { readonly type: 'moved'; readonly slot: number; readonly node: ClusterNode }
  | { readonly type: 'ask'; readonly slot: number; readonly node: ClusterNode }
  | { readonly type: 'clusterDown'; readonly reason: 'state' | 'readsOnly' | 'unbound'; readonly slot: number }

/** Decides where a request is served. Pure. */
export type Route = (request: RoutingRequest, state: ClusterState) => RoutingDecision
