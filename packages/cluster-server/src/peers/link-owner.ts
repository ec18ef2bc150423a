import type { HistoryPoint } from './replication-history.js'
import type { ReplicationHost } from './replication-host.js'

/** What a link needs of the replication that it belongs to, and reports to it. */
export interface LinkOwner {
  readonly host: ReplicationHost
  readonly replicationId: string
  /** From where this node could go on; null when it needs a copy. */
  readonly resumePoint: HistoryPoint | null
  /** Unix time in milliseconds since when there has been no link; null when there never was one. */
  readonly downSinceMs: number | null
  /** The primary is asked to become one: this node hands its role over. */
  readonly handsOver: boolean
  /** The primary has answered PSYNC. @returns false when the link is not wanted any more */
  answered(isAccepted: boolean): boolean
  /** The data of this node are about to be replaced by a copy. */
  replacing(): void
  /** The primary goes on, under this id. @returns where */
  continued(replicationId: string | null): HistoryPoint
  /** The first copy is complete; the stream goes on from here. */
  synced(point: HistoryPoint): void
  /** A part of the stream that was applied; a replica of this replica needs it too. */
  passOn(bytes: Buffer): void
  /** The data are not those of the primary any more, behind the loss of the link. */
  diverged(): void
  /** The link is lost. `point` is where it was; null when there is nothing to go on from. */
  lost(point: HistoryPoint | null): void
}
