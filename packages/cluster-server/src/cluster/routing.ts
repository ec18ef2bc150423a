import type { ClusterNode, ClusterState } from './topology.js'

/** A command as far as routing looks at it. */
export interface RoutingRequest {
  /** Every key of the command (or of the whole transaction), latin1. */
  readonly keys: readonly string[]
  /** True when each command of the request is read-only. */
  readonly readOnly: boolean
  /** The client sent READONLY. */
  readonly clientReadsReplicas: boolean
  /** The client sent ASKING just before, or the command has the `asking` flag. */
  readonly asking: boolean
  /** Counts those of `keys` that this node holds; called only while their slot moves. */
  readonly countPresent: (keys: readonly string[]) => number
}

/** Every way in which `route` can end. */
export type RoutingDecision =
  | { readonly type: 'serve' }
  | { readonly type: 'crossSlot' }
  | { readonly type: 'tryAgain' }
  | { readonly type: 'moved'; readonly slot: number; readonly node: ClusterNode }
  | { readonly type: 'ask'; readonly slot: number; readonly node: ClusterNode }
  | { readonly type: 'clusterDown'; readonly reason: 'state' | 'unbound'; readonly slot: number }

/** Decides where a request is served. Pure. */
export type Route = (request: RoutingRequest, state: ClusterState) => RoutingDecision
