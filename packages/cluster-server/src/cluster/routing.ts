import type { KnownNode } from './known-node.js'
import type { NodeTable } from './node-table.js'

/** A command as far as routing looks at it. */
export interface RoutingRequest {
  /** Every key of the command (or of the whole transaction), latin1. A sharded channel counts as a key. */
  readonly keys: readonly string[]
  /** True when no command of the request has the `write` flag (EVAL has none). */
  readonly readOnly: boolean
  /** The command itself has the `write` flag; EXEC has none, whatever is queued. */
  readonly isWrite: boolean
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

/** A client that waits for keys, all of one slot. */
export interface WaitingRequest {
  readonly firstKey: string
  /** The command that waits has the `write` flag. */
  readonly isWrite: boolean
  /** The client sent READONLY. */
  readonly clientReadsReplicas: boolean
}

/** What routing looks at. */
export interface RoutingState {
  readonly table: NodeTable
  /** `fail` while slots are not covered (with `cluster-require-full-coverage`), or most primaries do not answer. */
  readonly health: 'ok' | 'fail'
  /** `cluster-allow-reads-when-down`: reads are served while `health` is `fail`. */
  readonly allowsReadsWhenDown: boolean
  /** `cluster-allow-pubsubshard-when-down`: sharded channels work while `health` is `fail`. */
  readonly allowsShardChannelsWhenDown: boolean
}

/** Every way in which `route` can end. */
export type RoutingDecision =
  | { readonly type: 'serve' }
  | { readonly type: 'crossSlot' }
  | { readonly type: 'tryAgain' }
  | { readonly type: 'moved'; readonly slot: number; readonly node: KnownNode }
  | { readonly type: 'ask'; readonly slot: number; readonly node: KnownNode }
  | { readonly type: 'clusterDown'; readonly reason: 'state' | 'readsOnly' | 'unbound'; readonly slot: number }

/** Decides where a request is served. Pure. */
export type Route = (request: RoutingRequest, state: RoutingState) => RoutingDecision
