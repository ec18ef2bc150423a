import type { Request } from './connection.js'
import type { NodeClient } from './node-client.js'
import type { WireCommand } from './wire-command.js'

/** A primary and the replicas that follow it, as they are known at this moment. */
export interface Shard {
  readonly primary: NodeClient
  /** Open for reads; in the order in which they are to be tried. */
  readonly replicas: readonly NodeClient[]
}

/** What reads on replicas have to know of a server or a cluster. */
export interface ShardDirectory {
  /** The slot of a request's keys, 0 for one server. Null: only a primary may answer it. */
  slotOf(request: Request): number | null
  shardOf(slot: number): Shard
  /**
   * What the primary refuses unless it owns the slot of a key and all of the slot's keys are with it; null where there are
   * no slots.
   */
  stabilityProbe(key: string): WireCommand | null
  /** Asks anew who has which slot, in the background, unless that was done in the last so many milliseconds. */
  refresh(notWithinMs: number): void
}
